"""The digests in words. All well is one line, so that its absence is an alarm."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from handlers import names, spoken
from storage.evening_notes import BACK, FADING, OPEN
from storage.incidents import Result
from storage.letters import Claimed
from storage.rules import DigestRules
from storage.today import Standing

Detail = Mapping[str, Any]

_STANDINGS = {
    Standing.WELL: "平安",
    Standing.HEARD: "听到",
    Standing.HARMED: "出事",
    Standing.TO_SEE: "要去看",
    Standing.MISSED: "没报",
    Standing.SEEN: "看过",
    Standing.WAITING: "还在等",
    Standing.UNKNOWN: "没问成",
}
_GRAVE = {one: _STANDINGS[one] for one in (Standing.HARMED, Standing.TO_SEE, Standing.MISSED)}
_CHANGES = {
    Standing.HARMED: "又有{}位出事",
    Standing.TO_SEE: "又有{}位要去看",
    Standing.MISSED: "又有{}位没报",
    "seen": "又看过{}位",
    "heard": "又有{}位听到了",
}
_BEFORE = {("morning", 0): "今早", ("evening", 1): "昨晚", ("morning", 1): "昨早"}
_NAMED = 10
"""How many are named in one digest, the gravest first: a text has an end, and so has patience."""
_LEARNED = 24
"""How much of a sentence that was not understood is quoted."""
_ASK = 20
"""The characters of a template's field."""
_WHAT_HELPS = {
    Result.FORGOT: "窗口晚点",
    Result.SPOKE: "窗口晚点",
    Result.AWAY: "出门先请假",
    Result.BROKEN_PHONE: "备用手机",
    Result.EMPTY_BATTERY: "睡前充电",
    Result.WELL: "问问缘故",
}
_MOST_HELPED = 5
_PART = {"morning": "早上", "evening": "晚上"}


def digest(letter: Claimed) -> str:
    return day(letter.detail or {})


def day(detail: Detail) -> str:
    """Say how a village's day is: one line where all is well."""
    lines = [_all_well(detail)] if detail["is_well"] else _in_figures(detail)
    if detail["learned"]:
        lines.append(f"没听懂的话：{'；'.join(_cut(one) for one in detail['learned'])}")
    return "\n".join(lines)


def _cut(sentence: str) -> str:
    return sentence if len(sentence) <= _LEARNED else f"{sentence[:_LEARNED]}…"


def _all_well(detail: Detail) -> str:
    well, heard = (detail["counts"].get(one, 0) for one in (Standing.WELL, Standing.HEARD))
    how = f"{well}位老人说好，{heard}位听到了" if heard else f"{detail['expected']}位老人都好"
    return f"今日平安：{detail['village']}{how}。{_changed(detail)}"


def _in_figures(detail: Detail) -> list[str]:
    parts = [f"应报{detail['expected']}位", *_counted(detail, _STANDINGS)]
    left = _Names(_NAMED)
    lines = [
        f"{detail['village']}：{'，'.join(parts)}。",
        _changed(detail),
        left.line("出事", detail["harmed"]),
        left.line("全村没声", detail["silences"]),
        left.line("没报", detail["open"]),
        left.line("要去看", detail["to_see"]),
        left.line("已看过", detail["closed"]),
        _why(detail),
        f"没送到的信：{detail['failed']}封。" if detail["failed"] else "",
    ]
    return [line for line in lines if line]


class _Names:
    """Names entries line by line, until so many are named; of the rest only how many."""

    def __init__(self, most: int) -> None:
        self._left = most

    def line(self, head: str, entries: Sequence[str]) -> str:
        if not entries:
            return ""
        named, self._left = entries[: self._left], max(self._left - len(entries), 0)
        rest = f"等{len(entries)}位" if named else f"{len(entries)}位"
        return f"{head}：{'，'.join(named)}{rest if len(named) < len(entries) else ''}。"


def _changed(detail: Detail) -> str:
    """Say what is new since the last digest, "" where nothing is."""
    changes = detail["changes"]
    if not changes or not changes["counts"]:
        return ""
    before = _BEFORE.get((changes["slot"], changes["days_ago"]), "刚才")
    return f"比{before}：{'，'.join(_counts(_CHANGES, changes['counts']))}。"


