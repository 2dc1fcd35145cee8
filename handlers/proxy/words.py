"""What is said to whoever speaks for an elder: whom he is asked after, and what was taken down."""

from collections.abc import Sequence
from datetime import date

from handlers import names
from handlers.spoken import day
from storage.letters import Claimed
from storage.people import Caller

_ON_A_CARD = 14


def morning_list(letter: Claimed) -> str:
    return f"早上好，没手机的老人请您看看：{_listed(letter)}。{_how(letter)}"


def look_in(letter: Claimed) -> str:
    return f"还没报平安：{_listed(letter)}。{_how(letter)}"


def nudge(letter: Claimed) -> str:
    """Ask somebody near her to let her write a word, so that she can be written to again."""
    her = names.pronoun(letter.about_gender or "")
    return f"{letter.about_name}的微信收不到我们的话了。您见到{her}，请让{her}回个1报平安。"


def _listed(letter: Claimed) -> str:
    """Name each by her number, and by her group where there are several."""
    detail = letter.detail or {}
    shown = [f"{group}{number} {name}" for group, number, name in detail["listed"]]
    more = detail.get("more")
    return "、".join(shown) + (f"，另有{more}位没写下" if more else "")


def _how(letter: Claimed) -> str:
    """Teach 号: without it, 1 2 3 of an elder mean himself."""
    numbers = [f"{number}号" for _, number, _ in (letter.detail or {})["listed"][:2]]
    if len(numbers) == 1:
        return f"见到了请回：{numbers[0]}平安"
    return f"见到的请回号码，如：{' '.join(numbers)}。都好请回：全好"


def list_ask(letter: Claimed) -> str:
    """Name them where twenty characters are enough for it; a card is all he may get to see."""
    listed = (letter.detail or {})["listed"]
    named = "、".join(f"{number} {name}" for _, number, name in listed)
    if len(named) <= _ON_A_CARD:
        return f"{named}，见到回几号"
    return f"{len(listed)}位没手机的老人没报，请看看"


def spoken_for(elder: str) -> str:
    return f"好，记下了：{elder}平安。"


def not_yours(name: str) -> str:
    return f"没找到您能代报的“{name}”。请写全名，比如：代 王秀英 平安"


def taken_down(elders: Sequence[str]) -> str:
    return f"记下了：{'、'.join(elders)}平安。"


def left(elders: Sequence[str]) -> str:
    return f"还没见到：{'、'.join(elders)}。"


def nobody_left() -> str:
    return "名单上的都有回音了，谢谢您！"


def not_seen(elders: Sequence[str]) -> str:
    return f"{'、'.join(elders)}没见到，先不记，请再去看看。"


def taken_back(elders: Sequence[str]) -> str:
    return f"{'、'.join(elders)}刚才记的平安取消了，请快去看看。"


def heard_already(elders: Sequence[str]) -> str:
    return f"{'、'.join(elders)}今天已经有回音了。"


def no_such_number(numbers: Sequence[int]) -> str:
    return f"没有{'、'.join(map(str, numbers))}号。"


def who_is_in_need(number: int) -> str:
    return f"没有{number}号，是哪一位？请说姓名和出了什么事。急事先打120！"


def say_her_name(number: int, elders: Sequence[str]) -> str:
    return f"{number}号有{len(elders)}位：{'、'.join(elders)}。请回：代 {elders[0]} 平安"


def list_or_incident(number: int, listed: str, missed: str) -> str:
    return f"{number}号是谁？{listed}请回：代 {listed} 平安。{missed}请回：平安 {number}"


def unwell(elder: str, told: Sequence[str]) -> str:
    if not told:
        return f"{elder}不舒服，记下了。厉害就打120。"
    return f"{elder}不舒服，告诉{'、'.join(told[:3])}了。厉害就打120。"


def keeps_it_to_herself(elder: str) -> str:
    return f"{elder}不愿把身体的事告诉别人，只记见到了。厉害就打120。"


def too_much(letter: Claimed) -> str:
    said = (letter.detail or {}).get("said", "")
    return f"{letter.actor_name}今天代办太多了，这句没记：“{said}”。请您看看{letter.about_name}。"


def in_need(elder: str, called: Sequence[str], number: str) -> str:
    return f"{elder}的事，{_who_comes(called)}快打{number}！"


def in_grief(elder: str, called: Sequence[str]) -> str:
    return f"请先陪着{elder}，{_who_comes(called)}也可以打12356。"


def _who_comes(called: Sequence[str]) -> str:
    return f"叫了{'、'.join(called[:3])}。" if called else "我在找人。"


def still_open(elder: str, number: int) -> str:
    return f"{elder}的急事还没完，安顿好请回：平安 {number}。"


def yourself_or_her(caller: Caller, number: int, elder: str) -> str:
    return f"{_name(caller)}，记下了，您平安。要是说{elder}，请回：{number}号平安"


def yourself_or_all(caller: Caller) -> str:
    return f"{_name(caller)}，记下了，您平安。要是说名单上的，请回：全好"


def _name(caller: Caller) -> str:
    return names.elder(caller.name, caller.gender)


def of_day(there: date) -> str:
    return f"{day(there)}，"


def how_to_enter() -> str:
    return "请照日报表的号码写，比如：晚录 1 3 5，或者：晚录 都好除了4"


def whose_sheet(groups: Sequence[str]) -> str:
    return f"请写上组名：{'、'.join(groups[:8])}。比如：晚录 {groups[0]} 1 3 5"


def not_your_sheet() -> str:
    return "晚录由组长和村里来做。您见到老人，请回：代 姓名 平安"


def no_sheet() -> str:
    return "这个组还没有日报表。请回：代 姓名 平安"


def not_yet() -> str:
    return "那天还没到，请写今天或以前的日子。"


def was_in_need(elder: str) -> str:
    return f"{elder}那天的事没叫人。现在要人去，请回：{elder}出事了"


def unwell_says(letter: Claimed) -> str:
    return f"{letter.actor_name}说{letter.about_name}不舒服。请您打个电话或去看看。"
