"""Turns: which of an elder's family is on duty in a week, and is called before the others.

Somebody says it of one week; from then on the turn goes round by itself, in the order of their
ids, until it is said anew, or said that all are called together again.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ForeignKey, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, insert_new
from storage.people import Tie, is_of_family
from storage.rules import village_day


class FamilyTurn(Base):
    """What was said of one week; `person_id` is None where all are called together."""

    __tablename__ = "family_turns"

    elder_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    monday: Mapped[date] = mapped_column(primary_key=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    said_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    said_at: Mapped[datetime]


def monday_of(now: datetime) -> date:
    day = village_day(now)
    return day - timedelta(days=day.weekday())


async def say(
    session: AsyncSession,
    elders: Collection[str],
    monday: date,
    person: str | None,
    by: str,
    now: datetime,
) -> None:
    """Let somebody be on duty for these elders from this week on; None: nobody before others."""
    rows = [
        {"elder_id": elder, "monday": monday, "person_id": person, "said_by": by, "said_at": now}
        for elder in elders
    ]
    await insert_new(session, FamilyTurn, [], rows)
    await session.execute(
        update(FamilyTurn)
        .where(FamilyTurn.elder_id.in_(elders), FamilyTurn.monday == monday)
        .values(person_id=person, said_by=by, said_at=now)
    )


async def families(session: AsyncSession, elders: Collection[str]) -> dict[str, list[str]]:
    """Return the family of each elder in the order of the turn, whether or not it is reached."""
    rows = await session.execute(
        select(Tie.elder_id, Tie.person_id)
        .where(Tie.elder_id.in_(elders), is_of_family(), Tie.person_id != Tie.elder_id)
        .order_by(Tie.elder_id, Tie.person_id)
    )
    found: dict[str, list[str]] = {}
    for elder, person in rows:
        found.setdefault(elder, []).append(person)
    return found


async def on_duty(
    session: AsyncSession, elders: Collection[str], now: datetime, *, weeks_ahead: int = 0
) -> dict[str, str]:
    """Return who of each family is on duty in this week, of those that take turns."""
    monday = monday_of(now) + timedelta(weeks=weeks_ahead)
    rows = await session.execute(
        select(FamilyTurn.elder_id, FamilyTurn.monday, FamilyTurn.person_id)
        .where(FamilyTurn.elder_id.in_(elders), FamilyTurn.monday <= monday)
        .order_by(FamilyTurn.monday)
    )
    last: Mapping[str, tuple[date, str | None]] = {row[0]: (row[1], row[2]) for row in rows}
    said = {elder: (since, who) for elder, (since, who) in last.items() if who is not None}
    order = await families(session, said) if said else {}
    turns = {
        elder: _whose(order.get(elder, ()), who, (monday - since).days // 7)
        for elder, (since, who) in said.items()
    }
    return {elder: person for elder, person in turns.items() if person}


def _whose(family: Sequence[str], first: str, weeks: int) -> str:
    """Return whose turn it is so many weeks after somebody's, "" where he has left."""
    return family[(family.index(first) + weeks) % len(family)] if first in family else ""
