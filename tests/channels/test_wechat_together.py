"""The door and the simulated platform, which were written apart, understand each other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.wechat import WechatInbox
from bot.simulator.platform import Account, Encryption, PlatformLimits, SimulatedPlatform
from handlers.message import Kind, LostError, Message, Reply
from tests.channels.wire import AES_KEY, APP_ID, TOKEN, WANG, ListeningDesk, settings
from tests.clock import HandMovedClock


class ForgetfulDesk(ListeningDesk):
    """Fails the first time it is asked."""

    async def answer(self, message: Message) -> Reply | None:
        reply = await super().answer(message)
        if len(self.heard) == 1:
            raise LostError
        return reply


@pytest.fixture(params=["plain", "compatible", "safe"])
async def village(
    request: pytest.FixtureRequest, clock: HandMovedClock, desk: ListeningDesk
) -> AsyncIterator[SimulatedPlatform]:
    async with served(request.param, clock, desk) as platform:
        yield platform


@asynccontextmanager
async def served(
    encryption: Encryption, clock: HandMovedClock, desk: ListeningDesk
) -> AsyncIterator[SimulatedPlatform]:
    account = Account(APP_ID, "an-invented-secret", TOKEN, AES_KEY, encryption)
    inbox = WechatInbox(settings(encryption), desk, clock)
    app = web.Application()
    app.router.add_get("/wechat", inbox.url_check)
    app.router.add_post("/wechat", inbox.receive)
    limits = PlatformLimits(push_timeout_seconds=2)
    async with (
        TestServer(app) as server,
        SimulatedPlatform(clock=clock, account=account, limits=limits) as platform,
    ):
        platform.webhook_url = str(server.make_url("/wechat"))
        yield platform


async def test_the_platform_accepts_our_address(village: SimulatedPlatform) -> None:
    assert await village.check_url()


async def test_all_that_a_phone_can_send(village: SimulatedPlatform, desk: ListeningDesk) -> None:
    sent = [
        await village.text(WANG, "我挺好 ]]> 🌹"),
        await village.voice(WANG, "我挺好"),
        await village.picture(WANG),
        await village.sticker(WANG),
        await village.video(WANG),
        await village.location(WANG, 36.1, 120.3, "柿树院"),
        await village.link(WANG),
        await village.click(WANG, "checkin"),
        await village.scan(WANG, "t0ken"),
        await village.unfollow(WANG),
        await village.scan(WANG, "t0ken2"),
        await village.event(WANG, "arrived_by_drone", {}),
    ]
    assert {(one.attempts, one.status, one.reply) for one in sent} == {(1, 200, desk.says)}
    assert [message.kind for message in desk.heard] == [
        *(Kind.TEXT, Kind.VOICE, Kind.PICTURE, Kind.STICKER, Kind.VIDEO, Kind.LOCATION, Kind.LINK),
        *(Kind.MENU, Kind.SCAN, Kind.UNFOLLOW, Kind.FOLLOW, Kind.OTHER),
    ]
    assert [message.scene for message in desk.heard if message.scene] == ["t0ken", "t0ken2"]
    assert len({message.key for message in desk.heard}) == len(desk.heard)


async def test_a_desk_that_failed_once_is_asked_again_about_the_same(
    clock: HandMovedClock,
) -> None:
    desk = ForgetfulDesk()
    async with served("safe", clock, desk) as village:
        delivery = await village.text(WANG, "1")
    assert (delivery.attempts, delivery.reply) == (2, "王奶奶，记下了")
    first, second = desk.heard
    assert first == second
