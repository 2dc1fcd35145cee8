"""What is said when somebody goes away, and when she comes back."""

from collections.abc import Sequence
from datetime import date, timedelta

from handlers import names
from handlers.spoken import day
from storage.holds import HOSPITAL
from storage.letters import Claimed


def until(called: str, last_day: date, *, in_hospital: bool) -> str:
    back = last_day + timedelta(days=1)
    wish = "好好养着" if in_hospital else "路上慢点"
    return f"{called}，记下了，{day(back)}再等您报平安。{wish}。"


def how_long(called: str) -> str:
    return f"{called}，您去几天？请回：去3天"


def is_it_so(called: str, last_day: date, *, in_hospital: bool) -> str:
    where = "住院" if in_hospital else "出门"
    back = day(last_day + timedelta(days=1))
    return f"{called}，您{where}，{back}再报平安，是吗？请打字回：对"


def as_always(called: str) -> str:
    return f"{called}，好，那明早照常等您报平安。"


def how_long_for(name: str) -> str:
    return f"{name}去几天？请回：去3天"


def which_elder(names: Sequence[str]) -> str:
    return f"您说的是哪位老人？请回全名：{'、'.join(names[:5])}"


def told(letter: Claimed) -> str:
    away = "住院了" if _is_in_hospital(letter) else "出门了"
    return f"{letter.actor_name}说，{letter.about_name}{away}，{_until(letter)}前不等报平安。"


def told_ask(letter: Claimed) -> str:
    away = "住院" if _is_in_hospital(letter) else "出门"
    return f"{away}，{_until(letter)}前不等报平安"


def _is_in_hospital(letter: Claimed) -> bool:
    return str((letter.detail or {})["reason"]) == HOSPITAL


def _until(letter: Claimed) -> str:
    return day(date.fromisoformat((letter.detail or {})["last_day"]) + timedelta(days=1))


def for_her(name: str, last_day: date) -> str:
    return f"记下了：{name}请假到{day(last_day)}。提前回来请回：{name}回来了"


def welcome_home(called: str) -> str:
    return f"{called}，回来就好。明早又等您报平安了。"


def she_is_back(name: str) -> str:
    return f"记下了：{name}回来了。明早又等她报平安。"


def not_yours(name: str) -> str:
    return f"没找到您能代报的“{name}”。请写全名，比如：请假 王秀英 3天"


def too_long(longest: int) -> str:
    return f"一次最多请{longest}天假。请再说一次，去几天？"


def greeting(letter: Claimed) -> str:
    called = names.elder(letter.about_name or "", letter.about_gender or "")
    return f"{called}，您明天回来，又等您报平安了。没回来也说一声。"
