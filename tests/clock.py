"""A clock for stories: it stands still until somebody moves it."""

import asyncio
from datetime import UTC, datetime, timedelta


class HandMovedClock:
    """A time that stands still until somebody moves it."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def move_to(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def move(self, **how_far: float) -> None:
        """Move by a timedelta given in its own words, such as `minutes=15`."""
        self._now += timedelta(**how_far)

    async def sleep(self, seconds: float) -> None:
        self.move(seconds=seconds)
        await asyncio.sleep(0)
