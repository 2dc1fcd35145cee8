"""`python -m tests.authority --worlds 2000 --seed 1`: what leaks, a line each."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence

from storage.database import Database
from storage.migrate import migrate
from tests.authority.leaks import Watch
from tests.authority.worlds import settle, worlds


async def live(url: str, count: int, seed: int, rounds: int = 1, talking: int = 0) -> Watch:
    """Let so many worlds live in an empty database, and look for leaks; `talking` 0: all speak."""
    database = Database(url)
    try:
        every = worlds(count, seed)
        async with database.writing() as session:
            await settle(session, every)
        watch = Watch(database, every, seed)
        await watch.everything(rounds, talking or count)
    finally:
        await database.dispose()
    return watch


async def _in_a_new_house(count: int, seed: int, rounds: int) -> Watch:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/worlds.sqlite3"
        database = Database(url)
        await migrate(database)
        await database.dispose()
        return await live(url, count, seed, rounds)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.authority")
    parser.add_argument("--worlds", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args(arguments)
    watch = asyncio.run(_in_a_new_house(options.worlds, options.seed, options.rounds))
    for leak in watch.leaks:
        sys.stdout.write(f"LEAK {leak}\n")
    sys.stdout.write(
        f"{options.worlds} worlds, {watch.heard} replies, {watch.refused} refusals,"
        f" {len(watch.leaks)} leaks\n"
    )
    return 1 if watch.leaks else 0


if __name__ == "__main__":
    sys.exit(main())
