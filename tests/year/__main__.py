"""Lives seeded years: `python -m tests.year --seed 4711 --days 365 --villages 30`.

A seed that breaks the law prints one line that lives it again, and which law was broken.
"""

import argparse
import asyncio
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import structlog

from storage.database import Database
from storage.migrate import migrate
from tests.year import loop
from tests.year.fate import Trouble
from tests.year.law import BrokenError
from tests.year.lives import Died
from tests.year.year import Tally, Year

MEMORY = Path("/dev/shm")  # noqa: S108  a year's file need not outlive it


@dataclass(frozen=True)
class Lived:
    """What became of one seed; `broken` is "" where the law was kept."""

    seed: int
    seconds: float
    tally: Tally
    broken: str


def again(seed: int, options: argparse.Namespace) -> str:
    line = f"python -m tests.year --seed {seed} --days {options.days} --villages {options.villages}"
    return " --trouble ".join([line, *options.trouble])


def live(seed: int, days: int, villages: int, trouble: Trouble = Trouble()) -> Lived:  # noqa: B008
    """Live one seed in this process."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
    began = time.process_time()
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        template = Path(folder) / "empty.sqlite3"
        asyncio.run(_make(template))
        year = Year(seed, days, villages, template, Path(folder), trouble)
        try:
            loop.run(year.live(), Died)
            broken = ""
        except BrokenError as error:
            broken = str(error)
        except Exception:
            broken = traceback.format_exc()
        finally:
            structlog.reset_defaults()
    return Lived(seed, time.process_time() - began, year.tally, broken)


async def _make(template: Path) -> None:
    database = Database(f"sqlite:///{template}")
    await migrate(database)
    await database.dispose()


def _live_all(seeds: Sequence[int], options: argparse.Namespace) -> Iterator[Lived]:
    if options.workers == 1:
        yield from (live(seed, *_life(options)) for seed in seeds)
        return
    with ProcessPoolExecutor(options.workers) as workers:
        lives = [workers.submit(live, seed, *_life(options)) for seed in seeds]
        yield from (one.result() for one in as_completed(lives))


def _life(options: argparse.Namespace) -> tuple[int, int, Trouble]:
    named = (one.split("=") for one in options.trouble)
    trouble = Trouble(**{name: float(chance) for name, chance in named})
    return options.days, options.villages, trouble


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.year")
    parser.add_argument("--seed", type=int, help="live this one")
    parser.add_argument("--seeds", type=int, default=20, help="live so many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--villages", type=int, default=30)
    parser.add_argument("--trouble", action="append", default=[], help="such as outage=0.5")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--stop", action="store_true", help="stop at the first that is broken")
    options = parser.parse_args(arguments)
    seeds = [options.seed] if options.seed is not None else None
    seeds = seeds or list(range(options.first, options.first + options.seeds))
    total, broken = Tally(), 0
    for lived in _live_all(seeds, options):
        total.add(lived.tally)
        broken += bool(lived.broken)
        _tell(lived, options)
        if broken and options.stop:
            break
    sys.stdout.write(f"{len(seeds)} seeds, {broken} broke the law: {total}\n")
    return 1 if broken else 0


def _tell(lived: Lived, options: argparse.Namespace) -> None:
    sys.stdout.write(f"seed {lived.seed}: {lived.seconds:.1f} s, {lived.tally}\n")
    if lived.broken:
        sys.stdout.write(f"BROKEN {again(lived.seed, options)} | {lived.broken}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
