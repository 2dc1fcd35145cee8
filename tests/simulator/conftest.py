from collections.abc import AsyncIterator
from datetime import datetime

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from bot.simulator.platform import Account, PlatformLimits, SimulatedPlatform
from storage.rules import VILLAGE_TIME
from tests.clock import HandMovedClock
from tests.simulator.account_server import PLAIN, AccountServer, Caller


@pytest.fixture
def clock() -> HandMovedClock:
    return HandMovedClock(datetime(2026, 11, 23, 7, 0, tzinfo=VILLAGE_TIME))


@pytest.fixture
def account() -> Account:
    return PLAIN


@pytest.fixture
def limits() -> PlatformLimits:
    return PlatformLimits(push_timeout_seconds=0.2, report_after_seconds=0)


@pytest.fixture
async def server() -> AsyncIterator[AccountServer]:
    server = AccountServer()
    async with TestServer(server.application()) as address:
        server.url = str(address.make_url("/wechat"))
        yield server


@pytest.fixture
async def platform(
    clock: HandMovedClock, account: Account, limits: PlatformLimits, server: AccountServer
) -> AsyncIterator[SimulatedPlatform]:
    async with SimulatedPlatform(clock=clock, account=account, limits=limits) as platform:
        platform.webhook_url = server.url
        yield platform


@pytest.fixture
async def caller(platform: SimulatedPlatform) -> AsyncIterator[Caller]:
    async with (
        TestServer(platform.application()) as address,
        aiohttp.ClientSession() as session,
    ):
        yield Caller(session, str(address.make_url("/cgi-bin")), platform.account)
