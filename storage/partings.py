"""Partings: all that ends when somebody leaves, moves away or dies, and how she comes back.

Everything ends in the transaction in which it is said. Where somebody has died, it ends
quietly: what would be said to anybody is withdrawn, and a person tells those who should know.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage import (
    assigning,
    audit,
    call_letters,
    departures,
    ending,
    enrolments,
    holds,
    incidents,
    ladder,
    ledger,
    ledger_members,
    letters,
    offers,
    people,
    requests,
    visits,
)
from storage.checkins import DAY, TO_BE_MET, Expectation, Plan, State, watch_day
from storage.database import insert_new
from storage.departures import Departure, DepartureState, Why
from storage.hours import Hours
from storage.incidents import Result
from storage.ledger import ESTATE, POOL, FrozenError
from storage.ledger_moves import Book
from storage.letters import Claimed
from storage.offers import Offer, OfferState
from storage.people import Identity, Person, PersonRole, Tie
from storage.questions import Question
from storage.requests import BEFORE_SERVICE, Request
from storage.rules import Rules
from storage.silences import SilentElder
from storage.visits import Visit, VisitState
from storage.voices import Voice, VoiceState
from storage.weekly import WeeklyCall

MAY_BE_TAKEN_BACK = timedelta(days=1)
"""How long a mistake about a death can be taken back; before it nothing of hers is given on."""


@dataclass(frozen=True, slots=True)
class Parting:
    """That somebody has gone, and of whom a person should tell."""

    departure: int
    to_tell: Sequence[str]


async def part(
    session: AsyncSession, person: str, why: Why, by: str, now: datetime, rules: Rules
) -> Parting | None:
    """Let everything about somebody end; None where she has gone already."""
    departure = await departures.begin(session, person, why, by, now)
    if departure is None:
        return None
    before = await _what_she_was(session, person)
    done = DepartureState.DONE
    if not await departures.settle(session, departure, done, by, now, why=why, before=before):
        return None
    to_tell = await _who_should_know(session, person)
    await letters.withdraw_around(session, person)
    await _end_calls(session, person, by, now, rules)
    await _end_watch(session, person, why, by, now, rules)
    await _take_leave(session, person)
    if why is Why.DIED:
        await _fall_silent(session, person)
    await audit.note(session, f"departure.{why}", now, actor=by, subject=person)
    return Parting(departure.id, to_tell)


async def _fall_silent(session: AsyncSession, person: str) -> None:
    """Take back what has just been written of it all, and let her phone be nobody's."""
    await letters.withdraw_around(session, person, by_her=(call_letters.GONE,))
    await session.execute(delete(Identity).where(Identity.person_id == person))
    await session.execute(
        update(Voice)
        .where(
            Voice.person_id == person,
            Voice.state.in_((VoiceState.WAITING, VoiceState.LISTENING)),
        )
        .values(state=VoiceState.LEFT)
    )


async def _what_she_was(session: AsyncSession, person: str) -> dict[str, Any]:
    roles = await people.roles_of(session, person)
    plans = await session.scalars(select(Plan).where(Plan.elder_id == person))
    ties = await session.scalars(select(Tie).where(Tie.person_id == person))
    return {
        "roles": sorted(roles),
        "plans": [[p.slot, f"{p.opens:%H:%M}", f"{p.closes:%H:%M}", p.tier] for p in plans],
        "ties": [[tie.elder_id, tie.kind] for tie in ties],
    }


