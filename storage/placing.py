"""Placing a call: from what somebody said to a draft, and from a draft to a call."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from storage import (
    call_letters,
    categories,
    requests,
    reviews,
)
from storage.call_letters import letter, tell
from storage.categories import Terms
from storage.people import Person
from storage.requests import NewRequest, Request, State, Step, move
from storage.rules import DispatchRules, Rules

SHORTEST, LONGEST = 15, 240
"""Minutes that a visit may be booked for; what is said beyond is hardly the length of one."""

_UNKNOWN_MINUTES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCall:
    """A wish as far as it was said: "" and None where it was not. `cause` is a natural key."""

    cause: str
    elder: Person
    category: str
    said_by: str
    starts_at: datetime | None
    minutes: int | None = None


async def place(session: AsyncSession, new: NewCall, now: datetime, rules: Rules) -> Request:
    """Keep a wish; where nothing is missing it goes its way at once."""
    terms = _terms(new.category, rules.dispatch)
    starts_at = new.starts_at or (now if terms is not None and terms.urgent else None)
    request = await requests.put(
        session,
        NewRequest(
            cause=new.cause,
            elder_id=new.elder.id,
            village_id=new.elder.village_id,
            group_id=new.elder.group_id,
            category=new.category,
            said_by=new.said_by,
            terms=terms,
            starts_at=starts_at,
            minutes=_minutes(new.minutes, terms),
            is_urgent=_is_urgent(starts_at, now, rules.dispatch),
        ),
        now,
    )
    if request.state == State.DRAFT:
        await _go_on(session, request, now, rules)
    return request


async def complete(
    session: AsyncSession,
    request: Request,
    category: str,
    starts_at: datetime | None,
    now: datetime,
    rules: Rules,
) -> bool:
    """Add to a draft what was missing; False where it is no draft any more."""
    if request.state != State.DRAFT:
        return False
    terms = _terms(category or request.category, rules.dispatch)
    if category and terms is not None:
        request.category, request.terms = category, terms.as_row()
        request.people, request.minutes = terms.people, terms.minutes
    request.starts_at = starts_at or request.starts_at
    if request.starts_at is None and terms is not None and terms.urgent:
        request.starts_at = now
    request.is_urgent = _is_urgent(request.starts_at, now, rules.dispatch)
    await session.flush()
    await _go_on(session, request, now, rules)
    return True


def _terms(category: str, rules: DispatchRules) -> Terms | None:
    return categories.load(rules.categories)[category] if category else None


def _minutes(said: int | None, terms: Terms | None) -> int:
    usual = terms.minutes if terms else _UNKNOWN_MINUTES
    return said if said is not None and SHORTEST <= said <= LONGEST else usual


def _is_urgent(starts_at: datetime | None, now: datetime, rules: DispatchRules) -> bool:
    """Tell whether there is no time to collect answers, whatever it is about."""
    soon = timedelta(minutes=rules.urgent_within_minutes)
    return starts_at is not None and starts_at - now <= soon


async def _go_on(session: AsyncSession, request: Request, now: datetime, rules: Rules) -> None:
    if request.terms is not None and request.starts_at is not None:
        await reviews.submit(session, request, now, rules)
    else:
        request.next_at = now + timedelta(minutes=rules.checkin.question_minutes)
        await session.flush()


async def drop(session: AsyncSession, request: Request, now: datetime) -> None:
    """Our question was not answered: her leader asks her, and the draft is over."""
    if not await move(session, request, Step.DROP, now):
        return
    hears = await call_letters.leaders(session, request, now)
    await tell(session, [letter(request, call_letters.UNCLEAR, one) for one in hears], now)
