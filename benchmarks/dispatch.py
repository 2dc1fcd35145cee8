"""What it costs to choose whom to ask, among 20,000 volunteers, and to advance 1,000 calls.

A county of 445 villages with a month of visits behind it. Choosing for one call is held to two
things: the query plan goes through indexes only, none of its steps a scan of a table that grows
with the county; and it takes at most as long as three probes of an index, each a statement of
its own on the same connection, by turns. Then 1,000 calls are opened, and one round advances
them all.

Prints the plan, two tables and, last, `dispatch ratio: X`: choosing over one probe.
"""

import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, event, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks._report import conclude, table
from schedules.dispatching import AT_ONCE, dispatch_calls
from storage import categories, choosing
from storage.database import Base, Database
from storage.letters import Letter
from storage.migrate import migrate
from storage.offers import Offer
from storage.people import Identity, Person, PersonRole, Role
from storage.requests import Request, State
from storage.rules import VILLAGE_TIME, Rules
from storage.villages import Group, Village
from storage.visits import Visit, VisitState
from storage.volunteers import Volunteer

VOLUNTEERS = 20_000
VILLAGES = 445
GROUPS = 10
"""Groups of a village, with four or five volunteers each."""
CALLS = 1_000
CHOICES = 400
VISITS = 40_000
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=VILLAGE_TIME)
SEED = 20261123
ALLOWED_PROBES = 3.0
GROWS = ("volunteers", "visits", "offers", "identities", "people", "ties", "credentials")
"""Tables that grow with the county: none may be scanned for one call."""

Row = dict[str, Any]


def volunteer(number: int) -> str:
    return f"v{number:05d}"


def village_of(number: int) -> int:
    return number % VILLAGES + 1


def group_of(number: int) -> int:
    return (village_of(number) - 1) * GROUPS + number // VILLAGES % GROUPS + 1


def elder_of(call: int) -> str:
    return f"e{call % VILLAGES:05d}"


async def settle(database: Database) -> None:
    await migrate(database)
    dice = random.Random(SEED)
    async with database.engine.begin() as connection:
        for model, rows in _tables(dice):
            while chunk := list(islice(rows, 10_000)):
                await connection.execute(insert(model), chunk)
        await connection.exec_driver_sql("ANALYZE")


def _tables(dice: random.Random) -> Iterator[tuple[type[Base], Iterator[Row]]]:
    villages = range(1, VILLAGES + 1)
    yield Village, ({"id": number, "name": f"村{number}"} for number in villages)
    yield (
        Group,
        (
            {"id": (village - 1) * GROUPS + place, "village_id": village, "name": f"组{place}"}
            for village in villages
            for place in range(1, GROUPS + 1)
        ),
    )
    yield Person, _people()
    yield PersonRole, ({"person_id": volunteer(n), "role": Role.VOLUNTEER} for n in _all())
    yield (
        Identity,
        (
            {
                "channel": "wechat",
                "address": f"o{volunteer(n)}",
                "person_id": volunteer(n),
                "paired_at": NOW,
            }
            for n in _all()
        ),
    )
    yield Volunteer, (_profile(n, dice) for n in _all())
    yield Request, (_past(n) for n in range(VISITS))
    yield Visit, (_visit(n, dice) for n in range(VISITS))
    yield Request, (_call(n) for n in range(CALLS))


def _all() -> range:
    return range(VOLUNTEERS)


def _people() -> Iterator[Row]:
    for number in range(VILLAGES):
        village = number + 1
        yield _person(f"e{number:05d}", village, (village - 1) * GROUPS + 1)
    for number in _all():
        yield _person(volunteer(number), village_of(number), group_of(number))


def _person(person: str, village: int, group: int) -> Row:
    return {
        "id": person,
        "name": person,
        "gender": "female",
        "village_id": village,
        "group_id": group,
        "skills": "理发",
    }


def _profile(number: int, dice: random.Random) -> Row:
    return {
        "person_id": volunteer(number),
        "village_id": village_of(number),
        "group_id": group_of(number),
        "gender": "female",
        "skills": "理发",
        "last_asked_at": NOW - timedelta(days=dice.uniform(0, 40)),
    }


def _request(number: int, elder: str, village: int, state: State) -> Row:
    terms = categories.load("village-default")["理发"]
    return {
        "cause": f"bench:{state}:{number}",
        "number": 1001 + number % 8_000,
        "village_id": village,
        "group_id": (village - 1) * GROUPS + 1,
        "elder_id": elder,
        "category": "理发",
        "state": state,
        "terms": terms.as_row(),
        "minutes": terms.minutes,
        "people": 1,
        "said_by": elder,
        "said_at": NOW,
        "code": "5678",
    }


