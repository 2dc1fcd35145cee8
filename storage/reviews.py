"""Reviews: a person looks at a call before anybody is asked, at its risk or at its minutes."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from storage import authority, call_letters, requests, visits
from storage.call_letters import letter, tell, urgency
from storage.ending import give_up, let_go_of
from storage.people import Caller, Role
from storage.purses import Purse
from storage.requests import Request, State, Step, move
from storage.rules import Rules
from storage.visits import VisitState

_LOOKS = 3
"""How often somebody is asked to look at what is urgent, also after its hour."""

RISK, PURSE = "risk", "purse"
"""Why a call is looked at."""


async def submit(session: AsyncSession, request: Request, now: datetime, rules: Rules) -> None:
    """Let a complete draft go its way: to be looked at where its terms say so, or open."""
    if request.agreed.needs_review:
        await move(session, request, Step.SUBMIT, now, why=RISK, told=0)
        await ask_to_look(session, request, now, rules)
    elif await Purse(session, request, now, rules).is_short():
        await move(session, request, Step.SUBMIT, now, why=PURSE, told=0)
        await ask_to_look(session, request, now, rules)
    else:
        await move(session, request, Step.COMPLETE, now, next_at=now)


async def ask_to_look(session: AsyncSession, request: Request, now: datetime, rules: Rules) -> None:
    """Ask whoever decides, the leader about a risk and the coordinator about minutes.

    Who has not answered in time is asked again, with the coordinator beside him. At the hour
    of the call there is nothing left to decide, but where it is urgent.
    """
    if request.begins <= now and not (request.is_urgent and request.told < _LOOKS):
        await give_up(session, request, now, rules)
        return
    kind = call_letters.VOUCH if request.why == PURSE else call_letters.REVIEW
    reviewers = await _reviewers(session, request, now)
    needs = Purse(session, request, now, rules).needs
    await tell(
        session,
        [
            letter(
                request,
                kind,
                one,
                urgency=urgency(request),
                again=str(request.told),
                minutes=needs,
            )
            for one in reviewers
        ],
        now,
    )
    waits = rules.dispatch
    minutes = waits.urgent_leader_minutes if request.is_urgent else waits.review_minutes
    until = now + timedelta(minutes=minutes)
    request.told += 1
    request.next_at = until if request.begins <= now else min(until, request.begins)
    await session.flush()


async def _reviewers(session: AsyncSession, request: Request, now: datetime) -> list[str]:
    """Return who is asked: nobody of her household, and where nobody else is left, who is above."""
    hers = await authority.households(session, {request.elder_id})
    above = await call_letters.coordinators(session, request, now, hers)
    above = above or await call_letters.supervisors(session, request, now, hers)
    if request.why == PURSE:
        return above
    leader = await call_letters.leaders(session, request, now, hers)
    return list(dict.fromkeys([*leader, *above])) if request.told or not leader else leader


async def may_decide(session: AsyncSession, caller: Caller, request: Request) -> bool:
    """Let a leader look at a risk, and only a coordinator vouch for minutes.

    Nobody decides about his own household; the supervisor may, where nobody else is left.
    """
    if await authority.is_of_household(session, caller.id, {request.elder_id}):
        return False
    if caller.is_a(Role.SUPERVISOR) and request.state == State.REVIEW:
        return True
    if request.state == State.REVIEW and request.why != RISK:
        return requests.coordinates(caller, request)
    return requests.leads(caller, request)


async def approve(
    session: AsyncSession, request: Request, by: str, now: datetime, rules: Rules
) -> bool:
    """Let a call go out. Who approves minutes vouches for them: the pool pays."""
    if request.state != State.REVIEW:
        return False
    if request.why == PURSE:
        return await move(
            session, request, Step.APPROVE, now, vouched_by=by, why="", told=0, next_at=now
        )
    if await Purse(session, request, now, rules).is_short():
        request.why, request.told = PURSE, 0
        await session.flush()
        await ask_to_look(session, request, now, rules)
        return True
    return await move(session, request, Step.APPROVE, now, why="", told=0, next_at=now)


async def refuse(
    session: AsyncSession, request: Request, by: str, now: datetime, rules: Rules
) -> bool:
    """Say that a call does not go out, or no further; her side hears who can tell why."""
    going = await visits.of_request(session, request.id, (VisitState.ASSIGNED,))
    if not await move(session, request, Step.REFUSE, now):
        return False
    await let_go_of(session, request, going, now, by)
    hears = await call_letters.her_side(session, request, now)
    await tell(
        session, [letter(request, call_letters.REFUSED, one, actor=by) for one in hears], now
    )
    await Purse(session, request, now, rules).give_back(by)
    return True
