"""The platform's HTTP interface on loopback, and our client at its other end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.wechat_client import AwaitableWeChatClient
from bot.config import WechatSection
from bot.simulator.platform import Account, SimulatedPlatform
from schedules.clock import Clock
from tests.channels.wire import AES_KEY, APP_ID, TOKEN, settings

SECRET = "an-invented-secret"
TEMPLATE = "template-of-missed"
NOTICE = "notice-of-missed"


@dataclass
class FarEnd:
    platform: SimulatedPlatform
    client: AwaitableWeChatClient
    settings: WechatSection


def account() -> Account:
    return Account(APP_ID, SECRET, TOKEN, AES_KEY, "plain")


@asynccontextmanager
async def client_of(
    app: web.Application, clock: Clock, **others: object
) -> AsyncIterator[tuple[AwaitableWeChatClient, WechatSection]]:
    """Serve an application where the platform would be, and give a client that calls it."""
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        agreed = settings(
            "plain",
            app_secret=SECRET,
            api_base_url=str(server.make_url("")),
            **{
                "templates": {"missed": TEMPLATE},
                "subscriptions": {"missed": NOTICE},
                "timeout_seconds": 0.5,
                **others,
            },
        )
        yield AwaitableWeChatClient(agreed, session, clock), agreed


@asynccontextmanager
async def far_end_of(clock: Clock, **others: object) -> AsyncIterator[FarEnd]:
    platform = SimulatedPlatform(clock=clock, account=account())
    fields = {"thing1": "关于谁", "time2": "时间", "thing3": "请您"}
    platform.add_template(TEMPLATE, "没有报平安", fields)
    platform.add_notice(NOTICE, "没有报平安", fields)
    async with client_of(platform.application(), clock, **others) as (client, agreed):
        yield FarEnd(platform, client, agreed)
