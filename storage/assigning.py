"""Assigning: who said yes, who of them goes, and who goes in his place when he cannot.

Of many who say yes at once one is first, since whoever moves a call holds its row. Then the
profiles of those are held who are given a visit, so that nobody is in two places; the ledger
comes last. What may not be, may not be by hand either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage import call_letters, choosing, offers, visits
from storage.call_letters import letter, tell, urgency
from storage.choosing import BY_HIMSELF
from storage.ending import withdraw_offers
from storage.ledger import FrozenError
from storage.offers import ASKED, Offer, OfferState
from storage.people import names_of
from storage.purses import Purse, ShortError
from storage.requests import Request, State, Step, move
from storage.reviews import PURSE, ask_to_look
from storage.rules import DispatchRules, Rules
from storage.visits import Visit, VisitState
from storage.volunteers import Volunteer

BOOKS_REST = timedelta(minutes=10)
"""How long we wait before we ask frozen books again."""


class Taken(StrEnum):
    """What became of somebody's yes."""

    GOES = "goes"
    NOTED = "noted"  # who goes is decided later
    MINE = "mine"  # he goes already
    GONE = "gone"  # somebody else goes, or nobody has to
    MAY_NOT = "may_not"
    AT_REST = "at_rest"  # the village has to see to the minutes first


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of it, and why not, where it could not be."""

    taken: Taken
    why: Sequence[str] = ()


async def accept(
    session: AsyncSession, request: Request, volunteer: str, now: datetime, rules: Rules
) -> Answered:
    """Take somebody's yes. The row of the call is held, so of many at once one is first."""
    if await _goes_already(session, request, volunteer):
        return Answered(Taken.MINE)
    if request.state != State.OPEN:
        return Answered(Taken.GONE)
    why = await choosing.why_not(session, request, volunteer, now, rules.dispatch)
    if set(why) - BY_HIMSELF:
        return Answered(Taken.MAY_NOT, why)
    await _note_yes(session, request, volunteer, now, rules.dispatch)
    asked = await offers.of_request(session, request.id, request.turn)
    if await pick(session, request, asked, now, rules):
        goes = await _goes_already(session, request, volunteer)
        return Answered(Taken.GOES if goes else Taken.GONE)
    if request.state == State.REVIEW:
        return Answered(Taken.AT_REST)
    return Answered(Taken.NOTED)


async def _goes_already(session: AsyncSession, request: Request, volunteer: str) -> bool:
    live = await visits.of_request(session, request.id)
    return any(one.volunteer_id == volunteer for one in live)


async def _note_yes(
    session: AsyncSession,
    request: Request,
    volunteer: str,
    now: datetime,
    rules: DispatchRules,
) -> None:
    offer = await offers.mine(session, request.id, request.turn, volunteer)
    if offer is None:
        himself = await choosing.weigh(session, request, volunteer, now, rules)
        row = {
            "request_id": request.id,
            "turn": request.turn,
            "volunteer_id": volunteer,
            "ring": himself.ring,
            "score": himself.score,
            "parts": dict(himself.parts),
            "offered_at": now,
            "expires_at": now,
            "state": OfferState.ACCEPTED,
            "answered_at": now,
        }
        await offers.put(session, [row])
    else:
        await offers.answer(session, offer, OfferState.ACCEPTED, now)


async def decline(session: AsyncSession, request: Request, volunteer: str, now: datetime) -> bool:
    """Take somebody's no; whoever is next is asked by the next round."""
    offer = await offers.mine(session, request.id, request.turn, volunteer)
    if offer is None or offer.state not in ASKED or request.state != State.OPEN:
        return False
    await offers.answer(session, offer, OfferState.DECLINED, now)
    request.next_at = now
    await session.flush()
    return True


