"""A village for stories: a standing cast, a clock that is moved, and two ways to speak.

On the channel `wechat` every word travels as signed, encrypted XML over HTTP from the simulated
platform to the house, and every letter back over the platform's API. On `simulator` the same
desk is spoken to directly. The database is real; nothing of ours is replaced.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, time, timedelta
from pathlib import Path

from aiohttp.test_utils import TestServer
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

import storage.villages
from bot.app import House, open_house
from bot.config import Config, load
from bot.simulator.attach import simulated_platform
from bot.simulator.platform import Delivery, SimulatedPlatform
from handlers.message import Kind
from schedules.noticing import WATCH
from storage import beats, windows
from storage.checkins import Expectation, Plan
from storage.database import Database
from storage.incidents import Incident
from storage.letters import Letter
from storage.people import Identity, Person, PersonRole, Role, Tie, TieKind
from storage.rules import VILLAGE_TIME, village_day
from storage.villages import Group
from storage.windows import Opened
from tests.clock import HandMovedClock

MONDAY = datetime(2026, 11, 23, 4, 30, tzinfo=VILLAGE_TIME)

CONFIG = """
[server]
port = 0
[database]
url = "{database}"
[wechat]
app_id = "wx0123456789abcdef"
app_secret = "an-invented-secret"
token = "inventedtoken"
encoding_aes_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
encryption = "safe"
[simulator]
enabled = true
"""

ELDER, LEADER, FAMILY = Role.ELDER, Role.LEADER, Role.FAMILY

# id, name, gender, group, roles, has a phone
CAST: tuple[tuple[str, str, str, str, tuple[Role, ...], bool], ...] = (
    ("wang", "王秀英", "female", "东头", (ELDER,), True),
    ("chen", "陈德福", "male", "东头", (ELDER,), True),
    ("zhao", "赵桂兰", "female", "东头", (ELDER,), False),
    ("sun", "孙老根", "male", "西头", (ELDER,), True),
    ("dashan", "李大山", "male", "东头", (LEADER,), True),
    ("laosi", "周老四", "male", "西头", (LEADER, ELDER), True),
    ("liushen", "刘翠花", "female", "东头", (Role.VOLUNTEER,), True),
    ("xiaomei", "王小梅", "female", "东头", (FAMILY,), True),
    ("zhang", "张主任", "male", "东头", (Role.COORDINATOR,), True),
    ("sheng", "盛所长", "male", "东头", (Role.SUPERVISOR,), True),
)
TIES = (
    ("wang", "liushen", TieKind.NEIGHBOUR),
    ("wang", "xiaomei", TieKind.FAMILY),
    ("chen", "liushen", TieKind.NEIGHBOUR),
)
FRAIL = {"chen"}
NAMES = {person: name for person, name, *_ in CAST}


class Village:
    """The house and its people. People are called by the ids of the cast."""

    def __init__(
        self, house: House, clock: HandMovedClock, platform: SimulatedPlatform, channel: str
    ) -> None:
        self.house = house
        self.clock = clock
        self.platform = platform
        self.channel = channel
        self._replies: dict[str, list[str]] = {}

    @property
    def database(self) -> Database:
        return self.house.database

    async def settle(self, day: datetime = MONDAY) -> None:
        """Let the cast live here, everybody having written the evening before."""
        evening = day - timedelta(hours=8)
        async with self.database.writing() as session:
            await _settle(session, self.channel, day)
            people = [person for person, *_, phone in CAST if phone]
            closes = evening + timedelta(hours=48)
            await windows.open_windows(
                session,
                [Opened(self.channel, one, windows.MESSAGE, closes, 5) for one in people],
            )
        for person in people:
            self.platform.wrote_earlier(person, evening)

    async def says(self, person: str, words: str) -> str:
        """Let somebody write, and return what is said back at once."""
        if self.channel == "wechat":
            reply = (await self.platform.text(person, words)).reply
        else:
            said = await self.house.simulator.say(person, words)
            reply = said.text if said else ""
        self._replies.setdefault(person, []).append(reply)
        return reply

    async def sends(self, person: str, kind: Kind) -> str:
        """Let somebody send a voice, a picture or a sticker."""
        if self.channel == "wechat":
            reply = (await self._send_by_wechat(person, kind)).reply
        else:
            said = await self.house.simulator.say(person, kind=kind)
            reply = said.text if said else ""
        self._replies.setdefault(person, []).append(reply)
        return reply

    async def _send_by_wechat(self, person: str, kind: Kind) -> Delivery:
        if kind is Kind.VOICE:
            return await self.platform.voice(person)
        if kind is Kind.PICTURE:
            return await self.platform.picture(person)
        return await self.platform.sticker(person)

    def heard(self, person: str) -> list[str]:
        """Return the letters somebody got, without the replies to her own words."""
        if self.channel == "simulator":
            return self.house.simulator.letters(person)
        replies = list(self._replies.get(person, ()))
        letters = []
        for words in self.platform.phone(person).heard:
            if words in replies:
                replies.remove(words)
            else:
                letters.append(words)
        return letters

    def told(self, person: str) -> list[str]:
        """Return the letters somebody got, but for the list of elders without a phone."""
        return [words for words in self.heard(person) if "没手机的老人" not in words]

    async def ring(self) -> None:
        """Ring every round once, as the bell would."""
        for _, round_ in self.house.rounds.values():
            await round_(self.clock.now())

    async def until(self, hour: str) -> None:
        """Live on to an hour of the village's clock, from one thing that is due to the next."""
        goal = self._at(hour)
        await self.ring()
        while self.clock.now() < goal:
            self.clock.move_to(min(await self._next_due(), goal))
            await self.have_watched()
            await self.ring()

    async def have_watched(self) -> None:
        """Leave the beat of a house that has been awake until now."""
        async with self.database.writing() as session:
            await beats.beat(session, WATCH, "story", self.clock.now())

    async def sleep_until(self, hour: str) -> None:
        """Let nobody watch until an hour of the village's clock, and then ring every round."""
        await self.have_watched()
        self.clock.move_to(self._at(hour))
        await self.ring()

    def _at(self, hour: str) -> datetime:
        """Return the next time that the village's clock shows an hour."""
        hours, minutes = map(int, hour.split(":"))
        moment = self.clock.now().astimezone(VILLAGE_TIME).replace(hour=hours, minute=minutes)
        return moment if moment >= self.clock.now() else moment + timedelta(days=1)

    async def _next_due(self) -> datetime:
        """Return when something is due next, at least a second from now."""
        now = self.clock.now()
        lists, digest = self.house.config.checkin.list_at, self.house.config.digest
        hours = (time(4, 0), lists, digest.weekly_at, digest.morning, digest.evening)
        moments = [_next(now, hour) for hour in hours]
        async with self.database.reading() as session:
            for due in (
                select(func.min(Expectation.next_at)),
                select(func.min(Incident.climbs_at)),
                select(func.min(Letter.due_at)).where(Letter.state == "queued"),
            ):
                moment = await session.scalar(due)
                moments += [moment] if moment else []
        return max(min(moments), now + timedelta(seconds=1))

    async def expect_only(self, elder: str) -> None:
        """Let nobody else have a plan: the days of this story are about her alone."""
        async with self.database.writing() as session:
            await session.execute(delete(Plan).where(Plan.elder_id != elder))
        await self.until("06:30")

    async def all_well_but(self, *silent: str) -> None:
        """Let every elder be heard early in the morning, but for those named."""
        await self.until("06:30")
        await self.now_all_are_heard_but(*silent)

    async def now_all_are_heard_but(self, *silent: str) -> None:
        for elder, *_, roles, has_phone in CAST:
            if Role.ELDER in roles and elder not in silent:
                if has_phone:
                    await self.says(elder, "1")
                else:
                    await self.says("dashan", f"代 {NAMES[elder]} 平安")

    async def expectation(self, elder: str) -> str:
        """Return the state of today's expectation of an elder."""
        async with self.database.reading() as session:
            state = await session.scalar(
                select(Expectation.state).where(
                    Expectation.elder_id == elder,
                    Expectation.day == village_day(self.clock.now()),
                )
            )
        return state or "none"

    async def incidents(self, elder: str) -> list[Incident]:
        async with self.database.reading() as session:
            found = await session.scalars(
                select(Incident).where(Incident.elder_id == elder).order_by(Incident.id)
            )
            return list(found)

    async def letters(self, kind: str) -> list[Letter]:
        async with self.database.reading() as session:
            found = await session.scalars(
                select(Letter).where(Letter.kind == kind).order_by(Letter.id)
            )
            return list(found)


