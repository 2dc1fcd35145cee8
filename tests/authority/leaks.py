"""Looks for anything that is told of a person outside the filter, in many worlds at once.

Each world is asked what it lets somebody see, and answered by the reading of the domain. Then
people speak: what they hear back, what goes out in letters and what is written into the logs is
searched for the names, phones, addresses and ids of everybody else.
"""

import asyncio
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import delete, select

from handlers.desk import Desk
from handlers.features import PAPERS, ROUTERS
from handlers.message import Kind, Message
from schedules import expecting
from storage import audit, authority, letters, sheets
from storage.authority import Act
from storage.database import Database
from storage.letters import Letter
from storage.people import Caller, Person, Role
from storage.questions import Question
from storage.rules import Rules, village_day
from tests.authority import reading
from tests.authority.worlds import CHANNEL, NOW, Somebody, World, names

INVENTED = next(names())
"""A name that nobody has."""

NAMED: Mapping[str, Act] = {
    "代 {} 平安": Act.SPEAK_FOR,
    "请假 {} 3天": Act.SPEAK_FOR,
    "{}住院了": Act.SPEAK_FOR,
    "{}回来了": Act.SPEAK_FOR,
    "请人 {} 理发 明天上午": Act.SPEAK_FOR,
    "停 {} 每周理发": Act.SPEAK_FOR,
    "详情 {}": Act.LOOK,
    "我去看看{}": Act.GO_TO,
    "{}平安": Act.GO_TO,
    "改时间 {} 7点到10点": Act.SET_HOURS,
    "不改 {}": Act.SET_HOURS,
    "配对 {}": Act.PAIR,
    "演练 {}": Act.DRILL,
    "我的副手是{}": Act.APPOINT,
    "值班 周六 8点到18点 {}": Act.APPOINT,
    "指派 1001 {}": Act.ASSIGN,
    "证件 {} 培训 到 2027-03-01": Act.ASSIGN,
    "不要{}来": Act.KEEP_OFF,
    "不去{}家": Act.STAY_AWAY,
    "转给{} 1小时": Act.GIVE_KIN,
}
"""What is said of somebody by name, and what one must be allowed for it."""

LISTS: Mapping[str, Act] = {
    "名单": Act.LOOK,
    "未报": Act.LOOK,
    "等人的": Act.ARRANGE,
    "谁会理发": Act.KNOW_SKILLS,
    "没问过谁": Act.ASSIGN,
    "到期的": Act.ASSIGN,
    "晚录 都好": Act.FILL_SHEET,
    "小结": Act.LOOK,
    "我去": Act.GO_TO,
    "1001 问过谁": Act.ASSIGN,
    "值班": Act.APPOINT,
    "帮助": Act.LOOK,
    "我的事": Act.SPEAK_FOR,
}
"""What shows several people, and what one must be allowed towards each of them."""

BESIDE: Mapping[Act, Sequence[Act]] = {
    Act.GO_TO: (Act.SPEAK_OF,),  # whoever sees somebody in need may say so
    Act.SPEAK_FOR: (Act.SPEAK_OF,),
    Act.KEEP_OFF: (Act.STAY_AWAY,),  # said in the same words
    Act.STAY_AWAY: (Act.KEEP_OFF,),
}
"""What else the same words may mean."""

TOGETHER = 64


