"""The composition root: here, and only here, the parts of the house are put together."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import aiohttp
import structlog
from aiohttp import web

from bot.board import Board
from bot.channels.simulator import Simulator
from bot.channels.sms import SmsGateway, SmsReports
from bot.channels.wechat import WechatInbox
from bot.channels.wechat_account import pairing_qr
from bot.channels.wechat_client import AwaitableWeChatClient
from bot.channels.wechat_ways import WechatMessages, WechatSubscriptions, WechatTemplates
from bot.channels.wecom_app import AwaitableWecomClient, WecomApp
from bot.channels.wecom_robot import WecomRobot
from bot.config import Config, WechatSection
from bot.health import Health
from bot.pairing_page import PairingPage
from bot.self_watch import SelfWatch
from bot.transcribers import make_transcriber
from bot.transcribers.wechat_media import WechatMedia
from handlers.desk import Desk
from handlers.features import PAPERS, ROUTERS
from handlers.hearing import Hearing
from schedules import (
    auditing,
    climbing,
    consenting,
    covering,
    dispatching,
    drilling,
    expecting,
    forgetting,
    greeting,
    habits,
    listing,
    passing_on,
    purging,
    recording,
    reporting,
    tying,
    village_silences,
)
from schedules.bell import Bell, Round
from schedules.clock import Clock, SimulatedClock, WallClock
from schedules.delivery import Delivery
from schedules.listening import Listening
from schedules.noticing import Noticing
from schedules.transport import Way
from storage.database import Database
from storage.migrate import check_schema

log = structlog.get_logger()

PAUSE_SECONDS = 10.0
"""Seconds on the wall for which a machine may be too busy to ring, however fast the clock runs."""

FLUSH_SECONDS = 10.0
"""How long letters may still be carried while the house closes."""


@dataclass(frozen=True)
class House:
    """Everything that runs, put together. `rounds` are named with their seconds between rings."""

    config: Config
    clock: Clock
    database: Database
    desk: Desk
    delivery: Delivery
    bell: Bell
    wechat: AwaitableWeChatClient
    simulator: Simulator
    web: web.Application
    rounds: dict[str, tuple[float, Round]]

    def start(self) -> None:
        """Begin to watch: from now on the rounds are rung."""
        for name, (seconds, round_) in self.rounds.items():
            self.bell.ring(name, seconds, round_)
        self.bell.start()

    async def finish(self) -> None:
        """Stop the rounds, finish what was begun, and carry what still can be carried."""
        await self.bell.stop()
        await self.desk.close()
        try:
            async with asyncio.timeout(FLUSH_SECONDS):
                while await self.delivery.carry_all(self.clock.now()):
                    pass
        except TimeoutError:
            log.warning("letters_left", seconds=FLUSH_SECONDS)


def make_clock(config: Config) -> Clock:
    if config.clock.start is None:
        return WallClock()
    return SimulatedClock(config.clock.start, config.clock.speed)


def node_name() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"


@asynccontextmanager
async def open_house(config: Config, clock: Clock) -> AsyncIterator[House]:
    """Put the house together, and take it apart again on every way out.

    Raises DatabaseInUseError, OldSchemaError and NoTranscriberError where it cannot be opened.
    """
    async with AsyncExitStack() as stack:
        database = Database(config.database.url.get_secret_value(), config.privacy.keyring)
        stack.push_async_callback(database.dispose)
        await check_schema(database)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield _build(config, clock, database, session, stack)


def _build(
    config: Config,
    clock: Clock,
    database: Database,
    session: aiohttp.ClientSession,
    stack: AsyncExitStack,
) -> House:
    rules = config.rules
    extra = config.hearing.extra_rules
    hearing = Hearing.load(Path(extra) if extra else None)
    hearing.warm_up()
    desk = Desk(database, rules, ROUTERS, hearing)
    wechat = AwaitableWeChatClient(config.wechat, session, clock)
    simulator = Simulator(desk, clock)
    ways = _ways(config, wechat, session, clock)
    if config.simulator.enabled:
        ways.append(simulator)
    delivery = Delivery(database, rules.letters, PAPERS, ways)
    speed = config.clock.speed if config.clock.start is not None else 1.0
    bell = Bell(clock, database, node_name(), speed)
    application = web.Application(client_max_size=64 * 1024)
    inbox = WechatInbox(_on_this_clock(config.wechat, speed), desk, clock)
    application.add_routes(
        [web.get("/wechat", inbox.url_check), web.post("/wechat", inbox.receive)]
    )
    if config.sms.is_set:
        application.add_routes(SmsReports(config.sms, desk, clock).routes())
    application.add_routes(Health(database, desk, delivery, bell, clock).routes())
    application.add_routes(PairingPage(database, clock, partial(pairing_qr, wechat)).routes())
    if config.simulator.enabled:
        application.add_routes(simulator.routes())
        application.add_routes(Board(database, clock, rules.checkin).routes())
    pause = max(
        timedelta(minutes=rules.watch.gap_minutes), PAUSE_SECONDS * timedelta(seconds=speed)
    )
    noticing = Noticing(database, rules.watch, pause)
    rounds: dict[str, tuple[float, Round]] = {
        "opening": (30, noticing.before(partial(expecting.open_the_day, database, rules=rules))),
        "expecting": (
            5,
            noticing.before(partial(expecting.wait_for_elders, database, rules=rules)),
        ),
        "villages": (5, partial(village_silences.watch_villages, database, rules=rules)),
        "noticing": (60, noticing.before(noticing.examine)),
        "listing": (30, lambda now: listing.write_lists(database, now, rules)),
        "habits": (60, partial(habits.reckon, database, rules=rules)),
        "later": (300, partial(habits.tell_leaders, database, rules=rules)),
        "greeting": (60, lambda now: greeting.greet(database, now, rules)),
        "drilling": (5, partial(drilling.practise, database, rules=rules)),
        "consenting": (60, lambda now: consenting.ask(database, now, rules)),
        "tying": (600, lambda now: tying.end_unconfirmed(database, now)),
        "climbing": (5, lambda now: climbing.climb(database, now)),
        "covering": (300, lambda now: covering.look_ahead(database, now, rules)),
        "reporting": (30, lambda now: reporting.write_digests(database, now, rules)),
        "weeks": (60, lambda now: reporting.write_weeks(database, now, rules)),
        "auditing": (600, lambda now: auditing.audit(database, now, rules.timebank)),
        "statements": (600, lambda now: auditing.write_statements(database, now, rules.timebank)),
        "hours": (3600, lambda now: auditing.remind_of_hours(database, now, rules.timebank)),
        "recording": (
            600,
            partial(
                recording.keep_addresses,
                database,
                sms=config.sms.is_set,
                robots=config.wecom_robot.served,
            ),
        ),
        "forgetting": (60, lambda now: forgetting.forget(database, now, rules.timebank.preset)),
        "purging": (600, lambda now: purging.purge(database, now, rules.retention)),
        "volunteers": (300, lambda now: dispatching.keep_up(database, now)),
        "dispatching": (5, lambda now: dispatching.dispatch_calls(database, now, rules)),
        "weekly": (600, lambda now: dispatching.make_weekly_calls(database, now, rules)),
        "papers": (3600, lambda now: dispatching.tell_ending_papers(database, now, rules)),
        "tidings": (10, partial(passing_on.pass_on, database, rules=rules)),
        "daily": (60, partial(passing_on.say_who_was_heard, database, rules=rules)),
        "alarms": (1, delivery.carry_alarms),
        "delivery": (1, delivery.carry_others),
    }
    if transcriber := make_transcriber(config.hearing, session, config.hearing.api_key):
        listening = Listening(database, rules, hearing, WechatMedia(wechat), transcriber)
        stack.push_async_callback(listening.close)
        rounds["listening"] = (2, listening.listen)
    if config.server.dead_man_url.get_secret_value():
        self_watch = SelfWatch(session, config.server.dead_man_url, bell, database)
        rounds["self_watch"] = (config.server.dead_man_seconds, self_watch.ping)
    return House(
        config, clock, database, desk, delivery, bell, wechat, simulator, application, rounds
    )


def _on_this_clock(settings: WechatSection, speed: float) -> WechatSection:
    """A delivery is as long on the wire however fast the clock runs: so is its freshness."""
    fresh = round(settings.freshness_seconds * max(speed, 1.0))
    return settings.model_copy(update={"freshness_seconds": fresh})


def letter_ways(config: Config, session: aiohttp.ClientSession, clock: Clock) -> list[Way]:
    """Return the ways by which letters leave the house, in their order of preference."""
    wechat = AwaitableWeChatClient(config.wechat, session, clock)
    return _ways(config, wechat, session, clock)


def _ways(
    config: Config, wechat: AwaitableWeChatClient, session: aiohttp.ClientSession, clock: Clock
) -> list[Way]:
    """Return the ways that are configured, the best first."""
    settings = config.wechat
    ways: list[Way] = [
        WechatMessages(wechat, per_minute=settings.messages_per_minute),
        WechatTemplates(wechat, settings),
    ]
    if settings.subscriptions.named:
        ways.append(WechatSubscriptions(wechat, settings))
    if config.wecom_app.is_set:
        wecom = AwaitableWecomClient(config.wecom_app, session, clock)
        ways.append(WecomApp(wecom, config.wecom_app))
    if config.wecom_robot.is_set:
        ways.append(WecomRobot(config.wecom_robot, session))
    if config.sms.is_set:
        ways.append(SmsGateway(config.sms, session, clock))
    return ways