async def _who_should_know(session: AsyncSession, person: str) -> list[str]:
    """Return the names of those tied to her, looking for her, or about to come to her."""
    looking = [one.id for one in await incidents.about(session, person)]
    called = select(letters.Letter.recipient_id).where(
        letters.Letter.incident_id.in_(looking), letters.Letter.state.in_(letters.GONE_OUT)
    )
    going = select(Visit.volunteer_id).where(
        Visit.elder_id == person, Visit.state == VisitState.ASSIGNED
    )
    asked = (
        select(Offer.volunteer_id)
        .join(Request, Request.id == Offer.request_id)
        .where(Request.elder_id == person, Offer.state == OfferState.ACCEPTED)
    )
    waiting = select(Visit.elder_id).where(
        Visit.volunteer_id == person, Visit.state == VisitState.ASSIGNED
    )
    tied = select(Tie.person_id).where(Tie.elder_id == person)
    hers = select(Tie.elder_id).where(Tie.person_id == person)
    known = or_(*(Person.id.in_(some) for some in (called, going, asked, waiting, tied, hers)))
    found = await session.scalars(
        select(Person.name).where(known, Person.id != person).order_by(Person.id)
    )
    return list(dict.fromkeys(found))


async def _end_calls(
    session: AsyncSession, person: str, by: str, now: datetime, rules: Rules
) -> None:
    """Take back what she asked for, and let her out of what she promised."""
    await session.execute(
        update(WeeklyCall)
        .where(WeeklyCall.elder_id == person, WeeklyCall.ended_at.is_(None))
        .values(ended_at=now)
    )
    for number in await session.scalars(
        select(Request.id).where(Request.elder_id == person, Request.state.in_(BEFORE_SERVICE))
    ):
        await end_call(session, await requests.hold(session, number), by, now, rules)
    for visit in await visits.mine(session, person):
        request = await requests.hold(session, visit.request_id)
        await assigning.withdraw(session, request, visit, now, rules)
    for number in await offers.waiting_for(session, person):
        request = await requests.hold(session, number)
        await assigning.decline(session, request, person, now)
    for promised in (await incidents.promised_by(session, {person})).get(person, ()):
        await ladder.take_back(session, promised, person, now)


async def end_call(
    session: AsyncSession, request: Request, by: str, now: datetime, rules: Rules
) -> None:
    """Take back what somebody asked for who has gone.

    While the books are looked at only the visits end: the call itself, and with it its minutes,
    when they are whole again.
    """
    try:
        await ending.cancel(session, request, by, now, rules)
    except FrozenError:
        going = await visits.of_request(session, request.id, (VisitState.ASSIGNED,))
        await ending.let_go_of(session, request, going, now, by)
        request.next_at = now + assigning.BOOKS_REST
        await session.flush()


async def _end_watch(
    session: AsyncSession, person: str, why: Why, by: str, now: datetime, rules: Rules
) -> None:
    """Wait for her no more. Who lets a living elder go has seen her: she is well."""
    await holds.end(session, person, now)
    await session.execute(delete(Plan).where(Plan.elder_id == person))
    await session.execute(
        update(Expectation)
        .where(
            Expectation.elder_id == person,
            Expectation.day >= watch_day(now, rules.checkin),
            Expectation.state.in_((*TO_BE_MET, State.MISSED)),
        )
        .values(state=State.EXCUSED, next_at=None)
    )
    await session.execute(
        update(SilentElder)
        .where(SilentElder.elder_id == person, SilentElder.seen_at.is_(None))
        .values(seen_at=now, seen_by=by)
        .execution_options(synchronize_session=False)
    )
    result = Result.ENDED if why is Why.DIED else Result.WELL
    for incident in await incidents.about(session, person):
        await incidents.close(session, incident, result, by, now)


async def _take_leave(session: AsyncSession, person: str) -> None:
    """Let her be nothing in the village any more; those tied to her stay in the book."""
    await session.execute(delete(PersonRole).where(PersonRole.person_id == person))
    await session.execute(delete(Tie).where(Tie.person_id == person))
    await session.execute(delete(Question).where(Question.person_id == person))


async def without_the_dead(session: AsyncSession, claimed: Sequence[Claimed]) -> list[Claimed]:
    """Withdraw letters to or about somebody who has died, and return the rest.

    What he had said of the living goes its way.
    """
    named = {person for one in claimed for person in _named_in(one)}
    dead = await departures.dead_among(session, named) if named else set()
    if not dead:
        return list(claimed)
    quiet = {one.id for one in claimed if dead & _named_in(one)}
    await letters.drop(session, quiet)
    return [one for one in claimed if one.id not in quiet]