async def _settle(session: AsyncSession, channel: str, now: datetime) -> None:
    village = storage.villages.Village(name="李家沟")
    session.add(village)
    await session.flush()
    groups = {name: Group(village_id=village.id, name=name) for name in ("东头", "西头")}
    session.add_all(groups.values())
    await session.flush()
    for person, name, gender, group, *_ in CAST:
        session.add(
            Person(
                id=person,
                name=name,
                gender=gender,
                village_id=village.id,
                group_id=groups[group].id,
            )
        )
    await session.flush()
    for person, _, _, _, roles, has_phone in CAST:
        session.add_all(PersonRole(person_id=person, role=role) for role in roles)
        if has_phone:
            session.add(Identity(channel=channel, address=person, person_id=person, paired_at=now))
        if ELDER in roles:
            tier = 1 if person in FRAIL else 2
            session.add(Plan(elder_id=person, opens=time(6, 0), closes=time(9, 0), tier=tier))
    session.add_all(Tie(elder_id=elder, person_id=other, kind=kind) for elder, other, kind in TIES)


def _next(now: datetime, hour: time) -> datetime:
    moment = datetime.combine(now.astimezone(VILLAGE_TIME), hour, VILLAGE_TIME)
    return moment if moment > now else moment + timedelta(days=1)


def village_config(database_url: str, path: Path) -> Config:
    file = path / "config.toml"
    file.write_text(CONFIG.format(database=database_url), encoding="utf-8")
    return load(file)


@asynccontextmanager
async def open_village(
    database_url: str, path: Path, channel: str, *, bare: bool = False
) -> AsyncIterator[Village]:
    """Open a house with a platform beside it, both on loopback, and a clock to be moved.

    A `bare` account has no template for reminders.
    """
    clock = HandMovedClock(MONDAY)
    async with AsyncExitStack() as stack:
        platform, config = await stack.enter_async_context(
            simulated_platform(village_config(database_url, path), clock)
        )
        house = await stack.enter_async_context(open_house(_bare(config, bare), clock))
        server = await stack.enter_async_context(TestServer(house.web))
        platform.webhook_url = str(server.make_url("/wechat"))
        yield Village(house, clock, platform, channel)


def _bare(config: Config, bare: bool) -> Config:
    if not bare:
        return config
    templates = config.wechat.templates.model_copy(update={"reminder": ""})
    wechat = config.wechat.model_copy(update={"templates": templates})
    return config.model_copy(update={"wechat": wechat})
