"""Reads what a coordinator says of a duty: 周六 8点到18点 李副主任, 12-1 张主任, 周一 取消."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from handlers.hearing import Hearing
from handlers.hearing.days import WEEKDAYS, wish
from handlers.hearing.numerals import NUMBER, number
from storage.duties import DAY_MINUTES, Hours

_WEEK = "(?:周|星期|礼拜)"
_WEEKDAY = rf"(?:每个?)?{_WEEK}(?P<first>[一二三四五六日天])"
_DAYS = rf"{_WEEKDAY}(?:\s*(?:到|至|-|~)\s*{_WEEK}?(?P<last>[一二三四五六日天]))?"
_DATE = (
    r"(?P<month>\d{1,2})(?:[-/.]|月)(?P<day>\d{1,2})[号日]?"
    rf"|(?:今天|明天|大?后天|[下这本]个?{_WEEK}[一二三四五六日天]|\d{{1,2}}[号日])"
)
_PART = "早上|上午|中午|下午|傍晚|晚上|夜里|凌晨"
_CLOCK = rf"(?:{_PART})?(?:(?:\d{{1,2}}:\d{{2}})|{NUMBER}点?半?)"
_HOURS = rf"(?P<begins>{_CLOCK})\s*(?:到|至|-|~)\s*(?P<ends>{_CLOCK})(?<=[点半\d])"
_DUTY = re.compile(
    rf"(?:{_DAYS}|(?P<every>每天)|(?P<date>{_DATE}))\s*(?:{_HOURS}|全天)?\s*(?P<rest>.*)"
)
_TIME = re.compile(
    rf"(?P<part>{_PART})?(?:(?P<h>\d{{1,2}}):(?P<m>\d{{2}})|(?P<n>{NUMBER})点?(?P<half>半)?)"
)
_AFTERNOON = "中午|下午|傍晚|晚上"
_BETWEEN_NAMES = re.compile(r"[\s、,，]+")
NOON = DAY_MINUTES // 2


@dataclass(frozen=True, slots=True)
class Said:
    """Which hours are meant, whose they are, and whether they are taken away."""

    hours: Sequence[Hours]
    names: Sequence[str]
    is_cancelled: bool


def read(words: str, hearing: Hearing, now: datetime) -> Said | None:
    """Return what is said of a duty; None where no day can be made out, or no hours."""
    found = _DUTY.fullmatch(words)
    if found is None:
        return None
    minutes = _minutes(found)
    days = _days(found, hearing, now)
    if minutes is None or not days:
        return None
    rest = [one for one in _BETWEEN_NAMES.split(found["rest"]) if one]
    return Said(
        hours=[Hours(weekday, day, *minutes) for weekday, day in days],
        names=[one for one in rest if one != "取消"],
        is_cancelled="取消" in rest,
    )


def _days(
    found: re.Match[str], hearing: Hearing, now: datetime
) -> list[tuple[int | None, date | None]]:
    if found["date"]:
        month = found["month"]
        said = f"{month}月{found['day']}号" if month else hearing.spell(found["date"])
        there = wish(said, now)
        return [(None, there.day)] if there and there.day else []
    if found["every"]:
        return [(weekday, None) for weekday in range(7)]
    first = WEEKDAYS[found["first"]]
    last = WEEKDAYS[found["last"]] if found["last"] else first
    return [((first + ahead) % 7, None) for ahead in range((last - first) % 7 + 1)]


def _minutes(found: re.Match[str]) -> tuple[int, int] | None:
    """Return the hours as minutes of the day; a night ends on the day behind it."""
    if not found["begins"]:
        return 0, DAY_MINUTES
    begins, ends = _minute(found["begins"]), _minute(found["ends"])
    if begins is None or ends is None or begins == DAY_MINUTES:
        return None
    says_afternoon = re.match(_AFTERNOON, found["begins"]) and not re.match(_PART, found["ends"])
    if says_afternoon and ends < NOON and ends + NOON > begins:
        ends += NOON  # 下午2点到6点
    return begins, ends if ends > begins else ends + DAY_MINUTES


def _minute(words: str) -> int | None:
    said = _TIME.fullmatch(words)
    if said is None:
        return None
    hour = number(said["n"]) if said["n"] else int(said["h"])
    minute = 30 if said["half"] else int(said["m"] or 0)
    is_noon = said["part"] == "中午" and hour > 10
    if said["part"] and re.match(_AFTERNOON, said["part"]) and hour <= 12 and not is_noon:
        hour = 24 if hour == 12 else hour + 12
    total = hour * 60 + minute
    return total if total <= DAY_MINUTES and minute < 60 else None
