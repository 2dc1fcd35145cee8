"""What is asked and said while an elder is enrolled."""

from collections.abc import Sequence
from datetime import date

from handlers import names, spoken
from handlers.enrolment.steps import Step, hours_of
from storage.enrolments import Answers, NewElder
from storage.people import TieKind

_TIERS = {1: "体弱", 2: "一般", 3: "硬朗"}


def begins() -> str:
    return "登记新老人，随时可回：上一步，或：不登了。"


def goes_on(name: str) -> str:
    return f"接着登记{name}。"


def not_understood() -> str:
    return "没听明白。"


def left() -> str:
    return "好，不登了，什么都没留。"


def no_group() -> str:
    return "您还没有自己的组，请村里先把组定下来。"


def is_enrolled(name: str, group: str) -> str:
    return f"{group}的{name}已经登记过了，不用再登。要配对请回：配对 {name}"


def has_left(name: str) -> str:
    return f"{name}以前退出过。接着报平安不用再登，请回：{name}回来了"


def is_of_another_group() -> str:
    return "那位不在您组里，请她的组长或村里登记。"


def question(step: Step, answers: Answers) -> str:
    name = str(answers.get(Step.NAME, ""))
    if step is Step.NAME:
        return _which_name(str(answers.get("beside", "")))
    if step is Step.SAME:
        return f"{answers['known'][1]}已有一位{name}。就是她请回：是她，不是请回：另一位"
    her = names.pronoun(answers.get(Step.GENDER, ""))
    return {
        Step.GENDER: f"{name}是男是女？请回：男，或：女",
        Step.BORN: f"{name}哪年生的？比如回：1941，不清楚回：不知道",
        Step.PHONE: f"{name}的电话是多少？没有请回：没有",
        Step.HOURS: f"早上几点等{her}报平安？6点到9点请回：行，别的请回：7点到10点",
        Step.TIER: f"{her}身体怎样？请回：体弱、一般，或：硬朗",
        Step.NEAR: f"谁是{her}的家人或邻居？比如回：女儿 王小梅，没登记的回：没有",
    }[step]


def _which_name(beside: str) -> str:
    if beside:
        return f"两位{beside}要分得清，请在名字后加个字。比如回：{beside}小"
    return "老人叫什么名字？请回全名。"


def which_group(answers: Answers, groups: Sequence[str]) -> str:
    return f"{answers[Step.NAME]}在哪个组？请回：{'、'.join(groups[:12])}"


def is_it_right(answers: Answers) -> str:
    """Read all of it back in one short list."""
    opens, closes = hours_of(answers[Step.HOURS])
    gender = "男" if answers[Step.GENDER] == "male" else "女"
    return "\n".join(
        [
            f"名字：{answers[Step.NAME]}，{gender}",
            f"哪年生：{answers[Step.BORN] or '不清楚'}",
            f"电话：{answers[Step.PHONE] or '没有'}",
            f"组：{answers[Step.GROUP][1]}",
            f"钟点：{spoken.hour(opens)}到{spoken.hour(closes)}",
            f"身体：{_TIERS[answers[Step.TIER]]}",
            _near(answers),
            "都对请回：对。不对就回，比如：改 名字 王秀英",
        ]
    )


def _near(answers: Answers) -> str:
    if not answers[Step.NEAR]:
        return "家人邻居：没有"
    _, kind, name = answers[Step.NEAR]
    return f"{'邻居' if kind == TieKind.NEIGHBOUR else '家人'}：{name}"


def enrolled(new: NewElder, first: date, code: str, hours: int, picture: str) -> str:
    scan = f"，或当面扫：{picture}" if picture else ""
    her = names.pronoun(new.gender)
    return (
        f"{new.name}登记好了，{spoken.day(first)}起等{her}报平安。"
        f"配对数字：{code[:3]} {code[3:]}，{hours}小时内由本人发到这个号{scan}。"
        f"没手机就请您代报。"
    )
