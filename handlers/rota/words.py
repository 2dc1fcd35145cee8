"""What is said of who is on duty, and of hours without anybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from handlers import spoken
from storage.duties import DAY_MINUTES, Hours
from storage.letters import Claimed

_WEEKDAYS = "一二三四五六日"
_MOST_GAPS = 3
"""How many hours without anybody are named in one letter; of others only that there are more."""


@dataclass(frozen=True, slots=True)
class Watch:
    """From when to when somebody is on duty, and their names: nobody where there are none."""

    begins: datetime
    ends: datetime
    names: Sequence[str]


def on_duty(
    place: str, now: Sequence[str], tonight: Sequence[Watch], tomorrow: Sequence[Watch]
) -> str:
    return f"{place}：现在{_names(now)}；今晚{_watches(tonight)}；明天{_watches(tomorrow)}。"


def _watches(watches: Sequence[Watch]) -> str:
    """Say who it is; where they change, say when."""
    if len(watches) == 1:
        return _names(watches[0].names)
    return "，".join(f"{_span(one)}{_names(one.names)}" for one in watches)


def _span(watch: Watch) -> str:
    begins = spoken.clock(spoken.minute_of_day(watch.begins))
    return f"{begins}到{spoken.end(watch.ends)}"


def _names(names: Sequence[str]) -> str:
    return "、".join(names) or "没有人"


def days(hours: Sequence[Hours]) -> str:
    """Say which days and hours are meant: 周六8点到18点, 12月1日, 每天."""
    first, last = hours[0], hours[-1]
    if len(hours) == 7:
        called = "每天"
    elif first.day is not None:
        called = spoken.day(first.day)
    else:
        called = f"周{_WEEKDAYS[first.weekday or 0]}"
        called += f"到周{_WEEKDAYS[last.weekday or 0]}" if len(hours) > 1 else ""
    if (first.begins, first.ends) == (0, DAY_MINUTES):
        return called
    return f"{called}{spoken.clock(first.begins)}到{spoken.clock(first.ends)}"


def is_set(when: str, names: Sequence[str], others: Sequence[str]) -> str:
    beside = f"同一天还有：{_names(others)}。" if others else ""
    return f"记下了：{when}{_names(names)}值班。{beside}"


def is_cancelled(when: str, names: Sequence[str]) -> str:
    if not names:
        return f"{when}本来就没有排值班。"
    return f"{when}的值班取消了：{_names(names)}。"


def how_to_set() -> str:
    return "没看懂。请这样写：值班 周六 8点到18点 姓名，或者：值班 周六 取消"


def only_coordinators_set() -> str:
    return "值班由协调员来排。想知道谁值班，请回：值班"


def nobody_of_that_name(name: str) -> str:
    return f"村里没找到“{name}”，或者有两位同名的。请写全名再说一次。"


def answers_for_nobody(name: str) -> str:
    return f"{name}不是组长，也不是协调员，不能排值班。"


def uncovered(letter: Claimed) -> str:
    """Name the hours of tomorrow for which nobody is on duty, and how somebody is."""
    day = date.fromisoformat((letter.detail or {})["day"])
    hours = _without_anybody(letter, _MOST_GAPS)
    return f"明天{hours}没人值班。请安排：值班 {day.month}-{day.day} 姓名"


def uncovered_ask(letter: Claimed) -> str:
    return f"明天{_without_anybody(letter, 1)}没人值班"


def _without_anybody(letter: Claimed, most: int) -> str:
    gaps = (letter.detail or {})["gaps"]
    named = "、".join(
        f"{place}{spoken.clock(begins)}到{spoken.clock(ends)}"
        for place, begins, ends in gaps[:most]
    )
    return f"{named}等" if len(gaps) > most else named
