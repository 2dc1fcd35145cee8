"""Text messages by the county's gateway: what it has to understand is written in docs/sms.md."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Protocol

import aiohttp
import structlog
from aiohttp import web

from bot.channels.refusals import a_minute
from bot.ways_section import SmsSection
from handlers.message import Kind, LostError, Message, Reply
from schedules.clock import Clock
from schedules.transport import FreeWords, Outgoing, Remedy, TransportError

log = structlog.get_logger()

CHANNEL = "sms"
TIMESTAMP, SIGNATURE, KEY = "Shouwang-Timestamp", "Shouwang-Signature", "Idempotency-Key"

REMEDIES: Mapping[int, Remedy] = {
    HTTPStatus.BAD_REQUEST: Remedy.DEAD,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Remedy.DEAD,
    HTTPStatus.UNPROCESSABLE_ENTITY: Remedy.DEAD,
    # the signature, the credit, the address of the gateway itself: the operator has to look
    HTTPStatus.UNAUTHORIZED: Remedy.STOP,
    HTTPStatus.PAYMENT_REQUIRED: Remedy.STOP,
    HTTPStatus.FORBIDDEN: Remedy.STOP,
    HTTPStatus.NOT_FOUND: Remedy.STOP,
    # this number does not exist, or its owner wants no messages
    HTTPStatus.GONE: Remedy.UNREACHABLE,
    HTTPStatus.REQUEST_TIMEOUT: Remedy.RETRY,
    HTTPStatus.TOO_MANY_REQUESTS: Remedy.WAIT,
}
"""What helps where the gateway says no."""

_PHONE = re.compile(r"\+?[0-9]{3,20}")
_ID = re.compile(r"[\x21-\x7e]{1,60}")
_ENCODING = "utf-16-le"
_BYTES_A_UNIT = 2


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the HMAC-SHA256 of the timestamp, a full stop and the body, in hexadecimal."""
    signed = timestamp.encode("ascii", "replace") + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class SmsGateway(FreeWords):
    """Hands text messages to the gateway. An address is a phone number.

    A message of one segment holds `alone` units of UTF-16, one of several `joined` in each.
    """

    name = "sms"
    channel = CHANNEL
    alarms_only = True

    def __init__(
        self,
        settings: SmsSection,
        session: aiohttp.ClientSession,
        clock: Clock,
        *,
        alone: int = 70,
        joined: int = 67,
        answer_bytes: int = 16 * 1024,
    ) -> None:
        self._settings = settings
        self._session = session
        self._clock = clock
        self._timeout = aiohttp.ClientTimeout(total=settings.timeout_seconds)
        segments = settings.most_segments
        self._longest = alone if segments == 1 else joined * segments
        self._answer_bytes = answer_bytes
        self.per_minute = a_minute(settings.per_minute)

    async def send(self, letter: Outgoing) -> str:
        if not _PHONE.fullmatch(letter.address):
            raise TransportError("that is no phone number", Remedy.UNREACHABLE)
        body = self._body(letter)
        try:
            status, answer, headers = await self._exchange(body, self._headers(letter, body))
        except TimeoutError:
            raise TransportError("no answer in time", Remedy.RETRY) from None
        except aiohttp.ClientError as error:
            # its words quote the address of the gateway, which may hold a secret
            raise TransportError(type(error).__name__, Remedy.RETRY) from None
        if status in range(200, 300) or status == HTTPStatus.CONFLICT:
            return _far_id(answer)
        raise _refusal(status, headers)

    def _body(self, letter: Outgoing) -> bytes:
        fields = {
            "to": letter.address,
            "text": self._cut(letter.text),
            "form": letter.form,
            "about": letter.about,
            "when": letter.when.isoformat(timespec="seconds"),
            "ask": letter.ask,
        }
        written = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
        return written.encode("utf-8", "replace")

    def _cut(self, text: str) -> str:
        """Return as much as the segments hold, cut between characters."""
        units = text.encode(_ENCODING, "ignore")
        return units[: self._longest * _BYTES_A_UNIT].decode(_ENCODING, "ignore")

    def _headers(self, letter: Outgoing, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._clock.now().timestamp()))
        return {
            "Content-Type": "application/json; charset=utf-8",
            TIMESTAMP: timestamp,
            SIGNATURE: sign(self._settings.secret.get_secret_value(), timestamp, body),
            KEY: hashlib.sha256(letter.key.encode()).hexdigest(),
        }

    async def _exchange(
        self, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, bytes, Mapping[str, str]]:
        async with self._session.post(
            self._settings.url.get_secret_value(),
            data=body,
            headers=headers,
            timeout=self._timeout,
            allow_redirects=False,
        ) as response:
            answer = await response.content.read(self._answer_bytes)
            return response.status, answer, response.headers


