"""A door on loopback, the platform that knocks at it, and a desk that listens behind it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.wechat import Desk, WechatInbox
from tests.channels.wire import NOW, ListeningDesk, Platform, settings
from tests.clock import HandMovedClock

OpenDoor = Callable[..., Awaitable[Platform]]


@pytest.fixture
def clock() -> HandMovedClock:
    return HandMovedClock(NOW)


@pytest.fixture
def desk() -> ListeningDesk:
    return ListeningDesk()


@pytest.fixture
async def open_door(clock: HandMovedClock, desk: ListeningDesk) -> AsyncIterator[OpenDoor]:
    async with AsyncExitStack() as closing:

        async def opening(
            encryption: str = "plain", behind: Desk = desk, **others: object
        ) -> Platform:
            inbox = WechatInbox(settings(encryption, **others), behind, clock)
            app = web.Application()
            app.router.add_get("/wechat", inbox.url_check)
            app.router.add_post("/wechat", inbox.receive)
            server = await closing.enter_async_context(TestServer(app))
            session = await closing.enter_async_context(aiohttp.ClientSession())
            return Platform(session, server.make_url("/wechat"), encryption)

        yield opening


@pytest.fixture(params=["plain", "compatible", "safe"])
async def platform(request: pytest.FixtureRequest, open_door: OpenDoor) -> Platform:
    """The platform, in each of the ways an account can agree with it."""
    return await open_door(request.param)
