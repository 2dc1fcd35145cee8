"""What is asked and said back where somebody decides what we may do with what is hers.

The questions are one text: whoever changes what one of them means raises its version
(`storage.consents.TEXT_VERSION`).
"""

from collections.abc import Mapping, Sequence

from handlers import names
from storage.consents import Purpose
from storage.letters import Claimed
from storage.people import Caller

CALLED: Mapping[Purpose, str] = {
    Purpose.CHECKIN: "报平安",
    Purpose.FAMILY: "家人",
    Purpose.HEALTH: "健康",
    Purpose.PHOTO: "照片",
    Purpose.LOCATION: "位置",
    Purpose.PUBLIC: "表扬",
}
"""How each is called in chat."""

_QUESTIONS: Mapping[Purpose, str] = {
    Purpose.FAMILY: "您好不好，让家里人看看行吗",
    Purpose.HEALTH: "您的不舒服，原话告诉组长行吗",
    Purpose.PHOTO: "您发的照片，村里留着行吗",
    Purpose.LOCATION: "您发的位置，村里记着行吗",
    Purpose.PUBLIC: "村里表扬人，念您的名字行吗",
}
_MAY: Mapping[Purpose, str] = {
    Purpose.CHECKIN: "明早起等您报平安",
    Purpose.FAMILY: "家里人能看您好不好",
    Purpose.HEALTH: "您不舒服会告诉组长",
    Purpose.PHOTO: "您的照片可以留着",
    Purpose.LOCATION: "您的位置可以记着",
    Purpose.PUBLIC: "表扬时念您的名字",
}
_MAY_NOT: Mapping[Purpose, str] = {
    Purpose.CHECKIN: "明早起不等您报平安了",
    Purpose.FAMILY: "家里人看不到了，急事还叫他们",
    Purpose.HEALTH: "不舒服不告诉人了，急事还叫人",
    Purpose.PHOTO: "您的照片不留",
    Purpose.LOCATION: "您的位置不记",
    Purpose.PUBLIC: "表扬时不念您的名字",
}


def first_question(letter: Claimed) -> str:
    called = names.elder(letter.about_name or "", letter.about_gender or "")
    return f"{called}，{_question(Purpose((letter.detail or {})['purpose']))}"


def next_question(caller: Caller, purpose: Purpose) -> str:
    return f"{_name(caller)}，记下了。{_question(purpose)}"


def _question(purpose: Purpose) -> str:
    return f"{_QUESTIONS[purpose]}？好回1，不用回不用"


def all_asked(caller: Caller) -> str:
    return f"{_name(caller)}，都记下了。想看想改，请回：我的同意"


def may(caller: Caller, purpose: Purpose) -> str:
    return f"{_name(caller)}，记下了，{_MAY[purpose]}。"


def may_not(caller: Caller, purpose: Purpose) -> str:
    return f"{_name(caller)}，记下了，{_MAY_NOT[purpose]}。"


def may_not_but_now(caller: Caller, purpose: Purpose) -> str:
    """People are called to her just now: that goes on to its end."""
    return f"{_name(caller)}，记下了，{_MAY_NOT[purpose]}。这回照样有人来看您。"


def which(caller: Caller, given: Sequence[Purpose]) -> str:
    return f"{_name(caller)}，哪样不用了？请回：{_list(given)}"


def as_it_stands(caller: Caller, given: Sequence[Purpose], others: Sequence[Purpose]) -> str:
    said = [f"现在可以：{_list(given)}"] if given else []
    said += [f"现在不行：{_list(others)}"] if others else []
    example = "改请回：同意 照片，或：不用了 照片"
    return f"{_name(caller)}，{'。'.join([*said, example])}"


def _list(purposes: Sequence[Purpose]) -> str:
    return "、".join(CALLED[one] for one in purposes)


def _name(caller: Caller) -> str:
    return names.elder(caller.name, caller.gender)


def may_of(name: str, purpose: Purpose) -> str:
    return f"记下了：{name}同意{CALLED[purpose]}。"


def may_not_of(name: str, purpose: Purpose) -> str:
    return f"记下了：{name}不用{CALLED[purpose]}了。"


def one_more(name: str, purpose: Purpose, *, yes: bool) -> str:
    said = "同意" if yes else "不用了"
    return f"记下了，还要一位作证。请村干部或结对邻居也回：{said} {name} {CALLED[purpose]}"


def asks_herself(name: str) -> str:
    return f"{name}有手机，请本人来说。"


def not_yours(name: str) -> str:
    return f"没找到您能作证的“{name}”。请写全名，比如：同意 王秀英 照片"


def unwatched(letter: Claimed) -> str:
    return f"{letter.about_name}说以后不用每天报平安了。请您抽空去问问。"
