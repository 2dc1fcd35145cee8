"""A month of calls, under three ways of finding somebody: ours, everybody, and nearest first.

Villages as the county has them (20,000 volunteers in 445 villages), each with its volunteers in
ten groups; each volunteer says yes to 17 to 47 % of what he is asked, says no to a third of it
and is silent otherwise, and one visit in thirty does not take place. What somebody says to a
call is drawn from the call and from him alone, so all three ways meet the same people.

Ours are the rounds themselves on a database, minute by minute, with offers, refusals, time-outs,
no-shows and the ledger. "Everybody" tells all volunteers of the village at once, the first yes
goes. "Nearest first" asks one after the other, from her courtyard outwards, always in the same
order.

What is lived is a township of the county's 445 villages. A village is nearly a world of its own:
a call asks its own volunteers until nobody among them is left to hope for, and only then the
village next to it, which helps it out here as in the county; how often that happened is printed.
So figures do not move with the number of villages, and the time grows with the calls alone: a
quarter of a second of one core each, ten minutes or so for a township, four hours for the county
(SHOUWANG_BENCH_VILLAGES=445).

Prints a table and, last, `dispatch_month ratio: X`: our messages per filled call over everybody's.
"""

import asyncio
import heapq
import itertools
import os
import random
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks._report import conclude, table
from schedules.dispatching import dispatch_calls
from storage import (
    assigning,
    attendance,
    confirming,
    placing,
    requests,
    roster,
    volunteers,
)
from storage.call_letters import ABSENT, LOST, OFF, WON
from storage.database import Database
from storage.letters import Letter
from storage.migrate import migrate
from storage.offers import OFFER, Offer
from storage.people import Caller, Person, Role
from storage.placing import NewCall
from storage.requests import Request, State
from storage.roster import Entry
from storage.rules import VILLAGE_TIME, DispatchRules, Rules
from storage.villages import Village
from storage.visits import Visit

VILLAGES = int(os.environ.get("SHOUWANG_BENCH_VILLAGES", "20"))
VOLUNTEERS = 45
"""Of a village; all of them are able to take every call of this month."""
GROUPS = 10
ELDERS = 20
CALLS = 140
"""Of a village in the month: one call for each elder in four months, which is a guess."""
DAYS = 30
BEGIN = datetime(2026, 11, 1, 0, 0, tzinfo=VILLAGE_TIME)
SEED = 20261101
YES = (0.17, 0.47)
NO = 0.33
NO_SHOW = 1 / 30
DELAY_MINUTES = 20
ROUTINE = ("助餐", "助洁", "助行", "慰藉", "文体", "代办", "手机")
URGENT = "助急"
MINUTES = 60
PATIENCE = {False: 60.0, True: 5.0}
TO_VOLUNTEERS = (OFFER, WON, LOST, OFF, ABSENT)
ALLOWED_MESSAGES = 1 / 3
ALLOWED_UNASKED = 0.10
RULES = Rules(dispatch=DispatchRules(gift_minutes=10_000_000))


@dataclass(frozen=True, slots=True)
class Wish:
    """One call of the month: where, when it is said, and when it is to begin."""

    number: int
    village: int
    elder: int
    category: str
    said_at: datetime
    starts_at: datetime

    @property
    def is_urgent(self) -> bool:
        return self.category == URGENT

    @property
    def group(self) -> int:
        return self.elder % GROUPS

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=MINUTES)


@dataclass(frozen=True, slots=True)
class Reaction:
    """What somebody says to a call, None for nothing, and after how long."""

    yes: bool | None
    after: timedelta


def volunteer(village: int, place: int) -> str:
    return f"v{village:03d}-{place:02d}"


def group_of(person: str) -> int:
    return int(person[-2:]) % GROUPS


def the_village(village: int) -> list[str]:
    return [volunteer(village, place) for place in range(VOLUNTEERS)]


def wishes() -> list[Wish]:
    dice = random.Random(SEED)
    found = []
    for number in range(VILLAGES * CALLS):
        urgent = dice.random() < 0.1
        said_at = BEGIN + timedelta(
            days=dice.randrange(DAYS), hours=7, minutes=dice.randrange(11 * 60)
        )
        tomorrow = said_at.replace(hour=0, minute=0) + timedelta(days=1)
        later = tomorrow + timedelta(hours=9, minutes=30 * dice.randrange(14))
        found.append(
            Wish(
                number=number,
                village=number % VILLAGES,
                elder=dice.randrange(ELDERS),
                category=URGENT if urgent else dice.choice(ROUTINE),
                said_at=said_at,
                starts_at=said_at if urgent else later,
            )
        )
    return sorted(found, key=lambda one: one.said_at)


