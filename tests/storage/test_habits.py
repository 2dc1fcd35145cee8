"""A usual time is what a plain recomputation of the same days says it is."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from storage import downtimes, habits, roster
from storage.checkins import Expectation, SignOfLife, State
from storage.database import Database
from storage.downtimes import Outage, Span
from storage.habits import Habit, Usual
from storage.hours import Hours, fitting
from storage.incidents import Cause, IncidentKind, begin
from storage.people import Person, Role
from storage.rules import (
    VILLAGE_TIME,
    CheckinRules,
    HabitRules,
    LadderRules,
    at_village,
)
from tests.storage.settlers import settler

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=VILLAGE_TIME)
CHECKIN, RULES = CheckinRules(), HabitRules()
BEGAN = at_village(date(2026, 10, 27), CHECKIN.day_starts)

MINUTES = st.integers(0, 24 * 60 - 1)


def middle(values: Sequence[float]) -> float:
    """Return the median as one does it by hand: half are no more, half no less."""
    line = sorted(values)
    return (line[(len(line) - 1) // 2] + line[len(line) // 2]) / 2


@given(st.lists(MINUTES, min_size=1, max_size=28))
def test_median_and_spread_are_those_done_by_hand(minutes: list[int]) -> None:
    found = habits.usual(minutes)
    assert found.median == middle(minutes)
    assert found.spread == middle([abs(one - found.median) for one in minutes])
    assert found.days == len(minutes)


@given(st.lists(MINUTES, min_size=3, max_size=28), st.data())
def test_fewer_than_half_strange_days_carry_it_nowhere(
    minutes: list[int], data: st.DataObject
) -> None:
    """However wild they are, it stays among the ordinary ones, and so does the spread."""
    ordinary = habits.usual(minutes)
    strange = data.draw(st.lists(MINUTES, max_size=(len(minutes) - 1) // 2))
    found = habits.usual([*minutes, *strange])
    assert min(minutes) <= found.median <= max(minutes)
    assert found.spread <= max(minutes) - min(minutes)
    assert ordinary.days + len(strange) == found.days


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 27), MINUTES), max_size=80),
    st.lists(st.tuples(st.integers(0, 28 * 1440), st.integers(1, 300)), max_size=3),
)
def test_the_first_word_of_each_day_is_found_as_by_hand(
    said: list[tuple[str, int, int]], lost: list[tuple[int, int]]
) -> None:
    signs = [(who, BEGAN + timedelta(days=nth, minutes=at)) for who, nth, at in said]
    spans = [
        Span(BEGAN + timedelta(minutes=at), BEGAN + timedelta(minutes=at + long))
        for at, long in sorted(lost)
    ]
    by_hand = {}
    for who, nth in {(who, nth) for who, nth, _ in said}:
        first = min(at for one, day, at in said if (one, day) == (who, nth))
        begins, ends = nth * 1440, nth * 1440 + first
        if not any(at < ends and at + long > begins for at, long in lost):
            by_hand[who, nth] = BEGAN + timedelta(minutes=ends)
    assert habits.first_words(signs, BEGAN, spans, NOW) == by_hand


@pytest.fixture
async def village(database: Database) -> int:
    async with database.writing() as session:
        people = [settler("wang", "王秀英", Role.ELDER), settler("dashan", "李大山", Role.LEADER)]
        await roster.enrol(session, people, NOW)
        return await session.scalar(select(Person.village_id).where(Person.id == "wang")) or 0


def sign(ago: int, hour: time, *, by: str = "wang") -> SignOfLife:
    at = at_village(TODAY - timedelta(days=ago), hour)
    return SignOfLife(elder_id="wang", at=at, kind="text", actor_id=by)


async def reckoned(database: Database, village: int) -> Habit | None:
    async with database.writing() as session:
        found = await habits.reckon(session, village, NOW, CHECKIN, RULES)
        await habits.keep(session, village, found, TODAY)
    async with database.reading() as session:
        return await session.get(Habit, "wang")


async def test_only_her_own_first_words_of_four_weeks_count(
    database: Database, village: int
) -> None:
    async with database.writing() as session:
        session.add_all([sign(ago, time(6, ago)) for ago in range(1, 6)])  # 6:01 to 6:05
        session.add_all([sign(ago, time(19)) for ago in range(1, 6)])
        session.add_all([sign(ago, time(5), by="dashan") for ago in range(1, 6)])
        session.add_all([sign(ago, time(12)) for ago in range(28, 40)])
        session.add(sign(2, time(3, 50)))  # before the day began: still the night before
    habit = await reckoned(database, village)
    assert habit is not None
    assert (habit.median, habit.spread, habit.days) == (6 * 60 + 3, 1, 5)
    again = await reckoned(database, village)
    assert again is not None
    assert (again.median, again.days, again.as_of) == (habit.median, 5, TODAY)


async def test_days_away_in_our_outage_or_in_a_silent_village_are_left_out(
    database: Database, village: int
) -> None:
    async with database.writing() as session:
        session.add_all([sign(ago, time(6)) for ago in (1, 2, 3)])
        session.add_all([sign(ago, time(11)) for ago in (4, 5, 6, 7)])
        for ago, state in ((4, State.EXCUSED), (5, State.UNKNOWN), (1, State.MET)):
            day = TODAY - timedelta(days=ago)
            session.add(
                Expectation(
                    elder_id="wang",
                    day=day,
                    slot="day",
                    village_id=village,
                    tier=2,
                    state=state,
                    opens_at=at_village(day, time(6)),
                    closes_at=at_village(day, time(9)),
                )
            )
        slept = TODAY - timedelta(days=6)
        begins, ends = at_village(slept, time(7)), at_village(slept, time(8))
        await downtimes.note(session, Outage.ASLEEP, begins, ends)
        silent = Cause("silent:wang", IncidentKind.VILLAGE, "", village, place="李家沟")
        at = at_village(TODAY - timedelta(days=7), time(9, 30))
        await begin(session, [silent], at, LadderRules())
    habit = await reckoned(database, village)
    assert habit is not None
    assert (habit.median, habit.days) == (6 * 60, 3)


async def test_of_whom_nothing_is_known_any_more_nothing_is_kept(
    database: Database, village: int
) -> None:
    async with database.writing() as session:
        session.add(Habit(elder_id="wang", median=360, spread=5, days=20, as_of=TODAY))
    assert await reckoned(database, village) is None


@pytest.mark.parametrize(
    ("median", "spread", "window", "tier", "wanted"),
    [
        (9 * 60 + 30, 5, (6, 9), 2, (time(6), time(10))),
        (8 * 60 + 35, 5, (6, 9), 2, (time(6), time(9, 30))),
        (8 * 60 + 29, 5, (6, 9), 2, None),
        (7 * 60, 5, (6, 9), 2, None),
        (11 * 60 + 45, 5, (6, 9), 2, None),  # noon is the latest, and would not do
        (10 * 60 + 30, 5, (6, 9), 1, (time(7), time(11))),  # four hours at most for the frail
        (6 * 60 + 10, 5, (6, 9), 1, (time(6), time(7, 30))),
        (6 * 60 + 10, 5, (6, 9), 2, None),  # nobody hurries the sturdy
        (7 * 60, 25, (6, 9), 1, None),
        (5 * 60, 5, (6, 9), 1, (time(6), time(7))),  # an hour at least
    ],
)
def test_which_hours_would_fit(
    median: float,
    spread: float,
    window: tuple[int, int],
    tier: int,
    wanted: tuple[time, time] | None,
) -> None:
    hours = Hours(time(window[0]), time(window[1]))
    assert fitting(Usual(median, spread, 20), hours, tier, CHECKIN, RULES) == wanted