async def pick(
    session: AsyncSession, request: Request, asked: Sequence[Offer], now: datetime, rules: Rules
) -> bool:
    """Give the call to the best who said yes, where there are enough and it is time."""
    if request.decide_at is not None and now < request.decide_at:
        return False
    willing = [one for one in asked if one.state == OfferState.ACCEPTED]
    if not willing:
        return False
    free = await free_slots(session, request)
    if len(willing) < len(free):
        return False
    await _hold_profiles(session, [one.volunteer_id for one in willing])
    able = await _still_able(session, request, willing, now, rules)
    if len(able) < len(free):
        return False
    chosen = [one.volunteer_id for one in able[: len(free)]]
    return await _assign(session, request, chosen, free, None, now, rules)


async def _still_able(
    session: AsyncSession, request: Request, willing: Sequence[Offer], now: datetime, rules: Rules
) -> list[Offer]:
    """Leave out who has taken something else meanwhile, and tell him."""
    able: list[Offer] = []
    lost: list[Offer] = []
    for one in willing:
        why = await choosing.why_not(session, request, one.volunteer_id, now, rules.dispatch)
        (lost if set(why) - BY_HIMSELF else able).append(one)
    for one in lost:
        await offers.answer(session, one, OfferState.LOST, now)
    await tell(session, [letter(request, call_letters.LOST, one.volunteer_id) for one in lost], now)
    return able


async def free_slots(session: AsyncSession, request: Request) -> list[int]:
    taken = {one.slot for one in await visits.of_request(session, request.id)}
    return [slot for slot in range(1, request.people + 1) if slot not in taken]


async def _hold_profiles(session: AsyncSession, volunteers: Sequence[str]) -> None:
    """Hold the calendars of those who are given a visit, in one order everywhere."""
    await session.execute(
        select(Volunteer.person_id)
        .where(Volunteer.person_id.in_(volunteers))
        .order_by(Volunteer.person_id)
        .with_for_update()
    )


async def assign(
    session: AsyncSession, request: Request, volunteer: str, by: str, now: datetime, rules: Rules
) -> Answered:
    """Give a call to somebody by hand; what nobody may do, he may not do by hand either."""
    if await _goes_already(session, request, volunteer):
        return Answered(Taken.MINE)
    over = request.state == State.UNFILLED and request.begins <= now
    if request.state not in (State.OPEN, State.UNFILLED) or over:
        return Answered(Taken.GONE)
    await _hold_profiles(session, [volunteer])
    why = await choosing.why_not(session, request, volunteer, now, rules.dispatch)
    if set(why) - BY_HIMSELF:
        return Answered(Taken.MAY_NOT, why)
    free = await free_slots(session, request)
    if len(free) > 1 and request.state == State.OPEN:
        await _note_yes(session, request, volunteer, now, rules.dispatch)
        request.decide_at = None
        asked = await offers.of_request(session, request.id, request.turn)
        done = await pick(session, request, asked, now, rules)
        return Answered(Taken.GOES if done else Taken.NOTED)
    if len(free) > 1:
        return Answered(Taken.GONE)
    if await _assign(session, request, [volunteer], free, by, now, rules):
        return Answered(Taken.GOES)
    return Answered(Taken.AT_REST)


async def _assign(
    session: AsyncSession,
    request: Request,
    chosen: Sequence[str],
    slots: Sequence[int],
    by: str | None,
    now: datetime,
    rules: Rules,
) -> bool:
    """Write the visits, keep the minutes, and tell everybody, all of it or nothing.

    Where the minutes are not there the call goes back to be looked at, with the answers kept.
    """
    try:
        await Purse(session, request, now, rules).keep()
    except ShortError:
        if await move(session, request, Step.SEND_BACK, now, why=PURSE, told=0):
            await ask_to_look(session, request, now, rules)
        return False
    except FrozenError:  # a person looks at the books: the answers wait as long
        request.next_at = now + BOOKS_REST
        await session.flush()
        return False
    no_show = timedelta(minutes=rules.dispatch.no_show_minutes)
    if not await move(
        session, request, Step.ASSIGN, now, next_at=_expected(request, now) + no_show, told=0
    ):
        return False
    _write_visits(session, request, chosen, slots, by, now)
    await _mark_winners(session, request, chosen, now)
    losers = await offers.close(session, request.id, request.turn, chosen)
    await withdraw_offers(session, request)
    await _tell_who_goes(session, request, chosen, losers, by, now)
    return True


