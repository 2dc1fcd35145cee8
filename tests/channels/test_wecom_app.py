"""Letters to the members of the county's WeCom, by its own application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiohttp
import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.wecom_app import REMEDIES, AwaitableWecomClient, WecomApp
from bot.ways_section import WecomAppSection
from schedules.clock import Clock
from schedules.transport import Outgoing, Remedy, TransportError, Way
from tests.channels.wecom_corp import AGENT, CORP, SECRET, WecomCorp
from tests.clock import HandMovedClock

ZHANG = "ZhangZhuren"


@pytest.fixture
def corp(clock: HandMovedClock) -> WecomCorp:
    return WecomCorp(clock, {ZHANG})


@asynccontextmanager
async def way_of(app: web.Application, clock: Clock, **others: object) -> AsyncIterator[WecomApp]:
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        written = {
            "corp_id": CORP,
            "secret": SECRET,
            "agent_id": AGENT,
            "api_base_url": str(server.make_url("")),
            "timeout_seconds": 0.5,
            **others,
        }
        settings = WecomAppSection.model_validate(written)
        yield WecomApp(AwaitableWecomClient(settings, session, clock), settings)


@pytest.fixture
async def way(corp: WecomCorp, clock: HandMovedClock) -> AsyncIterator[WecomApp]:
    async with way_of(corp.application(), clock) as way:
        yield way


def letter(**others: object) -> Outgoing:
    written = {
        "key": "missed:12:0:1:7",
        "address": ZHANG,
        "text": "王秀英今天没有报平安，请您去看看。",
        "form": "missed",
        "about": "王秀英",
        "when": datetime(2026, 11, 23, 1, 30, tzinfo=UTC),
        "ask": "请您去看看",
    }
    return Outgoing(**{**written, **others})  # type: ignore[arg-type]  # mixed on purpose


async def refused(way: WecomApp, one: Outgoing) -> TransportError:
    with pytest.raises(TransportError) as refusal:
        await way.send(one)
    return refusal.value


async def test_a_member_hears_the_letter(way: WecomApp, corp: WecomCorp) -> None:
    as_way: Way = way
    assert (as_way.name, as_way.channel, as_way.needs_window) == ("wecom.app", "wecom", False)
    assert (await as_way.send(letter())).startswith("msg-")
    assert corp.heard == {ZHANG: ["王秀英今天没有报平安，请您去看看。"]}


async def test_one_token_of_its_own_serves_until_shortly_before_its_end(
    way: WecomApp, corp: WecomCorp, clock: HandMovedClock
) -> None:
    for minutes, fetched in [(0, 1), (60, 1), (54, 1), (2, 2)]:
        clock.move(minutes=minutes)
        await way.send(letter())
        assert len(corp.tokens) == fetched


async def test_a_token_refused_once_is_replaced_unseen(way: WecomApp, corp: WecomCorp) -> None:
    await way.send(letter())
    corp.tokens.clear()
    await way.send(letter())
    assert (len(corp.heard[ZHANG]), corp.calls) == (2, 3)


async def test_a_long_letter_is_cut_between_characters(way: WecomApp, corp: WecomCorp) -> None:
    await way.send(letter(text="好" * 1000))
    assert corp.heard[ZHANG] == ["好" * 682]


@pytest.mark.parametrize("address", ["", "@all", f"{ZHANG}|another"])
async def test_a_letter_is_for_one_member(way: WecomApp, corp: WecomCorp, address: str) -> None:
    assert (await refused(way, letter(address=address))).remedy is Remedy.UNREACHABLE
    assert corp.calls == 0


async def test_somebody_who_left_is_unreachable(way: WecomApp) -> None:
    assert (await refused(way, letter(address="gone"))).remedy is Remedy.UNREACHABLE


async def test_a_name_among_the_invalid_ones_is_unreachable(clock: HandMovedClock) -> None:
    async def token(_: web.Request) -> web.Response:
        return web.json_response({"access_token": "t", "expires_in": 7200})

    async def nobody(_: web.Request) -> web.Response:
        return web.json_response({"errcode": 0, "invaliduser": ZHANG, "msgid": "m"})

    app = web.Application()
    app.router.add_get("/cgi-bin/gettoken", token)
    app.router.add_post("/cgi-bin/message/send", nobody)
    async with way_of(app, clock) as way:
        assert (await refused(way, letter())).remedy is Remedy.UNREACHABLE


async def test_too_many_in_a_minute_wait(corp: WecomCorp, clock: HandMovedClock) -> None:
    async with way_of(corp.application(), clock, per_minute=30) as way:
        assert (way.per_minute, way.needs_consent) == (30, False)
        for _ in range(30):
            await way.send(letter())
        assert (await refused(way, letter())).remedy is Remedy.WAIT


TABLE = {
    -1: Remedy.RETRY,
    40001: Remedy.STOP,
    40013: Remedy.STOP,
    40014: Remedy.STOP,
    42001: Remedy.STOP,
    40056: Remedy.STOP,
    48002: Remedy.STOP,
    50003: Remedy.STOP,
    301002: Remedy.STOP,
    60020: Remedy.STOP,
    40003: Remedy.UNREACHABLE,
    46004: Remedy.UNREACHABLE,
    60111: Remedy.UNREACHABLE,
    81013: Remedy.UNREACHABLE,
    82001: Remedy.UNREACHABLE,
    40008: Remedy.DEAD,
    40058: Remedy.DEAD,
    44004: Remedy.DEAD,
    45002: Remedy.DEAD,
    45009: Remedy.WAIT,
    45033: Remedy.WAIT,
}


@pytest.mark.parametrize(("code", "remedy"), [*TABLE.items(), (99999, Remedy.DEAD)])
async def test_each_refusal_has_its_remedy(
    way: WecomApp, corp: WecomCorp, code: int, remedy: Remedy
) -> None:
    corp.refuses = code
    error = await refused(way, letter())
    assert (error.remedy, str(error)) == (remedy, f"wecom refused with {code}")
    assert corp.calls == (2 if code in {40001, 40014, 42001} else 1)


def test_every_code_of_the_table_is_a_story_here() -> None:
    assert REMEDIES.keys() == TABLE.keys()


async def test_a_crash_is_tried_again(way: WecomApp, corp: WecomCorp) -> None:
    corp.status = 502
    assert (await refused(way, letter())).remedy is Remedy.RETRY


@pytest.mark.parametrize("wrong", [{"secret": "another"}, {"corp_id": "another"}, {"agent_id": 7}])
async def test_what_the_operator_mistyped_stops_the_way(
    corp: WecomCorp, clock: HandMovedClock, wrong: dict[str, object]
) -> None:
    async with way_of(corp.application(), clock, **wrong) as way:
        assert (await refused(way, letter())).remedy is Remedy.STOP


async def test_neither_error_nor_log_tells_of_her_or_of_the_secret(
    way: WecomApp, corp: WecomCorp
) -> None:
    told = []
    with structlog.testing.capture_logs() as logged:
        for code in (40014, 60020, 81013, 99999):
            corp.refuses = code
            told.append(repr(await refused(way, letter())))
    for word in (SECRET, ZHANG, "王秀英"):
        assert word not in f"{told} {logged}"
