"""Holds: days on which an elder is away, and no word of hers is expected.

Holds may overlap: a day is free where any of them covers it. Coming back ends them all. An
elder who leads a group, or coordinates, is away from that as well.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    and_,
    exists,
    literal,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage import standing_in
from storage.checkins import TO_BE_MET, Expectation, State
from storage.database import Base, BigId, insert_new
from storage.people import Person

AWAY = "away"
HOSPITAL = "hospital"


class Hold(Base):
    """From the first to the last day away, both included."""

    __tablename__ = "holds"
    __table_args__ = (
        CheckConstraint("first_day <= last_day", name="days"),
        CheckConstraint("reason IN ('away', 'hospital')", name="reason"),
        Index(None, "elder_id", "last_day"),
        Index(None, "last_day"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    cause: Mapped[str] = mapped_column(String(220), unique=True)
    elder_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[str] = mapped_column(String(8))
    first_day: Mapped[date]
    last_day: Mapped[date]
    said_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    said_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    greeted: Mapped[bool] = mapped_column(default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHold:
    """A hold as somebody says it; `cause` is the natural key of his saying it."""

    cause: str
    elder_id: str
    reason: str
    first_day: date
    last_day: date
    said_by: str


async def put(session: AsyncSession, hold: NewHold, now: datetime) -> None:
    """Keep a hold, excuse what is still expected on its days, and let who leads be away."""
    row = {
        "cause": hold.cause,
        "elder_id": hold.elder_id,
        "reason": hold.reason,
        "first_day": hold.first_day,
        "last_day": hold.last_day,
        "said_by": hold.said_by,
        "said_at": now,
    }
    await insert_new(session, Hold, [], [row])
    await session.execute(
        update(Expectation)
        .where(
            Expectation.elder_id == hold.elder_id,
            Expectation.day.between(hold.first_day, hold.last_day),
            Expectation.state.in_(TO_BE_MET),
        )
        .values(state=State.EXCUSED, next_at=None)
    )
    await standing_in.leave(session, hold.elder_id, hold.first_day, hold.last_day, hold.cause, now)


def is_away(elder: Any, day: date) -> ColumnElement[bool]:
    """Be true of an elder, a column or an id, who is away on a day."""
    return exists().where(covers(elder, day))


def covers(elder: Any, day: date) -> ColumnElement[bool]:
    """Be true of a hold by which an elder is away on a day."""
    return and_(Hold.elder_id == elder, _is_on(day))


def _is_on(day: date) -> ColumnElement[bool]:
    return and_(
        Hold.first_day <= literal(day), Hold.last_day >= literal(day), Hold.ended_at.is_(None)
    )


async def excuse(session: AsyncSession, village: int, day: date) -> None:
    """Excuse those of a village who are away on a day that has just been opened."""
    await session.execute(
        update(Expectation)
        .where(
            Expectation.village_id == village,
            Expectation.day == day,
            Expectation.state == State.PENDING,
            is_away(Expectation.elder_id, day),
        )
        .values(state=State.EXCUSED, next_at=None)
    )


async def end(session: AsyncSession, elder: str, now: datetime) -> bool:
    """End every hold of an elder who is back; False where she was not away."""
    ended = await session.scalars(
        update(Hold)
        .where(Hold.elder_id == elder, Hold.ended_at.is_(None))
        .values(ended_at=now)
        .returning(Hold.id)
    )
    was_away = bool(ended.all())
    if was_away:
        await standing_in.come_back(session, elder, now)
    return was_away


async def covering(session: AsyncSession, elders: Collection[str], day: date) -> dict[str, Hold]:
    """Return of those who are away on a day the hold that lasts longest."""
    found = await session.scalars(
        select(Hold).where(Hold.elder_id.in_(elders), _is_on(day)).order_by(Hold.last_day, Hold.id)
    )
    return {hold.elder_id: hold for hold in found}


async def last_days(session: AsyncSession, day: date, limit: int) -> Sequence[tuple[int, str]]:
    """Claim holds that end with this day, and mark them as greeted; returns (hold, elder).

    An elder whose other hold lasts longer is not greeted yet.
    """
    longer = Hold.__table__.alias()
    rows = (
        await session.execute(
            select(Hold.id, Hold.elder_id)
            .join(Person, Person.id == Hold.elder_id)
            .where(
                Hold.last_day == day,
                Hold.ended_at.is_(None),
                Hold.greeted.is_(False),
                ~exists().where(
                    longer.c.elder_id == Hold.elder_id,
                    longer.c.last_day > day,
                    longer.c.first_day <= day,
                    longer.c.ended_at.is_(None),
                ),
            )
            .order_by(Hold.id)
            .limit(limit)
            .with_for_update(skip_locked=True, of=Hold)
        )
    ).all()
    await session.execute(
        update(Hold).where(Hold.id.in_([row.id for row in rows])).values(greeted=True)
    )
    return [(row.id, row.elder_id) for row in rows]
