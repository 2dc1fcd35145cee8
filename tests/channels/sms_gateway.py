"""A county's gateway for text messages, written from docs/sms.md and not from our code."""

import asyncio
import hashlib
import hmac
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from schedules.clock import Clock

SECRET = "an-invented-secret-of-the-county"
FRESH_SECONDS = 300


@dataclass
class SmsProvider:
    """Takes what is rightly signed, fresh and new. `status` is its answer to everything else."""

    clock: Clock
    a_minute: int = 1000
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    answer: bytes | None = None
    hangs: asyncio.Event | None = None
    calls: int = 0
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    _minutes: Counter[int] = field(default_factory=Counter)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/shouwang", self._send)
        return app

    async def _send(self, request: web.Request) -> web.Response:
        self.calls += 1
        body = await request.read()
        if self.hangs:
            await self.hangs.wait()
        if self.status:
            return web.Response(status=self.status, headers=self.headers)
        if not self._is_from_shouwang(request, body):
            return web.Response(status=401)
        if self._too_many():
            return web.Response(status=429, headers={"Retry-After": "20"})
        key = request.headers["Idempotency-Key"]
        number = f"n-{key[:8]}"
        if key in self.taken:
            return web.json_response({"id": number}, status=409)
        self.taken[key] = json.loads(body)
        if self.answer is not None:
            return web.Response(body=self.answer)
        return web.json_response({"id": number})

    def _too_many(self) -> bool:
        minute = int(self.clock.now().timestamp()) // 60
        self._minutes[minute] += 1
        return self._minutes[minute] > self.a_minute

    def _is_from_shouwang(self, request: web.Request, body: bytes) -> bool:
        stamp = request.headers.get("Shouwang-Timestamp", "")
        given = request.headers.get("Shouwang-Signature", "")
        fresh = abs(self.clock.now().timestamp() - int(stamp)) <= FRESH_SECONDS
        return fresh and hmac.compare_digest(given, signature(stamp, body))


def signature(stamp: str, body: bytes, secret: str = SECRET) -> str:
    """Return HMAC-SHA256 by its definition (RFC 2104), without the library's hmac."""
    key = secret.encode().ljust(64, b"\0")
    inner = hashlib.sha256(bytes(one ^ 0x36 for one in key) + f"{stamp}.".encode() + body)
    return hashlib.sha256(bytes(one ^ 0x5C for one in key) + inner.digest()).hexdigest()


async def report(
    session: aiohttp.ClientSession,
    url: str,
    clock: Clock,
    said: object,
    *,
    secret: str = SECRET,
    late_seconds: int = 0,
) -> int:
    """Post a report and return the status of the answer."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    stamp = str(int(clock.now().timestamp()) - late_seconds)
    headers = {
        "Shouwang-Timestamp": stamp,
        "Shouwang-Signature": signature(stamp, body, secret),
    }
    async with session.post(url, data=body, headers=headers) as response:
        return response.status
