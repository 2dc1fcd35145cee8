"""What is said around an incident: who was not heard, who goes, and how it ended."""

from collections.abc import Callable, Sequence

from handlers import names
from storage.incidents import IncidentKind, Result
from storage.letters import Claimed

ENDED = {
    Result.WELL: "平安",
    Result.FORGOT: "平安，是忘了报",
    Result.AWAY: "平安，外出了",
    Result.BROKEN_PHONE: "平安，手机坏了",
    Result.EMPTY_BATTERY: "平安，手机没电了",
    Result.HOSPITAL: "住院了，有人照看",
    Result.HARMED: "出事了，有人在身边",
    Result.SPOKE: "自己报平安了",
    Result.EACH: "没回音的，一位一位找",
}
_OF_A_VILLAGE = {
    Result.SPOKE: "的老人都有回音了",
    Result.EACH: "还没回音的老人，现在一位一位找人去看",
}
_NAMED = 8
"""How many are named in one letter; of the others only how many they are."""
_ABOUT = {
    IncidentKind.MISSED: "没报平安",
    IncidentKind.EMERGENCY: "出事",
    IncidentKind.CRISIS: "要人陪",
    IncidentKind.VILLAGE: "全村没声",
    IncidentKind.DRILL: "（演练）",
}
WHAT = {
    "emergency.fall": "摔倒了",
    "emergency.cannot-move": "动不了了",
    "emergency.heart-and-breath": "胸口不好受",
    "emergency.bleeding": "流血了",
    "emergency.choked-or-poisoned": "噎住或中毒",
    "emergency.stroke": "像是中风",
    "emergency.unconscious": "叫不醒",
    "emergency.near-death": "很危急",
    "emergency.gas": "可能煤气中毒",
    "emergency.water-earth-and-traffic": "出了意外",
    "emergency.fire-and-shock": "着火或触电",
    "emergency.lost-or-silent": "找不着人",
}
"""What the rule that called for help is about, in words of two to six characters."""
_STEPS = ("邻居和组长", "家人和村里", "村里各组", "上级")


def alarm(letter: Claimed) -> str:
    return (
        f"{letter.about_name}今天还没报平安{_gap(letter)}。"
        f"您能去看看吗？能去请回：我去 {letter.number}"
    )


def alarms(letters: Sequence[Claimed]) -> str:
    """Call for several elders at once: a line for each, with what to answer."""
    lines = [f"有{len(letters)}位老人今天还没报平安，您能去看看吗？"]
    for gap in dict.fromkeys(_gap(one) for one in letters):
        lines += [gap] if gap else []
        lines += [f"{one.about_name}请回：我去 {one.number}" for one in letters if _gap(one) == gap]
    return "\n".join(lines)


def together(of_each: Callable[[Claimed], str]) -> Callable[[Sequence[Claimed]], str]:
    """Return how several letters are said that need no answer: each in its own line."""
    return lambda letters: "\n".join(of_each(one) for one in letters)


def silence(letter: Claimed) -> str:
    """Call for a village: what it may be, how many are silent, and the first of their names."""
    detail = letter.detail or {}
    silent = detail["names"]
    why = "刚才系统故障，请看看" if detail["why"] == "outage" else "像停电断网，请看看"
    return (
        f"{detail['village']}还有{len(silent)}位老人没报平安{_gap(letter)}：{_some(silent)}。"
        f"{why}。能去请回：我去 {letter.number}"
    )


def silence_ask(letter: Claimed) -> str:
    silent = len((letter.detail or {})["names"])
    return f"{silent}位没报，能去回：我去 {letter.number}"


def more(letter: Claimed) -> str:
    detail = letter.detail or {}
    silent = detail["names"]
    return f"{detail['village']}又有{len(silent)}位没报平安：{_some(silent)}。请一起看看。"


def more_ask(letter: Claimed) -> str:
    return f"又有{len((letter.detail or {})['names'])}位没报，请一起看看"


def _some(silent: Sequence[str]) -> str:
    named = "、".join(silent[:_NAMED])
    return f"{named}等" if len(silent) > _NAMED else named


def distress(letter: Claimed) -> str:
    what = f"【急】{letter.about_name}{_what(letter)}"
    return f"{what}，快去看看！{_gap(letter)}要去请回：我去 {letter.number}"


def _what(letter: Claimed) -> str:
    return WHAT.get((letter.detail or {}).get("rule", ""), "出事了")


def _gap(letter: Claimed) -> str:
    empty = (letter.detail or {}).get("empty")
    return f"（{_empty(empty)}都通知不到）" if empty else ""


def _empty(steps: Sequence[int]) -> str:
    return "、".join(_STEPS[min(step, len(_STEPS) - 1)] for step in steps)


def alarm_ask(letter: Claimed) -> str:
    return f"请去看看，能去回：我去 {letter.number}"


def promised(letter: Claimed) -> str:
    return f"{_who(letter)}去看{_whom(letter)}了，有消息马上告诉您。"