def _expected(request: Request, now: datetime) -> datetime:
    """Return when whoever goes is to be there: what is urgent may be taken after its hour."""
    return max(request.begins, now)


def _write_visits(
    session: AsyncSession,
    request: Request,
    chosen: Sequence[str],
    slots: Sequence[int],
    by: str | None,
    now: datetime,
) -> None:
    begins = _expected(request, now)
    session.add_all(
        Visit(
            request_id=request.id,
            slot=slot,
            elder_id=request.elder_id,
            volunteer_id=volunteer,
            starts_at=begins,
            ends_at=begins + timedelta(minutes=request.minutes),
            booked=request.minutes,
            assigned_at=now,
            assigned_by=by,
        )
        for volunteer, slot in zip(chosen, slots, strict=True)
    )


async def _mark_winners(
    session: AsyncSession, request: Request, chosen: Sequence[str], now: datetime
) -> None:
    await session.execute(
        update(Offer)
        .where(
            Offer.request_id == request.id,
            Offer.turn == request.turn,
            Offer.volunteer_id.in_(chosen),
        )
        .values(state=OfferState.WON, answered_at=now)
    )


async def _tell_who_goes(
    session: AsyncSession,
    request: Request,
    chosen: Sequence[str],
    losers: Sequence[str],
    by: str | None,
    now: datetime,
) -> None:
    home = await call_letters.home_of(session, request)
    names = await names_of(session, set(chosen))
    who = "、".join(names[one] for one in chosen)
    hears = await call_letters.her_side(session, request, now)
    how = urgency(request)
    await tell(
        session,
        [
            *(
                letter(request, call_letters.WON, one, urgency=how, actor=by, who=who, home=home)
                for one in chosen
            ),
            *(letter(request, call_letters.LOST, one) for one in losers),
            *(
                letter(request, call_letters.COMING, one, urgency=how, who=who, code=request.code)
                for one in hears
            ),
        ],
        now,
    )


async def withdraw(
    session: AsyncSession, request: Request, visit: Visit, now: datetime, rules: Rules
) -> bool:
    """Let somebody out of his word; whoever else may go is asked at once."""
    if visit.state != VisitState.ASSIGNED or request.state != State.ASSIGNED:
        return False
    await visits.drop(session, [visit], VisitState.WITHDRAWN)
    await reopen(session, request, visit.volunteer_id, now, rules)
    return True


async def reopen(
    session: AsyncSession, request: Request, gone: str, now: datetime, rules: Rules
) -> None:
    """Look for somebody else; who was given the call before is not asked again.

    The minutes stay kept. What begins soon is urgent now.
    """
    soon = request.begins - now <= timedelta(minutes=rules.dispatch.urgent_within_minutes)
    values = {
        "turn": request.turn + 1,
        "ring": 0,
        "told": 0,
        "decide_at": None,
        "next_at": now,
        "is_urgent": request.is_urgent or soon,
    }
    if not await move(session, request, Step.REOPEN, now, **values):
        return
    await _do_not_ask_again(session, request, now)
    hears = [
        *await call_letters.her_side(session, request, now),
        *await call_letters.leaders(session, request, now),
    ]
    await tell(
        session,
        [
            letter(request, call_letters.GONE, one, urgency=urgency(request), actor=gone)
            for one in dict.fromkeys(hears)
        ],
        now,
    )


async def _do_not_ask_again(session: AsyncSession, request: Request, now: datetime) -> None:
    let_down = (VisitState.WITHDRAWN, VisitState.ABSENT)
    gone = await visits.of_request(session, request.id, let_down)
    await offers.put(
        session,
        [
            {
                "request_id": request.id,
                "turn": request.turn,
                "volunteer_id": one,
                "ring": 0,
                "score": 0.0,
                "parts": {},
                "offered_at": now,
                "expires_at": now,
                "state": OfferState.DECLINED,
            }
            for one in sorted({visit.volunteer_id for visit in gone})
        ],
    )
