"""What has to be so by a certain time, and is looked at then."""

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count

Look = Callable[[datetime], datetime | None]
"""Looks whether it is so; raises BrokenError, or returns when to look again, None for never."""


class Docket:
    def __init__(self) -> None:
        self._looks: list[tuple[datetime, int, Look]] = []
        self._numbers = count()

    def by(self, at: datetime, look: Look) -> None:
        heapq.heappush(self._looks, (at, next(self._numbers), look))

    def look(self, now: datetime) -> None:
        while self._looks and self._looks[0][0] <= now:
            _, _, look = heapq.heappop(self._looks)
            again = look(now)
            if again is not None:
                self.by(again, look)

    def put_off(self, until: datetime) -> None:
        """Look at nothing before a moment: the house has only just opened."""
        self._looks = [(max(at, until), number, look) for at, number, look in self._looks]
        heapq.heapify(self._looks)
