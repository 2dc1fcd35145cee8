"""Places and hours: the cities we know, distances, and an hour said by two clocks."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from handlers.family.when import both, cities, zone_of
from storage import relatives
from storage.rules import VILLAGE_TIME

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=VILLAGE_TIME)


def test_every_city_has_a_zone_that_exists() -> None:
    assert {city for city, zone in cities().items() if ZoneInfo(zone).key != zone} == set()


@pytest.mark.parametrize(
    ("said", "zone"),
    [
        ("纽约", "America/New_York"),
        ("美国纽约", "America/New_York"),
        ("悉尼那边", "Australia/Sydney"),
        ("UTC-5", "UTC-05:00"),
        ("utc+5:30", "UTC+05:30"),
        ("GMT+8", "UTC+08:00"),
        ("UTC+25", None),
        ("家", None),
        ("地里", None),
        ("", None),
    ],
)
def test_where_somebody_says_he_lives(said: str, zone: str | None) -> None:
    assert zone_of(said) == zone


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("", "8点"),
        ("Asia/Singapore", "8点"),
        ("America/New_York", "8点（您那儿前一天19点）"),
        ("UTC+05:30", "8点（您那儿5点半）"),
        ("Pacific/Auckland", "8点（您那儿13点）"),
    ],
)
def test_an_hour_is_said_by_both_clocks_where_they_differ(zone: str, said: str) -> None:
    assert both(EIGHT, relatives.clock(zone)) == said


def test_what_is_no_zone_is_the_villages() -> None:
    assert relatives.clock("Nowhere/Here") is VILLAGE_TIME
