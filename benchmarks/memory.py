"""How much memory the house holds after its busiest morning.

`shouwang serve` on SQLite with a county of 252,000 elders: check-ins over HTTP from 32
connections, then everybody who has not been heard is missed at the same moment. The mark:
at most 250 MB resident, at any time.
"""

import asyncio
import sqlite3
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from benchmarks import _county, _serving
from benchmarks._load import load, text_request
from benchmarks._report import conclude, table
from benchmarks._serving import Server
from storage.checkins import State

MARK_MEGABYTES = 250.0
LOAD_SECONDS = 20.0
MOST_A_SECOND = 4_000
START = _county.MISSED - timedelta(seconds=LOAD_SECONDS + 15)
NOWHERE = "http://127.0.0.1:9"
"""Nothing answers there: the letters stay in the house, which is the worst case for it."""

SILENT = "SELECT count(*) FROM expectations WHERE state = 'late'"
PATIENCE_SECONDS = 600


async def hear_many(server: Server) -> int:
    account = _serving.account("plain")
    ready = [
        text_request(
            account, _county.openid(_county.elder(number)), "1", 24_000_000_000 + number, START
        )
        for number in range(int(LOAD_SECONDS * MOST_A_SECOND))
    ]
    tally = await load(server.url, iter(ready), LOAD_SECONDS)
    assert not tally.refused, f"the house refused {tally.refused} messages"
    return len(tally.answers)


async def until_all_are_missed(database: Path) -> int:
    """Return how many incidents there are then."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        for _ in range(PATIENCE_SECONDS):
            if connection.execute(SILENT).fetchone()[0] == 0:
                break
            await asyncio.sleep(1)
        incidents: int = connection.execute("SELECT count(*) FROM incidents").fetchone()[0]
    return incidents


async def main() -> None:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder, "county.sqlite3")
        await _county.settle_at(database, State.LATE, _county.MISSED)
        async with _serving.house(database, "plain", START.isoformat(), NOWHERE) as house:
            rows.append(("open", house.memory("VmRSS"), house.memory("VmHWM")))
            heard = await hear_many(house)
            rows.append((f"{heard:,} heard", house.memory("VmRSS"), house.memory("VmHWM")))
            missed = await until_all_are_missed(database)
            rows.append((f"{missed:,} missed", house.memory("VmRSS"), house.memory("VmHWM")))
    assert heard + missed == _county.ELDERS, f"{heard} were heard and {missed} missed"
    table(("", "MB now", "MB at most"), rows)
    peak = max(most for _, _, most in rows)
    conclude("memory", peak / MARK_MEGABYTES, {"rows": rows, "peak_megabytes": peak})


if __name__ == "__main__":
    asyncio.run(main())
