"""Attendance: who came, who left, who forgot to say so, and who never came."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from storage import (
    assigning,
    call_letters,
    checkins,
    letters,
    questions,
    visits,
)
from storage.call_letters import letter, tell
from storage.checkins import BY_PROXY, Due, Heard
from storage.letters import NewLetter, Urgency
from storage.requests import Request, State, Step, move
from storage.rules import Rules
from storage.visits import LIVE, Visit, VisitState


class Came(StrEnum):
    """What became of 到了."""

    WITH_CODE = "with_code"
    WITHOUT_CODE = "without_code"
    WRONG_CODE = "wrong_code"
    TOO_MANY = "too_many"
    TOO_EARLY = "too_early"
    PROVED = "proved"  # he has left, and the code was still missing
    BEFORE = "before"  # he has said so already
    NOT_YOURS = "not_yours"


async def my_visit(session: AsyncSession, request: Request, volunteer: str) -> Visit | None:
    """Return somebody's visit that has not ended, None where he has none."""
    live = await visits.of_request(session, request.id, LIVE)
    return next((one for one in live if one.volunteer_id == volunteer), None)


async def arrive(
    session: AsyncSession, request: Request, volunteer: str, code: str, now: datetime, rules: Rules
) -> Came:
    """Take somebody's word that he is there. With her 服务码 it is proved, and she is alive."""
    visit = await my_visit(session, request, volunteer)
    if visit is None:
        return await _code_from_the_road(session, request, volunteer, code, rules)
    if visit.state == VisitState.ARRIVED:
        return await _code_afterwards(session, request, visit, code, rules)
    if request.state not in (State.ASSIGNED, State.IN_SERVICE):
        return Came.NOT_YOURS  # the call is looking for a second one, and waits for him
    if now < visit.starts_at - timedelta(minutes=rules.dispatch.early_minutes):
        return Came.TOO_EARLY
    if code and code != request.code:
        return await _wrong_code(session, visit, rules)
    await visits.arrive(session, visit, now, has_code=bool(code))
    await move(session, request, Step.ARRIVE, now, next_at=_closes(request, visit, now, rules))
    if code:
        await _she_is_alive(session, request, volunteer, now, rules)
    return Came.WITH_CODE if code else Came.WITHOUT_CODE


async def _wrong_code(session: AsyncSession, visit: Visit, rules: Rules) -> Came:
    visit.wrong_codes += 1
    await session.flush()
    return Came.TOO_MANY if visit.wrong_codes >= rules.dispatch.code_tries else Came.WRONG_CODE


async def _code_afterwards(
    session: AsyncSession, request: Request, visit: Visit, code: str, rules: Rules
) -> Came:
    """Let the code be said later than the arrival, as often as it may be wrong."""
    if not code or visit.has_code or visit.wrong_codes >= rules.dispatch.code_tries:
        return Came.BEFORE
    if code != request.code:
        return await _wrong_code(session, visit, rules)
    visit.has_code = True
    await session.flush()
    return Came.WITH_CODE


async def _code_from_the_road(
    session: AsyncSession, request: Request, volunteer: str, code: str, rules: Rules
) -> Came:
    """Let who has left tell the code that is missing, while her word is waited for."""
    done = await visits.of_request(session, request.id, (VisitState.DONE,))
    visit = next((one for one in done if one.volunteer_id == volunteer), None)
    waits = request.state in (State.IN_SERVICE, State.AWAITING_CONFIRM)
    if visit is None or visit.has_code or not waits or not code:
        return Came.NOT_YOURS
    came = await _code_afterwards(session, request, visit, code, rules)
    said = {Came.WITH_CODE: Came.PROVED, Came.BEFORE: Came.NOT_YOURS}
    return said.get(came, came)


async def _she_is_alive(
    session: AsyncSession, request: Request, by: str, now: datetime, rules: Rules
) -> None:
    """Only she can have told it: whoever said her code has spoken with her."""
    sign = Heard(elder_id=request.elder_id, at=now, kind=BY_PROXY, actor_id=by)
    await checkins.record(session, [sign], rules.checkin)


def _closes(request: Request, visit: Visit, now: datetime, rules: Rules) -> datetime:
    """Return when the next thing happens by itself: he is asked, or the other is not there."""
    waits = rules.dispatch
    end = now + timedelta(minutes=visit.booked + waits.forgotten_minutes)
    if request.people == 1:
        return end
    return min(end, max(visit.starts_at + timedelta(minutes=waits.no_show_minutes), now))


async def finish(
    session: AsyncSession, request: Request, volunteer: str, now: datetime, rules: Rules
) -> Visit | None:
    """Take somebody's word that he is done; None where he is not there."""
    visit = await my_visit(session, request, volunteer)
    if visit is None or visit.state != VisitState.ARRIVED:
        return None
    await visits.leave(session, visit, now, rules.dispatch.grace_minutes, said_so=True)
    await session.refresh(visit)
    await _end_service(session, request, now, rules)
    return visit


