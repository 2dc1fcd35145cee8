"""Hours as somebody abroad understands them, and where people say that they live."""

import re
import tomllib
from datetime import datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any

from handlers.spoken import hour, moment
from storage.rules import VILLAGE_TIME

CITIES = Path(__file__).with_name("cities.toml")
_DISTANCE = re.compile(
    r"(?:UTC|GMT)?\s*([+-])\s*(\d{1,2})(?::?([0-5]\d))?(?:区|小时)?", re.IGNORECASE
)
_FARTHEST = 14


@lru_cache(maxsize=1)
def _places() -> dict[str, Any]:
    return tomllib.loads(CITIES.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def cities() -> dict[str, str]:
    """Return the zone of each place that we know by name."""
    return {city: zone for zone, names in _places()["zones"].items() for city in names}


def has_several(place: str) -> bool:
    """Tell whether a place has more than one clock: then it takes a city."""
    return place in _places()["several"]


def zone_of(said: str) -> str | None:
    """Return the zone that is named: 纽约, UTC-5, GMT+5:30; None where none is."""
    place = re.sub(r"^美国(?=.)|(?:市|时间|这边|那边)$", "", said)
    if place in cities():
        return cities()[place]
    found = _DISTANCE.fullmatch(said)
    if found is None or int(found[2]) > _FARTHEST:
        return None
    return f"UTC{found[1]}{int(found[2]):02d}:{found[3] or '00'}"


def both(at: datetime, clock: tzinfo) -> str:
    """Say a moment by the village's clock, and by his in brackets where it shows another."""
    here, there = at.astimezone(VILLAGE_TIME), at.astimezone(clock)
    if here.utcoffset() == there.utcoffset():
        return moment(at)
    return f"{moment(at)}（您那儿{_day(here, there)}{hour(there.time())}）"


def _day(here: datetime, there: datetime) -> str:
    apart = (there.date() - here.date()).days
    return {-1: "前一天", 1: "次日"}.get(apart, "")
