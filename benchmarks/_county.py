"""An invented county of the size that the source paper describes, laid into an empty database."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.checkins import Expectation, Plan, State
from storage.database import Base, Database
from storage.digests import Digest, Slot
from storage.migrate import migrate
from storage.people import Identity, Person, PersonRole, Role, Tie, TieKind
from storage.rules import FRAIL, VILLAGE_TIME, CheckinRules, DigestRules
from storage.village_weeks import due_week
from storage.villages import Group, Village
from storage.windows import MESSAGE, ReplyWindow

ELDERS = 252_000
VILLAGES = 445
IN_A_GROUP = 12
"""Elders who share a courtyard: a guess, the paper only says that they are neighbours."""

MORNING = datetime(2026, 11, 23, 7, 0, tzinfo=VILLAGE_TIME)
CLOSES = MORNING.replace(hour=9)
MISSED = CLOSES + timedelta(minutes=30)

AT_ONCE = 20_000
CHANNEL = "wechat"
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = (
    "秀英桂英秀兰玉兰玉英桂兰秀珍凤英玉珍兰英淑英桂珍凤兰素珍素英春梅翠花金花银花桂花"
    "德福长贵福全建国大山春生有田老根进财守义永福玉山金山满仓来福成林国强志明天佑长海"
)
"""Forty given names of two signs: some three hundred people of the county share a whole name."""

Row = dict[str, Any]


def elder(number: int) -> str:
    return f"e{number:06d}"


def openid(person: str) -> str:
    """Return an address as long as a real one."""
    return f"o{person:_>27}"


def village_of(number: int) -> int:
    return number * VILLAGES // ELDERS + 1


def _groups(elders: int) -> list[tuple[int, range]]:
    """Return each group's village and its elders."""
    groups = []
    first = 0
    while first < elders:
        last = min(first + IN_A_GROUP, elders)
        while village_of(last - 1) != village_of(first):
            last -= 1
        groups.append((village_of(first), range(first, last)))
        first = last
    return groups


def _person(person: str, number: int, village: int, group: int | None) -> Row:
    surname, given = number % len(SURNAMES), number // len(SURNAMES) % (len(GIVEN) // 2) * 2
    return {
        "id": person,
        "name": SURNAMES[surname] + GIVEN[given : given + 2],
        "gender": "female",
        "village_id": village,
        "group_id": group,
    }


def _everybody(groups: list[tuple[int, range]]) -> Iterator[tuple[Row, Role]]:
    """Return the elders, a leader for each group and a coordinator for each village."""
    for group, (village, elders) in enumerate(groups, start=1):
        yield _person(f"leader{group}", group, village, group), Role.LEADER
        for number in elders:
            yield _person(elder(number), number, village, group), Role.ELDER
    for village in range(1, groups[-1][0] + 1):
        yield _person(f"coordinator{village}", village, village, None), Role.COORDINATOR


def _identity(person: str) -> Row:
    return {
        "channel": CHANNEL,
        "address": openid(person),
        "person_id": person,
        "paired_at": MORNING,
    }


def _window(person: str) -> Row:
    """Everybody wrote last evening, as in a county in which the watch is an old habit."""
    return {
        "channel": CHANNEL,
        "address": openid(person),
        "kind": MESSAGE,
        "closes_at": MORNING + timedelta(hours=36),
        "sends_left": 5,
    }


def _sheet(village: int, monday: date) -> Row:
    """The last weekly sheet is written, and this morning's list with it: the day goes on."""
    return {
        "day": monday,
        "slot": Slot.WEEK,
        "village_id": village,
        "written_at": MORNING - timedelta(days=6),
        "readers": 1,
        "figures": {},
    }


def tier_of(number: int, frail_every: int) -> int:
    """Return the tier of an elder where one in so many is frail; 0: none is."""
    return FRAIL if frail_every and number % frail_every == 0 else 2


def _plan(number: int, tier: int) -> Row:
    return {"elder_id": elder(number), "opens": time(6), "closes": time(9), "tier": tier}


def _expectation(number: int, tier: int, state: State, next_at: datetime) -> Row:
    return {
        "elder_id": elder(number),
        "day": MORNING.date(),
        "slot": "day",
        "village_id": village_of(number),
        "tier": tier,
        "state": state,
        "opens_at": MORNING.replace(hour=6),
        "closes_at": CLOSES,
        "next_at": next_at,
    }


def _ties(groups: list[tuple[int, range]]) -> Iterator[Row]:
    """Pair each elder with the next one of her courtyard."""
    for _, elders in groups:
        for number in elders:
            other = elders[(number - elders.start + 1) % len(elders)]
            if other != number:
                yield {
                    "elder_id": elder(number),
                    "person_id": elder(other),
                    "kind": TieKind.NEIGHBOUR,
                }


async def settle(
    database: Database,
    state: State,
    next_at: datetime,
    *,
    elders: int = ELDERS,
    frail_every: int = 0,
) -> None:
    """Settle the county, or its first villages, today's expectation of each elder in `state`
    and due at `next_at`; one elder in `frail_every` is frail.
    """
    await migrate(database)
    groups = _groups(elders)
    async with database.engine.begin() as connection:
        for model, rows in _tables(groups, state, next_at, frail_every):
            await _fill(connection, model, rows)


async def settle_at(
    path: Path, state: State, next_at: datetime, *, elders: int = ELDERS, frail_every: int = 0
) -> None:
    """Settle the county, or its first villages, in a new SQLite file."""
    database = Database(f"sqlite:///{path}")
    try:
        await settle(database, state, next_at, elders=elders, frail_every=frail_every)
    finally:
        await database.dispose()


def _tables(
    groups: list[tuple[int, range]], state: State, next_at: datetime, frail_every: int
) -> Iterator[tuple[type[Base], Iterator[Row]]]:
    day = MORNING.date()
    tiers = [(n, tier_of(n, frail_every)) for n in range(groups[-1][1].stop)]
    people = [row["id"] for row, _ in _everybody(groups)]
    yield (
        Village,
        (
            {"id": number, "name": f"村{number}", "opened_day": day, "list_day": day}
            for number in range(1, groups[-1][0] + 1)
        ),
    )
    monday = due_week(MORNING, DigestRules(), CheckinRules()).monday
    yield Digest, (_sheet(number, monday) for number in range(1, groups[-1][0] + 1))
    yield (
        Group,
        (
            {"id": number, "village_id": village, "name": f"组{number}"}
            for number, (village, _) in enumerate(groups, start=1)
        ),
    )
    yield Person, (row for row, _ in _everybody(groups))
    yield PersonRole, ({"person_id": row["id"], "role": role} for row, role in _everybody(groups))
    yield Tie, _ties(groups)
    yield Identity, map(_identity, people)
    yield ReplyWindow, map(_window, people)
    yield Plan, (_plan(number, tier) for number, tier in tiers)
    yield (
        Expectation,
        (_expectation(number, tier, state, next_at) for number, tier in tiers),
    )


async def _fill(connection: AsyncConnection, model: type[Base], rows: Iterator[Row]) -> None:
    while chunk := list(islice(rows, AT_ONCE)):
        await connection.execute(insert(model), chunk)
