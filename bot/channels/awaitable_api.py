"""wechatpy's API layers, made awaitable: the same methods, our own transport."""

import asyncio
import json as coding
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import aiohttp
from wechatpy.constants import WeChatErrorCode
from wechatpy.exceptions import WeChatClientException

from bot.channels.access_token import AccessToken
from bot.channels.wechat_wire import Wire

TOKEN_REFUSED = frozenset(
    {
        WeChatErrorCode.INVALID_CREDENTIAL.value,
        WeChatErrorCode.INVALID_ACCESS_TOKEN.value,
        WeChatErrorCode.EXPIRED_ACCESS_TOKEN.value,
    }
)
_ENCODER = coding.JSONEncoder(ensure_ascii=False)
_Part = tuple[str, str, bytes]
"""Field name, file name and content of one part of an upload."""


class AwaitableApi:
    """`await client.message.send_text(…)` and its sisters, beside a client of the library.

    Nearly all methods of wechatpy's API layers only return what `_request` returns, so that an
    awaitable `_request` makes them awaitable. Not so `iter_followers`, which loops over it,
    `qrcode.show`, which calls elsewhere, and `get_url`, which reads the token: leave them be.

    `media.download` gives bytes. Every method raises WeChatClientException, and of its
    kind NoAnswerError where nothing came in time or nothing readable.
    """

    PUBLIC: ClassVar[str]
    """Where the platform lives; calls go to the host we were told instead."""

    access_token = None  # the library's constructor reads every attribute, and would fetch one

    def __init__(self, host: str, wire: Wire, token: AccessToken) -> None:
        # Not the library's constructor: it opens a blocking session of its own.
        self._host = host.rstrip("/")
        self._wire = wire
        self._token = token

    async def sign_in(self) -> None:
        """Have a token. Raises WeChatClientException where there is none to be had."""
        await self._token.current()

    async def _request(
        self,
        method: str,
        url_or_endpoint: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: Any = None,
        json: Any = None,
        files: Any = None,
        api_base_url: str = "",
        result_processor: Callable[[Any], Any] | None = None,
    ) -> Any:
        """Ask once, and once more where only the token was wrong."""
        url = self._url(url_or_endpoint, api_base_url)
        uploads = await _uploads(files) if files else None
        token = await self._token.current()
        try:
            answer = await self._ask(method, url, token, params, _body(data, json, uploads))
        except WeChatClientException as refusal:
            if refusal.errcode not in TOKEN_REFUSED:
                raise
            token = await self._token.instead_of(token)
            answer = await self._ask(method, url, token, params, _body(data, json, uploads))
        return result_processor(answer) if result_processor else answer

    async def _ask(
        self,
        method: str,
        url: str,
        token: str,
        params: Mapping[str, Any] | None,
        body: Mapping[str, Any],
    ) -> Any:
        query = _query(params, token)
        return await self._wire.ask(method, url, params=query, hidden=token, **body)

    def _url(self, url_or_endpoint: str, api_base_url: str) -> str:
        """The library writes some addresses out in full: they, too, go where we were told."""
        whole = url_or_endpoint.startswith(("http://", "https://"))
        base = api_base_url or f"{self.PUBLIC}/cgi-bin/"
        url = url_or_endpoint if whole else base + url_or_endpoint
        return self._host + url.removeprefix(self.PUBLIC) if url.startswith(self.PUBLIC) else url


def _query(params: Mapping[str, Any] | None, token: str) -> dict[str, str]:
    given = {name: str(value) for name, value in (params or {}).items() if value is not None}
    return {**given, "access_token": token}


def _body(data: Any, json: Any, uploads: list[_Part] | None) -> dict[str, Any]:
    """Return what aiohttp is to send. A form is written anew for each try: it can be sent once."""
    if uploads is not None:
        return {"data": _form(data or {}, uploads)}
    words = data if json is None else json
    if isinstance(words, dict):
        # WeChat shows escapes to people as they are, so that Chinese must stay Chinese
        encoded = _ENCODER.encode(words).encode("utf-8", "replace")
        return {"data": encoded, "headers": {"Content-Type": "application/json"}}
    return {"data": words}


def _form(fields: Mapping[str, Any], uploads: Iterable[_Part]) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in fields.items():
        form.add_field(name, str(value))
    for name, filename, content in uploads:
        form.add_field(name, content, filename=filename)
    return form


async def _uploads(files: Mapping[str, Any]) -> list[_Part]:
    """Read what is to be uploaded: an open file, or a pair of its name and its content."""
    return [await _part(name, file) for name, file in files.items()]


async def _part(name: str, file: Any) -> _Part:
    filename, content = file[:2] if isinstance(file, tuple) else (getattr(file, "name", name), file)
    if not isinstance(content, bytes):
        content = await asyncio.to_thread(content.read)
    return name, str(filename).rpartition("/")[2], content
