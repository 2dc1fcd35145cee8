"""A courtyard with many volunteers, for what happens at the same instant: storage alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select

from schedules.dispatching import dispatch_calls
from storage import (
    assigning,
    attendance,
    confirming,
    evidence,
    ledger,
    ledger_audit,
    ledger_members,
    placing,
    requests,
    roster,
    volunteers,
)
from storage.assigning import Answered
from storage.database import Database
from storage.ledger import Transfer, hold_of
from storage.ledger_moves import Book, RequestSums
from storage.people import Caller, Person, Role
from storage.pictures import NewPicture
from storage.placing import NewCall
from storage.policies import load
from storage.requests import Request
from storage.roster import Entry
from storage.rules import VILLAGE_TIME, DispatchRules, Rules
from storage.visits import Visit

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=VILLAGE_TIME)
POLICY = load("village-default")
OFFICIALS = (
    ("wang", "王秀英", Role.ELDER, ""),
    ("dashan", "李大山", Role.LEADER, ""),
    ("zhang", "张主任", Role.COORDINATOR, ""),
    ("sheng", "盛所长", Role.SUPERVISOR, ""),
    ("xiaomei", "王小梅", Role.FAMILY, "wang"),
)
RULES = Rules(
    dispatch=DispatchRules(
        outstanding=50, urgent_outstanding=50, gift_minutes=100_000, week_minutes=100_000
    )
)


def volunteer(number: int) -> str:
    return f"v{number:02d}"


@dataclass
class Crowd:
    """A courtyard, seen from one or more nodes that serve it."""

    nodes: Sequence[Database]
    size: int
    now: datetime = NOON
    rules: Rules = field(default=RULES)
    _causes: int = 0

    @property
    def database(self) -> Database:
        return self.nodes[0]

    def node(self, number: int) -> Database:
        return self.nodes[number % len(self.nodes)]

    async def settle(self) -> None:
        async with self.database.writing() as session:
            await roster.enrol(session, self._people(), self.now)
            await volunteers.keep_up(session)

    def _people(self) -> list[Entry]:
        officials = [
            Entry(
                line=2,
                id=person,
                name=name,
                gender="female",
                village="李家沟",
                group="柿树院",
                roles=frozenset({role}),
                openid=f"o-{person}",
                family_of=frozenset({elder} if elder else ()),
            )
            for person, name, role, elder in OFFICIALS
        ]
        helpers = [
            replace(
                officials[0],
                id=volunteer(number),
                name=f"刘{number}",
                roles=frozenset({Role.VOLUNTEER}),
                openid=f"o-{volunteer(number)}",
                skills="理发",
            )
            for number in range(self.size)
        ]
        return [*officials, *helpers]

    async def call(self, category: str = "助急", starts_at: datetime | None = None) -> int:
        """Place a call and let it be asked around; returns its id."""
        self._causes += 1
        async with self.database.writing() as session:
            request = await placing.place(
                session,
                NewCall(
                    cause=f"story:{self._causes}",
                    elder=await session.get_one(Person, "wang"),
                    category=category,
                    said_by="wang",
                    starts_at=starts_at,
                ),
                self.now,
                self.rules,
            )
        await self.ring()
        return request.id

    async def ring(self, number: int = 0) -> None:
        await dispatch_calls(self.node(number), self.now, self.rules)

    async def accepts(self, call: int, number: int) -> Answered:
        async with self.node(number).writing() as session:
            request = await requests.hold(session, call)
            return await assigning.accept(session, request, volunteer(number), self.now, self.rules)

    async def finished(self, minutes: int = 60) -> int:
        """Bring a call as far as somebody has been there, and her word is waited for."""
        call = await self.call()
        await self.accepts(call, 0)
        async with self.database.writing() as session:
            request = await requests.hold(session, call)
            await attendance.arrive(
                session, request, volunteer(0), request.code, self.now, self.rules
            )
        self.now += timedelta(minutes=minutes)
        async with self.database.writing() as session:
            picture = NewPicture(
                channel="wechat", media=f"m{call}", sent_by=volunteer(0), sent_at=self.now
            )
            await evidence.take_picture(session, picture)
            request = await requests.hold(session, call)
            await attendance.finish(session, request, volunteer(0), self.now, self.rules)
        return call

    async def confirms(self, call: int, who: str, number: int = 0) -> str:
        async with self.node(number).writing() as session:
            request = await requests.hold(session, call)
            return await confirming.confirm(
                session, request, caller(who), None, self.now, self.rules
            )

    async def read(self, call: int) -> Request:
        async with self.database.reading() as session:
            return await session.get_one(Request, call)

    async def visits(self, call: int) -> list[Visit]:
        async with self.database.reading() as session:
            found = await session.scalars(
                select(Visit).where(Visit.request_id == call).order_by(Visit.id)
            )
            return list(found)

    async def sums(self, call: int) -> RequestSums:
        async with self.database.reading() as session:
            return await Book(session, self.now, POLICY).sums(f"r{call}")

    async def kept(self, call: int) -> int:
        async with self.database.reading() as session:
            return await ledger.balance(session, hold_of(f"r{call}"))

    async def balance_of(self, person: str) -> int:
        async with self.database.reading() as session:
            account = await ledger_members.find_account(session, person)
            return await ledger.balance(session, account) if account else 0

    async def transfers(self) -> int:
        async with self.database.reading() as session:
            return await session.scalar(select(func.count()).select_from(Transfer)) or 0

    async def faults(self) -> list[str]:
        async with self.database.reading() as session:
            return list((await ledger_audit.verify(session)).faults)


ROLES = {person: role for person, _, role, _ in OFFICIALS}


def caller(person: str) -> Caller:
    role = ROLES.get(person, Role.VOLUNTEER)
    return Caller(
        person, person, "female", 1, 1, frozenset({role}), ("wechat", f"o-{person}"), reachable=True
    )