def reaction(wish: Wish, person: str, turn: int) -> Reaction:
    """Draw what somebody says, from the call and from him alone."""
    willing = random.Random(f"{SEED}:{person}").uniform(*YES)
    dice = random.Random(f"{SEED}:{wish.number}:{turn}:{person}")
    said = dice.random()
    mean = DELAY_MINUTES / 8 if wish.is_urgent or turn > 1 else DELAY_MINUTES
    after = timedelta(minutes=dice.expovariate(1 / mean))
    return Reaction(True if said < willing else False if said < willing + NO else None, after)


def comes(wish: Wish, person: str, turn: int) -> bool:
    return random.Random(f"{SEED}:{wish.number}:{turn}:{person}:comes").random() >= NO_SHOW


@dataclass
class Month:
    """What a way of finding somebody came to."""

    name: str
    filled: int = 0
    messages: int = 0
    waits: list[float] = field(default_factory=list)
    """Minutes until somebody said yes who then was the one to go, for each call."""
    served: Counter[str] = field(default_factory=Counter)
    asked: set[str] = field(default_factory=set)
    beyond: float = 0
    """The share of questions that went to another village."""

    def row(self, calls: int) -> tuple[str, float, float, float, float, float]:
        return (
            self.name,
            100 * self.filled / calls,
            statistics.median(self.waits),
            self.messages / self.filled,
            self.gini,
            100 * self.unasked,
        )

    @property
    def gini(self) -> float:
        """How unevenly the minutes are spread among all who could help: 0 evenly, 1 on one."""
        everybody = [one for village in range(VILLAGES) for one in the_village(village)]
        minutes = sorted(self.served[one] for one in everybody)
        number, total = len(minutes), sum(minutes)
        weighted = sum(place * one for place, one in enumerate(minutes, 1))
        return 2 * weighted / (number * total) - (number + 1) / number

    @property
    def unasked(self) -> float:
        return 1 - len(self.asked) / (VILLAGES * VOLUNTEERS)


class Calendar:
    """Who is taken when, for the two ways that live on paper."""

    def __init__(self) -> None:
        self._taken: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)

    def is_free(self, person: str, begins: datetime) -> bool:
        ends = begins + timedelta(minutes=MINUTES)
        return all(ends <= first or last <= begins for first, last in self._taken[person])

    def take(self, person: str, begins: datetime) -> None:
        self._taken[person].append((begins, begins + timedelta(minutes=MINUTES)))


def everybody(month: Month, calls: Sequence[Wish]) -> Month:
    """Tell all of the village at once; where the one who goes does not come, all of it again."""
    calendar = Calendar()
    for wish in calls:
        people = the_village(wish.village)
        for turn in (1, 2):
            begins = wish.starts_at + timedelta(minutes=30 * (turn - 1))
            month.asked.update(people)
            month.messages += len(people)
            willing = [
                (reaction(wish, one, turn).after, one)
                for one in people
                if reaction(wish, one, turn).yes and calendar.is_free(one, begins)
            ]
            if not willing:
                break
            month.messages += len(willing)  # who goes, and to the others that somebody does
            after, winner = min(willing)
            if turn == 1:
                month.waits.append(after.total_seconds() / 60)
            calendar.take(winner, begins)
            if comes(wish, winner, turn):
                month.filled += 1
                month.served[winner] += MINUTES
                break
    return month


def nearest_first(month: Month, calls: Sequence[Wish]) -> Month:
    """Ask one after the other, from her courtyard outwards, until the hour has come."""
    calendar = Calendar()
    for wish in calls:
        now, first = wish.said_at, True
        for person in sorted(the_village(wish.village), key=lambda one: _distance(wish, one)):
            if not wish.is_urgent and now >= wish.ends_at:
                break
            month.asked.add(person)
            month.messages += 1
            said = reaction(wish, person, 1)
            patience = timedelta(minutes=PATIENCE[wish.is_urgent])
            now += said.after if said.yes is not None and said.after < patience else patience
            begins = max(wish.starts_at, now)
            goes = said.yes and said.after < patience and calendar.is_free(person, begins)
            if not goes:
                continue
            month.messages += 1
            if first:
                month.waits.append((now - wish.said_at).total_seconds() / 60)
                first = False
            calendar.take(person, begins)
            if comes(wish, person, 1):
                month.filled += 1
                month.served[person] += MINUTES
                break
            now = begins + timedelta(minutes=30)
    return month


