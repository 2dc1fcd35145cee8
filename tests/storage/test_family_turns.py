"""A family's turn: said once it goes round, and whom it lets rest is nobody's loss."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from storage import contacts, family_turns, people, roster
from storage.database import Database
from storage.family_turns import monday_of
from storage.people import Role, Tie, TieKind
from storage.rules import VILLAGE_TIME
from tests.storage.settlers import settler

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=VILLAGE_TIME)
CAST = (
    ("wang", "王秀英", Role.ELDER),
    ("ann", "王小安", Role.FAMILY),
    ("bo", "王小波", Role.FAMILY),
    ("cai", "王小彩", Role.FAMILY),
)


async def settle(session: AsyncSession) -> None:
    await roster.enrol(session, [settler(*one) for one in CAST], NOW)
    for child in ("ann", "bo", "cai"):
        session.add(Tie(elder_id="wang", person_id=child, kind=TieKind.FAMILY))
    await session.flush()


async def whose(session: AsyncSession, weeks: int) -> str:
    turns = await family_turns.on_duty(session, ["wang"], NOW, weeks_ahead=weeks)
    return turns.get("wang", "")


async def test_the_turn_goes_round_from_the_week_it_was_said_of(database: Database) -> None:
    async with database.writing() as session:
        await settle(session)
        assert await whose(session, 0) == ""
        await family_turns.say(session, ["wang"], monday_of(NOW), "bo", "ann", NOW)
        assert [await whose(session, week) for week in range(5)] == [
            "bo",
            "cai",
            "ann",
            "bo",
            "cai",
        ]
        assert await whose(session, -1) == ""
        later = monday_of(NOW) + timedelta(weeks=1)
        await family_turns.say(session, ["wang"], later, "ann", "ann", NOW)
        await family_turns.say(session, ["wang"], later, "ann", "ann", NOW)
        assert [await whose(session, week) for week in range(3)] == ["bo", "ann", "bo"]
        await family_turns.say(session, ["wang"], later, None, "ann", NOW)
        assert [await whose(session, week) for week in range(3)] == ["bo", "", ""]


async def test_who_is_off_duty_is_called_later_and_in_distress_at_once(database: Database) -> None:
    async with database.writing() as session:
        await settle(session)
        await family_turns.say(session, ["wang"], monday_of(NOW), "bo", "ann", NOW)
        around = (await contacts.around(session, {"wang"}, NOW))["wang"]
        assert around.of(["family"]) == ["bo"]
        assert around.of(["deputies"]) == ["ann", "cai"]
        assert around.regardless().of(["family"]) == ["ann", "bo", "cai"]
        await people.lose(session, ("wechat", "o-bo"))
        around = (await contacts.around(session, {"wang"}, NOW))["wang"]
        assert around.of(["family"]) == ["ann", "cai"]