@dataclass(frozen=True)
class Leak:
    """Something came out that should not: where, and what it was."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class Watch:
    """Lives many worlds in one database, and keeps what leaked."""

    def __init__(self, database: Database, worlds: Sequence[World], seed: int) -> None:
        self._database = database
        self._worlds = worlds
        self._chance = random.Random(seed)  # noqa: S311 - a run that can be made again
        self._desk = Desk(database, Rules(), ROUTERS)
        self._said = 0
        self._now = NOW
        everybody = [(world, one) for world in worlds for one in world.people]
        self._by_name = {one.name: (world, one) for world, one in everybody}
        self._by_id = {one.id: (world, one) for world, one in everybody}
        letters_ = re.escape("".join(sorted({sign for name in self._by_name for sign in name})))
        self._name = re.compile(f"(?=([{letters_}]{{3}}))")
        self.leaks: list[Leak] = []
        self.heard = 0
        """How many replies were looked through."""
        self.refused = 0
        """How often somebody outside was asked after, and answered like nobody."""

    def _find(self, where: str, what: str) -> None:
        self.leaks.append(Leak(where, what))

    async def everything(self, rounds: int, talking: int) -> None:
        """Compare the filters of all, and let the first `talking` worlds speak."""
        await self.compare_filters()
        self._worlds = self._worlds[:talking]
        with structlog.testing.capture_logs() as logs:
            await expecting.wait_for_elders(self._database, self._now, Rules())
            for _ in range(rounds):
                await self.speak()
        self._look_through(logs)
        await self.read_letters()
        await self.read_exports()
        await self._desk.close()

    async def compare_filters(self) -> None:
        """Hold the filters of some in each world against the reading of the domain."""
        async with self._database.reading() as session:
            for world, actor in self._actors():
                here = Person.id.in_([one.id for one in world.people])
                acts = self._chance.sample(reading.ACTS, k=3)
                each = [authority.may(caller(actor), act).label(act) for act in acts]
                rows = (await session.execute(select(Person.id, *each).where(here))).all()
                for place, act in enumerate(acts, start=1):
                    found = {row[0] for row in rows if row[place]}
                    if found != reading.to_whom(world, actor, act):
                        self._find("filter", f"{act} of {actor.id} in a world of its own")

    def _actors(self) -> Iterator[tuple[World, Somebody]]:
        """Choose one of each world, and besides one who has ever stood in for another."""
        for world in self._worlds:
            yield world, self._chance.choice(world.people)
            if world.away:
                yield world, world.one(self._chance.choice(world.away).stand_in)

    async def speak(self) -> None:
        """Let somebody in each world say something, and hold the answer against an invented name.

        Whoever is outside is answered in the same words as somebody who is not there at all.
        """
        said = [self._something(world) for world in self._worlds]
        real = await self._answers([(one, words.format(name)) for _, one, words, name in said])
        await self._forget()
        outside = [
            (nth, one, words)
            for nth, (world, one, words, name) in enumerate(said)
            if words in NAMED and self._is_outside(world, one, NAMED[words], name)
        ]
        unreal = await self._answers([(one, words.format(INVENTED)) for _, one, words in outside])
        await self._forget()
        for (world, one, words, name), reply in zip(said, real, strict=True):
            self._look_at(world, one, words, reply.replace(name, "") if name else reply)
        for (nth, one, words), other in zip(outside, unreal, strict=True):
            self.refused += 1
            if real[nth].replace(said[nth][3], INVENTED) != other:
                self._find(
                    "reply", f"“{words}” tells {one.id} of somebody outside that she is there"
                )

    def _something(self, world: World) -> tuple[World, Somebody, str, str]:
        one = self._chance.choice(world.people)
        if self._chance.random() < 0.35:
            return world, one, self._chance.choice(tuple(LISTS)), ""
        other = self._chance.choice([*world.people, self._chance.choice(self._worlds).people[0]])
        return world, one, self._chance.choice(tuple(NAMED)), other.name

    def _is_outside(self, world: World, one: Somebody, act: Act, name: str) -> bool:
        other = self._by_name[name][1]
        allowed = reading.to_whom(world, one, act) | {one.id}
        for beside in BESIDE.get(act, ()):
            allowed |= reading.to_whom(world, one, beside)
        return other.id not in allowed

    async def _answers(self, said: Sequence[tuple[Somebody, str]]) -> list[str]:
        replies: list[str] = []
        for first in range(0, len(said), TOGETHER):
            batch = said[first : first + TOGETHER]
            answers = await asyncio.gather(*(self._say(one, words) for one, words in batch))
            replies += answers
        return replies

    async def _say(self, one: Somebody, words: str) -> str:
        self._said += 1
        message = Message(
            channel=CHANNEL,
            key=str(self._said),
            sender=f"o{one.id}",
            kind=Kind.TEXT,
            at=self._now,
            text=words,
        )
        reply = await self._desk.answer(message)
        self.heard += 1
        return reply.text if reply else ""

    async def _forget(self) -> None:
        """Let nobody be in the middle of a talk, and some time pass."""
        self._now += timedelta(minutes=10)
        async with self._database.writing() as session:
            await session.execute(delete(Question))

    def _look_at(self, world: World, one: Somebody, words: str, reply: str) -> None:
        act = NAMED.get(words) or LISTS[words]
        allowed = reading.to_whom(world, one, act)
        for other in self._named(reply):
            may_hear = other.id in allowed or _is_known(world, one, other)
            is_called = act is Act.GO_TO and reading.may_hear_of(world, one, other)
            is_here = self._by_id[other.id][0] is world or Role.SUPERVISOR in one.roles
            if not (is_here and (may_hear or is_called)):
                self._find("reply", f"“{words}” names {other.id} to {one.id}")
        shows_phones = act is Act.KNOW_SKILLS
        for private in self._private(reply):
            if not (shows_phones and private.startswith("139")):
                self._find("reply", f"“{words}” shows {private} to {one.id}")

    def _named(self, text: str) -> Iterator[Somebody]:
        for found in self._name.findall(text):
            if found in self._by_name:
                yield self._by_name[found][1]

    def _private(self, text: str) -> list[str]:
        """Return the ids, addresses and phones in a text."""
        return re.findall(r"o?p\d+x\d+|139\d{8}", text)

    def _look_through(self, logs: Sequence[Any]) -> None:
        for entry in logs:
            text = json.dumps(entry, default=repr, ensure_ascii=False)
            for other in self._named(text):
                self._find("log", f"{entry['event']} names {other.id}")
            if re.search(r"139\d{8}|op\d+x\d+", text):
                self._find("log", f"{entry['event']} holds a phone or an address")

    async def read_letters(self) -> None:
        """Hold every letter that was written against those of whom its reader may hear."""
        async with self._database.reading() as session:
            ids = list(await session.scalars(select(Letter.id).order_by(Letter.id)))
            for first in range(0, len(ids), 500):
                for letter in await letters.read(session, ids[first : first + 500]):
                    world, reader = self._by_id[letter.recipient_id]
                    for other in self._named(PAPERS[letter.kind].text(letter)):
                        if not reading.may_hear_of(world, reader, other):
                            self._find("letter", f"{letter.kind} names {other.id} to {reader.id}")

    async def read_exports(self) -> None:
        """Hold the paper of a group against those who live there."""
        async with self._database.writing() as session:
            for world in self._worlds[:5]:
                for group, village in world.groups:
                    pages = await sheets.pages(
                        session, village_day(self._now), f"村{village}", f"组{group}"
                    )
                    shown = {line.name for page in pages for line in page.lines}
                    lives = {one.name for one in world.people if one.group == group}
                    if not shown <= lives:
                        self._find("export", f"the paper of group {group} shows others")
            if not (await audit.verify(session)).is_whole:
                self._find("audit", "the chain is broken")


def _is_known(world: World, one: Somebody, other: Somebody) -> bool:
    """Tell whether somebody is known to all here, or to this one: himself, who serves, who goes."""
    if other.id == one.id:
        return True
    serves = not other.roles.isdisjoint({"leader", "coordinator", "doctor", "supervisor"})
    served = {other.village} if serves else set()
    served |= {
        world.one(away.person).village
        for away in world.away
        if away.stand_in == other.id and not away.is_over
    }
    return bool(served) and (one.village in served or reading.may_hear_of(world, one, other))


def caller(one: Somebody) -> Caller:
    address = (CHANNEL, f"o{one.id}")
    return Caller(one.id, one.name, "", one.village, one.group, one.roles, address, reachable=True)
