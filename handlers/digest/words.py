"""The digest in words. All well is one line, so that its absence is an alarm."""

from collections.abc import Mapping
from typing import Any

from storage.letters import Claimed
from storage.today import Standing

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


def digest(letter: Claimed) -> str:
    detail = letter.detail or {}
    lines = [_all_well(detail)] if detail["is_well"] else _in_figures(detail)
    if detail["learned"]:
        lines.append(f"昨天没听懂：{'；'.join(detail['learned'])}")
    return "\n".join(lines)


def _all_well(detail: dict[str, Any]) -> str:
    heard = detail["counts"].get(Standing.HEARD, 0)
    if heard:
        well = detail["counts"].get(Standing.WELL, 0)
        return f"今日平安：{detail['village']}{well}位老人说好，{heard}位听到了。"
    return f"今日平安：{detail['village']}{detail['expected']}位老人都好。"


def _in_figures(detail: dict[str, Any]) -> list[str]:
    parts = [f"应报{detail['expected']}位", *_counted(detail, _STANDINGS)]
    lines = [f"{detail['village']}：{'，'.join(parts)}。"]
    lines += [f"出事：{_names(detail['harmed'])}。"] if detail["harmed"] else []
    lines += [f"要去看：{_names(detail['to_see'])}。"] if detail["to_see"] else []
    lines += [f"没报：{_names(detail['open'])}，还在找人去看。"] if detail["open"] else []
    lines += [f"已看过：{_names(detail['closed'])}。"] if detail["closed"] else []
    lines += [f"没送到的信：{detail['failed']}封。"] if detail["failed"] else []
    return lines


def _counted(detail: dict[str, Any], standings: Mapping[Standing, str]) -> list[str]:
    counts = detail["counts"]
    return [f"{name}{counts[one]}位" for one, name in standings.items() if counts.get(one)]


def ask(letter: Claimed) -> str:
    detail = letter.detail or {}
    if detail["is_well"]:
        return "今日平安"
    grave = "，".join(_counted(detail, _GRAVE))
    return grave or f"应报{detail['expected']}位，请看小结"


def _names(entries: list[str]) -> str:
    shown = "，".join(entries[:10])
    return shown if len(entries) <= 10 else f"{shown}等{len(entries)}位"
