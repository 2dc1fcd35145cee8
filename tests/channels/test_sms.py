"""Letters as text messages: signed, once each, short enough; and what the gateway reports."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.sms import REMEDIES, SmsGateway, SmsReports
from bot.ways_section import SmsSection
from handlers.message import Kind, LostError, Message, Reply
from schedules.clock import Clock
from schedules.transport import Outgoing, Remedy, TransportError, Way
from tests.channels.sms_gateway import SECRET, SmsProvider, report, signature
from tests.channels.wire import NOW, ListeningDesk
from tests.clock import HandMovedClock

CONTRACT = Path(__file__).parents[2] / "docs" / "sms.md"
PHONE = "13800001111"


@pytest.fixture
def provider(clock: HandMovedClock) -> SmsProvider:
    return SmsProvider(clock)


@asynccontextmanager
async def gateway_of(
    provider: SmsProvider, clock: Clock, **others: object
) -> AsyncIterator[SmsGateway]:
    async with TestServer(provider.application()) as server, aiohttp.ClientSession() as session:
        url = str(server.make_url("/shouwang").with_query(code="planted"))
        written = {"url": url, "secret": SECRET, "timeout_seconds": 0.5, **others}
        yield SmsGateway(SmsSection.model_validate(written), session, clock)


@pytest.fixture
async def gateway(provider: SmsProvider, clock: HandMovedClock) -> AsyncIterator[SmsGateway]:
    async with gateway_of(provider, clock) as gateway:
        yield gateway


def letter(**others: object) -> Outgoing:
    written = {
        "key": "missed:12:0:1:7",
        "address": PHONE,
        "text": "王秀英今天没有报平安，请您去看看。",
        "form": "missed",
        "about": "王秀英",
        "when": datetime(2026, 11, 23, 1, 30, tzinfo=UTC),
        "ask": "请您去看看，回 我去",
    }
    return Outgoing(**{**written, **others})  # type: ignore[arg-type]  # mixed on purpose


async def refused(way: Way, one: Outgoing) -> TransportError:
    with pytest.raises(TransportError) as refusal:
        await way.send(one)
    return refusal.value


async def test_a_letter_is_taken_under_the_id_of_the_gateway(
    gateway: SmsGateway, provider: SmsProvider
) -> None:
    way: Way = gateway
    assert (way.name, way.channel, way.needs_window) == ("sms", "sms", False)
    key = hashlib.sha256(b"missed:12:0:1:7").hexdigest()
    assert await way.send(letter()) == f"sms:n-{key[:8]}"
    assert provider.taken == {
        key: {
            "to": PHONE,
            "text": "王秀英今天没有报平安，请您去看看。",
            "form": "missed",
            "about": "王秀英",
            "when": "2026-11-23T01:30:00+00:00",
            "ask": "请您去看看，回 我去",
        }
    }


async def test_a_letter_that_goes_again_is_sent_once(
    gateway: SmsGateway, provider: SmsProvider
) -> None:
    first = await gateway.send(letter())
    again = await gateway.send(letter(text="【重复提醒】王秀英今天没有报平安，请您去看看。"))
    assert (first == again, provider.calls, len(provider.taken)) == (True, 2, 1)


async def test_the_contract_shows_what_is_really_sent() -> None:
    """The example of docs/sms.md, checked by a signature made without the hmac module."""
    contract = CONTRACT.read_text(encoding="utf-8")
    _, example = contract.split("```http\n")[1].split("```")[0].split("\n\n")
    body = example.strip().encode()
    assert f"Shouwang-Signature: {signature('1795397400', body)}\n" in contract
    heard: list[bytes] = []

    async def listen(request: web.Request) -> web.Response:
        heard.append(await request.read())
        assert f"Idempotency-Key: {request.headers['Idempotency-Key']}\n" in contract
        assert f"Shouwang-Signature: {request.headers['Shouwang-Signature']}\n" in contract
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/", listen)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        settings = SmsSection.model_validate({"url": str(server.make_url("/")), "secret": SECRET})
        then = HandMovedClock(datetime.fromtimestamp(1795397400, UTC))
        assert await SmsGateway(settings, session, then).send(letter()) == ""
    assert heard == [body]


async def test_another_secret_is_refused_and_the_way_stops(
    provider: SmsProvider, clock: HandMovedClock
) -> None:
    async with gateway_of(provider, clock, secret="another-secret-altogether") as gateway:
        assert (await refused(gateway, letter())).remedy is Remedy.STOP
    assert provider.taken == {}


@pytest.mark.parametrize(
    ("segments", "text", "sent"),
    [
        (1, "好" * 80, "好" * 70),
        (2, "好" * 70, "好" * 70),
        (2, "好" * 200, "好" * 134),
        (3, "好" * 500, "好" * 201),
        (1, "好" * 69 + "🌹", "好" * 69),
        (1, "好" * 68 + "🌹" + "好", "好" * 68 + "🌹"),
        (1, "半\ud83c个", "半个"),
    ],
)
async def test_a_long_letter_is_cut_to_its_segments(
    provider: SmsProvider, clock: HandMovedClock, segments: int, text: str, sent: str
) -> None:
    async with gateway_of(provider, clock, most_segments=segments) as gateway:
        await gateway.send(letter(text=text))
    (taken,) = provider.taken.values()
    assert taken["text"] == sent


@pytest.mark.parametrize("address", ["", "李家沟", "1", "138 0000", "1" * 21, "+8613800001111\n"])
async def test_what_is_no_number_is_not_asked_for(
    gateway: SmsGateway, provider: SmsProvider, address: str
) -> None:
    assert (await refused(gateway, letter(address=address))).remedy is Remedy.UNREACHABLE
    assert provider.calls == 0


async def test_too_many_wait_as_long_as_the_gateway_says(
    provider: SmsProvider, clock: HandMovedClock
) -> None:
    provider.a_minute = 1
    async with gateway_of(provider, clock, per_minute=1) as gateway:
        assert gateway.per_minute == 1
        await gateway.send(letter())
        error = await refused(gateway, letter(key="another"))
    assert (error.remedy, error.wait_seconds) == (Remedy.WAIT, 20)


@pytest.mark.parametrize("said", ["soon", "-1", "9" * 400, ""])
async def test_a_wait_that_cannot_be_read_is_none(
    gateway: SmsGateway, provider: SmsProvider, said: str
) -> None:
    provider.status, provider.headers = 429, {"Retry-After": said}
    error = await refused(gateway, letter())
    assert (error.remedy, error.wait_seconds) == (Remedy.WAIT, None)


TABLE = {
    400: Remedy.DEAD,
    413: Remedy.DEAD,
    422: Remedy.DEAD,
    401: Remedy.STOP,
    402: Remedy.STOP,
    403: Remedy.STOP,
    404: Remedy.STOP,
    410: Remedy.UNREACHABLE,
    408: Remedy.RETRY,
    429: Remedy.WAIT,
}
BESIDE_IT = {500: Remedy.RETRY, 503: Remedy.RETRY, 302: Remedy.STOP, 418: Remedy.DEAD}


@pytest.mark.parametrize(("status", "remedy"), {**TABLE, **BESIDE_IT}.items())
async def test_each_answer_has_its_remedy(
    gateway: SmsGateway, provider: SmsProvider, status: int, remedy: Remedy
) -> None:
    provider.status, provider.headers = status, {"Location": "/elsewhere"}
    error = await refused(gateway, letter())
    assert (error.remedy, str(error)) == (remedy, f"the gateway answered {status}")
    assert provider.calls == 1


def test_every_answer_of_the_table_is_a_story_here() -> None:
    assert {int(status): remedy for status, remedy in REMEDIES.items()} == TABLE


@pytest.mark.parametrize(
    "answer", [b"", b"ok", b"[]", b'{"id": 7}', b'{"id": ""}', b'{"id": "%s"}' % (b"9" * 61)]
)
async def test_what_was_taken_without_a_name_was_taken(
    gateway: SmsGateway, provider: SmsProvider, answer: bytes
) -> None:
    provider.answer = answer
    assert await gateway.send(letter()) == ""


async def test_silence_is_tried_again(gateway: SmsGateway, provider: SmsProvider) -> None:
    provider.hangs = asyncio.Event()
    error = await refused(gateway, letter())
    provider.hangs.set()
    assert (error.remedy, str(error)) == (Remedy.RETRY, "no answer in time")


async def test_a_gateway_that_is_gone_is_tried_again_and_not_named(clock: HandMovedClock) -> None:
    url = "http://127.0.0.1:9/?code=planted"
    settings = SmsSection.model_validate({"url": url, "secret": SECRET})
    async with aiohttp.ClientSession() as session:
        error = await refused(SmsGateway(settings, session, clock), letter())
    assert error.remedy is Remedy.RETRY
    assert "planted" not in f"{error!r} {settings!r}"


async def test_neither_error_nor_log_tells_of_her_or_of_the_secret(
    gateway: SmsGateway, provider: SmsProvider
) -> None:
    told = [repr(gateway), str(vars(gateway))]
    with structlog.testing.capture_logs() as logged:
        for status in (401, 410, 418, 500):
            provider.status = status
            told.append(repr(await refused(gateway, letter())))
    for word in (SECRET, "planted", PHONE, "王秀英"):
        assert word not in f"{told} {logged}"


# --- what became of it


class LosingDesk:
    async def answer(self, message: Message) -> Reply | None:
        raise LostError(message.key)


@asynccontextmanager
async def reports_to(
    desk: ListeningDesk | LosingDesk, clock: Clock
) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    app = web.Application()
    settings = SmsSection.model_validate({"url": "http://127.0.0.1:9/", "secret": SECRET})
    app.add_routes(SmsReports(settings, desk, clock).routes())
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        yield session, str(server.make_url("/sms/reports"))


SAID = {"id": "n-1", "to": PHONE, "status": "delivered"}


@pytest.mark.parametrize(
    ("status", "heard"), [("delivered", "success"), ("failed", "failed: no delivery")]
)
async def test_a_report_is_a_message_to_the_desk(
    desk: ListeningDesk, clock: HandMovedClock, status: str, heard: str
) -> None:
    async with reports_to(desk, clock) as (session, url):
        assert await report(session, url, clock, {**SAID, "status": status}) == 200
    assert desk.heard == [
        Message(
            channel="sms",
            key=f"n-1|{status}",
            sender=PHONE,
            kind=Kind.REPORT,
            at=NOW,
            report_of="sms:n-1",
            report=heard,
        )
    ]


@pytest.mark.parametrize(
    ("secret", "late_seconds"),
    [("another-secret-altogether", 0), (SECRET, 301), (SECRET, -301)],
)
async def test_a_stranger_or_a_late_repeat_is_not_heard(
    desk: ListeningDesk, clock: HandMovedClock, secret: str, late_seconds: int
) -> None:
    async with reports_to(desk, clock) as (session, url):
        late = late_seconds
        assert await report(session, url, clock, SAID, secret=secret, late_seconds=late) == 403
        async with session.post(url, data=b"{}") as unsigned:
            assert unsigned.status == 403
    assert desk.heard == []


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"{", 400),
        ([], 400),
        ({"id": "n-1"}, 400),
        ({**SAID, "id": 7}, 400),
        ({**SAID, "id": "9" * 61}, 400),
        ({**SAID, "status": "lost"}, 400),
        ({**SAID, "status": []}, 400),
        ({**SAID, "to": "li\n"}, 400),
        (b"[" * 10_000, 400),
        (b" " * 20_000, 413),
    ],
)
async def test_a_report_that_cannot_be_read_is_refused(
    desk: ListeningDesk, clock: HandMovedClock, said: object, status: int
) -> None:
    async with reports_to(desk, clock) as (session, url):
        assert await report(session, url, clock, said) == status
    assert desk.heard == []


async def test_a_report_that_could_not_be_kept_is_asked_for_again(clock: HandMovedClock) -> None:
    async with reports_to(LosingDesk(), clock) as (session, url):
        assert await report(session, url, clock, SAID) == 500
