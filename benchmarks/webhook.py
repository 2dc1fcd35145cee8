"""How many check-ins a second are heard, kept and answered over HTTP.

`shouwang serve` on SQLite with synchronous=FULL, where each message is the first word of an
elder whose day is still open, against an echo that remembers nothing, in one run and by turns.
The marks: at least 0.35 of the echo in each mode, and no answer after more than a second.
"""

import asyncio
import os
import shutil
import sqlite3
import statistics
import tempfile
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path

from benchmarks import _county, _echo, _serving
from benchmarks._load import CONNECTIONS, Tally, load, text_request
from benchmarks._report import conclude, table
from benchmarks._serving import Server
from bot.simulator.account import Encryption
from storage.checkins import State

MODES: tuple[Encryption, ...] = ("plain", "safe")
SLICES = 5
SLICE_SECONDS = 4.0
WARM_UP_SECONDS = 1.5
MOST_A_SECOND = 3_000
"""More than are ever answered: so many requests are made ready for each second."""

WORDS = ("1", "平安", "好着呢", "吃过了", "没事", "早上好", "[强]", "我挺好的")
NOWHERE = "http://127.0.0.1:9"
"""No letter is due this early: nobody asks the platform for anything."""


class Contest:
    """One mode of encryption: the house and the echo are loaded by turns."""

    def __init__(self, encryption: Encryption, house: Server, echo: Server) -> None:
        self._account = _serving.account(encryption)
        self._house = house
        self._echo = echo
        self._elders = iter(range(_county.ELDERS))
        self.heard = 0

    async def turn(self, seconds: float) -> tuple[Tally, Tally]:
        """Return what came of the same load on both."""
        ready = [self._first_word(one) for one in self._next(int(seconds * MOST_A_SECOND))]
        ours = await load(self._house.url, iter(ready), seconds)
        echo = await load(self._echo.url, cycle(ready), seconds)
        assert not ours.refused, f"the house refused {ours.refused} messages"
        assert not echo.refused, f"the echo refused {echo.refused} messages"
        self.heard += len(ours.answers)
        return ours, echo

    def _next(self, number: int) -> list[int]:
        return list(islice(self._elders, number))

    def _first_word(self, number: int) -> bytes:
        who, words = _county.openid(_county.elder(number)), WORDS[number % len(WORDS)]
        return text_request(self._account, who, words, 24_000_000_000 + number, _county.MORNING)


async def measure(encryption: Encryption, database: Path) -> list[tuple[Tally, Tally]]:
    """Load both servers by turns, and check that everything that was answered is kept."""
    port, start = _serving.free_port(), _county.MORNING.isoformat()
    async with (
        _serving.house(database, encryption, start, NOWHERE) as house,
        _serving.running(port, _echo.__file__, str(port), encryption) as echo,
    ):
        contest = Contest(encryption, house, echo)
        await contest.turn(WARM_UP_SECONDS)
        turns = [await contest.turn(SLICE_SECONDS) for _ in range(SLICES)]
    _check_kept(database, contest.heard)
    return turns


def _check_kept(database: Path, heard: int) -> None:
    with closing(sqlite3.connect(database)) as connection:
        for what in ("FROM inbox", "FROM signs_of_life", "FROM expectations WHERE state = 'met'"):
            (kept,) = connection.execute(f"SELECT count(*) {what}").fetchone()
            assert kept == heard, f"{heard} messages were answered, and {kept} {what}"


def _row(name: str, tallies: list[Tally]) -> tuple[str | float, ...]:
    total = Tally()
    for one in tallies:
        total.add(one)
    percentiles = (total.percentile(share) for share in (0.5, 0.99, 1.0))
    return (name, total.rate, *percentiles)


async def main() -> None:
    rows, ratios, slowest = [], {}, 0.0
    with tempfile.TemporaryDirectory() as folder:
        county = Path(folder) / "county.sqlite3"
        await _county.settle_at(county, State.PENDING, _county.CLOSES)
        for encryption in MODES:
            database = county.with_stem(encryption)
            shutil.copy(county, database)
            turns = await measure(encryption, database)
            ours, echoes = [one for one, _ in turns], [other for _, other in turns]
            rows += [_row(f"{encryption}: shouwang", ours), _row(f"{encryption}: echo", echoes)]
            ratios[encryption] = [one.rate / other.rate for one, other in turns]
            slowest = max(slowest, *(max(one.answers) for one in ours))
    table(("", "messages/s", "p50 ms", "p99 ms", "slowest ms"), rows)
    for encryption, found in ratios.items():
        print(f"{encryption}: {min(found):.2f} to {max(found):.2f} of the echo")
    conclude(
        "webhook",
        min(statistics.median(found) for found in ratios.values()),
        {
            "ratios": ratios,
            "slowest_seconds": slowest,
            "rows": rows,
            "connections": CONNECTIONS,
            "elders": _county.ELDERS,
            "cores": os.cpu_count(),
        },
    )


if __name__ == "__main__":
    asyncio.run(main())
