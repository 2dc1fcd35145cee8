"""The digest in words. All well is one line, so that its absence is an alarm."""

from typing import Any

from storage.letters import Claimed


def digest(letter: Claimed) -> str:
    detail = letter.detail or {}
    lines = [_all_well(detail)] if detail["is_well"] else _in_figures(detail)
    if detail["learned"]:
        lines.append(f"昨天没听懂：{'；'.join(detail['learned'])}")
    return "\n".join(lines)


def _all_well(detail: dict[str, Any]) -> str:
    return f"今日平安：{detail['village']}{detail['expected']}位老人都好。"


def _in_figures(detail: dict[str, Any]) -> list[str]:
    lines = [f"{detail['village']}：应报{detail['expected']}位，已报{detail['met']}位。"]
    lines += [f"没报：{_names(detail['open'])}，还在找人去看。"] if detail["open"] else []
    lines += [f"已看过：{_names(detail['closed'])}。"] if detail["closed"] else []
    lines += [f"还在等：{detail['waiting']}位。"] if detail["waiting"] else []
    lines += [f"没问成：{detail['unknown']}位，请留心。"] if detail["unknown"] else []
    lines += [f"没送到的信：{detail['failed']}封。"] if detail["failed"] else []
    return lines


def ask(letter: Claimed) -> str:
    detail = letter.detail or {}
    if detail["is_well"]:
        return "今日平安"
    return f"未报{len(detail['open'])}位，看过{len(detail['closed'])}位"


def _names(entries: list[str]) -> str:
    shown = "，".join(entries[:10])
    return shown if len(entries) <= 10 else f"{shown}等{len(entries)}位"
