"""Whom an outage of three hours over the morning would have paged for nothing.

100,000 elders, one in ten of them frail, nobody watching from 06:00 to 09:05, and all that
was said in that time lost. The rounds themselves live through the rest of the morning minute
by minute, beside what a house would have sent that takes its own sleep for the elders'
silence. Held to: no page for a sturdy elder before her second ask has run out, at most one
call for each village, every silent frail elder named.
"""

import asyncio
import random
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, update

from benchmarks import _county
from benchmarks._report import conclude, table
from schedules.expecting import wait_for_elders
from schedules.noticing import WATCH, Noticing
from storage import beats, checkins
from storage.checkins import Expectation, Heard, State
from storage.database import Database
from storage.incidents import CALLS, Incident, IncidentKind
from storage.letters import Letter
from storage.rules import FRAIL, Rules, WatchRules

ELDERS = 100_000
FRAIL_EVERY = 10
ASLEEP = _county.MORNING.replace(hour=6)
AWAKE = _county.MORNING.replace(hour=9, minute=5)
LIVED = _county.MORNING.replace(hour=12, minute=40)
ANSWER = 0.93
"""How many answer that they are asked again; a guess, for a morning on which all are well."""


class Morning:
    """What was sent until each moment, and for whom."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / f"{name}.sqlite3"
        self.database: Database

    async def settle(self) -> None:
        due = _county.CLOSES - timedelta(minutes=30)
        await _county.settle_at(
            self._path, State.PENDING, due, elders=ELDERS, frail_every=FRAIL_EVERY
        )
        self.database = Database(f"sqlite:///{self._path}")

    async def paged(self, tier: str) -> int:
        """Return for how many elders people were called one by one."""
        is_frail = Expectation.tier == FRAIL
        async with self.database.reading() as session:
            return (
                await session.scalar(
                    select(func.count())
                    .select_from(Incident)
                    .join(Expectation, Expectation.elder_id == Incident.elder_id)
                    .where(Incident.kind == IncidentKind.MISSED)
                    .where(is_frail if tier == "frail" else ~is_frail)
                )
                or 0
            )

    async def villages_called(self) -> Counter[int]:
        async with self.database.reading() as session:
            found = await session.scalars(
                select(Incident.village_id).where(Incident.kind == IncidentKind.VILLAGE)
            )
            return Counter(found)

    async def calls(self) -> int:
        async with self.database.reading() as session:
            return (
                await session.scalar(
                    select(func.count()).select_from(Letter).where(Letter.kind.in_(CALLS))
                )
                or 0
            )


async def ours(folder: Path) -> tuple[Morning, int, int]:
    """Live through our morning; returns it, how many sturdy elders were paged before the second
    ask had run out, and how many frail ones were silent.
    """
    rules = Rules()
    morning = Morning(folder, "ours")
    await morning.settle()
    async with morning.database.writing() as session:
        await beats.beat(session, WATCH, "bench", ASLEEP)
    watch = Noticing(morning.database, rules.watch, timedelta(minutes=rules.watch.gap_minutes))
    round_ = watch.before(lambda now: wait_for_elders(morning.database, now, rules))
    answers, silent = _answers()
    too_early, now = 0, AWAKE
    while now <= LIVED:
        await _say(morning.database, answers.pop(now, []), now, rules)
        await round_(now)
        async with morning.database.writing() as session:
            await beats.beat(session, WATCH, "bench", now)
        if now < AWAKE + timedelta(hours=3, minutes=5):
            too_early = await morning.paged("sturdy")
        now += timedelta(minutes=1)
    return morning, too_early, silent


def _answers() -> tuple[dict[datetime, list[int]], int]:
    """Return who answers at which minute, and how many frail elders never do.

    A frail elder answers within ten minutes, the others until noon.
    """
    silent = 0
    moments = random.Random(20261123)
    answers: dict[datetime, list[int]] = {}
    for number in range(ELDERS):
        is_frail = _county.tier_of(number, FRAIL_EVERY) == FRAIL
        if moments.random() > ANSWER:
            silent += is_frail
            continue
        minutes = moments.randint(1, 9 if is_frail else 170)
        answers.setdefault(AWAKE + timedelta(minutes=minutes), []).append(number)
    return answers, silent


async def _say(database: Database, elders: Sequence[int], now: datetime, rules: Rules) -> None:
    names = [_county.elder(number) for number in elders]
    async with database.writing() as session:
        heard = [Heard(elder_id=one, at=now, kind="text", actor_id=one) for one in names]
        await checkins.record(session, heard, rules.checkin)


async def naive(folder: Path) -> Morning:
    """Let a house wake that takes everybody for silent whose grace is over."""
    rules = Rules(watch=WatchRules(village_false_years=0))
    morning = Morning(folder, "naive")
    await morning.settle()
    async with morning.database.writing() as session:
        await session.execute(update(Expectation).values(state=State.LATE))
    await wait_for_elders(morning.database, AWAKE, rules)
    return morning


async def main() -> None:
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        mine, too_early, silent = await ours(Path(folder))
        seconds = time.perf_counter() - began
        other = await naive(Path(folder))
        villages = await mine.villages_called()
        rows = [
            (
                name,
                await one.paged("sturdy"),
                await one.paged("frail"),
                len(await one.villages_called()),
                await one.calls(),
            )
            for name, one in (("ours", mine), ("naive", other))
        ]
        for one in (mine, other):
            await one.database.dispose()
    table(
        ("three hours asleep, 100,000 elders", "sturdy paged", "frail paged", "villages", "calls"),
        rows,
    )
    print(f"sturdy elders paged before the second ask had run out: {too_early}")
    print(f"most calls for one village: {max(villages.values())}, of {len(villages)} villages")
    print(f"frail elders silent: {silent}, named one by one: {rows[0][2]}")
    assert too_early == 0
    assert max(villages.values()) == 1
    assert rows[0][2] == silent
    conclude(
        "outage",
        rows[0][4] / rows[1][4],
        {"ours": rows[0], "naive": rows[1], "too_early": too_early, "seconds": round(seconds)},
    )


if __name__ == "__main__":
    asyncio.run(main())
