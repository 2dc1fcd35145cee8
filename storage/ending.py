"""How a call ends without a visit: nobody takes it, or it is taken back; all hear of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy.ext.asyncio import AsyncSession

from storage import call_letters, ledger, ledger_members, letters, offers, visits
from storage.call_letters import letter, tell, urgency
from storage.ledger import FrozenError
from storage.letters import Urgency
from storage.offers import OfferState
from storage.purses import Purse
from storage.requests import BEFORE_SERVICE, Request, Step, move
from storage.rules import DispatchRules, Rules
from storage.visits import Visit, VisitState


async def give_up(session: AsyncSession, request: Request, now: datetime, rules: Rules) -> None:
    """End a call that nobody takes, with an honest word to her, her family and the leader."""
    going = await visits.of_request(session, request.id, (VisitState.ASSIGNED,))
    if not await move(session, request, Step.GIVE_UP, now):
        return
    await let_go_of(session, request, going, now)
    hears = [
        *await call_letters.her_side(session, request, now),
        *await call_letters.family_of(session, request, now),
        *await call_letters.leaders(session, request, now),
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


async def let_go_of(
    session: AsyncSession,
    request: Request,
    going: Sequence[Visit],
    now: datetime,
    by: str | None = None,
    how: Urgency = Urgency.NOTICE,
    paid: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """Tell those who would have gone, or had said yes, that nobody has to."""
    await visits.drop(session, going, VisitState.CANCELLED)
    losers = await offers.close(session, request.id, request.turn)
    await withdraw_offers(session, request)
    free = dict.fromkeys([*(one.volunteer_id for one in going), *losers])
    await tell(
        session,
        [
            letter(
                request,
                call_letters.OFF,
                one,
                urgency=how,
                actor=by,
                goes=True,
                minutes=paid.get(one, 0),
            )
            for one in free
        ],
        now,
    )


async def withdraw_offers(session: AsyncSession, request: Request) -> None:
    """Let questions that have not left yet not be asked any more."""
    asked = await offers.of_request(session, request.id, request.turn)
    keys = [
        letter(request, offers.OFFER, one.volunteer_id).key
        for one in asked
        if one.state != OfferState.OPEN
    ]
    await letters.expire(session, keys)


async def cancel(
    session: AsyncSession, request: Request, by: str, now: datetime, rules: Rules
) -> int | None:
    """Take a call back while nobody is with her: visits end, and the minutes come back.

    Who was on the way is paid for it as the policy says; returns how many minutes that came to,
    None where the call cannot be taken back. Raises FrozenError before anything has changed.
    """
    if request.state in BEFORE_SERVICE and await ledger.is_frozen(session):
        raise FrozenError("the books are looked at")
    late = request.starts_at is not None and request.starts_at - now <= timedelta(
        minutes=rules.dispatch.late_minutes
    )
    going = await visits.of_request(session, request.id, (VisitState.ASSIGNED,))
    if not await move(session, request, Step.CANCEL, now):
        return None
    paid = await _pay_the_way(session, request, going, by, now, rules)
    how = Urgency.ALARM if late else Urgency.NOTICE
    await let_go_of(session, request, going, now, by, how, paid)
    hears = [one for one in await call_letters.her_side(session, request, now) if one != by]
    await tell(
        session,
        [letter(request, call_letters.OFF, one, urgency=how, actor=by) for one in hears],
        now,
    )
    await Purse(session, request, now, rules).give_back(by)
    return sum(paid.values())


async def _pay_the_way(
    session: AsyncSession,
    request: Request,
    going: Sequence[Visit],
    by: str,
    now: datetime,
    rules: Rules,
) -> dict[str, int]:
    """Pay who is on the way already; not where he, or his kin, takes the call back."""
    purse = Purse(session, request, now, rules)
    minutes = rules.timebank.preset.late_cancel_minutes
    paid: dict[str, int] = {}
    for visit in going:
        theirs = visit.volunteer_id in (by, request.said_by)
        if not minutes or theirs or not _is_on_the_way(request, visit, now, rules.dispatch):
            continue
        if not await ledger_members.is_relative(session, by, visit.volunteer_id):
            sum_ = min(minutes, visit.booked)
            paid[visit.volunteer_id] = await purse.pay(visit, sum_, by, served=False)
    return paid


def _is_on_the_way(request: Request, visit: Visit, now: datetime, rules: DispatchRules) -> bool:
    """Tell whether he has left home: shortly before the hour; where it is urgent, at once."""
    before = timedelta(minutes=rules.on_the_way_minutes)
    patience = timedelta(minutes=rules.no_show_minutes if request.is_urgent else 0)
    return visit.starts_at - before <= now <= visit.starts_at + patience
