"""The county of one seed: its villages, who lives there, and who stands beside whom."""

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import insert

from storage import windows
from storage.checkins import Plan
from storage.database import Base, Database
from storage.people import Identity, Person, PersonRole, Tie
from storage.villages import Group, Village
from storage.windows import ReplyWindow

CHANNEL = "wechat"
FRAIL = 1

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱林郭马罗"
_WOMEN = ("秀英", "桂兰", "玉珍", "翠花", "凤英", "春梅", "素芬", "淑华")
_MEN = ("德福", "老根", "建国", "大山", "长贵", "春生", "福全", "守田")

_PLACES = ("家沟", "家坳", "家湾", "家坪", "家岭", "家寨")

_WINDOWS = ((6, 9, 85), (5, 8, 5), (7, 10, 5), (8, 11, 5))
"""From, to, and how many of a hundred elders have it."""


@dataclass(slots=True)
class Somebody:
    """A person of the county. Her address on the channel is her id."""

    id: str
    name: str
    gender: str
    village: int
    group: int
    roles: frozenset[str]
    has_phone: bool
    diligence: float = 0.5
    """How likely she is to do what a letter asks of her."""


@dataclass(slots=True)
class Elder:
    """Whom the house watches over, and when it waits for her word."""

    id: str
    tier: int
    opens: time
    closes: time
    forgets: float
    """The chance that a morning goes by without her thinking of us."""


@dataclass(slots=True)
class County:
    people: dict[str, Somebody] = field(default_factory=dict)
    places: dict[int, str] = field(default_factory=dict)
    """The names of its villages."""
    elders: dict[str, Elder] = field(default_factory=dict)
    family: dict[str, list[str]] = field(default_factory=dict)
    neighbours: dict[str, list[str]] = field(default_factory=dict)

    def of_village(self, village: int, role: str) -> list[str]:
        return [
            one.id for one in self.people.values() if one.village == village and role in one.roles
        ]

    def serving(self, role: str) -> list[str]:
        return [one.id for one in self.people.values() if role in one.roles]

    def villages(self) -> list[int]:
        return sorted({one.village for one in self.people.values()})

    def named(self, name: str, village: int) -> str:
        """Return who has a name in a village; there it is hers alone."""
        return next(
            one.id for one in self.people.values() if one.name == name and one.village == village
        )

    def ties(self) -> Iterator[tuple[str, str, str]]:
        """Yield (elder, other, kind) for every tie."""
        for kind, theirs in (("family", self.family), ("neighbour", self.neighbours)):
            for elder, others in theirs.items():
                yield from ((elder, other, kind) for other in others)

    def may_speak_for(self, elder: str) -> list[str]:
        """Return who has a phone and may speak for her: ties, her leader, her coordinators."""
        home = self.people[elder]
        leaders = [
            one for one in self.of_village(home.village, "leader") if self._leads(one, home.group)
        ]
        near = [
            *self.neighbours.get(elder, ()),
            *self.family.get(elder, ()),
            *leaders,
            *self.of_village(home.village, "coordinator"),
        ]
        return [one for one in dict.fromkeys(near) if one != elder and self.people[one].has_phone]

    def _leads(self, person: str, group: int) -> bool:
        return self.people[person].group == group


def found(chance: random.Random, villages: int) -> County:
    """Invent a county."""
    county = County()
    for village in range(1, villages + 1):
        _settle_village(county, village, chance)
    for number in range(1, 3):
        _settle(county, f"s{number}", 1, 1, {"supervisor"}, chance)
    return county


def _settle_village(county: County, village: int, chance: random.Random) -> None:
    round_, place = divmod(village, len(_SURNAMES))
    county.places[village] = _SURNAMES[place] + _PLACES[round_]
    groups = [village * 10 + number for number in range(chance.choice((1, 1, 2)))]
    for number, group in enumerate(groups):
        roles = {"leader"} if chance.random() < 0.8 else {"leader", "elder"}
        _settle(county, f"v{village}l{number}", village, group, roles, chance)
    if chance.random() < 0.9:
        _settle(county, f"v{village}c", village, groups[0], {"coordinator"}, chance)
    if chance.random() < 0.5:
        _settle(county, f"v{village}d", village, groups[0], {"doctor"}, chance)
    for number in range(chance.choice((1, 2, 2, 3, 3, 4, 5, 6))):
        elder = f"v{village}e{number}"
        phone = chance.random() < 0.7
        _settle(county, elder, village, chance.choice(groups), {"elder"}, chance, phone=phone)
    for elder in county.of_village(village, "elder"):
        _stand_beside(county, elder, chance)


