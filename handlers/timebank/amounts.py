"""Amounts of time as people say them: 2小时, 一个半钟头, 俩小时, 半小时, 45分钟, 1小时15分钟."""

import re

from handlers.hearing.numerals import NUMBER, number

_SPOKEN = {"俩": "2", "仨": "3"}
_HOURS = r"个?(?:小时|钟头|时间币)"
_COUNT = rf"(?:\d{{1,4}}\.5|{NUMBER}|[俩仨])"
_SHORT = rf"{_COUNT}\s*(?:分钟|刻钟)"
AMOUNT = rf"(?:半{_HOURS}|{_COUNT}\s*个?半?{_HOURS}(?:半|零?\s*{_SHORT})?|{_SHORT})"
"""What an amount looks like, to be put into the pattern of a command."""

_WITH_HOURS = re.compile(
    rf"(?P<count>{_COUNT})?\s*个?(?P<half>半)?{_HOURS}(?P<more>半)?零?\s*(?P<short>{_SHORT})?"
)
_WITH_MINUTES = re.compile(rf"(?P<count>{_COUNT})\s*(?P<unit>分钟|刻钟)")


def minutes_in(amount: str) -> int:
    """Return the minutes of an amount that `AMOUNT` matched; 0 where it says nothing."""
    if short := _WITH_MINUTES.fullmatch(amount):
        return int(_count(short["count"]) * (15 if short["unit"] == "刻钟" else 1))
    found = _WITH_HOURS.fullmatch(amount)
    if found is None:
        return 0
    half = 30 if found["half"] or found["more"] else 0
    rest = minutes_in(found["short"]) if found["short"] else 0
    return int(_count(found["count"] or "0") * 60) + half + rest


def _count(said: str) -> float:
    if said.endswith(".5"):
        return float(said)
    return number(_SPOKEN.get(said, said))
