"""From words to days away: 3天, 一个礼拜, 到礼拜五, 后天回来."""

import re
from datetime import date, datetime, timedelta

from handlers.hearing.days import duration, wish
from storage.rules import village_day

DAY_MINUTES = 24 * 60
_BACK = re.compile(r"^(?P<when>.*?)(?:才|再)?(?:回来|回家|来家|到家)")
_UNTIL = re.compile(r"(?:到|至)(?P<when>.+)$")
_HALF_MONTH = re.compile(r"半个?月")
_MONTHS = re.compile(r"(?P<months>[一二两三123])个月")
_SOME = {"一": 1, "二": 2, "两": 2, "三": 3, "1": 1, "2": 2, "3": 3}


def days_away(spelt: str, now: datetime) -> tuple[date, date] | None:
    """Return the first and the last day away; None where it is not said for how long.

    `spelt` are words as the rules of hearing spell them. The day of coming back is not away.
    """
    first = _first_day(spelt, now)
    days = _days(spelt)
    if days is not None:
        return first, first + timedelta(days=days - 1)
    for pattern, is_back in ((_BACK, True), (_UNTIL, False)):
        last = _named_day(pattern, spelt, now)
        if last is not None:
            last -= timedelta(days=1 if is_back else 0)
            return (first, last) if last >= first else None
    return None


def _first_day(spelt: str, now: datetime) -> date:
    said = wish(re.split("[，。]|到|回来", spelt)[0], now)
    return said.day if said and said.day else village_day(now)


def _days(spelt: str) -> int | None:
    if _HALF_MONTH.search(spelt):
        return 15
    if months := _MONTHS.search(spelt):
        return 30 * _SOME[months["months"]]
    minutes = duration(spelt)
    return minutes // DAY_MINUTES if minutes is not None and minutes >= DAY_MINUTES else None


def _named_day(pattern: re.Pattern[str], spelt: str, now: datetime) -> date | None:
    found = pattern.search(spelt)
    said = wish(re.split("[，。]", found["when"])[-1], now) if found else None
    return said.day if said else None
