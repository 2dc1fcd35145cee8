"""Tells what a benchmark found: a table for people, JSON for programs, the ratio last."""

import json
import platform
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

RESULTS = Path(__file__).parent / "results"

Cell = str | float | int


def table(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Print the rows under their heads, the first column to the left, figures to the right."""
    written = [list(head), *([_written(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*written, strict=True)]
    for first, *others in written:
        figures = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        print("  ".join([first.ljust(widths[0]), *figures]))


def _written(cell: Cell) -> str:
    return f"{cell:,.2f}" if isinstance(cell, float) else str(cell)


def conclude(name: str, ratio: float, figures: Mapping[str, object]) -> None:
    """Keep the figures with their conditions, and say the ratio in the last line."""
    RESULTS.mkdir(exist_ok=True)
    conditions = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    found = {"name": name, "ratio": round(ratio, 3), **figures, **conditions}
    (RESULTS / f"{name}.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(f"{name} ratio: {ratio:.2f}")
