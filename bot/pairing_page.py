"""The picture of a pairing: a QR code that makes a phone hers, shown once and handed over.

Whoever has the address has the ticket, as with the six digits on paper: it is used once, and
lives a day.
"""

import io
from collections.abc import Awaitable, Callable

import segno
import structlog
from aiohttp import web
from wechatpy.exceptions import WeChatClientException

from schedules.clock import Clock
from storage import pairings
from storage.database import Database

log = structlog.get_logger()

DOTS = 10
MakeScene = Callable[[str, int], Awaitable[str]]
"""Asks the platform for the address behind a scene that lives so many seconds."""


class PairingPage:
    def __init__(self, database: Database, clock: Clock, make_scene: MakeScene) -> None:
        self._database = database
        self._clock = clock
        self._make_scene = make_scene

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/pair/{scene}", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        scene, now = request.match_info["scene"], self._clock.now()
        async with self._database.reading() as session:
            expires_at = await pairings.expires_at(session, scene, now)
        if expires_at is None:
            return web.Response(status=404, text="这个码用过了或过期了。请找组长要一个新的。")
        try:
            address = await self._make_scene(scene, int((expires_at - now).total_seconds()))
        except WeChatClientException as error:
            log.warning("no_pairing_picture", why=str(error.errcode))
            return web.Response(status=503, text="现在画不出来，请过一会儿再试，或用6位数字。")
        picture = io.BytesIO()
        segno.make(address, error="m").save(picture, kind="png", scale=DOTS, border=4)
        headers = {"Cache-Control": "no-store"}
        return web.Response(body=picture.getvalue(), content_type="image/png", headers=headers)
