"""What is said of a drill to who holds it. Its letters are worded as in earnest, and marked."""

from collections.abc import Sequence

from storage.drill_reports import DrillReport, StepCalled
from storage.incidents import IncidentKind, Result
from storage.letters import Claimed

_PLAYED = {IncidentKind.MISSED: "没报平安", IncidentKind.EMERGENCY: "出事"}
_NAMED = 4
"""How many are named in one line; of the others only how many they are."""
_STEPS_SHOWN = 5

HOW = "演练请回：演练 姓名，或：演练 姓名 出事"
NOT_ASKED = f"现在没有要开始的演练。{HOW}"


def shall_we(elder: str, kind: str, people: int, *, by_night: bool) -> str:
    night = "现在是夜里，" if by_night else ""
    return (
        f"{night}演练“{elder}{_PLAYED[IncidentKind(kind)]}”会叫到{people}个人，开始请回：开始演练"
    )


def begins(elder: str) -> str:
    return f"{elder}的演练马上开始，叫人的话都带“演练”二字。要停请回：演练结束"


def nobody_of_that_name(name: str) -> str:
    return f"没找到叫“{name}”的老人。请写全名，比如：演练 王秀英"


def which_village(name: str, villages: Sequence[str]) -> str:
    return f"有{len(villages)}位{name}。请写村名，比如：演练 {villages[0]} {name}"


def two_of_that_name(name: str) -> str:
    return f"村里有同名的{name}，分不清是哪位。请换一位老人演练。"


def nobody_to_call(elder: str) -> str:
    return f"{elder}身边没有能叫到的人，演练不了。请先给邻居和家人配对手机。"


def is_looked_for(elder: str) -> str:
    return f"现在真的在找人去看{elder}。等有了回音再演练。"


def goes_on(elder: str) -> str:
    return f"村里正在演练（{elder}），一次只能有一场。要停请回：演练结束"


def stopped(elder: str) -> str:
    return f"{elder}的演练停了，叫到的人都会知道。报告一会儿给您。"


def nothing_to_stop() -> str:
    return "现在没有您开始的演练。"


def never_held() -> str:
    return f"村里还没有演练过。{HOW}"


def report_letter(letter: Claimed) -> str:
    return report(_of(letter))


def report_ask(letter: Claimed) -> str:
    return "合格，请看报告" if _of(letter).is_passed else "没合格，请看报告"


def _of(letter: Claimed) -> DrillReport:
    return DrillReport.from_detail((letter.detail or {})["report"])


def report(drill: DrillReport) -> str:
    """Say what it has shown in ten lines at most, the verdict first."""
    lines = [verdict(drill), title(drill)]
    lines += [step(one) for one in drill.steps[:_STEPS_SHOWN]]
    lines += [f"没联系上：{_some(drill.never_reached)}。"] if drill.never_reached else []
    lines += [f"没有手机：{_some(drill.without_phone)}。"] if drill.without_phone else []
    return "\n".join([*lines, end(drill)])


def verdict(drill: DrillReport) -> str:
    if drill.ended_after is None:
        return "演练还没完。"
    if drill.is_passed and drill.acknowledged is not None:
        return (
            f"合格：{lasts(drill.acknowledged.after)}有人应，最慢{lasts(drill.slowest or 0)}送出。"
        )
    if drill.was_stopped_early and not drill.in_vain:
        return "没做完：还没人应就停了。"
    return f"没合格：{'，'.join(_short_of(drill))}。"


def _short_of(drill: DrillReport) -> list[str]:
    """Say each mark that was missed."""
    faults = [] if drill.is_begun_in_time else [f"{lasts(drill.to_incident)}才开始叫人"]
    faults += [f"第{one.step + 1}批晚了{lasts(one.late)}" for one in drill.called_late]
    if not drill.has_reached_somebody:
        faults.append("一个人也没叫到")
    elif drill.in_vain:
        faults.append(f"{drill.in_vain}封没送到")
    if not drill.is_handed_over_in_time:
        faults.append(f"最慢{lasts(drill.slowest or 0)}才送出")
    if drill.acknowledged is None:
        faults.append("没有人应")
    elif not drill.is_answered_in_time:
        faults.append(f"{lasts(drill.acknowledged.after)}才有人应")
    return faults


def title(drill: DrillReport) -> str:
    pace = f"，快{drill.pace:g}倍" if drill.pace != 1 else ""
    return f"{drill.number}号演练：{drill.elder}{_PLAYED[IncidentKind(drill.kind)]}{pace}。"


def step(called: StepCalled) -> str:
    when = "一开始" if not called.after else f"{lasts(called.after)}后"
    if not called.calls:
        return f"第{called.step + 1}批，{when}：没有人可叫。"
    slowest = f"，最慢{lasts(called.slowest)}送出" if called.slowest is not None else "，都没送出"
    return f"第{called.step + 1}批，{when}：{_some([one.name for one in called.calls])}{slowest}。"


def end(drill: DrillReport) -> str:
    answered = drill.acknowledged
    first = f"{answered.name}先应，{lasts(answered.after)}。" if answered else "没有人应。"
    if drill.ended_after is None:
        return first
    after = lasts(drill.ended_after)
    if drill.result == Result.UNANSWERED:
        return f"{first}{after}后自己结束。"
    how = "叫停" if drill.result == Result.CALLED_OFF else f"说{drill.result}"
    return f"{first}{after}后{drill.ended_by}{how}，结束。"


def _some(names: Sequence[str]) -> str:
    named = "、".join(names[:_NAMED])
    return f"{named}等{len(names)}人" if len(names) > _NAMED else named


def lasts(seconds: float) -> str:
    """Say how long: 8秒, 2分3秒, 1小时5分."""
    whole = round(seconds)
    minutes, left = divmod(whole, 60)
    if not minutes:
        return f"{left}秒"
    if minutes < 60:
        return f"{minutes}分{left}秒" if left else f"{minutes}分"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}小时{minutes}分" if minutes else f"{hours}小时"
