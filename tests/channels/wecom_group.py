"""WeCom's far end for group robots: it keeps the rules of the real one, and what was written."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from schedules.clock import Clock

TEXT_BYTES, MARKDOWN_BYTES, A_MINUTE = 2048, 4096, 20


@dataclass
class WecomGroups:
    """The robots that are in some group, by their keys, and what each wrote there."""

    clock: Clock
    keys: set[str]
    written: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    refuses: int = 0
    status: int = 200
    calls: int = 0
    _minutes: Counter[tuple[str, int]] = field(default_factory=Counter)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/cgi-bin/webhook/send", self._send)
        return app

    async def _send(self, request: web.Request) -> web.Response:
        self.calls += 1
        if self.status != 200:
            return web.Response(status=self.status, headers={"Location": "/elsewhere"})
        key, fields = request.query.get("key", ""), await request.json()
        code = self.refuses or self._fault(key, fields)
        if not code:
            self.written.setdefault(key, []).append(fields)
        words = f"it is about {key}" if code else "ok"
        return web.json_response({"errcode": code, "errmsg": words})

    def _fault(self, key: str, fields: dict[str, Any]) -> int:
        if key not in self.keys:
            return 93000
        minute = int(self.clock.now().timestamp()) // 60
        self._minutes[key, minute] += 1
        if self._minutes[key, minute] > A_MINUTE:
            return 45009
        return _fault_of(fields)


def _fault_of(fields: dict[str, Any]) -> int:
    kind = fields.get("msgtype")
    if kind not in ("text", "markdown"):
        return 40008
    content = fields[kind]["content"].encode()
    if not content:
        return 44004
    return 40058 if len(content) > (TEXT_BYTES if kind == "text" else MARKDOWN_BYTES) else 0
