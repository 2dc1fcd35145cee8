"""Carries what a person does to the account's server, and reads what it answers."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from bot.simulator.account import Account, PlatformLimits
from bot.simulator.envelope import BadReplyError, SignedPush, open_reply

MOST_READ = 64 * 1024


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the platform saw of one push.

    `reply` is the text shown to her, "" for a bare success. `complaint` says what was wrong
    with the last answer, in plain English, for whoever reads a failing test.
    """

    attempts: int
    status: int | None
    reply: str = ""
    shown_fault: bool = False
    complaint: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the account's server; no status means that none came in time."""

    status: int | None
    body: bytes = b""


class Courier:
    """Posts to the account's server with the platform's patience and no more."""

    def __init__(self, account: Account, limits: PlatformLimits) -> None:
        self._account = account
        self._limits = limits
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, url: str, push: SignedPush) -> Delivery:
        """Post the identical push until something good comes back, at most three times."""
        answer, complaint = Answer(None), ""
        for attempt in range(1, self._limits.deliveries + 1):
            answer = await self.post(url, push.query, push.body)
            try:
                return Delivery(attempt, answer.status, self._read(answer, push.query["openid"]))
            except BadReplyError as fault:
                complaint = str(fault)
        return Delivery(self._limits.deliveries, answer.status, "", True, complaint)

    async def post(self, url: str, query: Mapping[str, str], body: bytes) -> Answer:
        return await self._ask("POST", url, query, body)

    async def get(self, url: str, query: Mapping[str, str]) -> Answer:
        return await self._ask("GET", url, query, None)

    async def _ask(
        self, method: str, url: str, query: Mapping[str, str], body: bytes | None
    ) -> Answer:
        headers = {"Content-Type": "text/xml"}
        try:
            async with (
                asyncio.timeout(self._limits.push_timeout_seconds),
                self._line().request(
                    method, url, params=query, data=body, headers=headers
                ) as response,
            ):
                return Answer(response.status, await response.content.read(MOST_READ))
        except (TimeoutError, aiohttp.ClientError):
            return Answer(None)

    def _read(self, answer: Answer, openid: str) -> str:
        if answer.status is None:
            raise BadReplyError("no answer in time")
        if answer.status != 200:
            raise BadReplyError(f"HTTP status {answer.status}")
        if answer.body.strip() in {b"", b"success"}:
            return ""
        return self._words(open_reply(self._account, answer.body), openid)

    def _words(self, fields: Mapping[str, str], openid: str) -> str:
        if fields.get("ToUserName") != openid:
            raise BadReplyError("a reply addressed to somebody else")
        if fields.get("FromUserName") != self._account.original_id:
            raise BadReplyError("a reply in another account's name")
        if not fields.get("CreateTime", "").isdecimal():
            raise BadReplyError("a reply without CreateTime")
        if fields.get("MsgType") != "text":
            raise BadReplyError("a reply that is not text, the only kind spoken here")
        return self._short_enough(fields.get("Content", ""))

    def _short_enough(self, words: str) -> str:
        if not words.strip():
            raise BadReplyError("a reply without Content")
        if len(words.encode()) > self._limits.text_bytes:
            raise BadReplyError("a reply that is too long")
        return words

    def _line(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession()
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
