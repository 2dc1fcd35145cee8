"""Confirming: her side says how it was, and the minutes are paid.

Somebody of her side who is not of the volunteer's household, or the clock after `confirm_hours`
where the evidence is complete, and only then. What is not complete goes to her leader.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from storage import authority, call_letters, evidence, requests, visits
from storage.call_letters import letter, tell
from storage.ledger import FrozenError
from storage.letters import NewLetter
from storage.people import Caller
from storage.purses import Purse
from storage.requests import Request, State, Step, move
from storage.rules import Rules
from storage.visits import Visit, VisitState

LOW = 2
"""Of so few flowers the leader hears."""


class Said(StrEnum):
    """What became of a confirmation."""

    SETTLED = "settled"
    FLOWERS = "flowers"  # it was settled before, and now she thanks
    NOT_YOURS = "not_yours"
    NOT_NOW = "not_now"
    AT_REST = "at_rest"


async def may_confirm(session: AsyncSession, caller: Caller, request: Request) -> bool:
    """Tell whether somebody may say that it was well: she, her family, her leader.

    Never who was there himself, nor his kin; and it is not enough to have asked for it.
    """
    if not await requests.stands_by_her(session, caller, request):
        return False
    went = {one.volunteer_id for one in await visits.of_request(session, request.id)}
    if caller.id == request.elder_id:
        return caller.id not in went
    return not await authority.is_of_household(session, caller.id, went)


async def confirm(
    session: AsyncSession,
    request: Request,
    caller: Caller,
    flowers: int | None,
    now: datetime,
    rules: Rules,
) -> Said:
    if not await may_confirm(session, caller, request):
        return Said.NOT_YOURS
    if request.state == State.SETTLED and flowers is not None and request.flowers is None:
        await _thank(session, request, flowers, now)
        return Said.FLOWERS
    if request.state != State.AWAITING_CONFIRM:
        return Said.NOT_NOW
    try:
        await settle(session, request, Step.CONFIRM, caller.id, None, now, rules)
    except FrozenError:
        return Said.AT_REST
    await _thank(session, request, flowers, now)
    return Said.SETTLED


async def settle(
    session: AsyncSession,
    request: Request,
    step: Step,
    by: str | None,
    minutes: int | None,
    now: datetime,
    rules: Rules,
) -> None:
    """Pay who was there, give back the rest, and end the call: all of it or nothing.

    `minutes` cut each visit, where a verdict says so; `by` is None where the clock confirms.
    Raises FrozenError before anything has changed.
    """
    purse = Purse(session, request, now, rules)
    done = await visits.of_request(session, request.id, (VisitState.DONE,))
    async with session.begin_nested():
        for visit in done:
            real = visit.minutes or visit.booked
            await purse.pay(visit, real if minutes is None else min(minutes, real), by)
        await purse.give_back(by)
        values = {"confirmed_by": by, "confirmed_at": now}
        if not await move(session, request, step, now, **values):
            raise LookupError("a call was settled whose row was not held")


async def _thank(
    session: AsyncSession, request: Request, flowers: int | None, now: datetime
) -> None:
    """Pass the thanks on; of few flowers the leader hears, so that somebody asks her."""
    again = "flowers" if request.state == State.SETTLED and flowers else ""
    request.flowers = flowers
    await session.flush()
    done = await visits.of_request(session, request.id, (VisitState.DONE,))
    written = [
        letter(
            request,
            call_letters.THANKS,
            one.volunteer_id,
            again=again,
            flowers=flowers if flowers and flowers > LOW else None,
            minutes=one.minutes,
        )
        for one in done
    ]
    if flowers is not None and flowers <= LOW:
        hears = await call_letters.leaders(
            session, request, now, {one.volunteer_id for one in done}
        )
        written += [letter(request, call_letters.POOR, one, flowers=flowers) for one in hears]
    await tell(session, written, now)


async def wait_for_word(
    session: AsyncSession, request: Request, now: datetime, rules: Rules
) -> None:
    """Ask her side once more; then the clock confirms, or the leader has to see to it."""
    finished = request.finished_at or now
    done = await visits.of_request(session, request.id, (VisitState.DONE,))
    if now < finished + timedelta(hours=rules.dispatch.confirm_hours):
        await _ask_again(session, request, done, now)
        request.next_at = finished + timedelta(hours=rules.dispatch.confirm_hours)
        await session.flush()
    elif await evidence.is_complete(session, request, done):
        await _by_the_clock(session, request, now, rules)
    else:
        await _let_leader_see(session, request, done, now, rules)


async def _ask_again(
    session: AsyncSession, request: Request, done: Sequence[Visit], now: datetime
) -> None:
    who = "、".join(await visits.names(session, done))
    there = {one.volunteer_id for one in done}
    hears = [one for one in await call_letters.her_side(session, request, now) if one not in there]
    asked = [letter(request, call_letters.HOW, one, who=who, again="1") for one in hears]
    await tell(session, [*asked, *await _ask_for_evidence(session, request, done)], now)


async def _ask_for_evidence(
    session: AsyncSession, request: Request, done: Sequence[Visit]
) -> list[NewLetter]:
    """Ask whoever was there for what he can still give, while it is of use."""
    found = {
        one.volunteer_id: await evidence.lacking_of(session, request, done, one) for one in done
    }
    return [
        letter(request, call_letters.LACKING, one, missing=list(missing))
        for one, missing in found.items()
        if missing
    ]


async def _by_the_clock(
    session: AsyncSession, request: Request, now: datetime, rules: Rules
) -> None:
    try:
        await settle(session, request, Step.CONFIRM, None, None, now, rules)
    except FrozenError:
        request.next_at = now + timedelta(hours=1)
        await session.flush()
    else:
        await _thank(session, request, None, now)


async def _let_leader_see(
    session: AsyncSession, request: Request, done: Sequence[Visit], now: datetime, rules: Rules
) -> None:
    """Ask her leader each day, and from the second day the coordinator too."""
    there = {one.volunteer_id for one in done}
    hears = await call_letters.leaders(session, request, now, there)
    if request.told:
        hears += await call_letters.coordinators(session, request, now, there)
    who = "、".join(await visits.names(session, done))
    missing = list(await evidence.lacking(session, request, done))
    await tell(
        session,
        [
            letter(
                request, call_letters.SEE, one, again=str(request.told), who=who, missing=missing
            )
            for one in dict.fromkeys(hears)
        ],
        now,
    )
    request.told += 1
    request.next_at = now + timedelta(hours=rules.dispatch.remind_hours)
    await session.flush()