def _distance(wish: Wish, person: str) -> tuple[int, str]:
    return abs(group_of(person) - wish.group), person


class Ours:
    """The rounds of the house, lived through from one thing that happens to the next."""

    def __init__(self, database: Database, calls: Sequence[Wish]) -> None:
        self._database = database
        self._by_id: dict[int, Wish] = {}
        self._happens: list[tuple[datetime, int, str, tuple[int, str]]] = []
        self._count = 0
        self._offers, self._visits = 0, 0
        self._wishes = {one.number: one for one in calls}
        for one in calls:
            self._push(one.said_at, "wish", (one.number, ""))

    def _push(self, at: datetime, what: str, about: tuple[int, str]) -> None:
        self._count += 1
        heapq.heappush(self._happens, (at, self._count, what, about))

    async def settle(self) -> None:
        await migrate(self._database)
        async with self._database.writing() as session:
            await roster.enrol(session, list(_people()), BEGIN)
            await volunteers.keep_up(session)
            villages = list(await session.scalars(select(Village.id).order_by(Village.id)))
            for one, following in itertools.pairwise([*villages, *villages[:1]]):
                await volunteers.tie_villages(session, one, following)

    async def live(self) -> None:
        now: datetime | None = BEGIN
        while now is not None:
            while self._happens and self._happens[0][0] <= now:
                _, _, what, about = heapq.heappop(self._happens)
                await self._happen(what, about, now)
            await dispatch_calls(self._database, now, RULES)
            now = await self._next(now)

    async def _next(self, now: datetime) -> datetime | None:
        """Note whom the rounds have asked and who is to go, and return when anything is next."""
        async with self._database.reading() as session:
            await self._note_offers(session)
            await self._note_visits(session)
            due = await session.scalar(
                select(func.min(Request.next_at)).where(Request.next_at.is_not(None))
            )
        moments = [one for one in (due, self._happens[0][0] if self._happens else None) if one]
        return max(min(moments), now + timedelta(seconds=1)) if moments else None

    async def _note_offers(self, session: AsyncSession) -> None:
        rows = await session.execute(
            select(Offer.id, Offer.request_id, Offer.turn, Offer.volunteer_id, Offer.offered_at)
            .where(Offer.id > self._offers, Offer.state == "open")
            .order_by(Offer.id)
        )
        for id_, request, turn, person, at in rows:
            self._offers = id_
            said = reaction(self._by_id[request], person, turn)
            if said.yes is not None:
                self._push(at + said.after, "yes" if said.yes else "no", (request, person))

    async def _note_visits(self, session: AsyncSession) -> None:
        rows = await session.execute(
            select(Visit.id, Visit.request_id, Visit.volunteer_id, Visit.starts_at, Request.turn)
            .join(Request, Request.id == Visit.request_id)
            .where(Visit.id > self._visits)
            .order_by(Visit.id)
        )
        for id_, request, person, starts_at, turn in rows:
            self._visits = id_
            if comes(self._by_id[request], person, turn):
                self._push(starts_at, "comes", (request, person))

    async def _happen(self, what: str, about: tuple[int, str], now: datetime) -> None:
        number, person = about
        async with self._database.writing() as session:
            if what == "wish":
                await self._say(session, self._wishes[number], now)
                return
            request = await requests.hold(session, number)
            if what == "yes":
                await assigning.accept(session, request, person, now, RULES)
            elif what == "no":
                await assigning.decline(session, request, person, now)
            else:
                await _serve(session, request, person, now)

    async def _say(self, session: AsyncSession, wish: Wish, now: datetime) -> None:
        elder = f"e{wish.village:03d}-{wish.elder:02d}"
        request = await placing.place(
            session,
            NewCall(
                cause=f"month:{wish.number}",
                elder=await session.get_one(Person, elder),
                category=wish.category,
                said_by=elder,
                starts_at=None if wish.is_urgent else wish.starts_at,
                minutes=MINUTES,
            ),
            now,
            RULES,
        )
        self._by_id[request.id] = wish

    async def month(self) -> Month:
        month = Month("ours")
        async with self._database.reading() as session:
            offered = select(Offer.id)
            beyond = await _count(session, offered.where(Offer.ring == volunteers.BEYOND))
            month.beyond = beyond / await _count(session, offered)
        async with self._database.reading() as session:
            settled = Request.state == State.SETTLED
            month.filled = await _count(session, select(Request.id).where(settled))
            told = select(Letter.id).where(Letter.kind.in_(TO_VOLUNTEERS))
            month.messages = await _count(session, told)
            month.asked = set(await session.scalars(select(Offer.volunteer_id)))
            done = select(Visit.volunteer_id, Visit.minutes).where(Visit.state == "done")
            for person, minutes in await session.execute(done):
                month.served[person] += minutes or 0
            first = (
                select(func.min(Visit.assigned_at), Request.said_at)
                .join(Request, Request.id == Visit.request_id)
                .group_by(Request.id, Request.said_at)
            )
            for assigned_at, said_at in await session.execute(first):
                month.waits.append((assigned_at - said_at).total_seconds() / 60)
        return month


