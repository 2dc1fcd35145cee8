"""What is said about hours: in halves and wholes, as one speaks of them in a village."""

from collections.abc import Sequence

from handlers.names import called
from handlers.spoken import day
from storage.ledger_statements import Line, Owed
from storage.letters import Claimed
from storage.people import Caller
from storage.rules import VILLAGE_TIME

_WHY = {
    "grant": ("发给您", "收回"),
    "hold": ("退回", "请人"),
    "settle": ("帮人", "退回"),
    "release": ("没用完退回", "退回"),
    "gift": ("别人转给您", "转给别人"),
    "donate": ("退回", "捐给大家"),
    "redeem": ("退回", "兑换"),
    "unredeem": ("兑换退回", "兑换"),
    "correct": ("更正", "更正"),
    "close": ("退回", "结清"),
}


def hours(minutes: int) -> str:
    """Say minutes aloud: 12个半小时, 半个小时, 1小时15分钟."""
    whole, rest = divmod(minutes, 60)
    if rest == 30:
        return f"{whole}个半小时" if whole else "半个小时"
    if rest == 0:
        return f"{whole}个小时"
    return f"{whole}小时{rest}分钟" if whole else f"{rest}分钟"


def balance(caller: Caller, minutes: int) -> str:
    if not minutes:
        return f"{called(caller)}，您还没存下时间。帮别人一次就有了。"
    return f"{called(caller)}，您存了{hours(minutes)}。"


def lines(caller: Caller, movements: Sequence[Line]) -> str:
    if not movements:
        return f"{called(caller)}，您还没有存过、用过时间。"
    return "\n".join([f"{called(caller)}，最近的：", *(_line(one) for one in movements)])


def _line(movement: Line) -> str:
    at = movement.at.astimezone(VILLAGE_TIME)
    came, went = _WHY[movement.kind]
    why, sign = (came, "得") if movement.minutes > 0 else (went, "用")
    return f"{day(at)}{why}，{sign}{hours(abs(movement.minutes))}"


def shall_i_give(caller: Caller, minutes: int, to: str, number: str) -> str:
    return f"{called(caller)}，转给{to}{hours(minutes)}，对吗？对就回：确认 {number}"


def give_to_whom(caller: Caller, choices: Sequence[tuple[str, str, str]]) -> str:
    """Ask which one is meant; each choice is a name, a group and its number."""
    named = "，".join(
        f"{name}{f'（{group}）' if group else ''}回：确认 {number}"
        for name, group, number in choices
    )
    return f"{called(caller)}，您转给哪一位？{named}"


def how_to_give(caller: Caller) -> str:
    return f"{called(caller)}，转给谁、转多久？请说：转给 小梅 2小时"


def how_to_donate(caller: Caller) -> str:
    return f"{called(caller)}，捐多久？请说：捐 1小时"


def with_its_number(caller: Caller, verb: str, number: str) -> str:
    return f"{called(caller)}，请连号一起回：{verb} {number}"


def shall_i_donate(caller: Caller, minutes: int, number: str) -> str:
    return f"{called(caller)}，捐{hours(minutes)}给大家，对吗？对就回：确认 {number}"


def given(caller: Caller, to: str, left: int) -> str:
    return f"{called(caller)}，转给{to}了。您还有{hours(left)}。"


def donated(caller: Caller, left: int) -> str:
    return f"{called(caller)}，谢谢您帮大家！您还有{hours(left)}。"


def dropped(caller: Caller) -> str:
    return f"{called(caller)}，好，不办了，时间还是您的。"


def not_enough(caller: Caller, has: int) -> str:
    return f"{called(caller)}，您存了{hours(has)}，不够这么多。"


def no_room(caller: Caller, to: str) -> str:
    return f"{called(caller)}，{to}已经存满了，转不进去。"


def not_a_relative(caller: Caller, name: str) -> str:
    return f"{called(caller)}，亲人里没找到{name}。要登记亲人请找组长。"


def nobody_of_that_name(caller: Caller, name: str) -> str:
    return f"{called(caller)}，村里没找到{name}。请说全名。"


def no_gifts(caller: Caller) -> str:
    return f"{called(caller)}，这里的时间不能转给别人。"


def no_such_question(caller: Caller) -> str:
    return f"{called(caller)}，没有这个号。请再说一遍要办的事。"


def done_before(caller: Caller) -> str:
    return f"{called(caller)}，这个号已经办过了。"


def too_late(caller: Caller) -> str:
    return f"{called(caller)}，这个号过时了。请再说一遍要办的事。"


def at_rest(caller: Caller) -> str:
    return f"{called(caller)}，时间账正在核对，请明天再办。"


def certificate(caller: Caller, minutes: int, number: str, code: str) -> str:
    return (
        f"{called(caller)}，您一共帮人{hours(minutes)}。请找村里打印，证明号{number}，验证码{code}"
    )


def no_service_yet(caller: Caller) -> str:
    return f"{called(caller)}，还没有您帮人的记录。"


def gift_came(letter: Claimed) -> str:
    return f"{letter.actor_name or '有人'}转给您{hours(_minutes(letter))}，请人帮忙时用得上。"


def statement(letter: Claimed) -> str:
    said = letter.detail or {}
    parts = [f"存入{hours(said['came'])}"] if said["came"] else []
    parts += [f"用了{hours(said['went'])}"] if said["went"] else []
    return f"{said['month']}月您{'，'.join(parts)}，现在有{hours(said['balance'])}。"


def reminder(letter: Claimed) -> str:
    has = f"您存了{hours(_minutes(letter))}。"
    if letter.about_name:
        return f"{has}给{letter.about_name}用也行，请说：转给 {letter.about_name} 1小时"
    return f"{has}能请人来家帮忙，也能捐给大家。"


def week(letter: Claimed) -> str:
    """Give the coordinator what he copies down for the weekly meeting (例会)."""
    said = letter.detail or {}
    return (
        f"时间账核对过了，{said['transfers']}笔都对。"
        f"村里{said['members']}位存着{hours(said['owed'])}。\n"
        f"请把链头抄进周报：\n{said['head']}"
    )


def week_ask(_letter: Claimed) -> str:
    return "请把时间账的链头抄进周报"


def owed(caller: Caller, village: Owed, pool: int) -> str:
    """Say what the coordinator's village is owed, and what the pool has against it."""
    return (
        f"{caller.name}，村里{village.members}位存着{hours(village.minutes)}。"
        f"公共时间池有{hours(pool)}。"
    )


def fault(letter: Claimed) -> str:
    found = (letter.detail or {}).get("faults", 0)
    return f"【急】时间账对不上，有{found}处，已经停下来。请马上找管理员核对。"


def fault_ask(_letter: Claimed) -> str:
    return "时间账对不上，请找管理员"


def _minutes(letter: Claimed) -> int:
    return int((letter.detail or {})["minutes"])