def _past(number: int) -> Row:
    person = number % VOLUNTEERS
    begun = NOW - timedelta(days=1 + number % 30)
    row = _request(number, elder_of(person), village_of(person), State.SETTLED)
    return {**row, "id": number + 1, "starts_at": begun, "next_at": None, "ended_at": begun}


def _visit(number: int, dice: random.Random) -> Row:
    begun = NOW - timedelta(days=1 + number % 30, minutes=dice.randrange(300))
    return {
        "request_id": number + 1,
        "slot": 1,
        "elder_id": elder_of(number),
        "volunteer_id": volunteer(number % VOLUNTEERS),
        "state": VisitState.DONE,
        "starts_at": begun,
        "ends_at": begun + timedelta(minutes=45),
        "booked": 45,
        "assigned_at": begun,
    }


def _call(number: int) -> Row:
    village = number % VILLAGES + 1
    row = _request(number, elder_of(number), village, State.OPEN)
    starts_at = NOW + timedelta(days=1, minutes=number % 300)
    return {**row, "id": VISITS + number + 1, "starts_at": starts_at, "next_at": NOW}


async def plan_of(database: Database, request: Request, ring: int, rules: Rules) -> list[str]:
    """Return the steps in which the database finds whom to ask."""
    said: list[tuple[str, Any]] = []
    engine = database.engine.sync_engine

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        said.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    async with database.writing() as session:
        await choosing.choose(session, request, ring, 3, NOW, rules.dispatch)
    event.remove(engine, "before_cursor_execute", note)
    statement, parameters = said[-1]
    async with database.engine.connect() as connection:
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return [str(step) for *_, step in rows]


def scanned(plan: list[str]) -> list[str]:
    """Return the steps that look at every row of a table that grows with the county."""
    return [step for step in plan if step.startswith("SCAN") and step.split()[1] in GROWS]


async def by_turns(session: AsyncSession, rules: Rules) -> tuple[list[float], list[float]]:
    """Choose and probe by turns; returns the seconds of each.

    A probe finds one volunteer by his key, in a statement of its own.
    """
    calls = [await session.get_one(Request, VISITS + 1 + number) for number in range(CHOICES)]
    columns = (Volunteer.person_id, Volunteer.group_id, Volunteer.last_asked_at)
    probe = select(*columns).where(Volunteer.person_id == bindparam("person"))
    chosen, probed = [], []
    for number, request in enumerate(calls):
        began = time.perf_counter()
        found = await choosing.choose(session, request, number % 2, 3, NOW, rules.dispatch)
        chosen.append(time.perf_counter() - began)
        assert found, "nobody was found"
        began = time.perf_counter()
        (await session.execute(probe, {"person": volunteer(number * 7)})).one()
        probed.append(time.perf_counter() - began)
    return chosen, probed


async def main() -> None:
    rules = Rules()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder, 'county.sqlite3')}")
        await settle(database)
        async with database.reading() as session:
            request = await session.get_one(Request, VISITS + 1)
        plans = {ring: await plan_of(database, request, ring, rules) for ring in (0, 1)}
        for ring, steps in plans.items():
            print(f"ring {ring}:", *steps, sep="\n  ")
            assert not scanned(steps), scanned(steps)
        async with database.reading() as session:
            await by_turns(session, rules)
            chosen, probed = await by_turns(session, rules)
        began = time.perf_counter()
        moved = await dispatch_calls(database, NOW, rules)
        seconds = time.perf_counter() - began
        async with database.reading() as session:
            asked = await session.scalar(select(func.count()).select_from(Offer)) or 0
            letters = await session.scalar(select(func.count()).select_from(Letter)) or 0
        await database.dispose()
    assert moved == CALLS, f"{moved} calls moved"
    assert asked == letters == 3 * CALLS, f"{asked} were asked, {letters} letters"
    ratio = statistics.median(chosen) / statistics.median(probed)
    table(
        (f"among {VOLUNTEERS:,} volunteers", "median ms", "p95 ms"),
        [
            (name, statistics.median(times) * 1000, statistics.quantiles(times, n=20)[-1] * 1000)
            for name, times in (("choosing for one call", chosen), ("one index probe", probed))
        ],
    )
    table(
        ("one round", "calls", "asked", "seconds", "calls/s"),
        [(f"transactions of {AT_ONCE}", moved, asked, seconds, round(moved / seconds))],
    )
    print(f"the mark is {ALLOWED_PROBES:.0f} probes; no step scans a table that grows")
    conclude(
        "dispatch",
        ratio,
        {
            "choose_ms": statistics.median(chosen) * 1000,
            "probe_ms": statistics.median(probed) * 1000,
            "round_seconds": seconds,
            "calls": moved,
            "plan": plans[1],
            "cores": os.cpu_count(),
        },
    )


if __name__ == "__main__":
    asyncio.run(main())
