"""How long from an elder's deadline until her incident is committed, and her letters are out.

The whole house on a simulated clock, its bell ringing the real rounds, the simulated platform
at the far end of HTTP: 1,000 frail elders whose grace ends at the same second. An incident is
timed when another connection first sees it, a letter when its hand-over is noted. Held to six
seconds from deadline to incident and ten from incident to the last of its letters.
"""

import asyncio
import os
import sqlite3
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from benchmarks import _county
from benchmarks._report import conclude, table
from bot.config import Config, load_values
from bot.serve import Open, on_the_street
from bot.simulator.phone import Bubble
from storage.checkins import State
from storage.database import Database
from storage.villages import Village

ELDERS = 1_000
DEADLINE = _county.CLOSES + timedelta(minutes=10)
LEAD = timedelta(seconds=10)
"""How long the house has been open when the moment comes."""
MARK_INCIDENT, MARK_LETTER = 6.0, 10.0
LOOK_SECONDS = 0.02
INCIDENTS = "SELECT count(*) FROM incidents"
ALARMS = "SELECT count(*) FROM letters WHERE urgency = 1"
HANDED_OVER = f"{ALARMS} AND sent_at IS NOT NULL"


def _config(database: Path) -> Config:
    return load_values(
        {
            "server": {"port": 0},
            "database": {"url": f"sqlite:///{database}"},
            "wechat": {
                "app_id": "wxlatency0123456",
                "app_secret": "only-for-the-benchmark",
                "token": "benchmark",
                "encoding_aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
            },
            "clock": {"start": DEADLINE - LEAD, "speed": 1},
            "simulator": {"enabled": True},
            "log": {"level": "error"},
        }
    )


async def _settle(path: Path) -> None:
    await _county.settle_at(path, State.LATE, DEADLINE, elders=ELDERS, frail_every=1)
    database = Database(f"sqlite:///{path}")
    async with database.writing() as session:
        await session.execute(update(Village).values(opened_day=DEADLINE.date()))
    await database.dispose()


async def _see(path: Path, opened: Open, question: str, expected: int) -> list[float]:
    """Return after how many seconds of the deadline each row was first seen from outside."""
    seen: list[float] = []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as outside:
        while len(seen) < expected:
            await asyncio.sleep(LOOK_SECONDS)
            (number,) = outside.execute(question).fetchone()
            after = (opened.house.clock.now() - DEADLINE).total_seconds()
            seen += [after] * (number - len(seen))
    return seen


def _count(path: Path, question: str) -> int:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as outside:
        number: int = outside.execute(question).fetchone()[0]
    return number


def _shown(opened: Open) -> list[Bubble]:
    if opened.platform is None:
        raise LookupError("the benchmark needs the simulated platform")
    return opened.platform.phones.since(0)


def _row(name: str, seconds: Sequence[float]) -> tuple[str, int, float, float]:
    return name, len(seconds), statistics.median(seconds), max(seconds)


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "county.sqlite3")
        await _settle(path)
        async with on_the_street(_config(path)) as opened:
            incidents = await _see(path, opened, INCIDENTS, ELDERS)
            letters = await _see(path, opened, HANDED_OVER, _count(path, ALARMS))
            messages = len(_shown(opened))
    since_incident = [seconds - incidents[0] for seconds in letters]
    table(
        ("1,000 at once, seconds on the house's clock", "number", "median", "slowest"),
        [
            _row("deadline to committed incident", incidents),
            _row("first incident to letter handed over", since_incident),
        ],
    )
    print(f"{len(letters)} letters went out in {messages} messages")
    print(f"the marks are {MARK_INCIDENT:.0f} and {MARK_LETTER:.0f} seconds")
    conclude(
        "latency",
        max(max(incidents) / MARK_INCIDENT, max(since_incident) / MARK_LETTER),
        {
            "incident_seconds": max(incidents),
            "letter_seconds": max(since_incident),
            "letters": len(letters),
            "messages": messages,
            "cores": os.cpu_count(),
        },
    )


if __name__ == "__main__":
    asyncio.run(main())
