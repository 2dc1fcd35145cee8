"""Dispatch: an open call is asked around, until somebody goes or nobody is left.

A fixed number of volunteers is asked at any time, ring by ring: her group, her village, the
villages next to it. Where it is urgent the first yes wins; else answers are collected for a
while, and the best one is picked.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from storage import call_letters, choosing, offers, requests, volunteers
from storage.assigning import free_slots, pick
from storage.call_letters import letter, tell, urgency
from storage.choosing import Candidate
from storage.ending import give_up
from storage.offers import ASKED, Offer, OfferState
from storage.requests import Request, State
from storage.rules import DispatchRules, Rules
from storage.volunteers import BEYOND, VILLAGE


async def seek(session: AsyncSession, request: Request, now: datetime, rules: Rules) -> None:
    """Bring an open call one step on: pick, ask more, tell the leader, or give up."""
    if request.begins <= now and not request.is_urgent:
        await give_up(session, request, now, rules)
        return
    asked = await offers.of_request(session, request.id, request.turn)
    if await pick(session, request, asked, now, rules) or request.state != State.OPEN:
        return
    if request.next_at is not None and request.next_at > now:
        return  # somebody was picked, and has to wait for the books
    standing = [one for one in asked if one.state in ASKED]
    fresh = await _ask_more(session, request, len(standing), now, rules.dispatch)
    moments = [one.expires_at for one in standing if one.state == OfferState.OPEN] + fresh
    hopeless = not moments and not await _has_enough(session, request, standing)
    if hopeless and await _nobody_left(session, request, now, rules):
        return
    await _wait(session, request, moments, now)


async def _has_enough(session: AsyncSession, request: Request, willing: Sequence[Offer]) -> bool:
    """Tell whether it is only for the hour of the choice that is waited."""
    return bool(willing) and len(willing) >= len(await free_slots(session, request))


async def replace_unreached(session: AsyncSession, now: datetime) -> None:
    """Ask others in the place of those whom no way reaches."""
    calls = await offers.drop_unreached(session)
    if calls:
        await requests.wake(session, calls, now)


async def _wait(
    session: AsyncSession, request: Request, moments: Sequence[datetime], now: datetime
) -> None:
    """Sleep until the next answer is overdue, or the answers are looked at."""
    decide = [request.decide_at] if request.decide_at and request.decide_at > now else []
    known = [*moments, *decide]
    if request.begins > now:
        known.append(request.begins)
    if request.told and request.next_at and request.next_at > now:
        known.append(request.next_at)
    request.next_at = max(min(known), now + timedelta(seconds=1)) if known else None
    await session.flush()


async def _ask_more(
    session: AsyncSession, request: Request, standing: int, now: datetime, rules: DispatchRules
) -> list[datetime]:
    """Ask as many as are missing, from ring to ring; returns when their time is over."""
    wanted = _outstanding(request, rules) - standing
    found: list[Candidate] = []
    ring = min(request.ring, VILLAGE)
    while len(found) < wanted and ring <= _farthest(request, standing + len(found)):
        more = await choosing.choose(session, request, ring, wanted, now, rules)
        known = {one.volunteer_id for one in found}
        found += [one for one in more if one.volunteer_id not in known][: wanted - len(found)]
        request.ring = max(request.ring, ring)
        ring += 1
    if found:
        await _ask(session, request, found, now, rules)
    return [_patience(request, now, rules)] if found else []


def _farthest(request: Request, hopes: int) -> int:
    """Return how far may be asked: the next villages, where nobody in hers is left to hope for."""
    return BEYOND if request.is_urgent or not hopes else VILLAGE


def _outstanding(request: Request, rules: DispatchRules) -> int:
    number = rules.urgent_outstanding if request.is_urgent else rules.outstanding
    return max(number, request.people)


def _patience(request: Request, now: datetime, rules: DispatchRules) -> datetime:
    minutes = rules.urgent_answer_minutes if request.is_urgent else rules.answer_minutes
    until = now + timedelta(minutes=minutes)
    return until if request.is_urgent else min(until, request.begins)


async def _ask(
    session: AsyncSession,
    request: Request,
    found: Sequence[Candidate],
    now: datetime,
    rules: DispatchRules,
) -> None:
    expires_at = _patience(request, now, rules)
    await offers.put(session, [_offer(request, one, now, expires_at) for one in found])
    asked = [one.volunteer_id for one in found]
    await volunteers.note_asked(session, asked, now)
    await _tell_asked(session, request, asked, now, expires_at)
    collects = request.agreed.allocation == "collect" and not request.is_urgent
    if collects and request.decide_at is None:
        request.decide_at = now + timedelta(minutes=rules.collect_minutes)


def _offer(
    request: Request, candidate: Candidate, now: datetime, expires_at: datetime
) -> dict[str, Any]:
    return {
        "request_id": request.id,
        "turn": request.turn,
        "volunteer_id": candidate.volunteer_id,
        "ring": candidate.ring,
        "score": candidate.score,
        "parts": dict(candidate.parts),
        "offered_at": now,
        "expires_at": expires_at,
    }


async def _tell_asked(
    session: AsyncSession,
    request: Request,
    asked: Sequence[str],
    now: datetime,
    expires_at: datetime,
) -> None:
    """Say what it is about, when and in which group, and not whose door it is."""
    village, group = await call_letters.place_of(session, request)
    await tell(
        session,
        [
            letter(
                request,
                offers.OFFER,
                one,
                urgency=urgency(request),
                expires_at=expires_at,
                about=False,
                village=village,
                group=group,
            )
            for one in asked
        ],
        now,
    )


async def _nobody_left(
    session: AsyncSession, request: Request, now: datetime, rules: Rules
) -> bool:
    """Tell the leader, then the coordinator, then her; True where the call has ended so."""
    steps = (call_letters.leaders, call_letters.coordinators)
    while request.told < len(steps):
        hears = await steps[request.told](session, request, now)
        request.told += 1
        if hears:
            await _tell_untaken(session, request, hears, now)
            waits = rules.dispatch
            minutes = waits.urgent_leader_minutes if request.is_urgent else waits.leader_minutes
            request.next_at = now + timedelta(minutes=minutes)
            await session.flush()
            return False
    await give_up(session, request, now, rules)
    return True


async def _tell_untaken(
    session: AsyncSession, request: Request, hears: Sequence[str], now: datetime
) -> None:
    asked = await offers.count_asked(session, request.id)
    await tell(
        session,
        [
            letter(
                request,
                call_letters.UNTAKEN,
                one,
                urgency=urgency(request),
                again=str(request.told),
                asked=asked,
            )
            for one in hears
        ],
        now,
    )
