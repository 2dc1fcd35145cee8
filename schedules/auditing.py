"""The time bank by the clock: audit at night, head of the chain each week, statement, reminder."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handlers.timebank.talk import FAULT, REMINDER, STATEMENT, WEEK
from storage import ledger, ledger_audit, ledger_members, ledger_statements, letters, people
from storage.database import Database
from storage.ledger_audit import Verdict
from storage.ledger_statements import Month
from storage.letters import NewLetter, Urgency
from storage.people import Identity, Person, PersonRole, Role
from storage.policies import TimebankRules
from storage.rules import at_village, village_day

log = structlog.get_logger()

AT_ONCE = 200
"""Members whose letters one transaction writes."""


async def audit(database: Database, now: datetime, rules: TimebankRules) -> int:
    """Recompute the ledger once a night; returns 1 where this was the night's audit.

    A whole chain is sealed, and its head goes out once a week. A fault freezes the ledger, and
    is told to the operator and to the coordinators. A changed policy takes effect with the
    audit as well.
    """
    day = village_day(now)
    if now < at_village(day, rules.audit_at) or not await _is_due(database, day):
        return 0
    async with database.reading() as session:
        verdict = await ledger_audit.verify(session)
    async with database.writing() as session:
        await ledger.take_head(session)
        if not await ledger_audit.claim_audit(session, day):
            return 0
        await ledger_members.adopt(session, rules.preset)
        await conclude(session, verdict, now)
    return 1


async def _is_due(database: Database, day: date) -> bool:
    async with database.reading() as session:
        return await ledger_audit.is_due(session, day)


async def conclude(session: AsyncSession, verdict: Verdict, now: datetime) -> None:
    """Seal what was found whole; freeze what was not, and say so."""
    if verdict.is_whole:
        await ledger_audit.seal(session, verdict.head, now)
        await letters.write(session, await _week_letters(session, verdict, now), now)
        return
    await ledger.freeze(session, verdict.faults[0], now)
    log.error("ledger_frozen", rows=len(verdict.faults), why=verdict.faults[0])
    readers = [person for person, _ in await _readers(session)]
    await letters.tell_each(
        session,
        readers,
        FAULT,
        village_day(now),
        now,
        urgency=Urgency.ALARM,
        detail={"faults": len(verdict.faults)},
    )


async def _readers(session: AsyncSession) -> list[tuple[str, int]]:
    """Return who answers for the time bank and has a phone: (person, village) each."""
    rows = await session.execute(
        select(Person.id, Person.village_id)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(PersonRole.role.in_((Role.COORDINATOR, Role.SUPERVISOR)))
        .where(select(Identity).where(Identity.person_id == Person.id).exists())
        .distinct()
        .order_by(Person.id)
    )
    return [(person, village) for person, village in rows]


async def _week_letters(session: AsyncSession, verdict: Verdict, now: datetime) -> list[NewLetter]:
    """Print the head of the chain, once a week, where nobody who has the database can reach it.

    Beside it stands what the reader's village is owed: hours are a promise, and he should know
    how large it has grown.
    """
    if not verdict.transfers:
        return []
    year, week, _ = village_day(now).isocalendar()
    readers = await _readers(session)
    owed = await ledger_statements.owed_in(session, {village for _, village in readers})
    return [
        NewLetter(
            key=f"{WEEK}:{year}-{week}:{reader}",
            kind=WEEK,
            urgency=Urgency.NOTICE,
            recipient_id=reader,
            detail={
                "transfers": verdict.transfers,
                "head": str(verdict.head),
                "members": owed[village].members,
                "owed": owed[village].minutes,
            },
        )
        for reader, village in readers
    ]


async def write_statements(database: Database, now: datetime, rules: TimebankRules) -> int:
    """Write last month's statement to every member for whom something moved; returns how many."""
    today = village_day(now)
    if today.day < rules.statement_day:
        return 0
    first = today.replace(day=1)
    last_month = (first - timedelta(days=1)).replace(day=1)
    written = 0
    while True:
        async with database.writing() as session:
            members = await ledger_statements.claim_statements(
                session, f"{last_month:%Y-%m}", AT_ONCE
            )
            if not members:
                return written
            moved = await ledger_statements.months(
                session,
                [account for _, account in members],
                at_village(last_month, time.min),
                at_village(first, time.min),
            )
            phones = await people.addresses(session, [person for person, _ in members])
            found = [
                (person, moved[account])
                for person, account in members
                if account in moved and not moved[account].is_still and person in phones
            ]
            await letters.write(session, _statements(found, last_month), now)
        written += len(found)
        if len(members) < AT_ONCE:
            return written


def _statements(found: Sequence[tuple[str, Month]], month: date) -> list[NewLetter]:
    return [
        NewLetter(
            key=f"{STATEMENT}:{month:%Y-%m}:{person}",
            kind=STATEMENT,
            urgency=Urgency.NOTICE,
            recipient_id=person,
            detail={
                "month": month.month,
                "came": one.came,
                "went": one.went,
                "balance": one.balance,
            },
        )
        for person, one in found
    ]


async def remind_of_hours(database: Database, now: datetime, rules: TimebankRules) -> int:
    """Tell everybody who has hours, once a year, what they are good for; returns how many.

    Against 只存不取, the account that is only ever filled. A child hears which elder of hers
    could have them.
    """
    today = village_day(now)
    if today.month != rules.reminder_month:
        return 0
    written = 0
    while True:
        async with database.writing() as session:
            members = await ledger_statements.claim_reminders(session, today.year, AT_ONCE)
            gives = rules.preset.gifts != "none"
            people_ = [person for person, _ in members] if gives else []
            parents = await ledger_members.parents_of(session, people_)
            await letters.write(session, _reminders(members, parents, today.year), now)
        written += len(members)
        if len(members) < AT_ONCE:
            return written


def _reminders(
    members: Sequence[tuple[str, int]], parents: Mapping[str, str], year: int
) -> list[NewLetter]:
    return [
        NewLetter(
            key=f"{REMINDER}:{year}:{person}",
            kind=REMINDER,
            urgency=Urgency.NOTICE,
            recipient_id=person,
            about_id=parents.get(person),
            detail={"minutes": minutes},
        )
        for person, minutes in members
    ]
