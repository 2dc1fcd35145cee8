"""The simulated platform in a process of its own, with followers who have all just written.

The port, and how many follow, are named on the command line.
"""

import asyncio
import signal
import sys

from aiohttp import web

from benchmarks._county import openid
from benchmarks._serving import account
from bot.simulator.platform import PlatformLimits, SimulatedPlatform
from schedules.clock import WallClock

MANY = 1_000_000
"""So many sends that no window is ever used up: the wire is measured, not the rules."""


def follower(number: int) -> str:
    return openid(f"f{number:06d}")


async def serve(port: int, followers: int) -> None:
    clock = WallClock()
    limits = PlatformLimits(message_window_sends=MANY, messages_a_day=MANY)
    platform = SimulatedPlatform(clock=clock, account=account("plain"), limits=limits)
    for number in range(followers):
        platform.wrote_earlier(follower(number), clock.now())
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    application = platform.application()
    application.add_routes([web.get("/healthz", _lives)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await stop.wait()
    await runner.cleanup()


async def _lives(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
