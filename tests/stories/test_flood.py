"""A flood of messages is answered once a minute, and is forgotten when it is over."""

from datetime import timedelta

from handlers.flood import Flood
from tests.village import MONDAY


def test_five_are_answered_then_one_a_minute() -> None:
    flood = Flood(messages=5)
    answered = [
        second
        for second in range(0, 180, 2)
        if not flood.rises("wang", MONDAY + timedelta(seconds=second))
    ]
    assert answered == [0, 2, 4, 6, 8, 60, 120]


def test_whoever_writes_calmly_is_always_answered() -> None:
    flood = Flood(messages=5)
    assert not any(flood.rises("wang", MONDAY + timedelta(seconds=20 * n)) for n in range(30))


def test_a_flood_that_ebbs_is_forgotten() -> None:
    flood = Flood(messages=5)
    for second in range(30):
        flood.rises("wang", MONDAY + timedelta(seconds=second))
    assert not flood.rises("wang", MONDAY + timedelta(seconds=70))
    assert flood.rises("wang", MONDAY + timedelta(seconds=80))
    assert not any(flood.rises("wang", MONDAY + timedelta(minutes=2 + n / 9)) for n in range(5))


def test_one_persons_flood_is_not_anothers() -> None:
    flood = Flood(messages=5)
    for _ in range(10):
        flood.rises("wang", MONDAY)
    assert not flood.rises("chen", MONDAY)
