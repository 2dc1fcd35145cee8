"""Days and hours as they are spoken: 12月1日, 8点, 12点半, 次日8点."""

from datetime import date, datetime

from storage.duties import DAY_MINUTES
from storage.rules import VILLAGE_TIME


def day(there: date) -> str:
    return f"{there.month}月{there.day}日"


def clock(minute: int) -> str:
    """Say a minute of the day, or of the day behind it."""
    behind = "次日" if minute > DAY_MINUTES else ""
    minute -= DAY_MINUTES if behind else 0
    part = {0: "", 30: "半"}.get(minute % 60, f"{minute % 60}分")
    return f"{behind}{minute // 60}点{part}"


def hour(moment: datetime) -> str:
    """Say an hour of the village's clock at which something ends: midnight is 24点."""
    return clock(minute_of_day(moment) or DAY_MINUTES)


def minute_of_day(moment: datetime) -> int:
    here = moment.astimezone(VILLAGE_TIME)
    return here.hour * 60 + here.minute