async def _count(session: AsyncSession, found: Select[int]) -> int:
    return len((await session.scalars(found)).all())


async def _serve(session: AsyncSession, request: Request, person: str, now: datetime) -> None:
    """Let somebody be there for an hour, and her say that it was well."""
    leaves = now + timedelta(minutes=MINUTES)
    await attendance.arrive(session, request, person, request.code, now, RULES)
    await attendance.finish(session, request, person, leaves, RULES)
    her = Caller(
        request.elder_id, "", "", 1, None, frozenset({Role.ELDER}), ("wechat", ""), reachable=True
    )
    await confirming.confirm(session, request, her, None, leaves, RULES)


def _people() -> Iterator[Entry]:
    for village in range(VILLAGES):
        for place in range(ELDERS):
            yield _entry(f"e{village:03d}-{place:02d}", village, place % GROUPS, Role.ELDER)
        for place, person in enumerate(the_village(village)):
            yield _entry(person, village, place % GROUPS, Role.VOLUNTEER)


def _entry(person: str, village: int, group: int, role: Role) -> Entry:
    return Entry(
        line=2,
        id=person,
        name=person,
        village=f"村{village}",
        group=f"组{group}",
        roles=frozenset({role}),
        openid=f"o-{person}",
    )


async def ours(calls: Sequence[Wish]) -> Month:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder, 'month.sqlite3')}")
        lived = Ours(database, calls)
        await lived.settle()
        await lived.live()
        month = await lived.month()
        await database.dispose()
    return month


def _check(months: Mapping[str, Month]) -> None:
    mine, all_of_them = months["ours"], months["everybody"]
    assert mine.filled >= max(one.filled for one in months.values()), "ours filled fewer"
    share = (mine.messages / mine.filled) / (all_of_them.messages / all_of_them.filled)
    assert share <= ALLOWED_MESSAGES, f"{share:.2f} of everybody's messages"
    assert mine.unasked <= ALLOWED_UNASKED, f"{mine.unasked:.0%} were never asked"


async def main() -> None:
    calls = wishes()
    began = time.perf_counter()
    mine = await ours(calls)
    seconds = time.perf_counter() - began
    months = {
        "ours": mine,
        "everybody": everybody(Month("tell everybody"), calls),
        "nearest": nearest_first(Month("nearest first"), calls),
    }
    table(
        (
            f"{len(calls):,} calls, {VILLAGES} villages",
            "filled %",
            "minutes to a yes",
            "messages a call",
            "Gini of load",
            "never asked %",
        ),
        [month.row(len(calls)) for month in months.values()],
    )
    print(f"lived in {seconds:.0f} s; asked in another village: {mine.beyond:.2%} of all asked")
    print("marks: as many filled, a third of the messages, 10 % unasked")
    _check(months)
    share = (mine.messages / mine.filled) / (
        months["everybody"].messages / months["everybody"].filled
    )
    conclude(
        "dispatch_month",
        share,
        {
            "calls": len(calls),
            "villages": VILLAGES,
            "asked_in_another_village": mine.beyond,
            "months": {name: month.row(len(calls)) for name, month in months.items()},
            "seconds": round(seconds),
        },
    )


if __name__ == "__main__":
    asyncio.run(main())
