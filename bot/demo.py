"""The demonstration: a village morning at sixty times its speed, on the simulated platform."""

import asyncio
import re
import signal
import socket
import tempfile
from contextlib import suppress
from datetime import datetime, time, timedelta
from pathlib import Path

import click

from bot import demo_village
from bot import log as logs
from bot.command import faults_told, open_database, stop_at
from bot.config import WECHAT_API, Config, load_values
from bot.demo_village import Doing
from bot.equipment import lacking
from bot.serve import Open, on_the_street
from bot.simulator.phone import Bubble
from bot.simulator.platform import SimulatedPlatform
from schedules.clock import Clock
from storage import roster, windows
from storage.rules import VILLAGE_TIME, LetterRules, at_village
from storage.windows import Opened

BEGIN = datetime(2026, 11, 23, 5, 50, tzinfo=VILLAGE_TIME)
USUAL_PORT = 8080
NUMBER = re.compile(r"(?:我去|平安) (\d+)")
VOICES = {"voice": "（语音）", "sticker": "（表情）", "picture": "（照片）"}


def _hour(_context: click.Context, _parameter: click.Parameter, value: str | None) -> time | None:
    if value is None:
        return None
    try:
        hour = datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - an hour has no zone
    except ValueError:
        raise click.BadParameter("an hour is written like 10:00") from None
    if hour <= BEGIN.time():
        raise click.BadParameter(f"the morning begins at {BEGIN:%H:%M}, and it ends later")
    return hour


@click.command()
@click.option("--until", callback=_hour, help="The hour of the village at which it ends: HH:MM.")
@click.option("--speed", default=60.0, type=click.FloatRange(1, 600), help="Times the real speed.")
@click.option(
    "--port",
    default=USUAL_PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Where the pages are served.",
)
def demo(until: time | None, speed: float, port: int) -> None:
    """Live through a morning of an invented village; nothing to configure, nothing left behind."""
    with tempfile.TemporaryDirectory(prefix="shouwang-demo-") as folder:
        with faults_told():
            config = _config(Path(folder), speed, _free(port))
        stop_at(lacking(config))
        asyncio.run(_live(config, until))


def _free(port: int) -> int:
    """Return the port, or 0 for any where somebody else has it."""
    with socket.socket() as probe:
        return 0 if probe.connect_ex(("127.0.0.1", port)) == 0 else port


def _config(folder: Path, speed: float, port: int) -> Config:
    return load_values(
        {
            "server": {"host": "127.0.0.1", "port": port},
            "database": {"url": f"sqlite:///{folder}/village.sqlite3"},
            "wechat": {
                "app_id": "wxdemo0123456789",
                "app_secret": "only-for-the-demonstration",
                "token": "demonstration",
                "encoding_aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
                "api_base_url": WECHAT_API,  # in whose place the simulator puts its own
            },
            "clock": {"start": BEGIN, "speed": speed},
            "simulator": {"enabled": True},
            "log": {"level": "error"},
        }
    )


async def _live(config: Config, until: time | None) -> None:
    logs.set_up(config.log.level, "demo")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await _settle(config)
    async with on_the_street(config) as opened:
        if opened.platform is None:
            raise LookupError("a demonstration needs the simulated platform")
        _remember_yesterday(opened.platform)
        _welcome(opened, config.clock.speed, until)
        tasks = [
            asyncio.create_task(_narrate(opened.platform)),
            asyncio.create_task(_play(opened.platform, opened.house.clock)),
            asyncio.create_task(_end_at(until, opened.house.clock, stop)),
        ]
        try:
            await stop.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    click.echo("\n这个早晨讲完了。什么都没有留在您的电脑上。")


async def _settle(config: Config) -> None:
    """Let the thirty live here, everybody having written the evening before."""
    async with open_database(config) as database, database.writing() as session:
        await roster.enrol(session, demo_village.people(), BEGIN)
        await windows.open_windows(session, _windows_of_yesterday(config.letters))


def _phones() -> list[str]:
    return [entry.openid for entry in demo_village.people() if entry.openid]


def _yesterday() -> datetime:
    return BEGIN - timedelta(hours=10)


def _windows_of_yesterday(rules: LetterRules) -> list[Opened]:
    closes = _yesterday() + timedelta(hours=rules.message_window_hours)
    return [
        Opened("wechat", openid, windows.MESSAGE, closes, rules.message_window_sends)
        for openid in _phones()
    ]


def _remember_yesterday(platform: SimulatedPlatform) -> None:
    for openid in _phones():
        platform.wrote_earlier(openid, _yesterday())


def _welcome(opened: Open, speed: float, until: time | None) -> None:
    ends = f"，到 {until:%H:%M} 为止" if until else "，按 Ctrl-C 结束"
    click.secho(f"\n守望 · {demo_village.VILLAGE}的一个早晨", bold=True)
    click.echo(f"三十口人，时间快{speed:g}倍{ends}。")
    click.echo(f"看每个人的手机：{opened.url}/phones")
    click.echo(f"看今天的看板：  {opened.url}/board\n")


async def _narrate(platform: SimulatedPlatform) -> None:
    names = {entry.openid: entry.name for entry in demo_village.people()}
    with platform.watch() as watch:
        async for bubble in watch:
            _tell(bubble, names.get(bubble.openid, "有人"))


def _tell(bubble: Bubble, name: str) -> None:
    hour = bubble.at.astimezone(VILLAGE_TIME).strftime("%H:%M")
    words = bubble.text.replace("\n", " / ")
    if bubble.side == "hers":
        click.secho(f"{hour}  {name}：{VOICES.get(bubble.kind, words)}", fg="green")
    else:
        is_call = "我去" in words and "请回" in words
        click.secho(f"{hour}      守望 → {name}：{words}", fg="red" if is_call else None)


async def _play(platform: SimulatedPlatform, clock: Clock) -> None:
    for doing in demo_village.MORNING:
        moment = at_village(BEGIN.date(), doing.at)
        while (left := (moment - clock.now()).total_seconds()) > 0:
            await clock.sleep(min(left, 60))
        await _do(platform, doing)


async def _do(platform: SimulatedPlatform, doing: Doing) -> None:
    openid = f"demo-{doing.who}"
    if doing.kind == "voice":
        await platform.voice(openid)
    elif doing.kind == "sticker":
        await platform.sticker(openid)
    else:
        asked = [
            number for words in platform.phone(openid).heard for number in NUMBER.findall(words)
        ]
        await platform.text(openid, doing.words.format(number=asked[-1] if asked else ""))


async def _end_at(until: time | None, clock: Clock, stop: asyncio.Event) -> None:
    if until is None:
        return
    end = at_village(BEGIN.date(), until)
    with suppress(asyncio.CancelledError):
        while (left := (end - clock.now()).total_seconds()) > 0:
            await clock.sleep(min(left, 60))
        stop.set()
