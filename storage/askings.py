"""Whom we want to ask what she agrees to: once in her life, and then only when she asks us."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, exists, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.checkins import WAITING, Expectation
from storage.database import Base, insert_new
from storage.incidents import Incident
from storage.people import is_reached

_WAITING = text("asked_at IS NULL")


class Asking(Base):
    """That somebody is to be asked, and when she was."""

    __tablename__ = "consent_askings"
    __table_args__ = (
        Index(
            "ix_consent_askings_waiting",
            "person_id",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    wanted_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]


async def want(session: AsyncSession, person: str, now: datetime) -> None:
    """Let her be asked at the next quiet moment; whoever was asked before is not."""
    await insert_new(session, Asking, [], [{"person_id": person, "wanted_at": now}])


async def at_leisure(session: AsyncSession, day: date, limit: int) -> Sequence[str]:
    """Claim those who can be asked now: nobody waits for their word, and nobody is called to them.

    Nothing is marked as asked yet.
    """
    found = await session.scalars(
        select(Asking.person_id)
        .where(
            Asking.asked_at.is_(None),
            is_reached(Asking.person_id),
            ~_is_waited_for(day),
            ~exists().where(Incident.elder_id == Asking.person_id, Incident.climbs_at.is_not(None)),
        )
        .order_by(Asking.wanted_at, Asking.person_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return found.all()


def _is_waited_for(day: date) -> ColumnElement[bool]:
    return exists().where(
        Expectation.elder_id == Asking.person_id,
        Expectation.day == day,
        Expectation.state.in_(WAITING),
    )


async def asked(session: AsyncSession, people: Sequence[str], now: datetime) -> None:
    await session.execute(
        update(Asking)
        .where(Asking.person_id.in_(people), Asking.asked_at.is_(None))
        .values(asked_at=now)
    )
