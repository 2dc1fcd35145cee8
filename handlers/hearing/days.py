"""When she would like it and for how long: 明天上午, 礼拜三, 腊月初八, 一个半小时, 三天.

All days are days of the village. A weekday or a date without a year is the next one to come.
"""

import re
from datetime import date, datetime, time, timedelta

from handlers.hearing.numerals import NUMBER, number
from handlers.hearing.verdict import Wish
from storage.rules import village_day

NEAR_DAYS = {"今天": 0, "大后天": 3, "后天": 2, "明天": 1}
WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "天": 6, "日": 6, "末": 5}
WEEKDAYS |= {str(day): day - 1 for day in range(1, 8)}
PARTS = {"早上": "早上", "早晨": "早上", "清早": "早上", "一早": "早上", "清晨": "早上"}
PARTS |= {
    "上午": "上午",
    "中午": "中午",
    "下午": "下午",
    "傍晚": "傍晚",
    "晚上": "晚上",
    "夜里": "晚上",
}
AFTERNOON = frozenset({"下午", "傍晚", "晚上"})
WEEKDAY = re.compile(r"(下下?个?|这个?|本)?(?:星期|周)([一二三四五六天日末1-7])")
HOUR = re.compile(rf"({NUMBER})(?:点钟?|时)(半|一刻|三刻|({NUMBER})分?)?")
CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-3])，([0-5]\d)(?!\d)")
SUN_DATE = re.compile(rf"({NUMBER})月({NUMBER})(?:号|日)")
SUN_DAY = re.compile(rf"(?<!月)({NUMBER})号")
MOON_DATE = re.compile(
    r"(正月|冬月|腊月|[一二三四五六七八九十]{1,2}月)(初[一二三四五六七八九十]|廿[一二三四五六七八九]|二?十[一二三四五六七八九]?|三十)(?!号|日|分)"
)
MOON_DAY = re.compile(r"(?<!月)(初[一二三四五六七八九十])")
MOON_MONTHS = {"正月": 1, "冬月": 11, "腊月": 12}
HALF = re.compile(r"(?<!个)半个?(?:小时|钟头|钟)")
HOURS = re.compile(rf"({NUMBER})个?(半)?(?:小时|钟头)(半)?")
MINUTES = re.compile(rf"({NUMBER})(?:分钟|分(?!之))")
WHOLE_DAYS = re.compile(rf"(?<![月星期周初第])({NUMBER})(?:天|日(?!子))")
WEEKS = re.compile(rf"({NUMBER})个?(?:星期|周)(?![一二三四五六天日末\d])")
LONGEST = 366 * 24 * 60
LUNAR_MONTH_DAYS = 30


def duration(text: str) -> int | None:
    """Return how long is spoken of, in minutes, and None where nothing is said of it."""
    if HALF.search(text):
        return 30
    if hours := HOURS.search(text):
        half = 30 if hours[2] or hours[3] else 0
        return _within(number(hours[1]) * 60 + half)
    for unit, minutes in ((MINUTES, 1), (WHOLE_DAYS, 24 * 60), (WEEKS, 7 * 24 * 60)):
        if found := unit.search(text):
            return _within(number(found[1]) * minutes)
    return None


def _within(minutes: int) -> int | None:
    return minutes if 0 < minutes <= LONGEST else None


def wish(text: str, now: datetime) -> Wish | None:
    """Return the day, part of day and hour that are named, and None where none is."""
    part = next((PARTS[word] for word in PARTS if word in text), "")
    said = Wish(_day(text, village_day(now)), part, _hour(text, part))
    return None if said == Wish() else said


def _day(text: str, today: date) -> date | None:
    for words, days in NEAR_DAYS.items():
        if words in text:
            return today + timedelta(days=days)
    if weekday := WEEKDAY.search(text):
        return _weekday(weekday[1] or "", WEEKDAYS[weekday[2]], today)
    if found := MOON_DATE.search(text):
        return _moon_date(_moon_month(found[1]), _moon_day(found[2]), today)
    if found := SUN_DATE.search(text):
        return _sun_date(number(found[1]), number(found[2]), today)
    if found := MOON_DAY.search(text):
        return _moon_date(None, _moon_day(found[1]), today)
    if found := SUN_DAY.search(text):
        return _sun_date(None, number(found[1]), today)
    return None


def _weekday(which: str, weekday: int, today: date) -> date:
    monday = today - timedelta(days=today.weekday())
    if which.startswith("下"):
        return monday + timedelta(days=7 * which.count("下") + weekday)
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _sun_date(month: int | None, day: int, today: date) -> date | None:
    for ahead in range(366):
        there = today + timedelta(days=ahead)
        if there.day == day and month in (None, there.month):
            return there
    return None


def _moon_month(words: str) -> int:
    return MOON_MONTHS.get(words) or number(words[:-1])


def _moon_day(words: str) -> int:
    return number(words.removeprefix("初").replace("廿", "二十"))


def _moon_date(month: int | None, day: int, today: date) -> date | None:
    """Find the next day of that name in the farmers' calendar, at most thirteen months ahead."""
    from lunar_python import Solar  # type: ignore[import-untyped]

    for ahead in range(13 * LUNAR_MONTH_DAYS):
        there = today + timedelta(days=ahead)
        moon = Solar.fromYmd(there.year, there.month, there.day).getLunar()
        if moon.getDay() == day and month in (None, moon.getMonth()):
            return there
    return None


def _hour(text: str, part: str) -> time | None:
    if clock := CLOCK.search(text):
        return time(int(clock[1]), int(clock[2]))
    found = HOUR.search(text)
    if found is None:
        return None
    hour = number(found[1])
    minute = {"半": 30, "一刻": 15, "三刻": 45}.get(found[2] or "", 0)
    if found[3]:
        minute = number(found[3])
    if hour < 12 and (part in AFTERNOON or (part == "中午" and hour < 4)):
        hour += 12
    return time(hour, minute) if hour < 24 and minute < 60 else None
