"""The profiles of volunteers follow the roster, and keep what each has said himself."""

from dataclasses import replace
from datetime import datetime

from storage import roster, volunteers
from storage.database import Database
from storage.people import Role
from storage.rules import VILLAGE_TIME
from storage.volunteers import NEVER, Volunteer
from tests.storage.settlers import settler

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=VILLAGE_TIME)
LIU = settler("liushen", "刘翠花", Role.VOLUNTEER)


async def keep_up(database: Database, entry: roster.Entry) -> Volunteer:
    async with database.writing() as session:
        await roster.enrol(session, [entry], NOON)
        await volunteers.keep_up(session)
        assert not await volunteers.is_behind(session)
    async with database.reading() as session:
        return await session.get_one(Volunteer, "liushen")


async def test_whoever_the_roster_names_is_on_duty_and_was_never_asked(database: Database) -> None:
    liu = await keep_up(database, LIU)
    assert (liu.is_on_duty, liu.last_asked_at, liu.skills) == (True, NEVER, "")


async def test_what_the_roster_changes_is_followed_and_what_he_said_is_kept(
    database: Database,
) -> None:
    await keep_up(database, LIU)
    async with database.writing() as session:
        (await session.get_one(Volunteer, "liushen")).radius = volunteers.GROUP
    moved = replace(LIU, skills="理发", phone="138", group="槐树院")
    liu = await keep_up(database, moved)
    assert (liu.skills, liu.phone_mark, liu.radius) == ("理发", "138", volunteers.GROUP)
    before = liu.group_id
    assert (await keep_up(database, LIU)).group_id != before


async def test_who_is_no_volunteer_any_more_is_off_duty(database: Database) -> None:
    await keep_up(database, LIU)
    liu = await keep_up(database, replace(LIU, roles=frozenset({Role.FAMILY})))
    assert not liu.is_on_duty
