"""Calls by the clock: whoever is to be asked is asked, and nothing that waits is forgotten."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from storage import (
    attendance,
    confirming,
    departures,
    dispatch,
    disputes,
    offers,
    papers_ending,
    partings,
    placing,
    requests,
    reviews,
    weekly,
)
from storage import volunteers as profiles
from storage.database import Database
from storage.requests import BEFORE_SERVICE, Request, State
from storage.rules import Rules

AT_ONCE = 50
"""How many calls one transaction moves: small enough that a message waits little."""

PUT_OFF = timedelta(minutes=10)
"""How long a call rests that could not be moved."""

log = structlog.get_logger()

Round = Callable[[AsyncSession, Request, datetime, Rules], Awaitable[None]]


async def dispatch_calls(database: Database, now: datetime, rules: Rules) -> int:
    """Move on every call whose time has come; returns how many."""
    async with database.writing() as session:
        await offers.time_out(session, now)
        await dispatch.replace_unreached(session, now)
    moved = 0
    while True:
        due: list[int] = []
        try:
            await _advance_together(database, due, now, rules)
        except Exception as error:
            log.warning("calls_failed", calls=len(due), error=type(error).__name__)
            await _advance_one_by_one(database, due, now, rules)
        moved += len(due)
        if len(due) < AT_ONCE:
            return moved


async def _advance_together(
    database: Database, due: list[int], now: datetime, rules: Rules
) -> None:
    """Move on the calls that are due, and note in `due` which they are."""
    async with database.writing() as session:
        claimed = await requests.claim_due(session, now, AT_ONCE)
        due += [one.id for one in claimed]
        await _advance(session, claimed, now, rules)


async def _advance_one_by_one(
    database: Database, due: list[int], now: datetime, rules: Rules
) -> None:
    """Let one bad call not spoil its neighbours: it waits, and the others go on."""
    for call in due:
        try:
            async with database.writing() as session:
                request = await requests.hold(session, call)
                if request.next_at is not None and request.next_at <= now:
                    await _advance(session, [request], now, rules)
        except Exception as error:
            log.exception("call_failed", call=call, error=type(error).__name__)
            async with database.writing() as session:
                await requests.put_off(session, call, now + PUT_OFF)


async def _advance(
    session: AsyncSession, calls: Sequence[Request], now: datetime, rules: Rules
) -> None:
    """Take the step that is due; each says when the next one is, or ends the call.

    For whoever has gone meanwhile nobody is sought.
    """
    let_go = await departures.let_go_by(session, {one.elder_id for one in calls})
    for request in calls:
        if request.elder_id in let_go and request.state in BEFORE_SERVICE:
            await partings.end_call(session, request, let_go[request.elder_id], now, rules)
        else:
            await _ROUNDS[State(request.state)](session, request, now, rules)


async def _drop(session: AsyncSession, request: Request, now: datetime, _rules: Rules) -> None:
    await placing.drop(session, request, now)


async def _seek(session: AsyncSession, request: Request, now: datetime, rules: Rules) -> None:
    """Look for somebody; what is not urgent lets people sleep."""
    morning = rules.letters.quiet_ends(now)
    if morning is not None and not request.is_urgent and request.begins > morning:
        request.next_at = morning
        await session.flush()
        return
    await dispatch.seek(session, request, now, rules)


_ROUNDS: Mapping[State, Round] = {
    State.DRAFT: _drop,
    State.REVIEW: reviews.ask_to_look,
    State.OPEN: _seek,
    State.ASSIGNED: attendance.watch_arrival,
    State.IN_SERVICE: attendance.watch_service,
    State.AWAITING_CONFIRM: confirming.wait_for_word,
    State.DISPUTED: disputes.go_on,
}


async def make_weekly_calls(database: Database, now: datetime, rules: Rules) -> int:
    """Make the calls of weekly wishes some days ahead; returns how many wishes moved."""
    moved = 0
    while True:
        async with database.writing() as session:
            made = await weekly.make_calls(session, now, rules, AT_ONCE)
        moved += made
        if made < AT_ONCE:
            return moved


async def tell_ending_papers(database: Database, now: datetime, rules: Rules) -> int:
    """Tell of papers that end soon; returns how many there were."""
    async with database.writing() as session:
        return await papers_ending.tell(session, now, rules.dispatch)


async def keep_up(database: Database, _now: datetime) -> int:
    """Let whoever the roster has named as a volunteer be asked from now on."""
    async with database.reading() as session:
        if not await profiles.is_behind(session):
            return 0
    async with database.writing() as session:
        await profiles.keep_up(session)
    return 1
