"""A year in seconds: the house lives it from one thing that is due to the next, and is judged.

All of it comes from one seed. Time is passed in and nobody waits: the clock is moved to the next
moment at which a row is due or somebody in the county does something.
"""

import asyncio
import random
from collections.abc import Collection
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from bot.app import House
from schedules.bell import Round
from storage import beats
from storage.database import Database
from tests.clock import HandMovedClock
from tests.village import village_config
from tests.year import county
from tests.year.calendar import at_hour, calendar_day, next_hour, watch_day
from tests.year.court import Court
from tests.year.diary import Diary
from tests.year.fate import Fate, Trouble
from tests.year.law import BrokenError, Law
from tests.year.lives import Life, live, until_death
from tests.year.truth import Gap, Truth
from tests.year.villagers import Villagers
from tests.year.webhook import Losses, Webhook
from tests.year.wire import Messages, Phone, Platform, Templates

BEGINS = at_hour(date(2026, 1, 1), time(4))
DIGEST = time(9, 46)
MOST_RINGS = 40
"""How often the rounds may find something due at one moment before that is a fault itself."""


@dataclass
class Tally:
    """What a year held."""

    elder_days: int = 0
    messages: int = 0
    letters: int = 0
    incidents: int = 0
    crashes: int = 0
    outages: int = 0
    moments: int = 0

    def add(self, other: "Tally") -> None:
        for name, number in vars(other).items():
            setattr(self, name, getattr(self, name) + number)

    def __str__(self) -> str:
        return ", ".join(f"{number} {name}" for name, number in vars(self).items())


