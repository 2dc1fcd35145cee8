"""An access token: one fetch at a time, and only when one is needed."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from wechatpy.exceptions import WeChatClientException

from bot.channels.wechat_wire import BUSY, NoAnswerError
from schedules.clock import Clock

Fetch = Callable[[], Awaitable[Any]]
"""Asks the platform for a token; its answer has `access_token` and `expires_in` seconds."""


class AccessToken:
    """Keeps the token that `fetch` brings.

    It is renewed `early_seconds` before it ends, because the platform already gives out the
    next one then and both are good.
    """

    def __init__(self, fetch: Fetch, clock: Clock, *, early_seconds: float = 300) -> None:
        self._ask = fetch
        self._clock = clock
        self._early = timedelta(seconds=early_seconds)
        self._token = ""
        self._renew_at = self._ends_at = clock.now()
        self._fetching: asyncio.Task[str] | None = None

    async def current(self) -> str:
        """Return a token that is good by our clock.

        Raises WeChatClientException where there is none to be had.
        """
        if self._token and self._clock.now() < self._renew_at:
            return self._token
        try:
            return await self._fetched_once()
        except WeChatClientException:
            if self._token and self._clock.now() < self._ends_at:
                return self._token
            raise

    async def instead_of(self, refused: str) -> str:
        """Return the token to try next. It is fetched only if nobody has done so meanwhile."""
        if self._token == refused:
            self._token = ""
        return await self.current()

    async def _fetched_once(self) -> str:
        """All who need a token wait for the same fetch, and none takes it along when leaving."""
        if self._fetching is None:
            self._fetching = asyncio.ensure_future(self._fetch())
            self._fetching.add_done_callback(self._fetched)
        return await asyncio.shield(self._fetching)

    def _fetched(self, task: asyncio.Task[str]) -> None:
        self._fetching = None
        if not task.cancelled():
            task.exception()  # all who waited may have left

    async def _fetch(self) -> str:
        asked_at = self._clock.now()
        self._keep(await self._ask(), asked_at)
        return self._token

    def _keep(self, answer: Any, asked_at: datetime) -> None:
        try:
            token, life = str(answer["access_token"]), timedelta(seconds=answer["expires_in"])
        except (KeyError, TypeError, OverflowError):
            raise NoAnswerError(BUSY, "a token answer without a token") from None
        self._token = token
        self._ends_at = asked_at + life
        # what lives shortly is not renewed with every call
        self._renew_at = self._ends_at - min(self._early, life / 2)
