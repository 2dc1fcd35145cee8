"""Small invented worlds by a seed: villages, groups, ties, roles, absences and who stands in.

Many worlds live in one database, each with names that no other has, so that a name in a reply
says whose it is.
"""

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from handlers.hearing import Hearing, Level
from handlers.hearing.sound import load_sounds
from storage import categories
from storage.absences import Absence
from storage.checkins import DAY, Expectation, Plan
from storage.people import Identity, Person, PersonRole, Role, Tie, TieKind
from storage.requests import Request
from storage.rules import VILLAGE_TIME, village_day
from storage.villages import Group, Village

NOW = datetime(2026, 11, 24, 9, 40, tzinfo=VILLAGE_TIME)
CHANNEL = "simulator"
HAIRCUT = "理发"
SILENT = 60
"""In how many worlds somebody is missed: where nobody answers, every supervisor hears of each."""
ROOT = Path(__file__).parents[2]

_ROLES: Sequence[Collection[Role]] = (
    [{Role.ELDER}] * 8
    + [{Role.FAMILY}] * 2
    + [{Role.VOLUNTEER}] * 2
    + [{Role.LEADER}] * 3
    + [{Role.COORDINATOR}] * 2
    + [{Role.DOCTOR}, {Role.SUPERVISOR}, set()]
    + [{Role.LEADER, Role.ELDER}, {Role.ELDER, Role.VOLUNTEER}]
    + [{Role.COORDINATOR, Role.LEADER}, {Role.FAMILY, Role.COORDINATOR}]
)


