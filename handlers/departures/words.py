"""What is said when somebody leaves, moves away or has died."""

from collections.abc import Sequence
from datetime import date

from handlers import names, spoken
from storage.departures import Why
from storage.letters import Claimed
from storage.people import Person

_HOUR = 60


def hand_over_first() -> str:
    return "您担着村里的事，请先跟村里交接，再说退出。"


def do_you_leave(called: str, *, is_elder: bool) -> str:
    if is_elder:
        return f"{called}，您是不想再报平安了吗？真不报了请回：对"
    return f"{called}，退出后，老人的事就不告诉您了。真退出请回：对"


def as_before(called: str) -> str:
    return f"{called}，好，一切照常。"


def somebody_comes(called: str) -> str:
    return f"{called}，记下了，组长会来找您。在那以前照常等您报平安。"


def finish_first(name: str) -> str:
    return f"{name}，您还答应着一件事。请先办完，或回：去不了，再说退出。"


def you_left(name: str) -> str:
    return f"{name}，您退出了，谢谢您。想回来请找组长。"


def wish(letter: Claimed) -> str:
    name = letter.about_name
    return f"{name}想退出报平安。请先见见本人，同意请回：同意退出 {name}，留下请回：留下 {name}"


def wish_ask(_letter: Claimed) -> str:
    return "想退出报平安，请先见本人"


def nobody_wants_to(name: str) -> str:
    return f"没有等您点头的“{name}”。本人先说退出，您见了再同意。"


def look_after_her_first(name: str) -> str:
    return f"{name}的事还没了结。请先去看，报了结果再说。"


def she_stays(name: str) -> str:
    return f"好，{name}留下，照常等报平安。"


def let_go(name: str) -> str:
    return f"记下了：{name}不再等报平安，家里人也告诉了。回来了请回：{name}回来了"


def has_gone(name: str) -> str:
    return f"{name}已经记下了，不用再报。"


def farewell(letter: Claimed) -> str:
    called = names.elder(letter.about_name or "", letter.about_gender or "")
    return f"{called}，往后不再等您报平安了，多保重。想回来跟组长说。"


def she_left(letter: Claimed) -> str:
    return f"{letter.about_name}退出了，往后这里没有消息了。有事请直接找本人。"


def is_it_so(person: Person, why: Why) -> str:
    born = f"，{person.born[:4]}年生" if person.born else ""
    what = "过世了" if why is Why.DIED else "搬走了"
    return f"您是说{person.name}（{_gender(person)}{born}）{what}，对吗？请回：确认 {person.name}"


def _gender(person: Person) -> str:
    return "男" if person.gender == "male" else "女"


def nothing_changed() -> str:
    return "好，什么都没改。"


def in_peace(name: str, to_tell: Sequence[str]) -> str:
    """Say whom a person should tell; we tell nobody."""
    tell = f"请您或家里人当面告诉：{'、'.join(to_tell)}。" if to_tell else ""
    return f"愿{name}安息。这里不再等，也不给亲友邻居发消息。{tell}"


def died(letter: Claimed) -> str:
    name = _name(letter)
    return f"{letter.actor_name}说，{name}过世了。弄错了，请一天内回：{name}还在"


def estate(letter: Claimed) -> str:
    name, minutes = _name(letter), int((letter.detail or {}).get("minutes", 0))
    return (
        f"{name}留下时间币{_coins(minutes)}。请跟家里人商量，"
        f"再回：{name}的时间币 给 某某，或：给 村里"
    )


def _name(letter: Claimed) -> str:
    return str((letter.detail or {}).get("name", ""))


def _coins(minutes: int) -> str:
    return f"{minutes / _HOUR:g}"


def not_any_more(name: str) -> str:
    return f"{name}的事，请村里的负责人在一天内改，过了请重新登记。"


def is_back(person: Person, first: date | None, *, has_phone: bool) -> str:
    waits = f"，{spoken.day(first)}起等{names.pronoun(person.gender)}报平安" if first else ""
    pair = "" if has_phone else f"手机请重新配对，回：配对 {person.name}"
    return f"记下了：{person.name}还在这里{waits}。{pair}"


def wait_a_day(name: str) -> str:
    return f"{name}的时间币先放着，过几天再定。"


def no_such_heir(name: str) -> str:
    return f"村里没登记“{name}”。请写全名，或回：给 村里"


def takes_two() -> str:
    return "数目大，要两个人定。请另一位村干部来回这句话。"


def does_not_fit(name: str) -> str:
    return f"{name}的账户放不下这么多，请换一位，或回：给 村里"


def books_are_looked_at() -> str:
    return "账正在核对，请晚些再回。"


def given_on(name: str, minutes: int, heir: str) -> str:
    return f"记下了：{name}的时间币{_coins(minutes)}给了{heir or '村里'}。"


def ask_your_leader(name: str) -> str:
    return f"{name}，您已经退出了。想回来请找组长，急事请打120。"
