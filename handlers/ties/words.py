"""What is said where somebody says whose he is, to him, to her, and to who can vouch for it."""

from handlers import names
from storage.letters import Claimed
from storage.people import Caller

ASKED = "记下了。老人或村里确认了就告诉您，七天没确认就算了。"
"""The same whoever he asks for, and whether there is such a person or not."""


def do_you_know(letter: Claimed) -> str:
    called = names.elder(letter.about_name or "", letter.about_gender or "")
    return f"{called}，{_who(letter)}说是您{_called(letter)}，认识吗？是就回认识，不是回不认识"


def vouch(letter: Claimed) -> str:
    return (
        f"{_who(letter)}说是{letter.about_name}的{_called(letter)}。"
        f"请当面问{names.pronoun(letter.about_gender or '')}，认就回：确认 亲属 {letter.number}"
    )


def tied(letter: Claimed) -> str:
    return f"{letter.about_name}认您了。看今天怎样，请回：名单"


def is_tied(letter: Claimed) -> str:
    return f"{letter.about_name}认了{_who(letter)}（{_called(letter)}）。觉得不对，请当面问问。"


def not_confirmed(_letter: Claimed) -> str:
    return "您要关注的老人没有确认，这次就到这里。要办请找村里组长。"


def is_ended(letter: Claimed) -> str:
    return f"{letter.about_name}不让{letter.actor_name}看了，您知道就好。"


def _who(letter: Claimed) -> str:
    return str((letter.detail or {}).get("who") or "有人")


def _called(letter: Claimed) -> str:
    return str((letter.detail or {}).get("called") or "亲属")


def known(caller: Caller, who: str) -> str:
    return f"{_name(caller)}，好，{who}以后能看您好不好。"


def unknown(caller: Caller) -> str:
    return f"{_name(caller)}，好，不让看。别告诉外人您的事。"


def which(caller: Caller, who: list[str]) -> str:
    return f"{_name(caller)}，认识哪个？请回：认识 {who[0]}"


def ended(caller: Caller, who: str) -> str:
    return f"{_name(caller)}，好，{who}以后看不到您了。"


def _name(caller: Caller) -> str:
    return names.elder(caller.name, caller.gender)


def one_more() -> str:
    return "记下了，还要一位作证，已请村干部和结对邻居看看。"


def vouched(elder: str, who: str) -> str:
    return f"记下了：{who}是{elder}的人了。"


def no_such_number(number: int) -> str:
    return f"没有等您作证的{number}号。"