def _counts(phrases: Mapping[str, str], counts: Mapping[str, int]) -> Iterable[str]:
    return (phrase.format(counts[key]) for key, phrase in phrases.items() if counts.get(key))


def _why(detail: Detail) -> str:
    """Sum up how it ended where not everybody who was seen could be named."""
    lists = ("harmed", "silences", "open", "to_see", "closed")
    if not detail["closed"] or sum(len(detail[one]) for one in lists) <= _NAMED:
        return ""
    return f"缘故：{_results(detail['results'])}。"


def _results(results: Mapping[str, int]) -> str:
    most = sorted(results.items(), key=lambda one: -one[1])
    return "，".join(f"{result}{times}" for result, times in most)


def _counted(detail: Detail, standings: Mapping[Standing, str]) -> list[str]:
    counts = detail["counts"]
    return [f"{name}{counts[one]}位" for one, name in standings.items() if counts.get(one)]


def ask(letter: Claimed) -> str:
    detail = letter.detail or {}
    if detail["is_well"]:
        return "今日平安"
    grave = "，".join(_counted(detail, _GRAVE))
    return grave[:_ASK] or f"应报{detail['expected']}位，请看小结"


def tonight(letter: Claimed) -> str:
    """Say to a leader what is open in the group, or will be tomorrow, one line each."""
    notes = (letter.detail or {})["notes"]
    lines = [_NOTES[note["kind"]](note) for note in notes[:_NAMED]]
    more = [f"还有{len(notes) - _NAMED}位。"] if len(notes) > _NAMED else []
    return "\n".join(["今晚请留心：", *lines, *more])


def _still_open(note: Detail) -> str:
    goes = f"{note['detail']}去了" if note["detail"] else "还在找人去看"
    return f"{note['name']}还没回音，{goes}。"


def _back_tomorrow(note: Detail) -> str:
    return f"{note['name']}明天回来，又等{names.pronoun(note['gender'])}报平安。"


def _soon_out_of_reach(note: Detail) -> str:
    when = f"到{note['detail']}就" if note["detail"] else "已经"
    return (
        f"{note['name']}{when}收不到我们的微信了，请让{names.pronoun(note['gender'])}回个1报平安。"
    )


_NOTES = {OPEN: _still_open, BACK: _back_tomorrow, FADING: _soon_out_of_reach}
"""A sentence for each kind of note that `storage/evening_notes.py` gathers."""


def tonight_ask(letter: Claimed) -> str:
    return f"今晚有{len((letter.detail or {})['notes'])}件事，请留心"


def unread(letter: Claimed) -> str:
    villages = (letter.detail or {})["villages"]
    named = "、".join(villages[:_NAMED])
    rest = f"等{len(villages)}个村" if len(villages) > _NAMED else ""
    return f"{named}{rest}的小结没人看：村里没有联系得上的协调员。请安排一位。"


def unread_ask(letter: Claimed) -> str:
    return f"{len((letter.detail or {})['villages'])}个村的小结没人看"


def week_sheet(letter: Claimed) -> str:
    return week(letter.detail or {})


def week(detail: Detail) -> str:
    """Say a village's week, as it is read out in the meeting."""
    lines = [
        f"{detail['village']}{_span(detail)}",
        _coverage(detail),
        _missed(detail),
        _precision(detail),
        _pace(detail),
        f"答应了没去成：{detail['broken']}次。" if detail["broken"] else "",
        f"全村没声：{detail['silences']}次。" if detail["silences"] else "",
        _ours(detail),
        _helped(detail),
    ]
    return "\n".join(line for line in lines if line)


def _span(detail: Detail) -> str:
    monday = date.fromisoformat(detail["monday"])
    sunday = monday + timedelta(days=6)
    return f"一周（{spoken.day(monday)}到{spoken.day(sunday)}）："


def _coverage(detail: Detail) -> str:
    if not detail["expected"]:
        return f"没有要报平安的日子{_apart(detail)}。"
    said = f"报平安{detail['heard']}/{detail['expected']}次，{share(detail)}%"
    return f"{said}{_more_or_less(detail)}。{_asked(detail)}{_apart(detail)}"


