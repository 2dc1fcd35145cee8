"""One exchange with the platform's HTTP interface, with an end in time and in size."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

import aiohttp
from wechatpy.exceptions import WeChatClientException

BUSY = -1
"""The platform's own code for it. Here it also stands for silence and for a broken answer."""


_DECODER = json.JSONDecoder(strict=False)


class NoAnswerError(WeChatClientException):  # type: ignore[misc]  # the library ships no types
    """The platform did not answer, or not in a way that can be understood.

    `errmsg` is in our own words: unlike the platform's, it can quote nobody.
    """


class Wire:
    """Asks the platform and reads its answer.

    `seconds` ends an exchange that takes longer, `most_bytes` one that brings more.
    """

    def __init__(self, session: aiohttp.ClientSession, *, seconds: float, most_bytes: int) -> None:
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._most_bytes = most_bytes

    async def ask(self, method: str, url: str, *, hidden: str, **parts: Any) -> Any:
        """Return the decoded answer, or bytes where it is a file.

        Raises WeChatClientException where the platform says no, with `hidden` blotted out of
        its words, and NoAnswerError. The causes of that are cut off: aiohttp's errors quote the
        address, and the token is in it.
        """
        try:
            is_file, body = await self._exchange(method, url, parts)
        except TimeoutError:
            raise NoAnswerError(BUSY, "no answer in time") from None
        except aiohttp.ClientError as error:
            raise NoAnswerError(BUSY, type(error).__name__) from None
        if is_file and not body.startswith(b"{"):
            return body
        return _checked(_decoded(body), hidden)

    async def _exchange(
        self, method: str, url: str, parts: Mapping[str, Any]
    ) -> tuple[bool, bytes]:
        async with self._session.request(
            method, url, timeout=self._timeout, allow_redirects=False, **parts
        ) as response:
            if response.status != HTTPStatus.OK:
                code = BUSY if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR else None
                raise NoAnswerError(code, f"HTTP status {response.status}")
            return "Content-Disposition" in response.headers, await self._body(response.content)

    async def _body(self, stream: aiohttp.StreamReader) -> bytes:
        body = bytearray()
        while not stream.at_eof():
            body += await stream.readany()
            if len(body) > self._most_bytes:
                raise NoAnswerError(None, f"an answer of more than {self._most_bytes} bytes")
        return bytes(body)


def _decoded(body: bytes) -> dict[str, Any]:
    """Errors call themselves text/plain and may hold bare control characters: never mind."""
    try:
        answer = _DECODER.decode(body.decode("utf-8", "ignore"))
        answer |= answer.pop("base_resp", {})  # where some of the older calls keep their code
        answer["errcode"] = int(answer.get("errcode", 0))
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise NoAnswerError(BUSY, "an answer that cannot be read") from None
    return cast("dict[str, Any]", answer)


def _checked(answer: dict[str, Any], hidden: str) -> dict[str, Any]:
    if answer["errcode"]:
        words = str(answer.get("errmsg", ""))
        safe = words.replace(hidden, "***") if hidden else words
        raise WeChatClientException(answer["errcode"], safe)
    return answer
