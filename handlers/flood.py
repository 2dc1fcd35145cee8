"""Floods: somebody who writes faster than he can read is answered once a minute."""

from collections import Counter
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)


class Flood:
    """Counts the messages of each person, minute by minute. Forgotten with the process."""

    def __init__(self, messages: int) -> None:
        self._messages = messages
        self._minute: datetime | None = None
        self._heard: Counter[str] = Counter()
        self._flooding: frozenset[str] = frozenset()

    def rises(self, person: str, now: datetime) -> bool:
        """Note a message, and tell whether it is one too many.

        In the minute in which a flood begins so many messages are answered, in those that
        follow one, until a minute stays below the mark.
        """
        self._turn_to(now.replace(second=0, microsecond=0))
        self._heard[person] += 1
        return self._heard[person] > (1 if person in self._flooding else self._messages)

    def _turn_to(self, minute: datetime) -> None:
        if minute == self._minute:
            return
        follows = self._minute is not None and minute - self._minute == MINUTE
        loud = {one for one, times in self._heard.items() if follows and times > self._messages}
        self._minute, self._heard, self._flooding = minute, Counter(), frozenset(loud)
