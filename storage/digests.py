"""Digests: what was said of each village, so that the next can tell what has changed since.

One row for each village, day and slot: two nodes, or a round that is rung twice, say it once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Select,
    String,
    exists,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.checkins import Expectation
from storage.database import Base
from storage.people import Person, PersonRole, Role, is_reached
from storage.villages import Village


class Slot(StrEnum):
    MORNING = "morning"
    EVENING = "evening"
    WEEK = "week"  # its day is the Monday of the week that it is about


DAILY = (Slot.MORNING, Slot.EVENING)


class Digest(Base):
    """`figures` is what was said, as numbers and ids: names are looked up when they are read."""

    __tablename__ = "digests"
    __table_args__ = (CheckConstraint("slot IN ('morning', 'evening', 'week')", name="slot"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    slot: Mapped[str] = mapped_column(String(8), primary_key=True)
    village_id: Mapped[int] = mapped_column(ForeignKey("villages.id"), primary_key=True)
    written_at: Mapped[datetime]
    readers: Mapped[int]
    """To how many it was written; 0 where the village has nobody who can be reached."""
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)


async def claim_village(session: AsyncSession, day: date, slot: Slot) -> Village | None:
    """Take one village of which this digest is not written; None when there is none to take.

    Another node may have written it between our look and our lock: then we look again.
    """
    unwritten = (
        select(Village)
        .where(~_is_written(day, slot))
        .order_by(Village.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    while village := await session.scalar(unwritten):
        if await session.get(Digest, (day, slot, village.id)) is None:
            return village
    return None


def _is_written(day: date, slot: Slot) -> ColumnElement[bool]:
    return exists().where(Digest.day == day, Digest.slot == slot, Digest.village_id == Village.id)


async def all_written(session: AsyncSession, day: date, slot: Slot) -> bool:
    """Tell whether no node has anything left to write."""
    left = await session.scalar(select(Village.id).where(~_is_written(day, slot)).limit(1))
    return left is None


async def last_said(session: AsyncSession, village: int, day: date) -> Digest | None:
    """Return what was last said of a village, that day or the day before."""
    return await session.scalar(
        select(Digest)
        .where(
            Digest.day.in_((day, day - timedelta(days=1))),
            Digest.slot.in_(DAILY),
            Digest.village_id == village,
        )
        .order_by(Digest.written_at.desc())
        .limit(1)
    )


async def said(session: AsyncSession, village: int, day: date, slot: Slot) -> Digest | None:
    return await session.get(Digest, (day, slot, village))


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of one of many villages."""

    village: str
    figures: dict[str, Any]


async def said_of_all(session: AsyncSession, day: date, slot: Slot) -> list[Said]:
    """Return what was said of every village, by name."""
    rows = await session.execute(
        select(Village.name, Digest.figures)
        .join(Village, Village.id == Digest.village_id)
        .where(Digest.day == day, Digest.slot == slot)
        .order_by(Village.name)
    )
    return [Said(*row) for row in rows]


async def latest_slot(session: AsyncSession, day: date) -> Slot | None:
    """Return which digest of a day was written last, None where none was."""
    found = await session.scalar(
        select(Digest.slot)
        .where(Digest.day == day, Digest.slot.in_(DAILY))
        .order_by(Digest.slot)  # the evening before the morning
        .limit(1)
    )
    return Slot(found) if found else None


async def unread(session: AsyncSession, day: date, slot: Slot) -> Sequence[str]:
    """Return the villages that watch over somebody and whose digest went to nobody, by name."""
    is_watched = exists().where(Expectation.village_id == Village.id, Expectation.day == day)
    found = await session.scalars(
        select(Village.name)
        .join(Digest, Digest.village_id == Village.id)
        .where(Digest.day == day, Digest.slot == slot, Digest.readers == 0, is_watched)
        .order_by(Village.name)
    )
    return found.all()


async def coordinators(session: AsyncSession, village: int) -> list[str]:
    """Return the coordinators of a village whom some channel reaches."""
    found = await session.scalars(
        _reached(Role.COORDINATOR).where(Person.village_id == village).order_by(Person.id)
    )
    return list(found)


async def supervisors(session: AsyncSession) -> list[str]:
    """Return the supervisors whom some channel reaches."""
    return list(await session.scalars(_reached(Role.SUPERVISOR).order_by(Person.id)))


async def leaders(session: AsyncSession, village: int) -> list[tuple[str, int]]:
    """Return the leaders of a village whom some channel reaches: (person, group) each."""
    rows = await session.execute(
        _reached(Role.LEADER)
        .add_columns(Person.group_id)
        .where(Person.village_id == village, Person.group_id.is_not(None))
        .order_by(Person.id)
    )
    return [(person, group) for person, group in rows]


def _reached(role: Role) -> Select[str]:
    return (
        select(Person.id)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(PersonRole.role == role)
        .where(is_reached(Person.id))
    )
