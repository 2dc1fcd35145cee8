"""The far end of the wire: a server that plays an OpenAI-compatible endpoint on loopback.

Voices are invented: behind the sign of their kind they hold their words as UTF-8.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web

AMR, WAVE = b"#!AMR\n", b"RIFF"
Mood = Literal["well", "failing", "hanging", "dying", "babbling", "flooding", "moved"]


def spoken(words: str, sign: bytes = WAVE) -> bytes:
    return sign + words.encode()


@dataclass
class Asked:
    """What one call brought."""

    authorization: str
    filename: str
    voice: bytes
    fields: dict[str, str]


@dataclass
class Endpoint:
    url: str = ""
    mood: Mood = "well"
    asked: list[Asked] = field(default_factory=list)
    awake: asyncio.Event = field(default_factory=asyncio.Event)

    def application(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.post("/v1/audio/transcriptions", self._write_down)])
        return app

    async def _write_down(self, request: web.Request) -> web.Response:
        asked = await _read(request)
        self.asked.append(asked)
        words = asked.voice.removeprefix(WAVE).removeprefix(AMR).decode()
        if self.mood == "well":
            return web.json_response({"text": words})
        return await self._in_a_mood(request, words)

    async def _in_a_mood(self, request: web.Request, words: str) -> web.Response:
        if self.mood == "hanging":
            await self.awake.wait()
            return web.json_response({"text": words})
        if self.mood == "dying" and request.transport is not None:
            request.transport.abort()
        if self.mood == "moved":
            return web.Response(status=307, headers={"Location": str(request.url)})
        if self.mood == "flooding":
            return web.json_response({"text": "救命" * 50_000})
        if self.mood == "babbling":
            return web.Response(text="<html>")
        return web.Response(status=503, text=f"could not hear {words}")


async def _read(request: web.Request) -> Asked:
    form = await request.post()
    file = form["file"]
    assert isinstance(file, web.FileField)
    with file.file as opened:
        voice = opened.read()
    return Asked(
        request.headers.get("Authorization", ""),
        file.filename,
        voice,
        {name: value for name, value in form.items() if isinstance(value, str)},
    )
