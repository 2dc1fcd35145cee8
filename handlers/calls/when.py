"""From a wish to an hour: 明天上午, 礼拜三下午三点, 马上."""

import re
from datetime import date, datetime, time, timedelta

from handlers.hearing import Wish
from storage.rules import at_village, village_day

_HOURS = {
    "": time(9),
    "早上": time(8),
    "上午": time(9),
    "中午": time(12),
    "下午": time(15),
    "傍晚": time(17),
    "晚上": time(19),
}
"""What is meant by a part of the day, where no hour is said; without one, the morning."""

_AT_ONCE = re.compile(r"马上|现在|立刻|赶紧|赶快|快点|快来|这会|立马")
_EARLIEST = 7
"""Nobody has a neighbour come at three in the night: a bare 三点 is in the afternoon."""


def moment(wish: Wish | None, spelt: str, now: datetime) -> datetime | None:
    """Return when it is to begin; None where that was not said, or has passed.

    `spelt` are the words as the rules of hearing spell them. An hour without a day is the next
    such hour; a day without an hour is its morning.
    """
    if wish is None:
        return now if _AT_ONCE.search(spelt) else None
    hour = _hour(wish)
    day = wish.day or village_day(now)
    said = at_village(day, hour)
    if said > now:
        return said
    return at_village(day + timedelta(days=1), hour) if wish.day is None else None


def _hour(wish: Wish) -> time:
    if wish.hour is None:
        return _HOURS[wish.part]
    if not wish.part and wish.hour.hour < _EARLIEST:
        return wish.hour.replace(hour=wish.hour.hour + 12)
    return wish.hour


def tomorrow_morning(now: datetime) -> datetime:
    """Return what we propose to somebody who does not mind."""
    return at_village(village_day(now) + timedelta(days=1), _HOURS[""])


def day_in(said: str) -> date | None:
    """Read the last day of a paper: 2027-03-01, 2027年3月1日, 2027.3.1."""
    found = re.fullmatch(r"(\d{4})[-年./](\d{1,2})(?:[-月./](\d{1,2})日?|月)?", said)
    if found is None:
        return None
    year, month, day = int(found[1]), int(found[2]), int(found[3] or 0)
    try:
        return date(year, month, day) if day else _last_day(year, month)
    except ValueError:
        return None


def _last_day(year: int, month: int) -> date:
    next_month = date(year + month // 12, month % 12 + 1, 1)
    return next_month - timedelta(days=1)
