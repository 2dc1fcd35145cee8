"""The lives of the house: it is opened, may die at any commit or send, and is opened again.

The parts are those of `bot/app.py`, on a real file. Only the far ends are ours: the ways of the
platform, and the driver's connection, where a commit may fail and a process may end.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.app import House, open_house
from bot.config import Config
from handlers.features import PAPERS
from schedules.delivery import Delivery
from schedules.transport import Way
from storage.database import Database
from tests.clock import HandMovedClock

T = TypeVar("T")


class Died(BaseException):
    """The process ended here. Nobody catches it, as nobody catches a kill."""


@dataclass
class Life:
    """One life of the process, and how many points of it are left before it ends."""

    points_left: int | None = None
    commits_to_fail: int = 0
    is_over: bool = False
    failed_commits: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def pass_point(self) -> None:
        """Die here if it is the time, and again wherever a dead process would go on."""
        if self.points_left is not None:
            self.points_left -= 1
            if self.points_left <= 0:
                self.is_over = True
                self.ended.set()
        if self.is_over:
            raise Died

    def fail_commit(self) -> None:
        if self.commits_to_fail > 0:
            self.commits_to_fail -= 1
            self.failed_commits += 1
            raise sqlite3.OperationalError("database is locked")


async def _on_the_spot(run: Any, *arguments: Any, **named: Any) -> Any:
    return run(*arguments, **named)


def _make_mortal(connection: Any, life: Life) -> None:
    """Ask the driver without a crossing to its thread, and let its commits be the last."""
    driver = connection.driver_connection
    driver._execute = _on_the_spot  # noqa: SLF001  the thread is left out, it waits for nobody
    commit = driver.commit

    async def mortal_commit() -> None:
        life.pass_point()
        life.fail_commit()
        await commit()
        life.pass_point()

    driver.commit = mortal_commit


async def _take_in_hand(database: Database, life: Life) -> None:
    """Open every connection anew, as one that may end."""
    async with database.reading() as session:
        reader = session.bind
    for engine in (database.engine, reader):
        assert isinstance(engine, AsyncEngine)
        event.listen(
            engine.sync_engine, "connect", lambda connection, _: _make_mortal(connection, life)
        )
        await engine.dispose()


@asynccontextmanager
async def live(
    config: Config, clock: HandMovedClock, ways: Sequence[Way], life: Life
) -> AsyncIterator[House]:
    """Open the house for one life."""
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(config, clock))
        await _take_in_hand(house.database, life)
        delivery = Delivery(house.database, config.rules.letters, PAPERS, ways)
        rounds = {
            **house.rounds,
            "alarms": (1, delivery.carry_alarms),
            "delivery": (1, delivery.carry_others),
        }
        yield replace(house, delivery=delivery, rounds=rounds)


async def until_death(life: Life, doing: Awaitable[T]) -> T | None:
    """Do something; None where the house died over it, whoever still waits for its answer."""
    task = asyncio.ensure_future(doing)
    end = asyncio.create_task(life.ended.wait())
    await asyncio.wait({task, end}, return_when=asyncio.FIRST_COMPLETED)
    end.cancel()
    if life.is_over:
        await _bury()
        return None
    return await task


async def _bury() -> None:
    """Let everything that the dead process had under way come to nothing."""
    me = asyncio.current_task()
    others = [one for one in asyncio.all_tasks() if one is not me]
    for one in others:
        one.cancel()
    await asyncio.gather(*others, return_exceptions=True)
