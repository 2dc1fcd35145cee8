"""Who is on duty at a moment, whom a ladder calls first, and that no rota loses anybody."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError

from storage import contacts, duties, hand_overs, roster, standing_in
from storage.absences import Absence
from storage.contacts import around_groups
from storage.database import Database
from storage.duties import Duty, Hours, Place, Shift
from storage.hand_overs import Offer
from storage.people import Person, Role
from storage.rota import Gone, Official, Rota
from storage.rules import VILLAGE_TIME
from tests.storage.settlers import settler

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=VILLAGE_TIME)
DAY = timedelta(days=1)
EAST, WEST = 1, 2
VILLAGE = Place(1, Role.COORDINATOR)
LEADER_OF_EAST = Place(1, Role.LEADER, EAST)
OFFICIALS = (
    Official("dashan", Role.LEADER, EAST),
    Official("erhu", Role.LEADER, EAST),
    Official("laosi", Role.LEADER, WEST),
    Official("li", Role.COORDINATOR, None),
    Official("zhang", Role.COORDINATOR, None),
)
NIGHT = (20 * 60, 32 * 60)


def weekly(person: str, weekday: int, begins: int = 0, ends: int = 1440) -> Shift:
    return Shift(person, Hours(weekday, None, begins, ends))


def dated(person: str, day: date, begins: int = 0, ends: int = 1440) -> Shift:
    return Shift(person, Hours(None, day, begins, ends))


def away(person: str, stand_in: str | None = None) -> Gone:
    return Gone(person, stand_in, True, MONDAY - DAY, MONDAY + DAY)


def off_shift(person: str, stand_in: str) -> Gone:
    return Gone(person, stand_in, False, MONDAY - DAY, MONDAY + DAY)


def plan(*gone: Gone, **shifts: Sequence[Shift]) -> Rota:
    """Return a rota: `village` and `east` name the shifts of the two places."""
    places = {"village": VILLAGE, "east": LEADER_OF_EAST}
    return Rota({1: OFFICIALS}, {places[name]: of_it for name, of_it in shifts.items()}, {1: gone})


def test_without_a_rota_all_are_on_duty_at_all_hours() -> None:
    for hours in range(0, 168, 5):
        assert plan().on_duty(VILLAGE, MONDAY + timedelta(hours=hours)) == ["li", "zhang"]


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    rota = plan(village=[weekly("zhang", 0, *NIGHT)])
    at = {hour: rota.on_duty(VILLAGE, MONDAY.replace(hour=hour)) for hour in (7, 19, 20, 23)}
    assert at == {7: [], 19: [], 20: ["zhang"], 23: ["zhang"]}
    assert rota.on_duty(VILLAGE, MONDAY.replace(hour=7) + DAY) == ["zhang"]
    assert rota.on_duty(VILLAGE, MONDAY.replace(hour=8) + DAY) == []


def test_a_date_goes_before_the_pattern_in_its_own_hours_only() -> None:
    rota = plan(village=[weekly("zhang", 0), dated("li", MONDAY.date(), 480, 720)])
    assert rota.on_duty(VILLAGE, MONDAY) == ["li"]
    assert rota.on_duty(VILLAGE, MONDAY.replace(hour=12)) == ["zhang"]
    assert rota.on_duty(VILLAGE, MONDAY + 7 * DAY) == ["zhang"]


def test_a_date_alone_is_no_rota_for_other_days() -> None:
    rota = plan(village=[dated("li", MONDAY.date())])
    assert rota.on_duty(VILLAGE, MONDAY) == ["li"]
    assert rota.on_duty(VILLAGE, MONDAY + DAY) == ["li", "zhang"]


def test_who_stands_in_may_be_away_himself_and_then_it_is_whoever_stands_in_for_him() -> None:
    rota = plan(away("zhang", "li"), away("li", "dashan"), village=[weekly("zhang", 0)])
    assert rota.on_duty(VILLAGE, MONDAY) == ["dashan"]


def test_two_who_stand_in_for_each_other_are_both_away() -> None:
    rota = plan(away("zhang", "li"), away("li", "zhang"))
    assert rota.on_duty(VILLAGE, MONDAY) == []
    around = around_groups(rota, 1, {EAST}, MONDAY)
    assert around.of(["coordinators"]) == ["li", "zhang"]  # better they than nobody
    assert around.away == {"li", "zhang"}


def test_who_handed_over_is_not_away_and_is_called_where_the_other_cannot_be() -> None:
    rota = plan(off_shift("zhang", "dashan"), village=[weekly("zhang", 0)])
    assert rota.on_duty(VILLAGE, MONDAY) == ["dashan"]
    lost = plan(
        Gone("zhang", None, False, MONDAY - DAY, MONDAY + DAY), village=[weekly("zhang", 0)]
    )
    assert around_groups(lost, 1, {EAST}, MONDAY).of(["coordinators"]) == ["li", "zhang"]


def test_where_all_leaders_of_a_group_are_away_another_of_the_village_stands_in() -> None:
    around = around_groups(plan(away("dashan"), away("erhu")), 1, {EAST}, MONDAY)
    assert around.of(["leader"]) == ["laosi"]
    assert set(around.of(["deputies"])) == {"dashan", "erhu", "laosi"}


def test_without_any_leader_her_coordinator_is_told_and_nobody_who_is_away() -> None:
    gone = [away(one) for one in ("dashan", "erhu", "laosi")]
    around = around_groups(plan(*gone), 1, {EAST}, MONDAY)
    assert around.of(["leader"]) or around.of(["coordinators"]) == ["li", "zhang"]
    assert around.of(["leader"]) == []


def test_a_leader_who_is_silent_himself_does_not_leave_his_circle_empty() -> None:
    rota = plan(east=[weekly("dashan", 0)])
    around = around_groups(rota, 1, {EAST}, MONDAY)
    assert around.of(["leader"]) == ["dashan"]
    assert around.without({"dashan"}).of(["leader"]) == ["erhu"]


def test_spans_tell_each_change_once() -> None:
    rota = plan(village=[weekly("zhang", 0, 480, 720), weekly("zhang", 0, 700, 840)])
    begins = MONDAY.replace(hour=6)
    spans = rota.spans(VILLAGE, begins, begins.replace(hour=21))
    assert [(one.begins.hour, one.ends.hour, one.people) for one in spans] == [
        (6, 8, ()),
        (8, 14, ("zhang",)),
        (14, 21, ()),
    ]


PEOPLE = st.sampled_from([one.person for one in OFFICIALS])
HOURS = st.tuples(st.integers(0, 1439), st.integers(1, 1440))
SHIFTS = st.lists(
    st.builds(
        lambda person, weekday, hours: weekly(person, weekday, hours[0], hours[0] + hours[1]),
        PEOPLE,
        st.integers(0, 6),
        HOURS,
    ),
    max_size=6,
)
GONE = st.lists(
    st.builds(
        Gone,
        PEOPLE,
        st.none() | PEOPLE,
        st.booleans(),
        st.just(MONDAY - DAY),
        st.just(MONDAY + DAY),
    ),
    max_size=6,
)


@given(SHIFTS, SHIFTS, GONE, st.integers(0, 23))
def test_no_rota_and_no_absence_loses_anybody(
    village: list[Shift], east: list[Shift], gone: list[Gone], hour: int
) -> None:
    moment = MONDAY.replace(hour=hour)
    around = around_groups(plan(*gone, village=village, east=east), 1, {EAST}, moment)
    wide = set(around.of(["leader", "coordinators", "deputies"]))
    assert wide == {one.person for one in OFFICIALS}
    whole = around.regardless()
    assert {"dashan", "erhu"} <= set(whole.of(["leader"]))
    assert {"li", "zhang"} <= set(whole.of(["coordinators"]))
    told = around.of(["leader"]) or around.of(["coordinators"])
    assert set(told) - around.away or wide <= around.away


CAST = (
    ("wang", "王秀英", Role.ELDER),
    ("dashan", "李大山", Role.LEADER),
    ("li", "李副主任", Role.COORDINATOR),
    ("zhang", "张主任", Role.COORDINATOR),
)


async def settle(database: Database) -> int:
    async with database.writing() as session:
        await roster.enrol(session, [settler(*one) for one in CAST], MONDAY)
        person = await session.get_one(Person, "wang")
        return person.village_id


async def test_said_twice_by_two_nodes_it_is_one_duty(database: Database) -> None:
    place = Place(await settle(database), Role.COORDINATOR)
    for _ in range(2):
        async with database.writing() as session:
            await duties.assign(session, [place], "zhang", Hours(0, None), "zhang", MONDAY)
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Duty)) == 1


async def test_a_duty_has_a_weekday_or_a_date_and_not_both(database: Database) -> None:
    place = Place(await settle(database), Role.COORDINATOR)
    for hours in (Hours(0, MONDAY.date()), Hours(None, None), Hours(0, None, 600, 600)):
        with pytest.raises(IntegrityError):
            async with database.writing() as session:
                await duties.assign(session, [place], "zhang", hours, "zhang", MONDAY)


async def test_a_shift_passes_once_however_often_it_is_taken(database: Database) -> None:
    village = await settle(database)
    offer = Offer(
        cause="one",
        village_id=village,
        giver_id="zhang",
        taker_id="li",
        until=MONDAY + timedelta(hours=9),
    )
    async with database.writing() as session:
        await hand_overs.offer(session, offer, MONDAY + timedelta(minutes=30), MONDAY)
    taken = []
    for _ in range(2):
        async with database.writing() as session:
            taken += await hand_overs.take(session, "li", MONDAY)
    assert len(taken) == 1
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Absence)) == 1


async def test_the_rota_costs_two_statements_however_many_elders(database: Database) -> None:
    village = await settle(database)
    async with database.writing() as session:
        place = Place(village, Role.COORDINATOR)
        await duties.assign(session, [place], "zhang", Hours(0, None), "zhang", MONDAY)
        await standing_in.leave(session, "dashan", MONDAY.date(), MONDAY.date(), "away", MONDAY)
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    async with database.writing() as session:
        event.listen(database.engine.sync_engine, "before_cursor_execute", note)
        try:
            around = await contacts.around(session, {"wang", "dashan"}, MONDAY)
        finally:
            event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    assert around["wang"].of(["coordinators"]) == ["zhang"]
    assert len([one for one in statements if "FROM duties" in one]) == 1
    assert len([one for one in statements if "FROM absences" in one]) == 1
    assert len([one for one in statements if one.startswith("SELECT")]) == 5
