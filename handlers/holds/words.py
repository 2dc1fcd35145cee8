"""What is said when somebody goes away, and when she comes back."""

from datetime import date, timedelta

from handlers import names
from storage.letters import Claimed


def until(called: str, last_day: date, *, in_hospital: bool) -> str:
    back = last_day + timedelta(days=1)
    wish = "好好养着" if in_hospital else "路上慢点"
    return f"{called}，记下了，{back.month}月{back.day}日再等您报平安。{wish}。"


def how_long(called: str) -> str:
    return f"{called}，您去几天？请回：去3天"


def for_her(name: str, last_day: date) -> str:
    return f"记下了：{name}请假到{last_day.month}月{last_day.day}日。提前回来请回：{name}回来了"


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
