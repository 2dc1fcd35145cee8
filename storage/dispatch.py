"""Dispatch: from an open call to somebody who goes, or to an honest word that nobody does.

A fixed number of volunteers is asked at any time, ring by ring: her group, her village, the
villages next to it. Where it is urgent the first yes wins; else answers are collected for a
while, and the best one is picked. Whoever moves a call holds its row first, then the profiles
of those he gives visits to, and the ledger last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage import call_letters, choosing, ledger, letters, offers, requests, visits
from storage.call_letters import letter, tell, urgency
from storage.choosing import BY_HIMSELF, Candidate
from storage.ledger import FrozenError
from storage.letters import Urgency
from storage.offers import ASKED, Offer, OfferState
from storage.people import names_of
from storage.purses import Purse, ShortError
from storage.requests import BEFORE_SERVICE, Request, State, Step, move
from storage.rules import DispatchRules, Rules
from storage.visits import Visit, VisitState
from storage.volunteers import BEYOND, VILLAGE, Volunteer

BOOKS_REST = timedelta(minutes=10)
"""How long we wait before we ask frozen books again."""

_LOOKS = 3
"""How often somebody is asked to look at what is urgent, also after its hour."""

RISK, PURSE = "risk", "purse"
"""Why a call is looked at by a person before anybody is asked."""


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
    reviewers = await _reviewers(session, request)
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


async def _reviewers(session: AsyncSession, request: Request) -> list[str]:
    if request.why == PURSE:
        return await call_letters.coordinators(session, request)
    leader = await call_letters.leaders(session, request)
    if request.told == 0:
        return leader
    return list(dict.fromkeys([*leader, *await call_letters.coordinators(session, request)]))


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
    await _let_go_of(session, request, going, now, by)
    hears = await call_letters.her_side(session, request)
    await tell(
        session, [letter(request, call_letters.REFUSED, one, actor=by) for one in hears], now
    )
    await Purse(session, request, now, rules).give_back(by)
    return True


async def seek(session: AsyncSession, request: Request, now: datetime, rules: Rules) -> None:
    """Bring an open call one step on: pick, ask more, tell the leader, or give up."""
    if request.begins <= now and not request.is_urgent:
        await give_up(session, request, now, rules)
        return
    asked = await offers.of_request(session, request.id, request.turn)
    if await pick(session, request, asked, now, rules) or request.state != State.OPEN:
        return
    standing = [one for one in asked if one.state in ASKED]
    fresh = await _ask_more(session, request, len(standing), now, rules.dispatch)
    moments = [one.expires_at for one in standing if one.state == OfferState.OPEN] + fresh
    hopeless = not moments and not await _has_enough(session, request, standing)
    if hopeless and await _nobody_left(session, request, now, rules):
        return
    await _wait(session, request, moments, now)


async def _has_enough(session: AsyncSession, request: Request, willing: Sequence[Offer]) -> bool:
    """Tell whether it is only for the hour of the choice that is waited."""
    return bool(willing) and len(willing) >= len(await _free_slots(session, request))


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
    await offers.put(
        session,
        [
            {
                "request_id": request.id,
                "turn": request.turn,
                "volunteer_id": one.volunteer_id,
                "ring": one.ring,
                "score": one.score,
                "parts": dict(one.parts),
                "offered_at": now,
                "expires_at": expires_at,
            }
            for one in found
        ],
    )
    asked = [one.volunteer_id for one in found]
    await session.execute(
        update(Volunteer)
        .where(Volunteer.person_id.in_(asked))
        .values(last_asked_at=now)
        .execution_options(synchronize_session=False)
    )
    village, group = await call_letters.place_of(session, request)
    await tell(
        session,
        [
            letter(
                request,
                call_letters.OFFER,
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
    collects = request.agreed.allocation == "collect" and not request.is_urgent
    if collects and request.decide_at is None:
        request.decide_at = now + timedelta(minutes=rules.collect_minutes)


async def _nobody_left(
    session: AsyncSession, request: Request, now: datetime, rules: Rules
) -> bool:
    """Tell the leader, then the coordinator, then her; True where the call has ended so."""
    if request.told and request.next_at and request.next_at > now:
        return False
    steps = (call_letters.leaders, call_letters.coordinators)
    while request.told < len(steps):
        hears = await steps[request.told](session, request)
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


async def give_up(session: AsyncSession, request: Request, now: datetime, rules: Rules) -> None:
    """End a call that nobody takes, with an honest word to her, her family and the leader."""
    going = await visits.of_request(session, request.id, (VisitState.ASSIGNED,))
    if not await move(session, request, Step.GIVE_UP, now):
        return
    await _let_go_of(session, request, going, now)
    hears = [
        *await call_letters.her_side(session, request),
        *await call_letters.family_of(session, request),
        *await call_letters.leaders(session, request),
    ]
    await tell(
        session,
        [
            letter(request, call_letters.SORRY, one, urgency=urgency(request))
            for one in dict.fromkeys(hears)
        ],
        now,
    )
    await Purse(session, request, now, rules).give_back(None)


async def _let_go_of(
    session: AsyncSession,
    request: Request,
    going: Sequence[Visit],
    now: datetime,
    by: str | None = None,
    how: Urgency = Urgency.NOTICE,
) -> None:
    """Tell those who would have gone, or had said yes, that nobody has to."""
    await visits.drop(session, going, VisitState.CANCELLED)
    losers = await offers.close(session, request.id, request.turn)
    await _withdraw_offers(session, request)
    free = dict.fromkeys([*(one.volunteer_id for one in going), *losers])
    await tell(
        session,
        [letter(request, call_letters.OFF, one, urgency=how, actor=by, goes=True) for one in free],
        now,
    )


async def _withdraw_offers(session: AsyncSession, request: Request) -> None:
    """Let questions that have not left yet not be asked any more."""
    asked = await offers.of_request(session, request.id, request.turn)
    keys = [
        letter(request, call_letters.OFFER, one.volunteer_id).key
        for one in asked
        if one.state != OfferState.OPEN
    ]
    await letters.expire(session, keys)


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
    free = await _free_slots(session, request)
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


async def _free_slots(session: AsyncSession, request: Request) -> list[int]:
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
    free = await _free_slots(session, request)
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
    await _withdraw_offers(session, request)
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
    hears = await call_letters.her_side(session, request)
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
        *await call_letters.her_side(session, request),
        *await call_letters.leaders(session, request),
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


async def cancel(
    session: AsyncSession, request: Request, by: str, now: datetime, rules: Rules
) -> bool:
    """Take a call back while nobody is with her: visits end, and the minutes come back.

    Raises FrozenError before anything has changed.
    """
    if request.state in BEFORE_SERVICE and await ledger.is_frozen(session):
        raise FrozenError("the books are looked at")
    late = request.starts_at is not None and request.starts_at - now <= timedelta(
        minutes=rules.dispatch.late_minutes
    )
    going = await visits.of_request(session, request.id, (VisitState.ASSIGNED,))
    if not await move(session, request, Step.CANCEL, now):
        return False
    how = Urgency.ALARM if late else Urgency.NOTICE
    await _let_go_of(session, request, going, now, by, how)
    hears = [one for one in await call_letters.her_side(session, request) if one != by]
    await tell(
        session,
        [letter(request, call_letters.OFF, one, urgency=how, actor=by) for one in hears],
        now,
    )
    await Purse(session, request, now, rules).give_back(by)
    return True
