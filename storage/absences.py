"""Absences: when a leader or coordinator is not there, or has handed his shift over.

Somebody may stand in meanwhile. Absences may overlap: he is away where any of them covers the
moment. Coming back ends those for which he went away; a shift ends by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, BigId, insert_new

AWAY = "away"
SHIFT = "shift"


class Absence(Base):
    """From `since` until just before `until`."""

    __tablename__ = "absences"
    __table_args__ = (
        CheckConstraint("since < until", name="moments"),
        CheckConstraint("reason IN ('away', 'shift')", name="reason"),
        Index(None, "village_id", "until"),
        Index(None, "person_id"),
        Index(None, "stand_in_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    cause: Mapped[str] = mapped_column(String(220), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    village_id: Mapped[int] = mapped_column(ForeignKey("villages.id"))
    stand_in_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    """Who stands in, None where those do who serve beside him."""
    reason: Mapped[str] = mapped_column(String(8))
    since: Mapped[datetime]
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """When he came back, or when it was noted that its time is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAbsence:
    """An absence as somebody says it; `cause` is the natural key of his saying it."""

    cause: str
    person_id: str
    village_id: int
    stand_in_id: str | None
    reason: str
    since: datetime
    until: datetime


async def put(session: AsyncSession, absence: NewAbsence) -> int:
    """Keep an absence, and return its number."""
    row = {
        "cause": absence.cause,
        "person_id": absence.person_id,
        "village_id": absence.village_id,
        "stand_in_id": absence.stand_in_id,
        "reason": absence.reason,
        "since": absence.since,
        "until": absence.until,
    }
    await insert_new(session, Absence, [], [row])
    kept = await session.scalars(select(Absence.id).where(Absence.cause == absence.cause))
    return kept.one()


async def find(
    session: AsyncSession, person: str, since: datetime, until: datetime
) -> Absence | None:
    """Return what was already said of exactly this time, where it still holds."""
    return await session.scalar(
        select(Absence)
        .where(
            Absence.person_id == person,
            Absence.reason == AWAY,
            Absence.since == since,
            Absence.until == until,
            Absence.ended_at.is_(None),
        )
        .limit(1)
    )


@dataclass(frozen=True, slots=True)
class Ended:
    """An absence that was ended early, and who need not stand in any more."""

    id: int
    stand_in_id: str | None


async def end(session: AsyncSession, person: str, reason: str, now: datetime) -> Sequence[Ended]:
    """End every absence of this kind that lasts still or is to come."""
    ended = await session.execute(
        update(Absence)
        .where(
            Absence.person_id == person,
            Absence.reason == reason,
            Absence.ended_at.is_(None),
            Absence.until > now,
        )
        .values(ended_at=now)
        .returning(Absence.id, Absence.stand_in_id)
    )
    return [Ended(*row) for row in ended]


async def note_over(session: AsyncSession, now: datetime) -> None:
    """Note whose time is over: nobody speaks for them any more."""
    await session.execute(
        update(Absence)
        .where(Absence.ended_at.is_(None), Absence.until <= now)
        .values(ended_at=Absence.until)
    )


async def change_stand_in(
    session: AsyncSession, people: Sequence[str], stand_in: str, now: datetime
) -> None:
    """Let somebody stand in for these people from now on, wherever they are away."""
    await session.execute(
        update(Absence)
        .where(
            Absence.person_id.in_(people),
            Absence.reason == AWAY,
            Absence.ended_at.is_(None),
            Absence.until > now,
        )
        .values(stand_in_id=stand_in)
    )


def stood_in_for(person: str | ColumnElement[str]) -> Select[str]:
    """Select the ids of those for whom somebody stands in, or is about to."""
    return select(Absence.person_id).where(
        Absence.stand_in_id == person, Absence.ended_at.is_(None)
    )
