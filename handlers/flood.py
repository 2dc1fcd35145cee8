"""Floods: somebody who writes faster than he can read is answered once a minute."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class _Speaker:
    heard: deque[datetime] = field(default_factory=deque)
    answered_at: datetime | None = None


class Flood:
    """Counts messages of the last minute for each person. It is forgotten with the process."""

    def __init__(self, messages: int) -> None:
        self._messages = messages
        self._speakers: dict[str, _Speaker] = {}
        self._tidied_at: datetime | None = None

    def rises(self, person: str, now: datetime) -> bool:
        """Note a message, and tell whether it is one of a flood that was answered just now."""
        self._forget_once_a_minute(now)
        speaker = self._speakers.setdefault(person, _Speaker())
        while speaker.heard and now - speaker.heard[0] >= MINUTE:
            speaker.heard.popleft()
        speaker.heard.append(now)
        answered = speaker.answered_at is not None and now - speaker.answered_at < MINUTE
        if len(speaker.heard) > self._messages and answered:
            return True
        speaker.answered_at = now
        return False

    def _forget_once_a_minute(self, now: datetime) -> None:
        if self._tidied_at is not None and now - self._tidied_at < MINUTE:
            return
        self._tidied_at = now
        self._speakers = {
            person: speaker
            for person, speaker in self._speakers.items()
            if now - speaker.heard[-1] < MINUTE
        }
