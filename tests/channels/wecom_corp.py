"""WeCom's far end for the county's own application: its token, its members, its rules."""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from schedules.clock import Clock

CORP, SECRET, AGENT = "ww0123456789abcdef", "planted-secret-of-the-application", 1000002
TEXT_BYTES, A_MINUTE, TOKEN_SECONDS = 2048, 30, 7200


@dataclass
class WecomCorp:
    """One corporation. `refuses` is what every call of message/send is answered."""

    clock: Clock
    members: set[str]
    heard: dict[str, list[str]] = field(default_factory=dict)
    refuses: int = 0
    status: int = 200
    calls: int = 0
    tokens: list[tuple[str, datetime]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _minutes: Counter[tuple[str, int]] = field(default_factory=Counter)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/cgi-bin/gettoken", self._token)
        app.router.add_post("/cgi-bin/message/send", self._send)
        return app

    async def _token(self, request: web.Request) -> web.Response:
        if request.query.get("corpid") != CORP:
            return _answer(40013)
        if request.query.get("corpsecret") != SECRET:
            return _answer(40001)
        token = f"token-{next(self._numbers)}"
        self.tokens.append((token, self.clock.now() + timedelta(seconds=TOKEN_SECONDS)))
        return _answer(0, access_token=token, expires_in=TOKEN_SECONDS)

    async def _send(self, request: web.Request) -> web.Response:
        self.calls += 1
        if self.status != 200:
            return web.Response(status=self.status)
        code = self.refuses or self._token_fault(request.query.get("access_token", ""))
        fields = await request.json()
        code = code or self._fault(fields)
        if code:
            return _answer(code)
        self.heard.setdefault(fields["touser"], []).append(fields["text"]["content"])
        return _answer(0, invaliduser="", msgid=f"msg-{next(self._numbers)}")

    def _token_fault(self, token: str) -> int:
        until = dict(self.tokens).get(token)
        if until is None:
            return 40014
        return 42001 if until <= self.clock.now() else 0

    def _fault(self, fields: dict[str, Any]) -> int:
        member, content = fields["touser"], fields["text"]["content"].encode()
        if fields["agentid"] != AGENT:
            return 40056
        if member not in self.members:
            return 81013
        if not content or len(content) > TEXT_BYTES:
            return 45002 if content else 44004
        minute = int(self.clock.now().timestamp()) // 60
        self._minutes[member, minute] += 1
        return 45009 if self._minutes[member, minute] > A_MINUTE else 0


def _answer(code: int, **others: object) -> web.Response:
    words = f"{SECRET} of {CORP}" if code else "ok"
    return web.json_response({"errcode": code, "errmsg": words, **others})
