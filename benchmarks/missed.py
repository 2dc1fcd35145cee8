"""How long it takes until people are called for a whole county that is silent.

252,000 elders become missed at the same moment: each incident, its first step and its letters
committed by the round itself, against the very same rows written by plain SQL through sqlite3
in transactions of the same size, on copies of one file with synchronous=FULL, in one run and
by turns. The mark: at most four times the floor.
"""

import asyncio
import os
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks import _county
from benchmarks._report import conclude, table
from schedules.expecting import AT_ONCE, wait_for_elders
from storage.checkins import State
from storage.database import CACHE_KILOBYTES, CHECKPOINT_PAGES, Base, Database
from storage.incidents import Incident, IncidentStep
from storage.letters import Letter
from storage.rules import Rules, WatchRules

TURNS = 3
EACH_ALONE = Rules(watch=WatchRules(village_false_years=0))
"""No village is taken to be silent as one: every elder is called for by herself."""
MARK = 4.0
WRITTEN: Sequence[tuple[type[Base], str]] = (
    (Incident, "id"),
    (IncidentStep, "incident_id"),
    (Letter, "incident_id"),
)
MOVED = """
    SELECT e.state, e.next_at, e.elder_id, e.day, e.slot
    FROM incidents i JOIN expectations e ON e.elder_id = i.elder_id WHERE i.id BETWEEN ? AND ?
"""
NUMBERED = "SELECT max(number), village_id FROM incidents WHERE id BETWEEN ? AND ? GROUP BY 2"

Rows = list[tuple[Any, ...]]


async def by_the_round(database: Path) -> float:
    """Return the seconds until everybody's people are called."""
    house = Database(f"sqlite:///{database}")
    try:
        began = time.perf_counter()
        moved = await wait_for_elders(house, _county.MISSED, EACH_ALONE)
        seconds = time.perf_counter() - began
    finally:
        await house.dispose()
    assert moved == _county.ELDERS, f"{moved} expectations were moved"
    return seconds


def by_plain_sql(database: Path, done: Path) -> float:
    """Return the seconds for the same rows; to read them from where they stand is not counted."""
    seconds = 0.0
    with closing(sqlite3.connect(done)) as source, closing(_open(database)) as target:
        for first in range(1, _county.ELDERS + 1, AT_ONCE):
            ready = list(_portion(source, first, first + AT_ONCE - 1))
            began = time.perf_counter()
            _write(target, ready)
            seconds += time.perf_counter() - began
        assert _counts(source) == _counts(target)
    return seconds


def _open(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(database, isolation_level=None)
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
        f"cache_size=-{CACHE_KILOBYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _portion(source: sqlite3.Connection, first: int, last: int) -> Iterator[tuple[str, Rows]]:
    """Yield what one transaction of the round wrote."""
    for model, incident in WRITTEN:
        table_ = model.__tablename__
        found = source.execute(
            f"SELECT * FROM {table_} WHERE {incident} BETWEEN ? AND ?",  # noqa: S608 - our own names
            (first, last),
        )
        places = ", ".join("?" * len(found.description))
        yield f"INSERT INTO {table_} VALUES ({places})", found.fetchall()  # noqa: S608
    yield (
        "UPDATE expectations SET state = ?, next_at = ?"
        " WHERE elder_id = ? AND day = ? AND slot = ?",
        source.execute(MOVED, (first, last)).fetchall(),
    )
    yield (
        "UPDATE villages SET last_number = ? WHERE id = ?",
        source.execute(NUMBERED, (first, last)).fetchall(),
    )


def _write(target: sqlite3.Connection, statements: Sequence[tuple[str, Rows]]) -> None:
    target.execute("BEGIN IMMEDIATE")
    for statement, rows in statements:
        target.executemany(statement, rows)
    target.execute("COMMIT")


def _counts(database: sqlite3.Connection) -> list[Any]:
    """Count what stands in the tables, and how far each village has counted."""
    questions = [f"SELECT count(*) FROM {model.__tablename__}" for model, _ in WRITTEN]  # noqa: S608
    questions += [
        "SELECT count(*) FROM expectations WHERE state = 'missed' AND next_at IS NULL",
        "SELECT sum(last_number) FROM villages",
    ]
    return [database.execute(question).fetchone()[0] for question in questions]


async def main() -> None:
    ours, floor = [], []
    with tempfile.TemporaryDirectory() as folder:
        county, done, bare = (
            Path(folder, f"{name}.sqlite3") for name in ("county", "done", "bare")
        )
        await _county.settle_at(county, State.LATE, _county.MISSED)
        for _ in range(TURNS):
            shutil.copy(county, done)
            ours.append(await by_the_round(done))
            shutil.copy(county, bare)
            floor.append(by_plain_sql(bare, done))
        with closing(sqlite3.connect(done)) as connection:
            counts = _counts(connection)
    rows = sum(counts[: len(WRITTEN)]) + counts[len(WRITTEN)]
    table(
        (f"{_county.ELDERS:,} elders, {rows:,} rows", "seconds", "elders/s"),
        [
            (name, statistics.median(times), round(_county.ELDERS / statistics.median(times)))
            for name, times in (("the round", ours), ("plain SQL", floor))
        ],
    )
    ratios = [one / other for one, other in zip(ours, floor, strict=True)]
    print(f"{min(ratios):.2f} to {max(ratios):.2f} times the floor; the mark is {MARK:.0f}")
    conclude(
        "missed",
        statistics.median(ratios),
        {"seconds": ours, "floor_seconds": floor, "rows": rows, "cores": os.cpu_count()},
    )


if __name__ == "__main__":
    asyncio.run(main())
