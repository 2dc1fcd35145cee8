"""What stands before the numbers of an evening entry: the day, and the group."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from storage.checkins import watch_day
from storage.rules import CheckinRules, village_day

_NEAR = {"今天": 0, "今日": 0, "昨天": 1, "昨日": 1, "前天": 2}
_DATE = re.compile(
    rf"\s*(?:(?P<near>{'|'.join(_NEAR)})"
    r"|(?:(?P<year>20\d\d)[-年])?(?P<month>\d{1,2})[-月](?P<day>\d{1,2})[日号]?(?!\d))\s*"
)
_FIRST_WORD = re.compile(r"[\u4e00-\u9fffA-Za-z]+(?=\s)")

Groups = Sequence[tuple[int, str]]


def day_in(words: str, now: datetime, rules: CheckinRules) -> tuple[date | None, str]:
    """Return the day that is named first, and the words after it; None for no such day.

    Where none is named it is the day that is watched: in the small hours still yesterday. A
    date without a year is the last one of that name.
    """
    found = _DATE.match(words)
    if found is None:
        return watch_day(now, rules), words.strip()
    rest = words[found.end() :].strip()
    today = village_day(now)
    if found["near"]:
        return today - timedelta(days=_NEAR[found["near"]]), rest
    month, day = int(found["month"]), int(found["day"])
    if found["year"]:
        return _date(int(found["year"]), month, day), rest
    this_year = _date(today.year, month, day)
    is_over = this_year is not None and this_year <= today
    return this_year if is_over else _date(today.year - 1, month, day), rest


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def group_in(words: str, groups: Groups) -> tuple[int | None, str]:
    """Return the group that is named first, and the words after it; None where none is."""
    for group, name in sorted(groups, key=lambda one: -len(one[1])):
        if words.startswith(name):
            return group, words.removeprefix(name).strip()
    first = _FIRST_WORD.match(words)
    begin = [group for group, name in groups if first and name.startswith(first[0])]
    if first and len(begin) == 1:
        return begin[0], words[first.end() :].strip()
    return None, words
