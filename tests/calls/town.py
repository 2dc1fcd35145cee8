"""The village of the stories with volunteers in it: who they are, and what their calls come to."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import String, cast, delete, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage import credentials, ledger, ledger_audit, ledger_members, windows
from storage.checkins import DAY, Expectation, Plan, SignOfLife
from storage.credentials import NewCredential
from storage.ledger import Account, hold_of
from storage.letters import Letter
from storage.offers import Offer
from storage.people import Identity, Person, PersonRole, Role, Tie, TieKind
from storage.requests import ENDED, Request, State
from storage.rules import VILLAGE_TIME, village_day
from storage.visits import COUNTED, Visit
from storage.windows import Opened
from tests.village import Village, open_village

MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=VILLAGE_TIME)

# id, name, gender, group, skills
VOLUNTEERS = (
    ("mingyue", "胡明月", "female", "东头", "理发、唱戏"),
    ("xiaohu", "陈小虎", "male", "东头", "修手机"),
    ("jianguo", "高建国", "male", "西头", "理发"),
    ("qiaoyun", "林巧云", "female", "西头", ""),
)
ROUNDS = ("volunteers", "weekly", "dispatching", "alarms", "delivery")
HELPERS = ("liushen", *(person for person, *_ in VOLUNTEERS))


class Town(Village):
    """A village whose calls are looked at from outside."""

    async def people_move_in(self) -> None:
        async with self.database.writing() as session:
            await _move_in(session, self.channel, self.clock.now())
            # the morning watch has its own stories
            await session.execute(delete(Plan))
            await _open_windows(session, self.channel, self.clock.now())
        for person in (*HELPERS, "wang", "chen", "dashan", "zhang", "sheng", "xiaomei", "laosi"):
            self.platform.wrote_earlier(person, self.clock.now() - timedelta(minutes=1))

    async def ring(self) -> None:
        """Ring what has to do with calls; the other rounds have their own stories."""
        for name in ROUNDS:
            await self.house.rounds[name][1](self.clock.now())

    async def live(self, **how_far: float) -> None:
        """Live on, ringing every round when something about a call is due."""
        goal = self.clock.now() + timedelta(**how_far)
        await self.ring()
        while self.clock.now() < goal:
            self.clock.move_to(min(await self._next_call(), goal))
            await self.have_watched()
            await self.ring()

    async def _next_call(self) -> datetime:
        now = self.clock.now()
        async with self.database.reading() as session:
            moments = [
                await session.scalar(select(func.min(Request.next_at))),
                await session.scalar(
                    select(func.min(Offer.expires_at)).where(Offer.state == "open")
                ),
                await session.scalar(
                    select(func.min(Letter.due_at)).where(Letter.state == "queued")
                ),
            ]
        known = [one for one in moments if one is not None]
        return max(min(known, default=now + timedelta(hours=1)), now + timedelta(seconds=1))

    async def asks(self, elder: str, words: str) -> int:
        """Let an elder ask for something; returns the number of her newest call."""
        await self.says(elder, words)
        return (await self.call()).number

    async def call(self, number: int | None = None) -> Request:
        async with self.database.reading() as session:
            found = select(Request).order_by(Request.id.desc()).limit(1)
            if number is not None:
                found = found.where(Request.number == number)
            return (await session.scalars(found)).one()

    async def calls(self) -> list[Request]:
        async with self.database.reading() as session:
            return list(await session.scalars(select(Request).order_by(Request.starts_at)))

    async def state(self, number: int) -> str:
        return (await self.call(number)).state

    async def asked(self, number: int) -> list[str]:
        """Return who has been asked in the present turn, in the order of asking."""
        request = await self.call(number)
        async with self.database.reading() as session:
            found = await session.scalars(
                select(Offer.volunteer_id)
                .where(Offer.request_id == request.id, Offer.turn == request.turn)
                .where(Offer.parts.is_not(None), Offer.state != "declined")
                .order_by(Offer.id)
            )
            return list(found)

    async def offers(self, number: int) -> dict[str, str]:
        request = await self.call(number)
        async with self.database.reading() as session:
            rows = await session.execute(
                select(Offer.volunteer_id, Offer.state).where(
                    Offer.request_id == request.id, Offer.turn == request.turn
                )
            )
            return {row.volunteer_id: row.state for row in rows}

    async def visits(self, number: int) -> list[Visit]:
        request = await self.call(number)
        async with self.database.reading() as session:
            found = await session.scalars(
                select(Visit).where(Visit.request_id == request.id).order_by(Visit.id)
            )
            return list(found)

    async def is_missed(self, elder: str) -> None:
        """Let the grace of an elder who was not heard today be over now."""
        now = self.clock.now()
        async with self.database.writing() as session:
            village = (await session.get_one(Person, elder)).village_id
            session.add(
                Expectation(
                    elder_id=elder,
                    day=village_day(now),
                    slot=DAY,
                    village_id=village,
                    tier=2,
                    state="late",
                    opens_at=now - timedelta(hours=2),
                    closes_at=now - timedelta(minutes=30),
                    next_at=now,
                )
            )

    async def signs_of(self, elder: str, by: str) -> int:
        """Return how often somebody has spoken for an elder."""
        async with self.database.reading() as session:
            found = await session.scalars(
                select(SignOfLife.id).where(SignOfLife.elder_id == elder, SignOfLife.actor_id == by)
            )
            return len(found.all())

    async def balance(self, person: str) -> int:
        async with self.database.reading() as session:
            account = await ledger_members.find_account(session, person)
            return await ledger.balance(session, account) if account else 0

    async def kept(self, number: int) -> int:
        request = await self.call(number)
        async with self.database.reading() as session:
            return await ledger.balance(session, hold_of(request.key))

    async def faults(self) -> list[str]:
        """Return what is wrong with the books, and with the calls beside them."""
        async with self.database.reading() as session:
            found = [str(one) for one in (await ledger_audit.verify(session)).faults]
            found += await _holds_that_should_be_empty(session)
            found += await _overlapping(session)
        return found

    async def goes(self, volunteer: str, number: int) -> None:
        """Let somebody go there, with her code, and be there for half an hour."""
        call = await self.call(number)
        self.clock.move_to(max(call.begins, self.clock.now()))
        await self.have_watched()
        await self.says(volunteer, f"到了 {number} {call.code}")
        await self.live(minutes=30)
        await self.says(volunteer, f"完成 {number}")

    async def all_refuse(self, number: int, but: Sequence[str] = ()) -> None:
        """Let everybody who is asked say no, until nobody is asked any more."""
        while True:
            await self.ring()
            waiting = [
                person
                for person, state in (await self.offers(number)).items()
                if state == "open" and person not in but
            ]
            if not waiting:
                return
            for person in waiting:
                await self.says(person, f"不接 {number}")

    async def has_papers(self, person: str, *kinds: str, until: date = date(2027, 3, 1)) -> None:
        async with self.database.writing() as session:
            for kind in kinds:
                paper = NewCredential(
                    person_id=person,
                    kind=kind,
                    valid_from=date(2026, 1, 1),
                    valid_until=until,
                    noted_by="zhang",
                )
                await credentials.note(session, paper, self.clock.now())


async def _holds_that_should_be_empty(session: AsyncSession) -> list[str]:
    """Invariant 6: hold(request) = 0 exactly when the request is ended."""
    rows = await session.execute(
        select(Request.id, Request.state, Account.balance, Visit.id)
        .outerjoin(Account, Account.id == literal("hold:r") + cast(Request.id, String))
        .outerjoin(Visit, (Visit.request_id == Request.id) & Visit.state.in_(COUNTED))
    )
    found = []
    every: list[tuple[Any, ...]] = [tuple(row) for row in rows]
    for request, state, balance, visit in every:
        ended = State(state) in ENDED
        if ended and balance:
            found.append(f"r{request} has ended ({state}) and still holds {balance}")
        if not ended and visit is not None and not balance:
            found.append(f"r{request} is {state} and holds nothing")
    return found


async def _overlapping(session: AsyncSession) -> list[str]:
    """Invariant 8: nobody is in two places at once."""
    other = Visit.__table__.alias()
    rows = await session.execute(
        select(Visit.id)
        .join(
            other,
            (other.c.volunteer_id == Visit.volunteer_id)
            & (other.c.id > Visit.id)
            & (other.c.starts_at < Visit.ends_at)
            & (other.c.ends_at > Visit.starts_at)
            & other.c.state.in_(("assigned", "arrived")),
        )
        .where(Visit.state.in_(("assigned", "arrived")))
    )
    return [f"visit {one} overlaps with another" for one in rows.scalars()]


async def _move_in(session: AsyncSession, channel: str, now: datetime) -> None:
    home = await session.get_one(Person, "wang")
    rows = await session.execute(
        select(Person.id, Person.group_id).where(Person.id.in_(("wang", "sun")))
    )
    groups = {row.id: row.group_id for row in rows}
    for person, name, gender, group, skills in VOLUNTEERS:
        session.add(
            Person(
                id=person,
                name=name,
                gender=gender,
                village_id=home.village_id,
                group_id=groups["wang" if group == "东头" else "sun"],
                skills=skills,
            )
        )
    await session.flush()
    for person, *_ in VOLUNTEERS:
        session.add(PersonRole(person_id=person, role=Role.VOLUNTEER))
        session.add(Identity(channel=channel, address=person, person_id=person, paired_at=now))
    session.add(Tie(elder_id="zhao", person_id="qiaoyun", kind=TieKind.FAMILY))
    (await session.get_one(Person, "liushen")).skills = "理发"
    home.phone = "13800000001"


async def _open_windows(session: AsyncSession, channel: str, now: datetime) -> None:
    closes = now + timedelta(hours=48)
    people = (await session.scalars(select(Identity.person_id))).all()
    await windows.open_windows(
        session, [Opened(channel, one, windows.MESSAGE, closes, 5) for one in people]
    )


@asynccontextmanager
async def open_town(database_url: str, path: Path, channel: str) -> AsyncIterator[Town]:
    async with open_village(database_url, path, channel) as village:
        town = Town(village.house, village.clock, village.platform, channel)
        await town.settle()
        town.clock.move_to(MONDAY_NOON)
        await town.people_move_in()
        await town.have_watched()
        await town.ring()
        yield town