@dataclass(frozen=True, slots=True)
class Somebody:
    id: str
    name: str
    phone: str
    village: int
    group: int | None
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody is away, and another stands in; `is_over` where he is back."""

    person: str
    stand_in: str
    is_over: bool


@dataclass
class World:
    villages: Sequence[int]
    groups: Sequence[tuple[int, int]]
    people: Sequence[Somebody]
    ties: set[tuple[str, str, TieKind]] = field(default_factory=set)
    """(elder, the other, what the other is to her)"""
    away: list[Away] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    """Elders who have asked for something."""

    @property
    def silent(self) -> Somebody | None:
        """The elder who was not heard this morning."""
        return next((one for one in self.people if Role.ELDER in one.roles), None)

    def one(self, person: str) -> Somebody:
        return next(one for one in self.people if one.id == person)


@cache
def _letters() -> str:
    """Return characters of which no two sound alike, and that stand in no sentence of ours."""
    sources = [*ROOT.glob("handlers/**/*.py"), *ROOT.glob("handlers/**/*.toml")]
    ours = set("".join(one.read_text("utf-8") for one in sources))
    found: dict[str, str] = {}
    for code, sound in sorted(load_sounds().items()):
        if 0x4E00 <= code <= 0x9FFF and chr(code) not in ours:
            found.setdefault(sound, chr(code))
    return "".join(found.values())[:60]


def names() -> Iterator[str]:
    """Return names of which no two sound alike, and none like a word that we listen for."""
    hearing = Hearing.load()
    for three in product(_letters(), repeat=3):
        name = "".join(three)
        if hearing.hear(name, NOW).level is Level.ALIVE:
            yield name


def worlds(count: int, seed: int) -> list[World]:
    chance = random.Random(seed)  # noqa: S311 - a world that can be made again
    called = names()
    next(called)
    return [_world(number, chance, called) for number in range(count)]


def _world(number: int, chance: random.Random, called: Iterator[str]) -> World:
    villages = [2 * number + 1 + nth for nth in range(chance.choice((1, 2)))]
    groups = [(2 * village + nth, village) for village in villages for nth in range(2)]
    people = [
        _somebody(f"p{number}x{nth}", next(called), chance, villages, groups)
        for nth in range(chance.randint(5, 9))
    ]
    world = World(villages, groups, people)
    elders = [one.id for one in people if Role.ELDER in one.roles]
    for elder in elders:
        for other in chance.sample(people, k=chance.choice((0, 1, 1, 2))):
            if other.id != elder:
                world.ties.add((elder, other.id, chance.choice(tuple(TieKind))))
    for person in people:
        if person.roles & {Role.LEADER, Role.COORDINATOR} and chance.random() < 0.4:
            other = chance.choice(people)
            if other.id != person.id:
                world.away.append(Away(person.id, other.id, is_over=chance.random() < 0.3))
    world.calls = [one for one in elders if chance.random() < 0.3]
    return world


def _somebody(
    person: str,
    name: str,
    chance: random.Random,
    villages: Sequence[int],
    groups: Sequence[tuple[int, int]],
) -> Somebody:
    village = chance.choice(villages)
    group = chance.choice([None, *(one for one, where in groups if where == village)] * 2)
    roles = frozenset(chance.choice(_ROLES))
    return Somebody(person, name, f"139{chance.randrange(10**8):08d}", village, group, roles)


async def settle(session: AsyncSession, worlds: Sequence[World]) -> None:
    """Let all of them live here; in the first an elder was not heard this morning."""
    connection = await session.connection()
    for table, rows in _rows(worlds).items():
        if rows:
            await connection.execute(insert(table), rows)


def _rows(worlds: Sequence[World]) -> dict[type[Any], list[dict[str, Any]]]:
    everybody = [one for world in worlds for one in world.people]
    elders = [one for one in everybody if Role.ELDER in one.roles]
    return {
        Village: [
            {"id": village, "name": f"村{village}", "opened_day": village_day(NOW)}
            for world in worlds
            for village in world.villages
        ],
        Group: [
            {"id": group, "village_id": village, "name": f"组{group}"}
            for world in worlds
            for group, village in world.groups
        ],
        Person: [
            {
                "id": one.id,
                "name": one.name,
                "phone": one.phone,
                "village_id": one.village,
                "group_id": one.group,
                "skills": "理发" if Role.VOLUNTEER in one.roles else "",
            }
            for one in everybody
        ],
        PersonRole: [
            {"person_id": one.id, "role": role} for one in everybody for role in one.roles
        ],
        Tie: [
            {"elder_id": elder, "person_id": other, "kind": kind}
            for world in worlds
            for elder, other, kind in sorted(world.ties)
        ],
        Identity: [
            {"channel": CHANNEL, "address": f"o{one.id}", "person_id": one.id, "paired_at": NOW}
            for one in everybody
        ],
        Plan: [
            {"elder_id": one.id, "slot": DAY, "opens": time(6), "closes": time(9), "tier": 2}
            for one in elders
        ],
        Expectation: [_silent(world.silent) for world in worlds[:SILENT] if world.silent],
        Absence: [
            _absence(world, away, number)
            for world in worlds
            for number, away in enumerate(world.away)
        ],
        Request: [
            _call(world.one(elder), 1001 + number)
            for world in worlds
            for number, elder in enumerate(world.calls)
        ],
    }


def _silent(one: Somebody) -> dict[str, Any]:
    return {
        "elder_id": one.id,
        "day": village_day(NOW),
        "slot": DAY,
        "village_id": one.village,
        "tier": 2,
        "state": "late",
        "opens_at": NOW - timedelta(hours=3),
        "closes_at": NOW - timedelta(minutes=40),
        "next_at": NOW - timedelta(minutes=10),
    }


def _absence(world: World, away: Away, number: int) -> dict[str, Any]:
    return {
        "cause": f"{away.person}:{number}",
        "person_id": away.person,
        "village_id": world.one(away.person).village,
        "stand_in_id": away.stand_in,
        "reason": "away",
        "since": NOW - timedelta(days=1),
        "until": NOW + timedelta(days=1),
        "ended_at": NOW - timedelta(hours=1) if away.is_over else None,
    }


def _call(elder: Somebody, number: int) -> dict[str, Any]:
    return {
        "cause": f"{elder.id}:{number}",
        "number": number,
        "village_id": elder.village,
        "group_id": elder.group,
        "elder_id": elder.id,
        "category": HAIRCUT,
        "terms": categories.load("village-default")[HAIRCUT].as_row(),
        "state": "open",
        "starts_at": NOW + timedelta(hours=30),
        "minutes": 60,
        "said_by": elder.id,
        "said_at": NOW - timedelta(hours=1),
        "code": "0000",
    }
