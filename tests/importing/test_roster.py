"""A roster is laid over the village: what is new is added, what differs changed, no more."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time
from typing import Any

import pytest
from sqlalchemy import event, update

from storage import partings, roster
from storage.checkins import Expectation, Plan, open_day
from storage.database import Database
from storage.departures import Why
from storage.people import Identity, Person, PersonRole, Role, Tie
from storage.roster import OPTIONAL, Enrolled, Entry, Fault, RosterError
from storage.rules import CheckinRules, Rules
from storage.villages import Group, Village
from storage.watched import watched
from tests.importing.village import ELDER, LATER, NOW, elder, enrol_all, everything, rows_of

WANG = elder("E1", group="一组", openid="owang", checkin_from=time(6), checkin_by=time(8), tier=1)
ZHANG = elder(
    "E2",
    line=3,
    name="张有田",
    group="二组",
    roles=frozenset({Role.ELDER, Role.VOLUNTEER}),
    openid="ozhang",
    neighbour_of=frozenset({"E1"}),
)
LI_MEI = elder(
    "F1",
    line=4,
    name="李梅",
    roles=frozenset({Role.FAMILY}),
    openid="olimei",
    family_of=frozenset({"E1"}),
)


@contextmanager
def written(database: Database) -> Iterator[list[str]]:
    """Collect the statements that write."""
    heard: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.split()[0] in {"INSERT", "UPDATE", "DELETE"}:
            heard.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", listen)
    yield heard
    event.remove(database.engine.sync_engine, "before_cursor_execute", listen)


async def test_a_village_is_enrolled(database: Database) -> None:
    enrolled = await enrol_all(database, WANG, ZHANG, LI_MEI)

    assert enrolled == Enrolled(added=3, changed=0, unchanged=0)
    assert await rows_of(database, Village, "name", "opened_day") == {("石桥村", None)}
    assert await rows_of(database, Group, "name") == {("一组",), ("二组",)}
    assert await rows_of(database, PersonRole) == {
        ("E1", "elder"),
        ("E2", "elder"),
        ("E2", "volunteer"),
        ("F1", "family"),
    }
    assert await rows_of(database, Tie) == {("E1", "E2", "neighbour"), ("E1", "F1", "family")}
    assert await rows_of(database, Identity) == {
        ("wechat", "owang", "E1", NOW, True, None),
        ("wechat", "ozhang", "E2", NOW, True, None),
        ("wechat", "olimei", "F1", NOW, True, None),
    }


async def test_only_elders_are_waited_for(database: Database) -> None:
    await enrol_all(database, WANG, ZHANG, LI_MEI)

    assert await rows_of(database, Plan) == {
        ("E1", "day", time(6), time(8), 1),
        ("E2", "day", time(6), time(9), 2),
    }


async def test_the_same_roster_again_writes_no_row(database: Database) -> None:
    await enrol_all(database, WANG, ZHANG, LI_MEI)
    before = await everything(database)

    with written(database) as statements:
        enrolled = await enrol_all(database, WANG, ZHANG, LI_MEI, now=LATER)

    assert enrolled == Enrolled(added=0, changed=0, unchanged=3)
    assert statements == []
    assert await everything(database) == before


async def test_a_person_may_stand_before_her_elder(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster, "CHUNK", 1)

    await enrol_all(database, LI_MEI, ZHANG, WANG)

    assert await rows_of(database, Tie) == {("E1", "E2", "neighbour"), ("E1", "F1", "family")}


async def test_only_the_person_who_differs_is_changed(database: Database) -> None:
    await enrol_all(database, WANG, ZHANG, LI_MEI)

    moved = elder("E1", name="王秀兰", group="二组", openid="owang", phone="13800000001", tier=1)
    enrolled = await enrol_all(database, moved, ZHANG, LI_MEI)

    assert enrolled == Enrolled(added=0, changed=1, unchanged=2)
    assert ("王秀兰", "13800000001") in await rows_of(database, Person, "name", "phone")
    assert ("E1", "day", time(6), time(9), 1) in await rows_of(database, Plan)


async def test_roles_and_ties_are_replaced(database: Database) -> None:
    await enrol_all(database, WANG, ZHANG, LI_MEI)

    volunteer = elder("F1", roles=frozenset({Role.VOLUNTEER}), neighbour_of=frozenset({"E2"}))
    await enrol_all(database, volunteer)

    assert ("F1", "volunteer") in await rows_of(database, PersonRole)
    assert ("F1", "family") not in await rows_of(database, PersonRole)
    assert await rows_of(database, Tie) == {("E1", "E2", "neighbour"), ("E2", "F1", "neighbour")}


async def test_what_the_roster_does_not_speak_of_stays(database: Database) -> None:
    await enrol_all(database, WANG, ZHANG, LI_MEI)
    before = await everything(database)

    short = [
        Entry(
            line=2,
            id=entry.id,
            name=entry.name,
            village="石桥村",
            roles=entry.roles,
            stated=frozenset(),
        )
        for entry in (WANG, ZHANG, LI_MEI)
    ]
    enrolled = await enrol_all(database, *short)

    assert enrolled.unchanged == 3
    assert await everything(database) == before


async def test_who_moves_to_another_village_leaves_her_group_behind(database: Database) -> None:
    await enrol_all(database, WANG)

    await enrol_all(database, elder("E1", village="李家沟", stated=OPTIONAL - {"group"}))

    assert await rows_of(database, Person, "id", "group_id") == {("E1", None)}


async def test_who_is_no_elder_any_more_is_not_waited_for(database: Database) -> None:
    await enrol_all(database, WANG)

    enrolled = await enrol_all(database, elder("E1", roles=frozenset({Role.VOLUNTEER})))

    assert enrolled.changed == 1
    assert await rows_of(database, Plan) == set()


async def test_a_new_phone_is_added_to_the_old_one(database: Database) -> None:
    await enrol_all(database, WANG)

    enrolled = await enrol_all(database, elder("E1", openid="owang2"), now=LATER)

    assert enrolled.changed == 1
    assert await rows_of(database, Identity) == {
        ("wechat", "owang", "E1", NOW, True, None),
        ("wechat", "owang2", "E1", LATER, True, None),
    }


async def test_an_empty_openid_takes_none_away(database: Database) -> None:
    await enrol_all(database, WANG)

    await enrol_all(database, elder("E1", openid=""))

    assert await rows_of(database, Identity, "address", "person_id") == {("owang", "E1")}


async def test_somebody_elses_openid_is_refused(database: Database) -> None:
    await enrol_all(database, WANG, ZHANG)
    before = await everything(database)

    with pytest.raises(RosterError) as refusal:
        await enrol_all(
            database, elder("E9", line=7, village="新村", openid="owang"), elder("E1", line=8)
        )

    assert refusal.value.faults == [Fault(7, "这个 openid 已经是“E1”的")]
    assert await everything(database) == before


async def test_two_who_swap_phones_are_believed(database: Database) -> None:
    await enrol_all(database, WANG, ZHANG)

    enrolled = await enrol_all(database, elder("E1", openid="ozhang"), elder("E2", openid="owang"))

    assert enrolled.changed == 2
    assert await rows_of(database, Identity, "address", "person_id") == {
        ("ozhang", "E1"),
        ("owang", "E2"),
    }


async def test_ties_to_nobody_are_named_all_at_once(database: Database) -> None:
    with pytest.raises(RosterError) as refusal:
        await enrol_all(
            database,
            elder("E1", line=2, neighbour_of=frozenset({"E1"})),
            elder("F1", line=3, roles=frozenset(), family_of=frozenset({"E404"})),
            elder("F2", line=4, roles=frozenset(), family_of=frozenset({"F1"})),
        )

    assert refusal.value.faults == [
        Fault(2, "neighbour_of 里写的是自己“E1”"),
        Fault(3, "family_of 里的“E404”，表里和库里都没有这个人"),
        Fault(4, "family_of 里的“F1”不是老人，roles 里没有 elder"),
    ]
    assert await rows_of(database, Village) == set()


async def test_ties_may_name_elders_enrolled_before(database: Database) -> None:
    await enrol_all(database, WANG)

    await enrol_all(database, LI_MEI)

    assert await rows_of(database, Tie) == {("E1", "F1", "family")}


async def test_what_the_roster_says_of_an_elder_goes_before_what_was(database: Database) -> None:
    await enrol_all(database, WANG)

    with pytest.raises(RosterError) as refusal:
        await enrol_all(database, elder("E1", roles=frozenset()), LI_MEI)

    assert [fault.line for fault in refusal.value.faults] == [4]


async def open_the_day(database: Database) -> None:
    async with database.writing() as session:
        while await open_day(session, NOW, CheckinRules(), watched()) is not None:
            pass


async def test_a_newcomer_is_waited_for_the_same_day(database: Database) -> None:
    await enrol_all(database, WANG, elder("E7", village="李家沟"))
    await open_the_day(database)

    await enrol_all(database, WANG, ZHANG)

    assert await rows_of(database, Village, "name", "opened_day") == {
        ("石桥村", None),
        ("李家沟", NOW.date()),
    }
    await open_the_day(database)
    waited_for = await rows_of(database, Expectation, "elder_id")
    assert waited_for == {("E1",), ("E2",), ("E7",)}


async def test_new_hours_leave_what_is_expected_today(database: Database) -> None:
    await enrol_all(database, ZHANG, WANG)
    await open_the_day(database)
    before = await rows_of(database, Expectation)

    await enrol_all(database, elder("E1", checkin_from=time(7), checkin_by=time(10), tier=3))
    await open_the_day(database)

    assert await rows_of(database, Expectation) == before
    assert ("E1", "day", time(7), time(10), 3) in await rows_of(database, Plan)


async def test_an_elder_who_moves_is_looked_for_in_her_new_village(database: Database) -> None:
    await enrol_all(database, WANG, elder("E7", village="李家沟"))
    async with database.writing() as session:
        await session.execute(update(Village).values(opened_day=NOW.date()))

    await enrol_all(database, elder("E7", village="石桥村"))

    assert await rows_of(database, Village, "name", "opened_day") == {
        ("石桥村", None),
        ("李家沟", NOW.date()),
    }


async def test_a_thousand_people_come_in_chunks(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster, "CHUNK", 300)
    people = [
        elder(f"E{number}", line=number, group=f"{number % 7}组", openid=f"o{number}", roles=ELDER)
        for number in range(1000)
    ]
    steps: list[int] = []

    async with database.writing() as session:
        enrolled = await roster.enrol(session, people, NOW, steps.append)

    assert enrolled.added == 1000
    assert steps == [300, 300, 300, 100]
    assert len(await rows_of(database, Plan)) == 1000


async def test_nobody_is_brought_back_by_a_roster(database: Database) -> None:
    """Her daughter may still be said to be hers; she herself is not waited for again."""
    await enrol_all(database, WANG, ZHANG, LI_MEI)
    async with database.writing() as session:
        await partings.part(session, "E1", Why.DIED, "E2", NOW, Rules())
    await enrol_all(database, WANG, ZHANG, LI_MEI, now=LATER)
    await enrol_all(database, LI_MEI, now=LATER)
    assert ("E1", "elder") not in await rows_of(database, PersonRole)
    assert {row[0] for row in await rows_of(database, Plan, "elder_id")} == {"E2"}
    assert not [row for row in await rows_of(database, Identity, "person_id") if row[0] == "E1"]
