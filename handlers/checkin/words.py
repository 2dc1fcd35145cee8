"""What is said to an elder in the morning: short, by name, one thing at a time."""

from collections.abc import Sequence

from handlers import names
from storage.letters import Claimed
from storage.people import Caller


def noted(caller: Caller, who_comes: str = "") -> str:
    """Say back that she is well; not where people are called to her, there it is who comes."""
    if who_comes:
        return f"{_name(caller)}，记下了。{who_comes}"
    return f"{_name(caller)}，记下了，您今天平安。"


def is_on_the_way(who: str) -> str:
    return f"{who}正去看您。"


def were_called(called: Sequence[str]) -> str:
    if not called:
        return "我在找人去看您。"
    return f"叫了{'、'.join(called[:2])}，马上来看您。"


def what_is_it(caller: Caller) -> str:
    return f"{_name(caller)}，听到您了。平安请回1，不舒服回2，要帮忙回3。"


def what_is_it_in_other_words(caller: Caller) -> str:
    return f"{_name(caller)}，没听明白。好就按1，难受按2，找人帮忙按3，行吗？"


def somebody_will_ask(caller: Caller, watcher: str) -> str:
    return f"{_name(caller)}，我请{watcher or '村里人'}来问问您。"


def heard(caller: Caller, who_comes: str = "") -> str:
    return f"{_name(caller)}，收到了。{who_comes}"


def unwell(caller: Caller, watcher: str) -> str:
    told = f"告诉{watcher}了" if watcher else "记下了"
    return f"{_name(caller)}，{told}。厉害就打120，现在好些吗？"


def unwell_and_unsaid(caller: Caller) -> str:
    return f"{_name(caller)}，听到了，不告诉别人。厉害就打120，要人来回3帮忙。"


def still_unwell(caller: Caller, watcher: str) -> str:
    if not watcher:
        return f"{_name(caller)}，记下了。厉害就打120。"
    return f"{_name(caller)}，我再跟{watcher}说一声。厉害就打120。"


def _name(caller: Caller) -> str:
    return names.elder(caller.name, caller.gender)


def reminder(letter: Claimed) -> str:
    return f"{_called(letter)}，早上好，您今天好吗？好就回个1。"


def last_ask(letter: Claimed) -> str:
    return f"{_called(letter)}，还没听到您，您在吗？回个1就行。"


def re_ask(letter: Claimed) -> str:
    return f"{_called(letter)}，刚才系统故障，请再报一次平安，回个1就行。"


def needs_word(letter: Claimed) -> str:
    elder, detail = letter.about_name, letter.detail or {}
    her = names.pronoun(letter.about_gender or "")
    if detail.get("still"):
        return f"{elder}说还没好。请您快打个电话或去看看。"
    if detail.get("need") == "care":
        return f"{elder}说不舒服。请您打个电话或去看看。"
    return f"{elder}说的话没听懂。请您问问{her}有什么事。"


def listen(letter: Claimed) -> str:
    return f"{letter.about_name}发来语音，请您听一听。"


def _called(letter: Claimed) -> str:
    return names.elder(letter.about_name or "", letter.about_gender or "")