def broken(letter: Claimed) -> str:
    if letter.actor_id == letter.recipient_id:
        return f"您说去看{_whom(letter)}，见到了吗？请回：平安 {letter.number}"
    if (letter.detail or {}).get("taken_back"):
        return f"{_who(letter)}去不了{_whom(letter)}家。您能去吗？请回：我去 {letter.number}"
    return f"{_who(letter)}去看{_whom(letter)}还没回音。您能去吗？请回：我去 {letter.number}"


def worse(letter: Claimed) -> str:
    what = f"【急】{letter.about_name}{_what(letter)}"
    if letter.actor_id == letter.about_id:
        return f"{what}，快去看看！要去请回：我去 {letter.number}"
    return f"{what}，{_who(letter)}在身边。能帮忙请回：我去 {letter.number}"


def clear(letter: Claimed) -> str:
    if letter.is_drill:
        return "演练结束了，谢谢您！"
    if village := (letter.detail or {}).get("village"):
        return f"{village}{_how_it_ended(letter)}。"
    how = ENDED[result(letter)]
    if letter.actor_id == letter.about_id:
        return f"放心吧，{letter.about_name}{how}。"
    return f"{letter.about_name}{how}。{_who(letter)}看过了。"


def _how_it_ended(letter: Claimed) -> str:
    ended = result(letter)
    return _OF_A_VILLAGE.get(ended) or f"的老人都平安，{_who(letter)}看过了"


def promised_ask(letter: Claimed) -> str:
    return f"{_who(letter)}去看了"


def clear_ask(letter: Claimed) -> str:
    if letter.is_drill:
        return "结束了，谢谢您"
    return ENDED[result(letter)]


def result(letter: Claimed) -> Result:
    """Return how the incident ended of which a letter tells."""
    return Result((letter.detail or {})["result"])


def unreached(letter: Claimed) -> str:
    return (
        f"{_whom(letter)}的事，{_who(letter)}通知不到。请您多留心，能去请回：我去 {letter.number}"
    )


def _whom(letter: Claimed) -> str:
    return letter.about_name or f"{(letter.detail or {}).get('village', '')}的老人"


def _who(letter: Claimed) -> str:
    return letter.actor_name or "有人"


def you_go(elder: str, gender: str, number: int) -> str:
    return f"好，{elder}就托付给您了。见到{names.pronoun(gender)}请回：平安 {number}"


def you_go_round(village: str, number: int) -> str:
    return f"好，{village}就托付给您了。都看到了请回：平安 {number}"


def all_or_each(village: str, number: int) -> str:
    return f"{village}都看到了请回：平安 {number}。只看到一位请回：代 姓名 平安"


def somebody_else_goes(elder: str) -> str:
    return f"好，我马上另找人去看{elder}。谢谢您告诉我！"


def somebody_goes(elder: str, who: str) -> str:
    return f"{who}已经去看{elder}了。谢谢您！"


def you_already_go(elder: str, number: int) -> str:
    return f"记着呢，等您的消息。见到{elder}请回：平安 {number}"


def nothing_open() -> str:
    return "现在没有要去看的老人。谢谢您！"


def no_such_number(open_ones: Sequence[tuple[int, str]]) -> str:
    if not open_ones:
        return nothing_open()
    return f"没有这个号。现在有：{_list(open_ones)}"


def about_what(kind: str) -> str:
    """Say what an incident is about to whoever may see it; a crisis only who was called does."""
    return _ABOUT[IncidentKind(kind)]


def which_one(verb: str, open_ones: Sequence[tuple[int, str]], unit: str = "位") -> str:
    return f"有{len(open_ones)}{unit}：{_list(open_ones)}。请回：{verb} {open_ones[0][0]}"


def whom_you_see(same_number: Sequence[tuple[int, str]]) -> str:
    """Two villages have the number, though one may have ended: only a name tells."""
    number, name = same_number[0]
    return f"{number}号不止一位：{_names(same_number)}。请回：我去看{name}"


def how_each_is(same_number: Sequence[tuple[int, str]], result: Result) -> str:
    number, name = same_number[0]
    return f"{number}号不止一位：{_names(same_number)}。请回：{name}{result}"


def _names(open_ones: Sequence[tuple[int, str]]) -> str:
    return "，".join(name for _, name in open_ones[:8])


def _list(open_ones: Sequence[tuple[int, str]]) -> str:
    return "，".join(f"{number} {name}" for number, name in open_ones[:8])


def ended(elder: str, result: Result) -> str:
    return f"记下了：{elder}{ENDED[result]}。都告诉大家了，谢谢您！"


def harmed(elder: str, number: int) -> str:
    return f"快打120！家人和村里都叫了。{elder}安顿好请回：住院 {number}"


def drill_ended(elder: str) -> str:
    return f"记下了：{elder}的演练结束。都告诉大家了，谢谢您！"


def only_a_drill(elder: str, word: str) -> str:
    """Take neither for played nor for true what may be true: let him say it again."""
    first = "快打120！" if word == Result.HARMED else ""
    return f"{elder}的是演练，没记{word}。要是真的，{first}请回：{elder}{word}了"


def already_ended(elder: str) -> str:
    return f"{elder}的事已经有回音了。谢谢您！"


def yourself_or_her(open_one: tuple[int, str]) -> str:
    number, name = open_one
    return f"您平安，记下了。要是说{name}，请回：平安 {number}"
