"""The bell: it only rings. What is due stands in rows, so a bell that rings twice does no harm."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from schedules.clock import Clock
from storage import beats
from storage.database import Database

log = structlog.get_logger()

Round = Callable[[datetime], Awaitable[int]]

BEAT = "beat"
BEAT_SECONDS = 10
SHORTEST = 0.2
"""Seconds on the wall: however fast a simulated clock runs, no round is rung more often."""

LAST_ROUNDS_SECONDS = 5.0
"""Seconds on the wall that rounds under way still have when the house closes."""

logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a round still under way is no news


class Bell:
    """Rings rounds at their intervals, and remembers when each last came through."""

    def __init__(self, clock: Clock, database: Database, node: str, speed: float = 1.0) -> None:
        self._clock = clock
        self._database = database
        self._node = node
        self._speed = speed
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._intervals: dict[str, float] = {}
        self._rounds: dict[str, Round] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._started: datetime | None = None
        self.came_through: dict[str, datetime] = {}
        self.failures: dict[str, int] = {}

    def ring(self, name: str, seconds: float, round_: Round) -> None:
        """Ring a round every so many seconds of the clock."""
        self._rounds[name], self._intervals[name] = round_, seconds
        self._scheduler.add_job(
            self._ring,
            "interval",
            args=[name],
            seconds=max(seconds / self._speed, SHORTEST),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )

    def start(self) -> None:
        """Ring every round at once, and from then on at its interval."""
        self.ring(BEAT, BEAT_SECONDS, self._beat)
        self._started = self._clock.now()
        for name in self._rounds:
            self._begin(name)
        self._scheduler.start()

    async def stop(self) -> None:
        """Ring no more, and let rounds that are under way come to their end."""
        if not self._scheduler.running:
            return
        self._scheduler.pause()
        await self._let_come_to_an_end()
        await asyncio.sleep(0)  # let those who waited for a round see that it has ended
        self._scheduler.shutdown(wait=False)

    async def _let_come_to_an_end(self) -> None:
        """Wait for the rounds under way, but not for ever: a far end may be hanging.

        Nothing is lost of a round that is cut off: what it held is due again, or under a lease.
        """
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=LAST_ROUNDS_SECONDS)
            for round_ in late:
                round_.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def stale(self, now: datetime) -> list[str]:
        """Return the rounds that should have come through by now, and have not."""
        return [
            name
            for name, seconds in self._intervals.items()
            if self._is_late(name, now, timedelta(seconds=max(10 * seconds, 60 * self._speed)))
        ]

    def _is_late(self, name: str, now: datetime, patience: timedelta) -> bool:
        last = self.came_through.get(name, self._started)
        return last is None or now - last > patience

    async def _ring(self, name: str) -> None:
        """Run a round outside the scheduler's task, so that stopping cannot cut it in two."""
        await asyncio.shield(self._begin(name))

    def _begin(self, name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(self._run(name))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _run(self, name: str) -> None:
        now = self._clock.now()
        try:
            await self._rounds[name](now)
        except Exception as error:
            self.failures[name] = self.failures.get(name, 0) + 1
            log.exception("round_failed", round=name, error=type(error).__name__)
        else:
            self.came_through[name] = now

    async def _beat(self, now: datetime) -> int:
        async with self._database.writing() as session:
            for name, at in list(self.came_through.items()):
                await beats.beat(session, name, self._node, min(at, now))
            await beats.beat(session, BEAT, self._node, now)
        return len(self.came_through)
