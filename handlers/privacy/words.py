"""What is said about somebody's own record."""

from collections.abc import Sequence

from handlers.names import called
from storage.letters import Claimed
from storage.people import Caller

EXPORT_YES = "确定要资料"
ERASE_YES = "确定删除"
NOT_ASKED = "想看自己的资料，请回：我的资料。不想再留着，请回：删除我的资料"
GONE_SOON = "好，您的资料这就删，以后不打扰您了。想再来，请找组长。"


def export_sure(caller: Caller) -> str:
    return f"{called(caller)}，要一份守望记着的您的资料吗？要就回：{EXPORT_YES}"


def export_noted(caller: Caller, who: Sequence[str]) -> str:
    return f"{called(caller)}，记下了。{_who(who)}会把资料当面给您。"


def erase_sure(caller: Caller, *, is_watched: bool) -> str:
    if is_watched:
        return f"{called(caller)}，删了早上就没人等您平安了。真要删请回：{ERASE_YES}"
    return f"{called(caller)}，删了就认不出您了，也不再告诉您消息。真要删请回：{ERASE_YES}"


def erase_noted(caller: Caller, who: Sequence[str]) -> str:
    return f"{called(caller)}，记下了。{_who(who)}先跟您当面说，没删以前照旧。"


def gone_later(caller: Caller) -> str:
    return f"{called(caller)}，记下了。您手上的事了结了就删。"


def _who(who: Sequence[str]) -> str:
    return who[0] if who else "村里"


def wish_told(letter: Claimed) -> str:
    name = letter.about_name
    if (letter.detail or {}).get("wish") == "export":
        return f"{name}要看守望里自己的资料。请让管机器的人打印好，封上，当面交给本人。"
    return f"{name}要删掉守望里自己的资料。请先当面问清，再回：同意删除 {name}"


def agreed(name: str, *, is_open: bool) -> str:
    if is_open:
        return f"记下了：{name}还有没了结的事，了结了就删。"
    return f"记下了：{name}的资料这就删，早上不再等这份平安。请当面告诉本人。"


def nobody_asked(name: str) -> str:
    return f"没找到要删资料的“{name}”。请写全名，比如：同意删除 王秀英"


def erased(_letter: Claimed) -> str:
    return "您同意删的那份资料删好了。请当面告诉本人。"


def watch_ended(_letter: Claimed) -> str:
    return "您照看的一位老人不用守望了，往后早上不等这份平安。是哪一位，请问村里。"


def one_fewer(letter: Claimed) -> str:
    return f"{letter.about_name}身边少了一位亲友。请再找一位能去看看的。"
