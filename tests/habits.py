"""Lets elders of the stories have habits: weeks in which they were heard at their time."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from sqlalchemy import select, update

import storage.villages
from storage.checkins import Plan, SignOfLife
from storage.people import Person, PersonRole, Role
from storage.rules import at_village, village_day
from tests.village import MONDAY, Village


def days_before(day: date, number: int) -> list[date]:
    return [day - timedelta(days=ago) for ago in range(number, 0, -1)]


async def used_to_write(
    village: Village,
    elder: str,
    hour: time,
    days: int = 20,
    *,
    by: str = "",
    until: datetime = MONDAY,
) -> None:
    """Let an elder have been heard at this hour, a few minutes more or less, on so many days."""
    async with village.database.writing() as session:
        session.add_all(
            SignOfLife(
                elder_id=elder,
                at=_about(at_village(day, hour), nth),
                kind="proxy" if by else "ok",
                actor_id=by or elder,
            )
            for nth, day in enumerate(days_before(village_day(until), days))
        )


def _about(at: datetime, nth: int) -> datetime:
    return at + timedelta(minutes=(nth * 7) % 9 - 4)


async def reckon(village: Village) -> None:
    """Let yesterday afternoon's round have been, as it is on any other day."""
    async with village.database.writing() as session:
        await session.execute(update(storage.villages.Village).values(habits_day=None))
    _, round_ = village.house.rounds["habits"]
    await round_(at_village(MONDAY.date() - timedelta(days=1), time(15)))


async def let_live_here(village: Village, elders: Mapping[str, str]) -> None:
    """Let more sturdy elders without a phone live in the east, by id and name."""
    async with village.database.writing() as session:
        home = (await session.scalars(select(Person).where(Person.id == "wang"))).one()
        for elder, name in elders.items():
            session.add(
                Person(id=elder, name=name, village_id=home.village_id, group_id=home.group_id)
            )
        await session.flush()
        for elder in elders:
            session.add(PersonRole(person_id=elder, role=Role.ELDER))
            session.add(Plan(elder_id=elder, opens=time(6), closes=time(9), tier=2))
