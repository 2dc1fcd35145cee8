"""The digests in words. All well is one line, so that its absence is an alarm."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from handlers import names
from storage.evening_notes import BACK, OPEN
from storage.letters import Claimed
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
    """Sum up how it ended where more were seen than can be named."""
    if len(detail["closed"]) <= _NAMED:
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


_NOTES = {OPEN: _still_open, BACK: _back_tomorrow}
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
