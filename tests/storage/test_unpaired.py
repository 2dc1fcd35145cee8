"""Addresses of record: the number of a phone, and the group of a village's coordinators."""

from dataclasses import replace
from datetime import datetime

from schedules.recording import keep_addresses
from storage import people, roster
from storage.database import Database
from storage.people import Role
from storage.rules import VILLAGE_TIME
from tests.storage.settlers import settler

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=VILLAGE_TIME)
WANG = replace(settler("wang", "王秀英", Role.ELDER), phone="13800000001")
MEI = replace(settler("xiaomei", "王小梅", Role.FAMILY), phone="138-0000 1111")
ZHANG = replace(settler("zhang", "张主任", Role.COORDINATOR), phone="")
ALL = ["wang", "xiaomei", "zhang"]


async def _settle(database: Database) -> None:
    async with database.writing() as session:
        await roster.enrol(session, [WANG, MEI, ZHANG], NOW)


async def _of_record(database: Database) -> dict[str, list[tuple[str, str]]]:
    async with database.reading() as session:
        found = await people.addresses(session, ALL)
    return {
        one: [address for address in theirs if address[0] != "wechat"]
        for one, theirs in found.items()
    }


async def test_who_can_answer_is_reached_by_number_and_coordinators_in_their_group(
    database: Database,
) -> None:
    await _settle(database)
    assert await keep_addresses(database, NOW, sms=True, robots=None) == 2
    assert await _of_record(database) == {
        "wang": [],
        "xiaomei": [("sms", "13800001111")],
        "zhang": [("wecom_robot", "李家沟")],
    }
    assert await keep_addresses(database, NOW, sms=True, robots=None) == 0


async def test_what_was_paired_goes_before_what_is_on_record(database: Database) -> None:
    await _settle(database)
    await keep_addresses(database, NOW, sms=True, robots=None)
    async with database.reading() as session:
        found = await people.addresses(session, ALL)
    assert [channel for channel, _ in found["xiaomei"]] == ["wechat", "sms"]


async def test_a_village_without_a_robot_has_no_group(database: Database) -> None:
    await _settle(database)
    for robots in (frozenset({"陈家湾"}), frozenset()):
        await keep_addresses(database, NOW, sms=False, robots=robots)
        assert (await _of_record(database))["zhang"] == []
    await keep_addresses(database, NOW, sms=False, robots={"李家沟"})
    assert (await _of_record(database))["zhang"] == [("wecom_robot", "李家沟")]


async def test_a_new_number_replaces_the_old_and_a_lost_one_stays_lost(
    database: Database,
) -> None:
    await _settle(database)
    await keep_addresses(database, NOW, sms=True, robots=frozenset())
    async with database.writing() as session:
        await people.lose(session, ("sms", "13800001111"))
    assert await keep_addresses(database, NOW, sms=True, robots=frozenset()) == 0
    assert (await _of_record(database))["xiaomei"] == []
    async with database.writing() as session:
        await roster.enrol(session, [replace(MEI, phone="13800002222")], NOW)
    assert await keep_addresses(database, NOW, sms=True, robots=frozenset()) == 2
    assert (await _of_record(database))["xiaomei"] == [("sms", "13800002222")]


async def test_a_way_that_was_given_up_leaves_nobody_seemingly_reachable(
    database: Database,
) -> None:
    await _settle(database)
    await keep_addresses(database, NOW, sms=True, robots=None)
    await keep_addresses(database, NOW, sms=False, robots=frozenset())
    assert await _of_record(database) == {"wang": [], "xiaomei": [], "zhang": []}
