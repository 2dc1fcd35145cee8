"""What is said of who is away, who stands in, and who takes over."""

from collections.abc import Sequence
from datetime import date, datetime

from handlers import spoken
from storage.letters import Claimed


def nobody_of_that_name(name: str) -> str:
    return f"村里没找到“{name}”，或者有两位同名的。请写全名再说一次。"


def cannot_be_called(name: str) -> str:
    return f"{name}还没有配对手机，叫不到。请换一位。"


def not_yourself() -> str:
    return "不能是您自己。请写另一位的姓名。"


def may_not_take_over(name: str) -> str:
    return f"{name}不是组长、协调员，也不是您的副手，不能接班。"


def is_not_there(name: str) -> str:
    return f"{name}这几天不在。请换一位。"


def you_are_not_on_duty() -> str:
    return "现在不是您值班，不用交班。"


def how_to_hand_over() -> str:
    return "交给哪一位？请回：交班 姓名"


def will_ask(name: str, minutes: int) -> str:
    return f"问{name}了。{minutes}分钟内回“接班”才算交了，之前还是您值班。"


def will_ask_at_night(name: str, minutes: int) -> str:
    return f"夜里不发信打扰，请您打电话给{name}，{minutes}分钟内回“接班”才算交了。"


def take_over(letter: Claimed) -> str:
    return f"{letter.actor_name}想把班交给您，到{_until(letter)}。能接请回：接班"


def _until(letter: Claimed) -> str:
    """Say until when a shift lasts: an hour of the village's clock."""
    return spoken.end(datetime.fromisoformat((letter.detail or {})["until"]))


def you_took_over(ends: datetime, open_ones: Sequence[tuple[int, str]], giver: str) -> str:
    said = f"您接班了，到{spoken.end(ends)}。"
    if not open_ones:
        return said
    named = "，".join(f"{number} {name}" for number, name in open_ones)
    return f"{said}{giver}答应去看的还没完：{named}。"


def too_late_to_take_over() -> str:
    return "过了时候，班没有交成。请对方再说一次：交班 您的姓名"


def nobody_hands_over() -> str:
    return "现在没有人交班给您。"


def is_taken(letter: Claimed) -> str:
    return f"{letter.actor_name}接班了，到{_until(letter)}。您可以歇着了。"


def will_be_asked(name: str) -> str:
    return f"记下了，这就问{name}。回了“当副手”才算数。"


def is_your_deputy(name: str) -> str:
    return f"您的副手是{name}，您不在时先叫这位。要换请回：我的副手 姓名"


def no_deputy() -> str:
    return "您还没有副手。请回：我的副手 姓名"


def deputy_is_gone() -> str:
    return "记下了，您现在没有副手了。"


def be_my_deputy(letter: Claimed) -> str:
    return f"{letter.actor_name}请您当副手：不在时有事先叫您。愿意请回：当副手"


def you_are_deputy(names: Sequence[str]) -> str:
    return f"谢谢您。{'、'.join(names)}不在时，有事先叫您。"


def nobody_asked_you() -> str:
    return "现在没有人请您当副手。"


def is_deputy(letter: Claimed) -> str:
    return f"{letter.actor_name}答应当{letter.about_name}的副手了。"


def which_days() -> str:
    return "您哪几天不在？请回：我不在 3天"


def away_until(last: date, stand_in: str) -> str:
    said = f"记下了，您到{spoken.day(last)}不在。"
    return f"{said}有事先叫{stand_in}。" if stand_in else f"{said}要请人替，请回：我的副手 姓名"


def too_long(longest: int) -> str:
    return f"一次最多{longest}天。请再说一次，哪几天不在？"


def welcome_back() -> str:
    return "回来就好，有事又先叫您了。"


def stands_in(letter: Claimed) -> str:
    return f"{letter.actor_name}{_away(letter)}不在，有事先叫您。辛苦您了。"


def is_away(letter: Claimed) -> str:
    said = f"{letter.actor_name}{_away(letter)}不在，"
    return (
        f"{said}有事先叫{letter.about_name}。" if letter.about_name else f"{said}没有指定谁来替。"
    )


def _away(letter: Claimed) -> str:
    detail = letter.detail or {}
    first, last = date.fromisoformat(detail["first"]), date.fromisoformat(detail["last"])
    return spoken.day(first) if first == last else f"{spoken.day(first)}到{spoken.day(last)}"


def is_back(letter: Claimed) -> str:
    return f"{letter.actor_name}回来了，有事又先叫{letter.actor_name}。"
