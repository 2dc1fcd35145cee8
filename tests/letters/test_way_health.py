"""A way that fails rests, sends one letter ahead, and the operator hears of it once."""

from datetime import datetime, timedelta

from structlog.testing import capture_logs

from schedules.transport import Remedy
from schedules.way_health import WayHealth
from storage.rules import VILLAGE_TIME, LetterRules

RULES = LetterRules()
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=VILLAGE_TIME)


def way(per_minute: int | None = None) -> WayHealth:
    return WayHealth("wechat.message", per_minute, RULES)


def fails(health: WayHealth, times: int, now: datetime = NOON) -> None:
    for _ in range(times):
        health.refused(Remedy.RETRY, now)


def test_four_failures_are_bad_luck_and_five_are_a_trouble() -> None:
    health = way()
    fails(health, 4)
    assert health.rests(NOON) is None
    fails(health, 1)
    rest = health.rests(NOON)
    assert rest is not None
    assert (rest.until, rest.is_short) == (NOON + timedelta(seconds=30), True)


def test_one_success_in_between_begins_the_count_anew() -> None:
    health = way()
    fails(health, 4)
    health.answered()
    fails(health, 4)
    assert health.rests(NOON) is None


def test_after_its_rest_one_letter_goes_ahead_and_the_others_wait_for_it() -> None:
    health = way()
    fails(health, 5)
    later = NOON + timedelta(seconds=31)
    assert health.rests(later) is None
    health.take(later)
    assert health.rests(later) is not None
    health.answered()
    assert health.rests(later) is None


def test_it_rests_twice_as_long_after_each_letter_sent_ahead_in_vain() -> None:
    health, now = way(), NOON
    fails(health, 5)
    rested = []
    for _ in range(6):
        rest = health.rests(now)
        assert rest is not None
        rested.append((rest.until - now).total_seconds())
        now = rest.until
        health.take(now)
        fails(health, 1, now)
    assert rested == [30, 60, 120, 240, 300, 300]


def test_those_under_way_when_it_falls_silent_make_it_no_worse() -> None:
    health = way()
    fails(health, 20)
    rest = health.rests(NOON)
    assert rest is not None
    assert rest.until == NOON + timedelta(seconds=30)
    assert health.fell_silent(NOON) is not None


def test_a_letter_sent_ahead_that_never_comes_back_holds_nobody_up_for_ever() -> None:
    health = way()
    fails(health, 5)
    later = NOON + timedelta(seconds=31)
    health.take(later)
    assert health.rests(later + timedelta(seconds=59)) is not None
    assert health.rests(later + timedelta(seconds=61)) is None


def test_a_used_quota_rests_until_midnight_in_the_village() -> None:
    health = way()
    health.refused(Remedy.MIDNIGHT, NOON)
    rest = health.rests(NOON)
    assert rest is not None
    assert not rest.is_short
    assert rest.until == datetime(2026, 11, 24, 0, 0, tzinfo=VILLAGE_TIME)


def test_a_refusal_that_is_about_the_letter_says_that_the_way_is_well() -> None:
    health = way()
    fails(health, 5)
    health.take(NOON + timedelta(seconds=31))
    health.refused(Remedy.OTHER_WAY, NOON + timedelta(seconds=31))
    assert health.rests(NOON + timedelta(seconds=31)) is None


def test_the_operator_is_told_once_and_once_that_it_is_over() -> None:
    health, now = way(), NOON
    with capture_logs() as told:
        for _ in range(300):
            health.refused(Remedy.STOP, now)
            now += timedelta(minutes=5, seconds=1)
            health.take(now)
        assert health.is_in_trouble
        health.answered()
    assert [one["event"] for one in told] == ["way_rests", "way_is_back"]
    assert not health.is_in_trouble


def test_of_twenty_a_minute_the_twenty_first_waits_for_its_place() -> None:
    health = way(per_minute=20)
    for _ in range(20):
        assert health.rests(NOON) is None
        health.take(NOON)
    rest = health.rests(NOON)
    assert rest is not None
    assert (rest.until, rest.is_short) == (NOON + timedelta(seconds=3), True)
    assert health.rests(NOON + timedelta(seconds=3)) is None
