"""Disputes: it was not as it should be, both sides tell, and a person judges.

Her side says 不对. Both sides have `statement_hours` to tell what happened; the coordinator
judges with a reason: pay, part of it, or nothing. Nothing moves for `appeal_hours`: in that
time either side may appeal once, and then the supervisor's word is the last.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage import authority, call_letters, confirming, evidence, requests, visits
from storage.call_letters import letter, tell
from storage.database import Base, BigId, insert_new
from storage.ledger import FrozenError
from storage.people import Caller, Person, Role
from storage.purses import Purse
from storage.requests import Request, State, Step, move
from storage.rules import Rules
from storage.sealing import Sealed
from storage.visits import VisitState


class Verdict(StrEnum):
    PAY = "pay"
    PART = "part"
    REFUND = "refund"


class Statement(Base):
    """What one side tells of a dispute, in its own words, for who judges and nobody else."""

    __tablename__ = "statements"
    __table_args__ = (UniqueConstraint("request_id", "person_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    words: Mapped[str] = mapped_column(Sealed)
    said_at: Mapped[datetime]


class Judged(StrEnum):
    """What became of a step in a dispute."""

    DONE = "done"
    NOT_YOURS = "not_yours"
    NOT_NOW = "not_now"
    TOO_EARLY = "too_early"  # a side has not told yet, and still has time
    PARTY = "party"  # nobody judges a case of his own household


async def dispute(
    session: AsyncSession, request: Request, caller: Caller, now: datetime, rules: Rules
) -> Judged:
    if not await requests.answers_for(session, caller, request):
        return Judged.NOT_YOURS
    until = now + timedelta(hours=rules.dispatch.statement_hours)
    if not await move(
        session, request, Step.DISPUTE, now, disputed_by=caller.id, next_at=until, told=0
    ):
        return Judged.NOT_NOW
    sides = await _sides(session, request, now)
    await tell(session, [letter(request, call_letters.TELL, one) for one in sides], now)
    return Judged.DONE


async def _sides(session: AsyncSession, request: Request, now: datetime) -> list[str]:
    done = await visits.of_request(session, request.id, (VisitState.DONE,))
    hears = [
        *(one.volunteer_id for one in done),
        *await call_letters.her_side(session, request, now),
    ]
    return list(dict.fromkeys([*hears, *([request.disputed_by] if request.disputed_by else [])]))


async def is_party(session: AsyncSession, caller: Caller, request: Request) -> bool:
    return caller.id in await _parties(session, request)


async def _parties(session: AsyncSession, request: Request) -> set[str]:
    done = await visits.of_request(session, request.id, (VisitState.DONE,))
    said = {request.elder_id, request.said_by, request.disputed_by}
    return {one.volunteer_id for one in done} | {one for one in said if one}


async def state_it(
    session: AsyncSession,
    request: Request,
    caller: Caller,
    words: str,
    now: datetime,
    rules: Rules,
) -> Judged:
    """Keep what one side tells; when both have, the coordinator need not wait."""
    party = await is_party(session, caller, request)
    if not (party or await requests.answers_for(session, caller, request)):
        return Judged.NOT_YOURS
    if request.state != State.DISPUTED or request.verdict:
        return Judged.NOT_NOW
    row = {
        "request_id": request.id,
        "person_id": caller.id,
        "words": words[:300],
        "said_at": now,
    }
    await insert_new(session, Statement, [], [row])
    if request.told == 0 and await both_told(session, request):
        await ask_to_judge(session, request, now, rules)
    return Judged.DONE


async def both_told(session: AsyncSession, request: Request) -> bool:
    done = await visits.of_request(session, request.id, (VisitState.DONE,))
    there = {one.volunteer_id for one in done}
    told = set(
        await session.scalars(select(Statement.person_id).where(Statement.request_id == request.id))
    )
    return there <= told and bool(told - there)


async def told(session: AsyncSession, request: Request) -> list[tuple[str, str]]:
    """Return who told what, in the order in which it was said."""
    rows = await session.execute(
        select(Person.name, Statement.words)
        .join(Person, Person.id == Statement.person_id)
        .where(Statement.request_id == request.id)
        .order_by(Statement.id)
    )
    return [(name, words) for name, words in rows]


async def ask_to_judge(
    session: AsyncSession, request: Request, now: datetime, rules: Rules
) -> None:
    """Ask the coordinator, or on appeal the supervisor, and ask again each day."""
    sides = {*await _sides(session, request, now), *await _parties(session, request)}
    there = await authority.households(session, sides)
    who = call_letters.supervisors if request.appealed_by else call_letters.coordinators
    hears = await who(session, request, now, there)
    if not hears:  # nobody impartial below: it goes up
        hears = await call_letters.supervisors(session, request, now, there)
    statements = await told(session, request)
    seen = len(await evidence.pictures_of(session, request.id))
    again = f"{'appeal' if request.appealed_by else 'first'}{request.told}"
    await tell(
        session,
        [
            letter(request, call_letters.JUDGE, one, again=again, told=statements, pictures=seen)
            for one in hears
        ],
        now,
    )
    request.told += 1
    request.next_at = now + timedelta(hours=rules.dispatch.remind_hours)
    await session.flush()


async def judge(
    session: AsyncSession,
    request: Request,
    caller: Caller,
    verdict: Verdict,
    minutes: int | None,
    reason: str,
    now: datetime,
    rules: Rules,
) -> Judged:
    """Give a verdict. The first one waits for an appeal, the supervisor's takes effect at once."""
    if not _may_judge(caller, request):
        return Judged.NOT_YOURS
    if request.state != State.DISPUTED or (request.verdict and not request.appealed_by):
        return Judged.NOT_NOW
    if await authority.is_of_household(session, caller.id, await _parties(session, request)):
        return Judged.PARTY
    if request.told == 0 and not await both_told(session, request):
        return Judged.TOO_EARLY
    request.verdict, request.verdict_minutes = verdict, minutes
    request.verdict_by, request.verdict_reason = caller.id, reason[:200]
    final = request.appealed_by is not None
    wait = timedelta(0) if final else timedelta(hours=rules.dispatch.appeal_hours)
    request.next_at = now + wait
    await session.flush()
    await _tell_verdict(session, request, now, final=final)
    if final:
        await carry_out(session, request, now, rules)
    return Judged.DONE