def _settle(
    county: County,
    person: str,
    village: int,
    group: int,
    roles: Collection[str],
    chance: random.Random,
    *,
    phone: bool = True,
) -> None:
    gender = chance.choice(("female", "male"))
    name = _free_name(county, village, gender, chance)
    county.people[person] = Somebody(
        person, name, gender, village, group, frozenset(roles), phone, chance.uniform(0.2, 0.9)
    )
    if "elder" in roles:
        opens, closes = _window(chance)
        tier = chance.choice((1, 2, 2, 3))
        forgets = chance.choice((0.0, 0.01, 0.02, 0.06))
        county.elders[person] = Elder(person, tier, time(opens), time(closes), forgets)


def _free_name(county: County, village: int, gender: str, chance: random.Random) -> str:
    taken = {one.name for one in county.people.values() if one.village == village}
    given = _WOMEN if gender == "female" else _MEN
    while (name := chance.choice(_SURNAMES) + chance.choice(given)) in taken:
        pass
    return name


def _window(chance: random.Random) -> tuple[int, int]:
    weights = [weight for *_, weight in _WINDOWS]
    opens, closes, _ = chance.choices(_WINDOWS, weights)[0]
    return opens, closes


def _stand_beside(county: County, elder: str, chance: random.Random) -> None:
    """Give her relatives, who live elsewhere, and neighbours, who may be elders themselves."""
    home = county.people[elder]
    for number in range(chance.choice((0, 1, 1, 2))):
        relative = f"{elder}f{number}"
        _settle(county, relative, home.village, home.group, {"family"}, chance)
        county.family.setdefault(elder, []).append(relative)
    others = [one for one in county.of_village(home.village, "elder") if one != elder]
    if others and chance.random() < 0.3:
        county.neighbours.setdefault(elder, []).append(chance.choice(others))
    if chance.random() < 0.6:
        neighbour = f"{elder}n"
        phone = chance.random() < 0.9
        _settle(county, neighbour, home.village, home.group, {"volunteer"}, chance, phone=phone)
        county.neighbours.setdefault(elder, []).append(neighbour)


async def settle_in(database: Database, county: County, now: datetime) -> None:
    """Let the county live in an empty database, everybody having written the evening before."""
    async with database.engine.begin() as connection:
        for model, rows in _tables(county, now):
            if rows:
                await connection.execute(insert(model), rows)


Rows = list[dict[str, Any]]


def _tables(county: County, now: datetime) -> Iterator[tuple[type[Base], Rows]]:
    people = county.people.values()
    groups = sorted({(one.group, one.village) for one in people})
    yield Village, [{"id": one, "name": name} for one, name in county.places.items()]
    yield Group, [{"id": one, "village_id": village, "name": f"{one}组"} for one, village in groups]
    yield Person, [_person(one) for one in people]
    yield PersonRole, [{"person_id": one.id, "role": role} for one in people for role in one.roles]
    yield Tie, [{"elder_id": a, "person_id": b, "kind": kind} for a, b, kind in county.ties()]
    phones = [one.id for one in people if one.has_phone]
    yield (
        Identity,
        [
            {"channel": CHANNEL, "address": one, "person_id": one, "paired_at": now}
            for one in phones
        ],
    )
    yield ReplyWindow, [_window_of(one, now + timedelta(hours=40)) for one in phones]
    yield (
        Plan,
        [
            {"elder_id": one.id, "opens": one.opens, "closes": one.closes, "tier": one.tier}
            for one in county.elders.values()
        ],
    )


def _person(one: Somebody) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "gender": one.gender,
        "village_id": one.village,
        "group_id": one.group,
    }


def _window_of(address: str, closes_at: datetime) -> dict[str, Any]:
    return {
        "channel": CHANNEL,
        "address": address,
        "kind": windows.MESSAGE,
        "closes_at": closes_at,
        "sends_left": 5,
    }