def _named_in(letter: Claimed) -> set[str]:
    return {letter.recipient_id, letter.about_id or letter.recipient_id}


async def come_back(
    session: AsyncSession, departure: Departure, by: str, now: datetime, rules: Rules
) -> Hours | None:
    """Let somebody be what she was; returns her hours, None where nobody waited for her.

    Her phone is hers again where she has kept it; who was taken for dead needs a new code.
    """
    if not await departures.settle(session, departure, DepartureState.BACK, by, now):
        return None
    person, before = departure.person_id, departure.before or {}
    await _be_again(session, person, before)
    await letters.withdraw_keyed(session, f"departure:{departure.id}:")
    await audit.note(session, "departure.back", now, actor=by, subject=person)
    found = [hours for slot, *hours, _ in before.get("plans", ()) if slot == DAY]
    if not found:
        return None
    hours = Hours(*(time.fromisoformat(hour) for hour in found[0]))
    await _wait_again(session, person, hours, now, rules)
    return hours


async def _be_again(session: AsyncSession, person: str, before: dict[str, Any]) -> None:
    roles = [{"person_id": person, "role": role} for role in before.get("roles", ())]
    await insert_new(session, PersonRole, [], roles)
    plans = [
        {
            "elder_id": person,
            "slot": slot,
            "opens": time.fromisoformat(opens),
            "closes": time.fromisoformat(closes),
            "tier": tier,
        }
        for slot, opens, closes, tier in before.get("plans", ())
    ]
    await insert_new(session, Plan, [], plans)
    ties = [
        {"elder_id": elder, "person_id": person, "kind": kind}
        for elder, kind in before.get("ties", ())
    ]
    await insert_new(session, Tie, [], ties)


async def _wait_again(
    session: AsyncSession, person: str, hours: Hours, now: datetime, rules: Rules
) -> None:
    """Wait for her today where her window is still to come, as if she had never gone."""
    await session.execute(
        delete(Expectation).where(
            Expectation.elder_id == person,
            Expectation.day == watch_day(now, rules.checkin),
            Expectation.opens_at > now,
            Expectation.state == State.EXCUSED,
        )
    )
    village = await session.scalar(select(Person.village_id).where(Person.id == person))
    await enrolments.wait_from(session, village or 0, hours, now)


async def minutes_left(session: AsyncSession, person: str) -> int:
    """Return what stands on her account, 0 where she has none."""
    account = await ledger_members.find_account(session, person)
    return await ledger.balance(session, account) if account else 0


async def give_on(
    session: AsyncSession,
    departure: Departure,
    heir: str | None,
    by: str,
    now: datetime,
    rules: Rules,
) -> int:
    """Close the account of somebody who died, and give it to an heir, or to the pool.

    Whoever confirmed her death and whoever decides now are two, where the policy asks for two.
    Raises a LedgerError, and moves nothing, where the rules say no.
    """
    policy = rules.timebank.preset
    account = await ledger_members.find_account(session, departure.person_id)
    if account is None:
        return 0
    actor = await ledger_members.account_of(session, by, policy)
    other = departure.settled_by if departure.settled_by != by else None
    second = await ledger_members.account_of(session, other, policy) if other else ""
    book, cause = Book(session, now, policy), f"{departure.id}"
    async with session.begin_nested():
        left = await book.close(account, actor=actor, reason="died")
        if left and heir is not None:
            to = await ledger_members.account_of(session, heir, policy)
            await book.inherit(cause, to, left, actor=actor, second=second)
        elif left:
            cause = f"estate:{cause}"
            await book.adjust(
                cause, ESTATE, POOL, left, actor=actor, reason="no-heir", second=second
            )
    return left
