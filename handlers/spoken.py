"""Days and hours as they are spoken: 12月1日, 8点, 12点半, 7点05, 次日8点."""

from datetime import date, datetime, time

from storage.duties import DAY_MINUTES
from storage.rules import VILLAGE_TIME


def day(there: date) -> str:
    return f"{there.month}月{there.day}日"


def hour(at: time) -> str:
    if at.minute == 0:
        return f"{at.hour}点"
    return f"{at.hour}点半" if at.minute == 30 else f"{at.hour}点{at.minute:02d}"


def moment(at: datetime) -> str:
    """Say when something was, by the village's clock."""
    return hour(at.astimezone(VILLAGE_TIME).time())


def about(minute: float, step: int) -> str:
    """Say a minute of the day as an hour, to the nearest `step` minutes."""
    hours, minutes = divmod(round(minute / step) * step, 60)
    return hour(time(hours % 24, minutes))


def clock(minute: int) -> str:
    """Say a minute of the day, or of the day behind it; the end of a day is 24点."""
    if minute == DAY_MINUTES:
        return "24点"
    behind = "次日" if minute > DAY_MINUTES else ""
    hours, minutes = divmod(minute % DAY_MINUTES, 60)
    return f"{behind}{hour(time(hours, minutes))}"


def end(ends: datetime) -> str:
    """Say an hour of the village's clock at which something ends: midnight is 24点."""
    return clock(minute_of_day(ends) or DAY_MINUTES)


def minute_of_day(at: datetime) -> int:
    here = at.astimezone(VILLAGE_TIME)
    return here.hour * 60 + here.minute