def _may_judge(caller: Caller, request: Request) -> bool:
    """Let the coordinator judge first; after an appeal, or where he is a party, who is above."""
    if caller.is_a(Role.SUPERVISOR):
        return True
    return request.appealed_by is None and requests.coordinates(caller, request)


async def _tell_verdict(
    session: AsyncSession, request: Request, now: datetime, *, final: bool
) -> None:
    sides = await _sides(session, request, now)
    await tell(
        session,
        [
            letter(
                request,
                call_letters.VERDICT,
                one,
                again="final" if final else "first",
                actor=request.verdict_by,
                verdict=request.verdict,
                minutes=request.verdict_minutes,
                reason=request.verdict_reason,
                final=final,
            )
            for one in sides
        ],
        now,
    )


async def appeal(
    session: AsyncSession, request: Request, caller: Caller, now: datetime, rules: Rules
) -> Judged:
    """Take a verdict to the supervisor, once, by either side."""
    party = await is_party(session, caller, request)
    if not (party or await requests.answers_for(session, caller, request)):
        return Judged.NOT_YOURS
    if request.state != State.DISPUTED or not request.verdict or request.appealed_by:
        return Judged.NOT_NOW
    request.appealed_by, request.told = caller.id, 0
    await session.flush()
    await ask_to_judge(session, request, now, rules)
    return Judged.DONE


async def go_on(session: AsyncSession, request: Request, now: datetime, rules: Rules) -> None:
    """Carry out a verdict that nobody appealed, or ask again for one."""
    if request.verdict and not request.appealed_by:
        await carry_out(session, request, now, rules)
    else:
        await ask_to_judge(session, request, now, rules)


async def carry_out(session: AsyncSession, request: Request, now: datetime, rules: Rules) -> None:
    """Move the minutes as the verdict says. While the books are frozen it waits."""
    by = request.verdict_by
    try:
        if request.verdict == Verdict.REFUND:
            async with session.begin_nested():
                await Purse(session, request, now, rules).give_back(by)
                await move(session, request, Step.REFUND, now)
        else:
            minutes = request.verdict_minutes if request.verdict == Verdict.PART else None
            await confirming.settle(session, request, Step.PAY, by, minutes, now, rules)
    except FrozenError:
        request.next_at = now + timedelta(hours=1)
        await session.flush()