def share(figures: Mapping[str, Any]) -> int:
    """Return of a hundred words that were waited for, how many were heard."""
    return int(figures["heard"] * 100 // figures["expected"]) if figures["expected"] else 100


def _more_or_less(detail: Detail) -> str:
    before = detail["before"]
    if not before or not before["expected"]:
        return ""
    more = share(detail) - share(before)
    if not more:
        return "，跟上周一样"
    return f"，比上周{'多' if more > 0 else '少'}{abs(more)}%"


def _asked(detail: Detail) -> str:
    return f"问过才报{detail['asked']}次。" if detail.get("asked") else ""


def _apart(detail: Detail) -> str:
    parts = [
        f"请假{detail['excused']}次" if detail["excused"] else "",
        f"没问成{detail['unknown']}次" if detail["unknown"] else "",
    ]
    named = [part for part in parts if part]
    return f"{'，'.join(named)}，另算。" if named else ""


def _missed(detail: Detail) -> str:
    if not detail["alerts"]:
        return f"没报{detail['missed']}次。" if detail["missed"] else "没有叫过人。"
    waits = detail["alerts"] - detail["closed"]
    ended = {**detail["results"], **({"没结果": waits} if waits else {})}
    return f"没报{detail['missed']}次，叫人{detail['alerts']}次：{_results(ended)}。"


def _precision(detail: Detail) -> str:
    """Say of how many calls somebody really had need, and how that was the week before."""
    if not detail["closed"]:
        return ""
    before = detail["before"]
    was = f"，上周{before['needed']}/{before['closed']}" if before and before["closed"] else ""
    return f"叫人真有事：{detail['needed']}/{detail['closed']}{was}。"


def _pace(detail: Detail) -> str:
    answer, outcome = detail["answer_minutes"], detail["outcome_minutes"]
    parts = [
        f"{answer}分钟有人应" if answer is not None else "",
        f"{outcome}分钟有结果" if outcome is not None else "",
    ]
    named = [part for part in parts if part]
    return f"一般{'，'.join(named)}。" if named else ""


def _ours(detail: Detail) -> str:
    if not detail["outages"]:
        return ""
    calls = f"，多叫了{detail['ours']}次人" if detail.get("ours") else ""
    return (
        f"我们自己停过{detail['outages']}次，共{detail['outage_minutes']}分钟{calls}，不算老人的。"
    )


def _helped(detail: Detail) -> str:
    """Name whom people were called to in vain most often, why, and what may help."""
    named = [
        f"{one['name']}{one['cause']}×{one['times']}（{what_helps(one['cause'])}）"
        for one in detail["named"][:_MOST_HELPED]
    ]
    return f"白跑多的：{'，'.join(named)}。" if named else ""


def what_helps(cause: str) -> str:
    """Say in a few words what may help an elder to whom people were called in vain."""
    return _WHAT_HELPS[Result(cause)]


def week_ask(letter: Claimed) -> str:
    detail = letter.detail or {}
    return f"上周报平安{share(detail)}%，请看周报"


def no_week() -> str:
    return "还没有上周的周报。"


def county_sheet(letter: Claimed) -> str:
    return county_week(letter.detail or {})


def county_week(detail: Detail) -> str:
    """Say the week of all villages, the worst first."""
    coverage = f"{share(detail)}%{_more_or_less(detail)}"
    lines = [
        f"{detail['villages']}个村{_span(detail)}报平安{coverage}，{_called(detail)}。",
        _ours(detail),
        *(f"{one['village']}：{share(one)}%，{_called(one)}。" for one in detail["worst"]),
    ]
    return "\n".join(line for line in lines if line)


def _called(figures: Detail) -> str:
    parts = [
        f"没报{figures['missed']}",
        f"真有事{figures['needed']}/{figures['closed']}",
        f"没去成{figures['broken']}" if figures["broken"] else "",
    ]
    return "，".join(part for part in parts if part)


def county_today(detail: Detail) -> str:
    """Say how all villages were when the last digests were written, the worst first."""
    lines = [
        f"今天{_PART[detail['slot']]}{detail['villages']}个村，{detail['well']}个平安。",
        *(f"{one['village']}：{_grave_ones(one)}。" for one in detail["worst"]),
    ]
    return "\n".join(lines)


def _grave_ones(detail: Detail) -> str:
    return "，".join(_counted(detail, _GRAVE)) or "有信没送到，或看过人"


def not_yet(rules: DigestRules) -> str:
    return f"今天的小结{rules.morning:%H:%M}出来。"