class Year:
    """One seed, lived through. `folder` holds `template`, an empty migrated file."""

    def __init__(
        self,
        seed: int,
        days: int,
        villages: int,
        template: Path,
        folder: Path,
        trouble: Trouble,
    ) -> None:
        self._trouble = trouble
        self.tally = Tally()
        self.chance = random.Random(seed)  # noqa: S311  a year that can be lived again
        self.clock = HandMovedClock(BEGINS)
        self._ends = BEGINS + timedelta(days=days)
        self._life = Life()
        self._county = county.found(self.chance, villages)
        self._truth = Truth(self._county, self.clock.now)
        self._open_far_end()
        self._open_file(template, folder / "year.sqlite3")
        self._opened = watch_day(BEGINS) - timedelta(days=1)
        self._planned = self._digested = self._opened
        self._examines_at = BEGINS

    def _open_far_end(self) -> None:
        county_, chance, truth = self._county, self.chance, self._truth
        self._platform = Platform(chance, self.clock.now, lambda: self._life.pass_point())
        self._platform.phones = {
            one.id: Phone(closes_at=BEGINS + timedelta(hours=40), sends=5)
            for one in county_.people.values()
            if one.has_phone
        }
        self._webhook = Webhook(Losses(), chance, truth, self._platform)
        self._villagers = Villagers(county_, truth, chance, self._webhook.send)
        self._fate = Fate(
            self._trouble, chance, truth, self._villagers, self._platform, self._webhook
        )

    def _open_file(self, template: Path, path: Path) -> None:
        path.write_bytes(template.read_bytes())
        self._diary = Diary(path)
        self._diary.prepare()
        self._config = village_config(f"sqlite:///{path}", path.parent)
        self._court = Court(self._truth, self._platform, self._diary)

    async def live(self) -> None:
        """Live it to its end. Raises BrokenError where the law was broken."""
        try:
            await self._settle()
            while self.clock.now() < self._ends:
                await self._one_life()
        finally:
            self._diary.close()
            self._count()

    async def _settle(self) -> None:
        database = Database(self._config.database.url.get_secret_value())
        await county.settle_in(database, self._county, BEGINS)
        await database.dispose()
        self._diary.begin_here()

    def _count(self) -> None:
        self.tally.elder_days = self._court.days.elder_days
        self.tally.letters = self._court.post.written
        self.tally.incidents = len(self._court.ladders.cases)
        self.tally.messages = self._webhook.delivered

    # one life of the house after the other

    async def _one_life(self) -> None:
        self._life = Life()
        self._platform.life += 1
        ways = (Messages(self._platform), Templates(self._platform))
        async with AsyncExitStack() as stack:
            house = await stack.enter_async_context(
                live(self._config, self.clock, ways, self._life)
            )
            self._court.put_off(self.clock.now())
            await self._ring(house, house.rounds)
            while not self._life.is_over and self.clock.now() < self._ends:
                if await self._falls_asleep(house):
                    return
                await self._let_clock_jump(house)
                await self._live_next_moment(house)
        if self._life.is_over:
            self._lie_dead()

    def _lie_dead(self) -> None:
        """A process died; whoever looks after it starts it again within the minute."""
        self.tally.crashes += 1
        self._truth.note_trouble(len(self._platform.record))
        self._diary.beat_at(self.clock.now())
        self.clock.move(seconds=self._fate.seconds_dead())

    async def _falls_asleep(self, house: House) -> bool:
        """Lie down for hours where it is fated so."""
        at = self._fate.falls_asleep_at
        if at is None or self.clock.now() < at:
            return False
        await self._have_watched(house)
        if self._life.is_over:
            return False
        self.tally.outages += 1
        began = self.clock.now()
        self.clock.move(hours=self._fate.hours_asleep())
        self._truth.gaps.append(Gap(began, self.clock.now()))
        self._webhook.is_deaf = True  # what was said meanwhile was said to nobody
        self._villagers.agenda.do(self.clock.now())
        self._webhook.is_deaf = False
        return True

    async def _let_clock_jump(self, house: House) -> None:
        """Let the clock be wrong all at once; who is awake notices with the next round."""
        at = self._fate.jumps_at
        if at is None or self.clock.now() < at:
            return
        self._life.points_left = None
        await self._have_watched(house)
        await self._ring(house, {"noticing"})
        if self._life.is_over:
            return
        began, jump = self.clock.now(), self._fate.jump()
        self.clock.move_to(began + jump)
        if jump > timedelta():
            self._truth.gaps.append(Gap(began, began + jump))
        else:
            self._court.put_back(-jump, self.clock.now())
        await self._ring(house, {"noticing"})

    # one moment after the other

    async def _live_next_moment(self, house: House) -> None:
        self.tally.moments += 1
        before = self.clock.now()
        moments = [*self._fixed_hours(), *self._diary.due().values(), *self._webhook.next()]
        plan = self._villagers.agenda.next()
        self.clock.move_to(max(min([*moments, *([plan] if plan else [])]), before))
        self._fate.of_moment(self._life)
        self._begin_day()
        self._villagers.agenda.do(self.clock.now())
        if await self._webhook.deliver(house.desk, self._life, self._court):
            self._judge()
        await self._ring_what_is_due(house)
        if self.clock.now() == before:
            self.clock.move(seconds=1)

    def _fixed_hours(self) -> list[datetime]:
        now = self.clock.now()
        hours = [self._ends, next_hour(now, time(4)), next_hour(now, time(0, 1))]
        hours += [at for at in (self._fate.falls_asleep_at, self._fate.jumps_at) if at]
        if self._digested != calendar_day(now):
            hours.append(max(now, at_hour(calendar_day(now), DIGEST)))
        return hours

    def _begin_day(self) -> None:
        day = calendar_day(self.clock.now())
        if day > self._planned:
            self._planned = day
            is_calm = self._fate.is_calm()
            self._villagers.wake(day, is_calm=is_calm)
            if not is_calm:
                self._fate.of_day(day)

    async def _ring_what_is_due(self, house: House) -> None:
        if self._court.ladders.is_any_village_called():
            await self._ring(house, {"villages"})
        for _ in range(MOST_RINGS):
            names = self._due_now()
            if not names or self._life.is_over:
                return
            if not names.isdisjoint({"opening", "expecting", "noticing"}):
                await self._have_watched(house)
            await self._ring(house, names)
        raise BrokenError(
            Law.COMES_TO_REST, self.clock.now(), f"{sorted(names)} find ever more to do"
        )

    def _due_now(self) -> set[str]:
        """Return which rounds have something to do: by their rows, or by the hour."""
        now = self.clock.now()
        names = {name for name, at in self._diary.due().items() if at <= now}
        if watch_day(now) != self._opened:
            names.add("opening")
        if now >= self._examines_at:
            names.add("noticing")
        if self._digested != calendar_day(now) and now >= at_hour(calendar_day(now), DIGEST):
            names |= {"greeting", "reporting"}
        return names

    async def _ring(self, house: House, names: Collection[str]) -> None:
        """Ring these rounds once, in the order of the house."""
        for name, (_, round_) in house.rounds.items():
            if name in names and not self._life.is_over:
                twice = name in ("alarms", "delivery") and self.chance.random() < 0.1
                await self._ring_one(_at_once(round_) if twice else round_)
                self._judge()
        if not self._life.is_over:
            self._note_rung(names)

    async def _ring_one(self, round_: Round) -> None:
        """Ring a round; one that fails where a commit did is rung again, as by the bell."""
        failures = self._life.failed_commits
        try:
            await until_death(self._life, round_(self.clock.now()))
        except Exception:
            if self._life.failed_commits == failures:
                raise
            self._truth.note_trouble(len(self._platform.record))

    def _note_rung(self, names: Collection[str]) -> None:
        now = self.clock.now()
        if "opening" in names and watch_day(now) != self._opened:
            self._opened = watch_day(now)
            self._court.open(self._opened)
        if "reporting" in names:
            self._digested = calendar_day(now)
        if "noticing" in names:
            self._examines_at = now + self._fate.until_examined(is_in_trouble=self._diary.is_down())

    async def _have_watched(self, house: House) -> None:
        """Leave the beat of a house that was awake until now."""
        self._life.commits_to_fail = 0  # the bell would try again in ten seconds

        async def beat() -> None:
            async with house.database.writing() as session:
                await beats.beat(session, "expecting", "year", self.clock.now())

        await until_death(self._life, beat())

    def _judge(self) -> None:
        got = self._court.judge()
        self._webhook.report()
        for one in got:
            self._villagers.read(one, self._court.incident_of)
        for said in self._court.asked_back:
            if said.incident:
                self._villagers.name(said, self._court.name_of(said.incident))
        self._court.asked_back.clear()


def _at_once(round_: Round) -> Round:
    """Return a round that is rung by two nodes at once."""

    async def both(now: datetime) -> int:
        return sum(await asyncio.gather(round_(now), round_(now)))

    return both