async def _end_service(
    session: AsyncSession, request: Request, now: datetime, rules: Rules
) -> None:
    """When the last one has left, her side is asked how it was."""
    if await visits.of_request(session, request.id, LIVE):
        return
    remind = now + timedelta(hours=rules.dispatch.remind_hours)
    if not await move(session, request, Step.FINISH, now, finished_at=now, next_at=remind, told=0):
        return
    done = await visits.of_request(session, request.id, (VisitState.DONE,))
    who = "、".join(await visits.names(session, done))
    there = {visit.volunteer_id for visit in done}
    hears = [one for one in await call_letters.her_side(session, request, now) if one not in there]
    await tell(
        session, [letter(request, call_letters.HOW, one, who=who, again="0") for one in hears], now
    )
    patience = timedelta(minutes=rules.checkin.question_minutes)
    about = {"request": request.id}
    await questions.ask_the_silent(session, hears, questions.HOW, now, patience, about)


async def watch_arrival(
    session: AsyncSession, request: Request, now: datetime, rules: Rules
) -> None:
    """Nobody has come: look for somebody else, while it still makes sense."""
    live = await visits.of_request(session, request.id, LIVE)
    late = _overdue(live, now, rules)
    if not late:
        patience = timedelta(minutes=rules.dispatch.no_show_minutes)
        request.next_at = min(one.starts_at for one in live) + patience if live else None
        await session.flush()
        return
    await visits.drop(session, late, VisitState.ABSENT)
    await tell(
        session,
        [letter(request, call_letters.ABSENT, one.volunteer_id) for one in late],
        now,
    )
    await assigning.reopen(session, request, late[0].volunteer_id, now, rules)


def _overdue(live: Sequence[Visit], now: datetime, rules: Rules) -> list[Visit]:
    patience = timedelta(minutes=rules.dispatch.no_show_minutes)
    return [
        one for one in live if one.state == VisitState.ASSIGNED and one.starts_at + patience <= now
    ]


async def watch_service(
    session: AsyncSession, request: Request, now: datetime, rules: Rules
) -> None:
    """Note who of two did not come, ask who forgot to say 完成, and close what stays open."""
    live = await visits.of_request(session, request.id, LIVE)
    late = _overdue(live, now, rules)
    if late:
        await visits.drop(session, late, VisitState.ABSENT)
        await _tell_alone(session, request, late, now)
    here = [one for one in live if one.state == VisitState.ARRIVED]
    patience = timedelta(minutes=rules.dispatch.forgotten_minutes)
    for visit in here:
        if _should_end(visit) + 2 * patience <= now:
            await visits.leave(session, visit, now, rules.dispatch.grace_minutes, said_so=False)
        elif _should_end(visit) + patience <= now:
            await tell(session, [letter(request, call_letters.LEFT, visit.volunteer_id)], now)
    left = await visits.of_request(session, request.id, LIVE)
    if not left:
        await _end_service(session, request, now, rules)
        return
    request.next_at = _next_look(left, now, patience, rules)
    await session.flush()


def _should_end(visit: Visit) -> datetime:
    return (visit.arrived_at or visit.starts_at) + timedelta(minutes=visit.booked)


def _next_look(live: Sequence[Visit], now: datetime, patience: timedelta, rules: Rules) -> datetime:
    no_show = timedelta(minutes=rules.dispatch.no_show_minutes)
    moments = [_should_end(one) + patience for one in live if one.state == VisitState.ARRIVED]
    moments += [moment + patience for moment in moments]
    moments += [one.starts_at + no_show for one in live if one.state == VisitState.ASSIGNED]
    later = [moment for moment in moments if moment > now]
    return min(later, default=now + patience)


async def _tell_alone(
    session: AsyncSession, request: Request, late: Sequence[Visit], now: datetime
) -> None:
    hears = await call_letters.leaders(session, request, now)
    absent = late[0].volunteer_id
    await tell(
        session,
        [
            *(letter(request, call_letters.ABSENT, one.volunteer_id) for one in late),
            *(
                letter(request, call_letters.ALONE, one, urgency=Urgency.ALARM, actor=absent)
                for one in hears
            ),
        ],
        now,
    )


async def ask_who_is_there(
    session: AsyncSession, due: Sequence[Due], now: datetime, rules: Rules
) -> list[Due]:
    """Of elders who are missed, ask about those with whom a volunteer is just now.

    He is asked once, before anybody else is called; returns those whom he has still time to
    answer for.
    """
    there = await visits.with_them(session, {row.elder_id for row in due})
    keys = {f"{call_letters.WITH_HER}:{row.key}": row for row in due if row.elder_id in there}
    if not keys:
        return []
    fresh = {key: keys[key] for key in await letters.unwritten(session, list(keys))}
    minutes = timedelta(minutes=rules.dispatch.with_her_minutes)
    await tell(
        session,
        [
            NewLetter(
                key=key,
                kind=call_letters.WITH_HER,
                urgency=Urgency.ALARM,
                recipient_id=there[row.elder_id],
                about_id=row.elder_id,
                expires_at=now + minutes,
            )
            for key, row in fresh.items()
        ],
        now,
    )
    return list(fresh.values())
