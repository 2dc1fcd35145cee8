"""Plays the official account's server, and the account as it calls the platform."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from aiohttp import web

from bot.simulator.account import Account

PLAIN = Account("wx0123456789abcdef", "the-secret", "villagetoken", encryption="plain")

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

SAFE = Account("wx0123456789abcdef", "the-secret", "villagetoken", AES_KEY, "safe")

COMPATIBLE = Account("wx0123456789abcdef", "the-secret", "villagetoken", AES_KEY, "compatible")


Answer = Callable[[bytes], Awaitable[web.Response]]


async def success(_body: bytes) -> web.Response:
    return web.Response(text="success")


async def broken(_body: bytes) -> web.Response:
    return web.Response(status=500, text="success")


async def asleep(_body: bytes) -> web.Response:
    await asyncio.sleep(1)
    return web.Response(text="success")


def says(body: str) -> Answer:
    async def answer(_body: bytes) -> web.Response:
        return web.Response(text=body)

    return answer


def reply_to(openid: str, words: str, account: Account = PLAIN) -> str:
    """Return a text reply in the clear, as an account's server would write it."""
    return (
        f"<xml><ToUserName><![CDATA[{openid}]]></ToUserName>"
        f"<FromUserName><![CDATA[{account.original_id}]]></FromUserName>"
        "<CreateTime>1795392000</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{words}]]></Content></xml>"
    )


class AccountServer:
    """Keeps every push it gets and answers them one after the other as told, then success."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: list[Answer] = []
        self.pushes: list[tuple[dict[str, str], bytes]] = []

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/wechat", self._receive)
        app.router.add_get("/wechat", self._echo)
        return app

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.pushes.append((dict(request.query), body))
        answer = self.answers.pop(0) if self.answers else success
        return await answer(body)

    async def _echo(self, request: web.Request) -> web.Response:
        return web.Response(text=request.query["echostr"])

    @property
    def last(self) -> str:
        """The body of the last push."""
        return self.pushes[-1][1].decode()


class Caller:
    """Calls the platform's interface over HTTP as the account does."""

    def __init__(self, session: aiohttp.ClientSession, url: str, account: Account) -> None:
        self._session = session
        self._url = url
        self._account = account
        self.content_type = ""

    async def token(self, **changed: Any) -> dict[str, Any]:
        asked = {
            "grant_type": "client_credential",
            "appid": self._account.app_id,
            "secret": self._account.app_secret,
        }
        return await self._read("POST", "stable_token", {}, json=asked | changed)

    async def post(self, api: str, fields: Any, token: str | None = None) -> dict[str, Any]:
        return await self._read("POST", api, {"access_token": await self._some(token)}, json=fields)

    async def get(self, api: str, **query: str) -> dict[str, Any]:
        return await self._read("GET", api, {"access_token": await self._some(None)} | query)

    async def upload(self, kind: str, content: bytes) -> dict[str, Any]:
        form = aiohttp.FormData()
        form.add_field("media", content, filename="voice.amr")
        query = {"access_token": await self._some(None), "type": kind}
        return await self._read("POST", "media/upload", query, data=form)

    async def download(self, media_id: str) -> bytes:
        query = {"access_token": await self._some(None), "media_id": media_id}
        async with self._session.get(f"{self._url}/media/get", params=query) as response:
            return await response.read()

    async def status(self, api: str) -> int:
        query = {"access_token": await self._some(None)}
        async with self._session.post(f"{self._url}/{api}", params=query) as response:
            return response.status

    async def tell(self, openid: str, words: str) -> int:
        """Send a customer-service message and return the error code."""
        fields = {"touser": openid, "msgtype": "text", "text": {"content": words}}
        code: int = (await self.post("message/custom/send", fields))["errcode"]
        return code

    async def _some(self, token: str | None) -> str:
        return (await self.token())["access_token"] if token is None else token

    async def _read(
        self, method: str, api: str, query: dict[str, str], **body: Any
    ) -> dict[str, Any]:
        url = f"{self._url}/{api}"
        async with self._session.request(method, url, params=query, **body) as response:
            assert response.status == 200
            self.content_type = response.content_type
            answer: dict[str, Any] = await response.json(content_type=None)
            return answer
