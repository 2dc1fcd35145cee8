"""The access tokens the platform has given out."""

import secrets
from datetime import datetime, timedelta

from bot.simulator.account import PlatformLimits
from bot.simulator.refusal import RefusedError


class Tokens:
    """One token at a time, the same for everybody who asks while it is valid."""

    def __init__(self, limits: PlatformLimits) -> None:
        self._limits = limits
        self._until: dict[str, datetime] = {}
        self._current = ""

    def give(self, now: datetime, *, force_refresh: bool = False) -> tuple[str, int]:
        """Return the token and how many seconds it is still good for.

        Shortly before its end the next one is given out, and both are good for that while;
        a forced refresh ends the old one at once.
        """
        if force_refresh:
            self._until.clear()
        renewed_early = timedelta(seconds=self._limits.token_renewed_early_seconds)
        if self._until.get(self._current, now) <= now + renewed_early:
            self._current = secrets.token_urlsafe(64)
            self._until[self._current] = now + timedelta(seconds=self._limits.token_seconds)
        return self._current, int((self._until[self._current] - now).total_seconds())

    def check(self, token: str, now: datetime) -> None:
        """Raise RefusedError 41001 for no token, 40001 for one not ours, 42001 for an old one."""
        if not token:
            raise RefusedError(41001)
        if token not in self._until:
            raise RefusedError(40001)
        if self._until[token] <= now:
            raise RefusedError(42001)

    def expire(self, now: datetime) -> None:
        """Let every token given out so far be an expired one."""
        self._until = dict.fromkeys(self._until, now)
