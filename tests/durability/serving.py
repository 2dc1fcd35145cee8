"""`shouwang serve` as a process of its own, that can be killed and started again."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
from aiohttp import web

from bot.simulator.attach import FIELDS, TITLES
from bot.simulator.courier import Courier
from bot.simulator.platform import Account, PlatformLimits, SignedPush, SimulatedPlatform
from schedules.clock import Clock, SimulatedClock
from storage import roster, windows
from storage.database import Database
from storage.people import Role
from storage.roster import Entry
from storage.rules import VILLAGE_TIME
from storage.windows import Opened
from tests.durability.pushes import text_push

MORNING = datetime(2026, 11, 23, 6, 0, tzinfo=VILLAGE_TIME)
PROGRAM = Path(sys.executable).with_name("shouwang")
PATIENCE = 60.0
ACCOUNT = Account(
    app_id="wx0123456789abcdef",
    app_secret="plantedappsecret",
    token="plantedtoken",
    encoding_aes_key="plantedplantedplantedplantedplantedplanted1",
)

CONFIG = """
[server]
port = {port}
[database]
url = "{database}"
[wechat]
app_id = "{account.app_id}"
app_secret = "{account.app_secret}"
token = "{account.token}"
encoding_aes_key = "{account.encoding_aes_key}"
api_base_url = "{platform}"
[wechat.templates]
{templates}
[clock]
start = "{start}"
speed = {speed}
[log]
level = "debug"
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Process:
    """One run of the program. Its log is kept in a file."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    @property
    def is_running(self) -> bool:
        return self._process.returncode is None

    async def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        await self._process.wait()

    async def terminate(self) -> int:
        """Ask it to stop, and return its exit code."""
        self.send(signal.SIGTERM)
        return await self.ended()

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def ended(self) -> int:
        async with asyncio.timeout(PATIENCE):
            return await self._process.wait()


async def run(
    arguments: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None
) -> Process:
    """Start the program in a folder of its own."""
    log = folder / "shouwang.log"
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            PROGRAM,
            *arguments,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    return Process(process, log)


async def answers(url: str) -> bool:
    try:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


async def eventually(is_so: Callable[[], bool]) -> None:
    """Wait until it is so. Raises TimeoutError where it never is."""
    for _ in range(int(PATIENCE / 0.02)):
        if is_so():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


class Street:
    """A village's server that may be killed, and the platform that outlives it."""

    def __init__(self, platform: SimulatedPlatform, clock: Clock, port: int, folder: Path) -> None:
        self.platform = platform
        self.clock = clock
        self.url = f"http://127.0.0.1:{port}"
        self.folder = folder
        self._courier = Courier(platform.account, PlatformLimits(deliveries=1))
        self._running: list[Process] = []

    async def begin(self, **environment: str) -> Process:
        """Start without waiting; the clock goes on from where the platform's is."""
        start = {"SHOUWANG_CLOCK__START": self.clock.now().isoformat()}
        process = await run(["serve"], self.folder, {**start, **environment})
        self._running.append(process)
        return process

    async def open(self, **environment: str) -> Process:
        process = await self.begin(**environment)
        async with asyncio.timeout(PATIENCE):
            while not await answers(f"{self.url}/healthz"):
                assert process.is_running, process.log
                await asyncio.sleep(0.05)
        return process

    async def deliver(self, push: SignedPush) -> str | None:
        """Deliver once, and return the reply; None where it was not acknowledged."""
        delivery = await self._courier.deliver(f"{self.url}/wechat", push)
        return None if delivery.shown_fault else delivery.reply

    def push(self, openid: str, words: str, number: int) -> SignedPush:
        return text_push(self.platform.account, openid, words, number, self.clock.now())

    async def close(self) -> None:
        for process in self._running:
            if process.is_running:
                await process.kill()
        await self._courier.close()


@asynccontextmanager
async def open_street(
    database_url: str, folder: Path, *, start: datetime = MORNING, speed: float = 60
) -> AsyncIterator[Street]:
    """Let a platform run on loopback, and write the configuration that speaks to it."""
    clock = SimulatedClock(start, speed)
    platform = SimulatedPlatform(clock=clock, account=ACCOUNT)
    for name, title in TITLES.items():
        platform.add_template(f"simulated-{name}", title, FIELDS)
    runner = web.AppRunner(platform.application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = free_port()
    settings = CONFIG.format(
        port=port,
        database=database_url,
        platform=f"http://127.0.0.1:{runner.addresses[0][1]}",
        templates="\n".join(f'{name} = "simulated-{name}"' for name in TITLES),
        start=start.isoformat(),
        speed=speed,
        account=ACCOUNT,
    )
    (folder / "config.toml").write_text(settings, encoding="utf-8")
    street = Street(platform, clock, port, folder)
    platform.webhook_url = f"{street.url}/wechat"
    try:
        yield street
    finally:
        await street.close()
        await runner.cleanup()


ELDERS, LEADERS = 16, 4
"""Of the village that is killed: each elder has a neighbour, four elders a leader."""


def settlers() -> list[Entry]:
    elders = [_entry(f"e{n}", f"王秀{n}", n % LEADERS, Role.ELDER) for n in range(ELDERS)]
    neighbours = [
        _entry(f"n{n}", f"刘翠{n}", n % LEADERS, Role.VOLUNTEER, neighbour_of=frozenset({f"e{n}"}))
        for n in range(ELDERS)
    ]
    leaders = [_entry(f"l{n}", f"李大{n}", n, Role.LEADER) for n in range(LEADERS)]
    return [*elders, *neighbours, *leaders]


def _entry(
    person: str, name: str, group: int, role: Role, neighbour_of: frozenset[str] = frozenset()
) -> Entry:
    return Entry(
        line=2,
        id=person,
        name=name,
        gender="female",
        village="李家沟",
        group=f"第{group}组",
        roles=frozenset({role}),
        openid=f"o-{person}",
        neighbour_of=neighbour_of,
    )


async def settle(database: Database, platform: SimulatedPlatform, now: datetime) -> None:
    """Let them live here, everybody having written the evening before."""
    evening = now - timedelta(hours=9)
    people = settlers()
    async with database.writing() as session:
        await roster.enrol(session, people, now)
        closes = evening + timedelta(hours=48)
        await windows.open_windows(
            session,
            [Opened("wechat", one.openid, windows.MESSAGE, closes, 5) for one in people],
        )
    for one in people:
        platform.wrote_earlier(one.openid, evening)
