"""A channel without a platform: one JSON request is one message, for trying things out.

    POST /simulator {"from": "grandma", "text": "平安"}   →   {"reply": "…"}
    GET  /simulator/grandma                               →   the letters that came for her

The same desk and the same handlers answer; only signatures and windows are missing.
"""

import json
import secrets
from collections import deque
from typing import Any

from aiohttp import web

from handlers.desk import Desk
from handlers.message import Kind, Message, Reply
from schedules.clock import Clock
from schedules.transport import FreeWords, Outgoing

CHANNEL = "simulator"
KEPT = 200
"""How many letters are kept for each address."""


class Simulator(FreeWords):
    """Speaks for invented phones, and is the way by which letters reach them."""

    name = CHANNEL
    channel = CHANNEL

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock
        self._letters: dict[str, deque[str]] = {}

    async def say(
        self, sender: str, text: str = "", kind: Kind = Kind.TEXT, *, key: str = "", scene: str = ""
    ) -> Reply | None:
        """Let an address say something; the same key again is the same message."""
        return await self._desk.answer(
            Message(
                channel=CHANNEL,
                key=f"{sender}|{key or secrets.token_hex(8)}",
                sender=sender,
                kind=kind,
                at=self._clock.now(),
                text=text,
                scene=scene,
            )
        )

    def letters(self, address: str) -> list[str]:
        """Return the letters that came to an address, the oldest first."""
        return list(self._letters.get(address, ()))

    async def send(self, letter: Outgoing) -> str:
        self._letters.setdefault(letter.address, deque(maxlen=KEPT)).append(letter.text)
        return ""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/simulator", self._receive),
            web.get("/simulator/{address}", self._show),
        ]

    async def _receive(self, request: web.Request) -> web.Response:
        try:
            said = _read(await request.json())
        except (ValueError, KeyError, TypeError, json.JSONDecodeError):
            raise web.HTTPBadRequest(
                text='say it as {"from": "grandma", "text": "平安"}; "kind" and "key" may be added'
            ) from None
        reply = await self.say(**said)
        return web.json_response({"reply": reply.text if reply else ""}, dumps=_dumps)

    async def _show(self, request: web.Request) -> web.Response:
        letters = self.letters(request.match_info["address"])
        return web.json_response({"letters": letters}, dumps=_dumps)


def _read(said: Any) -> dict[str, Any]:
    words = {name: said.get(name, "") for name in ("text", "key", "scene")}
    sender = said["from"]
    if not all(isinstance(value, str) for value in (sender, *words.values())) or not sender:
        raise TypeError("not words")
    return {"sender": sender, "kind": Kind(said.get("kind", "text")), **words}


def _dumps(answer: Any) -> str:
    return json.dumps(answer, ensure_ascii=False)
