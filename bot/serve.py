"""Opens the house to the street, watches until it is told to stop, and closes it in order."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

import structlog
from aiohttp import web

from bot import log as logs
from bot.app import House, make_clock, node_name, open_house
from bot.channels.wechat_account import create_menu
from bot.config import Config
from bot.simulator.attach import let_the_village_follow, phone_owners, simulated_platform
from bot.simulator.phones import add_phones
from bot.simulator.platform import SimulatedPlatform

log = structlog.get_logger()

ELSEWHERE = "letters go to the platform of wechat.api_base_url, and never to /phones"
LAST_ANSWERS_SECONDS = 5.0
"""How long requests that are under way may still be answered while the house closes."""


@dataclass(frozen=True)
class Open:
    """A house that answers at `url`, with the simulated platform where there is one."""

    house: House
    url: str
    platform: SimulatedPlatform | None


@asynccontextmanager
async def on_the_street(config: Config) -> AsyncIterator[Open]:
    """Open the house, answer HTTP and ring the rounds; close all of it on the way out."""
    clock = make_clock(config)
    async with AsyncExitStack() as stack:
        platform, brings_platform = None, config.brings_platform
        if config.simulator.enabled:
            platform, config = await stack.enter_async_context(simulated_platform(config, clock))
        house = await stack.enter_async_context(open_house(config, clock))
        if platform is not None:
            await let_the_village_follow(platform, house.database)
            add_phones(house.web, platform, await phone_owners(house.database), clock)
        runner = web.AppRunner(
            house.web, access_log=None, shutdown_timeout=LAST_ANSWERS_SECONDS
        )  # the access log would hold openids
        await runner.setup()
        site = web.TCPSite(runner, config.server.host, config.server.port)
        await site.start()
        port = runner.addresses[0][1]
        url = f"http://{config.server.host}:{port}"
        if platform is not None:
            platform.webhook_url = f"{url}/wechat"
        if brings_platform:
            await create_menu(house.wechat)
        elif platform is not None:
            log.warning("simulator", why=ELSEWHERE)
        house.start()
        log.info("open", host=config.server.host, port=port)
        try:
            yield Open(house, url, platform)
        finally:
            await runner.cleanup()
            await house.finish()
            log.info("closed")


async def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT, then close in order."""
    logs.set_up(config.log.level, node_name())
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with on_the_street(config) as opened:
        if warning := opened.house.database.warning:
            log.warning("database", why=warning)
        if warning := config.privacy.warning:
            log.warning("privacy", why=warning)
        gc.freeze()  # what stands by now stays: to look it through again would hold everybody up
        with suppress(asyncio.CancelledError):
            await stop.wait()
