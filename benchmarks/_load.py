"""A cheap client: what it posts was signed and sealed before, what it hears is hardly read."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from bot.simulator.account import Account
from bot.simulator.envelope import signed_push, write_xml

CONNECTIONS = 32

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"Content-Length: "


@dataclass
class Tally:
    """What came of a slice of load: each answer's seconds, and how long all of it took."""

    seconds: float = 0.0
    answers: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def rate(self) -> float:
        return len(self.answers) / self.seconds

    def add(self, other: "Tally") -> None:
        self.seconds += other.seconds
        self.answers += other.answers
        self.refused += other.refused

    def percentile(self, share: float) -> float:
        """Return the milliseconds within which this share of the answers came."""
        ordered = sorted(self.answers)
        return 1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def text_request(account: Account, openid: str, words: str, number: int, now: datetime) -> bytes:
    """Return the whole HTTP request that delivers what somebody writes."""
    xml = write_xml(
        {
            "ToUserName": account.original_id,
            "FromUserName": openid,
            "CreateTime": int(now.timestamp()),
            "MsgType": "text",
            "Content": words,
            "MsgId": number,
        }
    )
    push = signed_push(account, xml, openid=openid, now=now)
    head = (
        f"POST /wechat?{urlencode(push.query)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: text/xml\r\nContent-Length: {len(push.body)}\r\n\r\n"
    )
    return head.encode() + push.body


class _Connection(asyncio.Protocol):
    """One connection that is kept: it posts, waits for the whole answer, and posts the next."""

    def __init__(self, requests: Iterator[bytes], until: float, tally: Tally) -> None:
        self._requests = requests
        self._until = until
        self._tally = tally
        self._heard = b""
        self._began = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._post()

    def _post(self) -> None:
        request = next(self._requests, None) if time.perf_counter() < self._until else None
        if request is None:
            self._transport.close()
            return
        self._began = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, found, body = self._heard.partition(_END_OF_HEAD)
        if not found or len(body) < _length(head):
            return
        self._tally.answers.append(time.perf_counter() - self._began)
        if not (head.startswith(b"HTTP/1.1 200") and body.startswith(b"<xml>")):
            self._tally.refused += 1
        self._heard = b""
        self._post()

    def connection_lost(self, error: Exception | None) -> None:
        if self._heard or error:
            self.done.set_exception(error or ConnectionError("an answer was cut off"))
        else:
            self.done.set_result(None)


def _length(head: bytes) -> int:
    _, _, behind = head.partition(_LENGTH)
    return int(behind.split(b"\r\n", 1)[0])


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "127.0.0.1", parts.port or 80


async def load(url: str, requests: Iterator[bytes], seconds: float) -> Tally:
    """Post over all connections for so many seconds, or until the requests run out."""
    tally, began = Tally(), time.perf_counter()
    loop, (host, port) = asyncio.get_running_loop(), _address(url)
    connections = [
        await loop.create_connection(
            lambda: _Connection(requests, began + seconds, tally), host, port
        )
        for _ in range(CONNECTIONS)
    ]
    await asyncio.gather(*(connection.done for _, connection in connections))
    tally.seconds = time.perf_counter() - began
    return tally
