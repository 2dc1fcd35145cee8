"""What is said of usual times: to leaders who is late, to elders which hours would fit."""

from collections.abc import Sequence
from datetime import time

from handlers import names
from handlers.spoken import about, hour
from storage.hours import Hours
from storage.letters import Claimed

_NAMED = 6
"""How many are named in one line; of the others only that there are some."""
HOW = "请这样写：改时间 王秀英 7点到10点"


def later(letter: Claimed) -> str:
    late: Sequence[str] = (letter.detail or {})["names"]
    named = "、".join(late[:_NAMED]) + ("等" if len(late) > _NAMED else "")
    return f"{named}今天比平时晚，还没报平安。请您方便时问一声。"


def suggestion(letter: Claimed) -> str:
    detail = letter.detail or {}
    if letter.about_id != letter.recipient_id:
        return suggestion_to_leader(letter)
    called = names.elder(letter.about_name or "", letter.about_gender or "")
    return f"{called}，您{_habit(letter)}。以后等到{detail['closes']}，行就回：改"


def suggestion_to_leader(letter: Claimed) -> str:
    name, detail = letter.about_name, letter.detail or {}
    return (
        f"{name}{_habit(letter)}。行请回：改时间 {name} {detail['opens']}到{detail['closes']}。"
        f"不用请回：不改 {name}"
    )


def _habit(letter: Claimed) -> str:
    detail = letter.detail or {}
    return f"常常{about(detail['usual'], 30)}{'才' if detail['later'] else '就'}起"


def suggestion_ask(letter: Claimed) -> str:
    return f"以后等到{(letter.detail or {})['closes']}，行就回：改"


def hours_moved(letter: Claimed) -> str:
    called = names.elder(letter.about_name or "", letter.about_gender or "")
    return f"{called}，明早起等您到{(letter.detail or {})['closes']}。"


def moved(called: str, closes: time) -> str:
    return f"{called}，好，明早起等您到{hour(closes)}。"


def as_before(called: str) -> str:
    return f"{called}，好，还跟以前一样。"


def well_but_to_move(called: str) -> str:
    """She is well; but 1 or 好 is no yes to other hours."""
    return f"{called}，记下了，您今天平安。要改时间请回：改"


def moved_for(name: str, hours: Hours) -> str:
    return f"记下了：{name}明早起{span(hours)}报平安。"


def span(hours: Hours) -> str:
    return f"{hour(hours.opens)}到{hour(hours.closes)}"


def already(name: str, hours: Hours) -> str:
    return f"{name}已经是{span(hours)}了。"


def as_before_for(name: str) -> str:
    return f"记下了：{name}还跟以前一样。"


def not_yours(name: str) -> str:
    return f"没找到您能改的“{name}”。请写全名，比如：改时间 王秀英 7点到10点"


def outside(earliest: time, latest: time) -> str:
    return f"最早{hour(earliest)}，最晚{hour(latest)}。{HOW}"


def too_short(minutes: int) -> str:
    return f"至少要等{minutes}分钟。{HOW}"


def too_long(name: str, hours: float) -> str:
    return f"{name}体弱，最多等{hours:g}个小时。{HOW}"
