"""The workbook of a village's week: four sheets that print on A4."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from handlers.digest.words import share, what_helps
from storage.incidents import IncidentKind
from storage.rules import VILLAGE_TIME
from storage.village_weeks import Alert, VillageWeek

Cell = str | int | None
Figures = dict[str, Any]

A4 = 9
"""As the format numbers paper sizes."""

_KINDS = {IncidentKind.MISSED: "没报", IncidentKind.EMERGENCY: "出事"}
_FIGURES: Sequence[tuple[str, Callable[[Figures], Cell]]] = (
    ("应报（次）", lambda one: one["expected"]),
    ("报了平安（次）", lambda one: one["heard"]),
    ("报平安（%）", lambda one: share(one) if one["expected"] else None),
    ("问过才报（次）", lambda one: one["asked"]),
    ("没报（次）", lambda one: one["missed"]),
    ("请假，另算（次）", lambda one: one["excused"]),
    ("没问成，另算（次）", lambda one: one["unknown"]),
    ("叫人（次）", lambda one: one["alerts"]),
    ("有了结果（次）", lambda one: one["closed"]),
    ("真有事（次）", lambda one: one["needed"]),
    ("真有事占有结果的（%）", lambda one: _percent(one["needed"], one["closed"])),
    ("白跑（次）", lambda one: one["false"]),
    ("多少分钟有人应（中位数）", lambda one: one["answer_minutes"]),
    ("多少分钟有结果（中位数）", lambda one: one["outcome_minutes"]),
    ("答应了没去成（次）", lambda one: one["broken"]),
    ("全村没声（次）", lambda one: one["silences"]),
    ("我们自己停过（次）", lambda one: one["outages"]),
    ("我们自己停了（分钟）", lambda one: one["outage_minutes"]),
    ("我们停了才叫的人，不算老人的（次）", lambda one: one["ours"]),
)


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    heads: Sequence[tuple[str, int]]
    """Each with the width of its column."""
    rows: Iterable[Sequence[Cell]]
    is_wide: bool = False


def write_week(lived: VillageWeek, before: VillageWeek, path: Path) -> None:
    """Write a week, beside the one before it. Raises OSError where the file cannot be written."""
    try:
        with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
            bold = book.add_format({"bold": True, "text_wrap": True, "bottom": 1})
            for sheet in (_overview(lived, before), _calls(lived), _in_vain(lived), _hands(lived)):
                _lay_out(book.add_worksheet(sheet.name), sheet, lived, bold)
    except FileCreateError as error:
        raise error.args[0] from None


def _lay_out(page: Any, sheet: _Sheet, lived: VillageWeek, bold: Any) -> None:
    for column, (head, width) in enumerate(sheet.heads):
        page.write_string(0, column, head, bold)
        page.set_column(column, column, width)
    for number, row in enumerate(sheet.rows, start=1):
        for column, cell in enumerate(row):
            _write(page, number, column, cell)
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    page.set_paper(A4)
    page.fit_to_pages(1, 0)
    if sheet.is_wide:
        page.set_landscape()
    page.set_header(f"&L{lived.village}　{lived.week.monday} 到 {lived.week.sunday}&R{sheet.name}")
    page.set_footer("&C第 &P 页，共 &N 页")


def _write(page: Any, row: int, column: int, cell: Cell) -> None:
    if isinstance(cell, str):
        page.write_string(row, column, cell)  # a name that begins with = is still a name
    elif cell is not None:
        page.write_number(row, column, cell)


def _overview(lived: VillageWeek, before: VillageWeek) -> _Sheet:
    this, last = lived.figures(), before.figures()
    rows: list[Sequence[Cell]] = [
        (name, now, was, _more(now, was))
        for name, now, was in ((name, of(this), of(last)) for name, of in _FIGURES)
    ]
    rows += [(f"结果：{one}", times, *_of_before(one, times, last)) for one, times in _most(this)]
    return _Sheet("概况", (("项目", 36), ("本周", 10), ("前一周", 10), ("多（少）", 10)), rows)


def _most(figures: Figures) -> list[tuple[str, int]]:
    return sorted(figures["results"].items(), key=lambda one: -one[1])


def _of_before(result: str, times: int, last: Figures) -> tuple[int, int]:
    was = last["results"].get(result, 0)
    return was, times - was


def _more(now: Cell, was: Cell) -> Cell:
    return now - was if isinstance(now, int) and isinstance(was, int) else None


def _percent(part: int, whole: int) -> int | None:
    return part * 100 // whole if whole else None


def _calls(lived: VillageWeek) -> _Sheet:
    heads = (
        ("号", 6),
        ("日期", 12),
        ("时间", 8),
        ("老人", 10),
        ("组", 12),
        ("因为", 8),
        ("谁应的", 10),
        ("几分钟应", 9),
        ("结果", 10),
        ("谁说的", 10),
        ("几分钟有结果", 12),
        ("算谁的", 12),
    )
    return _Sheet("未报与结果", heads, map(_call, lived.alerts), is_wide=True)


def _call(one: Alert) -> Sequence[Cell]:
    opened = one.opened_at.astimezone(VILLAGE_TIME)
    return (
        one.number,
        f"{opened:%Y-%m-%d}",
        f"{opened:%H:%M}",
        one.elder,
        one.group,
        _KINDS[IncidentKind(one.kind)],
        one.answered_by,
        _minutes(one.opened_at, one.answered_at),
        one.result or "还没结果",
        one.closed_by,
        _minutes(one.opened_at, one.closed_at),
        "我们停过" if one.is_ours else "真有事" if one.was_needed else "",
    )


def _minutes(begin: datetime, end: datetime | None) -> int | None:
    return round((end - begin) / timedelta(minutes=1)) if end else None


def _in_vain(lived: VillageWeek) -> _Sheet:
    heads = (
        ("老人", 10),
        ("组", 12),
        ("叫人（次）", 10),
        ("白跑（次）", 10),
        ("都因为", 26),
        ("可以试试", 16),
    )
    rows = (
        (
            one.elder,
            one.group,
            one.alerts,
            one.number,
            "，".join(f"{cause}×{times}" for cause, times in one.causes.items()),
            what_helps(one.usual),
        )
        for one in lived.false_alarms
    )
    return _Sheet("各人误报", heads, rows)


def _hands(lived: VillageWeek) -> _Sheet:
    heads = (
        ("谁应的", 12),
        ("去了（次）", 10),
        ("没去成（次）", 12),
        ("别人办了（次）", 14),
        ("还在路上（次）", 14),
        ("去了多少分钟有结果（中位数）", 18),
    )
    rows = (
        (one.name, one.kept, one.broken, one.released, one.open, one.minutes)
        for one in lived.promisers
    )
    return _Sheet("应承的人", heads, rows)
