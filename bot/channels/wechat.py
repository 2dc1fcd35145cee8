"""The door WeChat knocks at: checks who knocks, hands the message to the desk, says the reply."""

import asyncio
import secrets
import struct
from collections.abc import Mapping
from datetime import datetime
from typing import NoReturn, Protocol
from xml.parsers.expat import ExpatError

import structlog
import xmltodict
from aiohttp import StreamReader, web

from bot.channels import wechat_message
from bot.channels.wechat_crypto import Envelope, is_signed, sign
from bot.channels.wechat_message import Delivery
from bot.channels.wechat_xml import clean, sealed_reply, speakable, text_reply
from bot.config import WechatSection
from handlers.message import LostError, Message, Reply
from schedules.clock import Clock

log = structlog.get_logger()

# What parsing and decrypting raise over hostile input, collected by fuzzing the libraries.
_HOSTILE = (
    ExpatError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
    struct.error,
)


class Desk(Protocol):
    """Where messages are answered. What it has begun it finishes, whoever stops listening.

    Raises LostError where nothing could be kept.
    """

    async def answer(self, message: Message) -> Reply | None: ...


class DeliveryError(Exception):
    """A delivery that gets a status and one plain sentence instead of an answer."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


class WechatInbox:
    """Receives what one official account is sent.

    `body_bytes` is the largest body that is read, `reply_bytes` the longest text that WeChat
    takes as a reply. Both are the platform's rules and may change.
    """

    def __init__(
        self,
        settings: WechatSection,
        desk: Desk,
        clock: Clock,
        *,
        body_bytes: int = 64 * 1024,
        reply_bytes: int = 2048,
    ) -> None:
        self._settings = settings
        self._token = settings.token.get_secret_value()
        self._forms = settings.subscriptions.forms
        self._envelope = _envelope(settings)
        self._desk = desk
        self._clock = clock
        self._body_bytes = body_bytes
        self._reply_bytes = reply_bytes

    async def url_check(self, request: web.Request) -> web.Response:
        """Answer the question the platform asks when the address is entered in its console."""
        try:
            self._check(request.query)
            return web.Response(text=_needed(request.query, "echostr"))
        except DeliveryError as refusal:
            return _refused(refusal)

    async def receive(self, request: web.Request) -> web.Response:
        """Answer one delivery. Whatever is not answered with 200, the platform delivers again."""
        deadline = asyncio.get_running_loop().time() + self._settings.answer_within_seconds
        try:
            self._check(request.query)
            body = await self._body(request, deadline)
            delivery, sealed = self._read(body, request.query)
            reply = await self._ask(delivery.message, deadline)
            for other in delivery.others:
                await self._ask(other, deadline)
        except DeliveryError as refusal:
            return _refused(refusal)
        words = speakable(reply.text, self._reply_bytes) if reply else ""
        if not words.strip():
            return web.Response(text="success")
        xml = self._said(words, delivery, sealed)
        return web.Response(text=xml, content_type="application/xml")

    def _check(self, query: Mapping[str, str]) -> None:
        """The signature covers no body, but only the platform can have made it, and only lately.

        A repeated nonce is not refused: the platform's own retries carry the identical one.
        """
        signature, timestamp, nonce = (
            _needed(query, name) for name in ("signature", "timestamp", "nonce")
        )
        if not is_signed(signature, self._token, timestamp, nonce):
            raise DeliveryError(403, "the signature is wrong")
        if not self._is_fresh(timestamp):
            raise DeliveryError(403, "the timestamp is too far from now")

    def _is_fresh(self, timestamp: str) -> bool:
        if not (timestamp.isdecimal() and len(timestamp) <= len("1000000000000")):
            return False
        away = abs(self._clock.now().timestamp() - int(timestamp))
        return away <= self._settings.freshness_seconds

    async def _body(self, request: web.Request, deadline: float) -> bytes:
        if (request.content_length or 0) > self._body_bytes:
            _too_large()
        try:
            body = await self._arriving(request.content, deadline)
        except TimeoutError:
            raise DeliveryError(408, "the body did not arrive in time") from None
        except (web.RequestPayloadError, ConnectionError):
            raise DeliveryError(400, "the body arrived broken") from None
        if not body:
            raise DeliveryError(400, "the body is empty")
        return body

    async def _arriving(self, stream: StreamReader, deadline: float) -> bytes:
        if stream.is_eof():
            return _no_more_than(self._body_bytes, stream.read_nowait())
        async with asyncio.timeout_at(deadline):
            return await _read_up_to(self._body_bytes, stream)

    def _read(self, body: bytes, query: Mapping[str, str]) -> tuple[Delivery, bool]:
        """Return what was delivered and whether it came sealed. All hostile input ends here."""
        try:
            opened = self._opened(body, query)
            xml = clean(body if opened is None else opened)
            delivery = wechat_message.read(xml, self._clock.now(), self._forms)
            return delivery, opened is not None
        except _HOSTILE:
            raise DeliveryError(400, "the message cannot be read") from None

    def _opened(self, body: bytes, query: Mapping[str, str]) -> bytes | None:
        """Return what was sealed in the body, None where it came open and may."""
        if self._envelope is None:
            return None
        sealed = xmltodict.parse(clean(body))["xml"].get("Encrypt")
        if sealed is None and self._settings.encryption == "compatible":
            return None
        if not isinstance(sealed, str):
            raise DeliveryError(400, "this account takes only encrypted messages")
        signature = _needed(query, "msg_signature")
        if not is_signed(signature, self._token, query["timestamp"], query["nonce"], sealed):
            raise DeliveryError(403, "the signature of the encrypted part is wrong")
        return self._envelope.open(sealed)

    async def _ask(self, message: Message, deadline: float) -> Reply | None:
        """Return the desk's answer. It works on when we stop waiting: it may have committed."""
        try:
            async with asyncio.timeout_at(deadline):
                return await self._desk.answer(message)
        except TimeoutError:
            raise DeliveryError(503, "the desk was not done in time") from None
        except LostError:
            raise DeliveryError(500, "the desk could not answer") from None

    def _said(self, words: str, delivery: Delivery, sealed: bool) -> str:
        now, sender = self._clock.now(), delivery.message.sender
        xml = text_reply(to=sender, account=delivery.account, at=now, words=words)
        if not sealed or self._envelope is None:
            return xml
        letter, timestamp, nonce = self._envelope.seal(xml), _seconds(now), secrets.token_hex(8)
        signature = sign(self._token, timestamp, nonce, letter)
        return sealed_reply(sealed=letter, signature=signature, timestamp=timestamp, nonce=nonce)


def _envelope(settings: WechatSection) -> Envelope | None:
    if settings.encryption == "plain":
        return None
    return Envelope(settings.encoding_aes_key.get_secret_value(), settings.app_id)


def _needed(query: Mapping[str, str], name: str) -> str:
    value = query.get(name, "")
    if not value:
        raise DeliveryError(400, f"the parameter {name} is missing")
    return value


async def _read_up_to(limit: int, stream: StreamReader) -> bytes:
    body = b""
    while not stream.at_eof():
        body = _no_more_than(limit, body + await stream.readany())
    return body


def _no_more_than(limit: int, body: bytes) -> bytes:
    return body if len(body) <= limit else _too_large()


def _too_large() -> NoReturn:
    raise DeliveryError(413, "the body is too large")


def _refused(refusal: DeliveryError) -> web.Response:
    log.info("wechat_not_answered", status=refusal.status, why=refusal.why)
    return web.Response(status=refusal.status, text=refusal.why)


def _seconds(now: datetime) -> str:
    return str(int(now.timestamp()))