def _far_id(answer: bytes) -> str:
    """Return our name for what the gateway took, "" where it gave none that can be kept."""
    try:
        number = json.loads(answer)["id"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return _ours(number) if isinstance(number, str) and _ID.fullmatch(number) else ""


def _ours(number: str) -> str:
    """The ids of other far ends are numbers, too: this one is a gateway's."""
    return f"{CHANNEL}:{number}"


def _refusal(status: int, headers: Mapping[str, str]) -> TransportError:
    wait = headers.get("Retry-After", "")
    seconds = float(wait) if wait.isdecimal() and len(wait) <= len("86400") else None
    return TransportError(f"the gateway answered {status}", _remedy(status), seconds)


def _remedy(status: int) -> Remedy:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Remedy.RETRY
    if status < HTTPStatus.BAD_REQUEST:
        return Remedy.STOP  # a redirect is not followed: nobody has told us to trust its end
    if status not in REMEDIES:
        log.warning("refused_for_unknown_reasons", by=CHANNEL, cause=status)
    return REMEDIES.get(status, Remedy.DEAD)


class Desk(Protocol):
    """Where messages are answered. Raises LostError where nothing could be kept."""

    async def answer(self, message: Message) -> Reply | None: ...


class SmsReports:
    """Hears from the gateway what became of a message: `POST /sms/reports`."""

    def __init__(
        self, settings: SmsSection, desk: Desk, clock: Clock, *, body_bytes: int = 16 * 1024
    ) -> None:
        self._secret = settings.secret.get_secret_value()
        self._freshness = settings.freshness_seconds
        self._desk = desk
        self._clock = clock
        self._body_bytes = body_bytes

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/sms/reports", self.receive)]

    async def receive(self, request: web.Request) -> web.Response:
        """Take one report; the same again changes nothing. What is not answered 200 was not taken.

        The signature covers the timestamp: after `freshness_seconds` nobody can repeat it.
        """
        body = await request.read()
        if len(body) > self._body_bytes:
            return web.Response(status=413, text="the body is too large")
        if not self._is_signed(request.headers, body):
            return web.Response(status=403, text="the signature is wrong")
        if not self._is_fresh(request.headers.get(TIMESTAMP, "")):
            return web.Response(status=403, text="the timestamp is too far from now")
        try:
            await self._desk.answer(self._message(json.loads(body)))
        except (ValueError, LookupError, TypeError, RecursionError):
            return web.Response(status=400, text="the report cannot be read")
        except LostError:
            return web.Response(status=500, text="the report could not be kept")
        return web.json_response({"ok": True})

    def _is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        right = sign(self._secret, headers.get(TIMESTAMP, ""), body)
        given = headers.get(SIGNATURE, "").encode("utf-8", "replace")
        return hmac.compare_digest(right.encode(), given)

    def _is_fresh(self, timestamp: str) -> bool:
        if not (timestamp.isdecimal() and len(timestamp) <= len("1000000000000")):
            return False
        return abs(self._clock.now().timestamp() - int(timestamp)) <= self._freshness

    def _message(self, report: Any) -> Message:
        number, to, status = report["id"], report["to"], report["status"]
        if not (_ID.fullmatch(number) and _PHONE.fullmatch(to) and status in _STATUSES):
            raise ValueError("not a report")
        return Message(
            channel=CHANNEL,
            key=f"{number}|{status}",
            sender=to,
            kind=Kind.REPORT,
            at=self._clock.now(),
            report_of=_ours(number),
            report=_STATUSES[status],
        )


_STATUSES = {"delivered": "success", "failed": "failed: no delivery"}
