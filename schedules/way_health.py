"""How a way is: whether it takes letters now, and when it may again.

A way that fails several times in a row rests, longer each time; then one letter goes ahead and
the others wait for how it fares (a circuit breaker with half-open probes). A way whose quota is
used rests until midnight in Shanghai, one that the account may not use rests until somebody has
mended it. The operator is told once for each trouble, not for each letter.
"""

from datetime import datetime, time, timedelta

import structlog

from schedules.planner import Rest
from schedules.transport import Remedy
from storage.rules import LetterRules, at_village, village_day

log = structlog.get_logger()

WHOLE_MINUTE = timedelta(seconds=60)


class WayHealth:
    """What is known on this node of one way. `per_minute` is how many letters it takes."""

    def __init__(self, name: str, per_minute: int | None, rules: LetterRules) -> None:
        self._name = name
        self._rules = rules
        self._between = WHOLE_MINUTE / per_minute if per_minute else timedelta()
        self._burst = self._between * (per_minute or 0)
        self._free_from: datetime | None = None
        self._failures = self._probes = 0
        self._rest: Rest | None = None
        self._ahead: datetime | None = None
        self._is_told = False

    @property
    def is_in_trouble(self) -> bool:
        """Whether the operator was told, and it has not come back since."""
        return self._is_told

    def rests(self, now: datetime) -> Rest | None:
        """Return until when nothing goes this way, None where something may."""
        if self._rest is not None:
            if now < self._rest.until:
                return self._rest
            if self._ahead is not None and now < self._ahead:
                return Rest(self._ahead, is_short=True)
        return self._is_full(now)

    def fell_silent(self, now: datetime) -> Rest | None:
        """Return until when it rests where it began to after a letter was planned to go by it."""
        return self._rest if self._rest is not None and now < self._rest.until else None

    def take(self, now: datetime) -> None:
        """Send a letter ahead: where the way rested, the others wait until it has fared."""
        if self._rest is not None:
            self._ahead = now + timedelta(seconds=self._rules.lease_seconds)
        if self._between:
            self._free_from = max(self._free_from or now, now) + self._between

    def _is_full(self, now: datetime) -> Rest | None:
        """Tell when there is a place again: what was not used for a minute may go at once."""
        if not self._between or self._free_from is None:
            return None
        full = self._free_from - now > self._burst - self._between
        until = self._free_from - self._burst + self._between
        return Rest(until, is_short=True) if full else None

    def answered(self) -> None:
        """It took a letter: all is well with it."""
        if self._is_told:
            log.warning("way_is_back", way=self._name)
        self._failures = self._probes = 0
        self._rest, self._ahead, self._is_told = None, None, False

    def refused(self, remedy: Remedy, now: datetime) -> None:
        """Learn from a refusal what it says about the way, and not about the letter."""
        if remedy is Remedy.RETRY:
            self._failures += 1
            self._probes += self._ahead is not None
            if self._failures >= self._rules.failures_in_a_row:
                self._begin_rest(now + self._pause(), remedy, is_short=True)
        elif remedy is Remedy.WAIT:
            self._begin_rest(now + WHOLE_MINUTE, remedy, is_short=True, tell=False)
        elif remedy is Remedy.MIDNIGHT:
            self._begin_rest(_midnight(now), remedy)
        elif remedy is Remedy.STOP:
            self._begin_rest(now + timedelta(minutes=self._rules.stop_minutes), remedy)
        elif self._rest is not None:
            self.answered()  # it refused this letter, but it spoke: it is there again

    def _pause(self) -> timedelta:
        """Rest twice as long after each letter that was sent ahead in vain."""
        seconds = self._rules.rest_seconds * 2.0 ** min(self._probes, 10)
        return timedelta(seconds=min(seconds, self._rules.longest_rest_seconds))

    def _begin_rest(
        self, until: datetime, remedy: Remedy, *, is_short: bool = False, tell: bool = True
    ) -> None:
        if self._rest is not None and self._rest.until >= until and self._ahead is None:
            return  # one of those that were under way when it began
        self._rest, self._ahead = Rest(until, is_short), None
        if tell and not self._is_told:
            self._is_told = True
            log.error("way_rests", way=self._name, until=until.isoformat(), because=remedy)


def _midnight(now: datetime) -> datetime:
    return at_village(village_day(now) + timedelta(days=1), time.min)
