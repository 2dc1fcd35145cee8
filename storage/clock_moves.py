"""When the clock is put back, what waits for minutes to pass must not wait for them twice."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.checkins import Expectation, State
from storage.database import Instant, run_many
from storage.incidents import Incident, Promise
from storage.letters import Letter, LetterState


async def put_back(session: AsyncSession, back: timedelta, now: datetime) -> None:
    """Move everything that waits from the hour it was written by `back`, to the hour it is now.

    What was set by the village's hours stays where it is: the reminder at half past eight is
    due at half past eight by whichever clock.
    """
    await _move_incidents(session, back)
    await _move_promises(session, back)
    await _move_letters(session, back, now)
    await _move_expectations(session, back, now)


async def _move_incidents(session: AsyncSession, back: timedelta) -> None:
    rows = await session.execute(
        select(Incident.id, Incident.climbs_at).where(Incident.climbs_at.is_not(None))
    )
    await run_many(
        session,
        update(Incident)
        .where(Incident.id == bindparam("row"), Incident.climbs_at.is_not(None))
        .values(climbs_at=bindparam("at", type_=Instant())),
        [{"row": id_, "at": at - back} for id_, at in rows if at is not None],
    )


async def _move_promises(session: AsyncSession, back: timedelta) -> None:
    rows = await session.execute(select(Promise.id, Promise.due_at).where(Promise.state == "open"))
    await run_many(
        session,
        update(Promise)
        .where(Promise.id == bindparam("row"), Promise.state == "open")
        .values(due_at=bindparam("at", type_=Instant())),
        [{"row": id_, "at": at - back} for id_, at in rows],
    )


async def _move_letters(session: AsyncSession, back: timedelta, now: datetime) -> None:
    """Let letters go that were due at once, and take those back that somebody died over."""
    rows = await session.execute(
        select(Letter.id, Letter.due_at).where(
            Letter.state == LetterState.QUEUED, Letter.due_at > now, Letter.written_at > now
        )
    )
    await run_many(
        session,
        update(Letter)
        .where(Letter.id == bindparam("row"), Letter.state == LetterState.QUEUED)
        .values(due_at=bindparam("at", type_=Instant())),
        [{"row": id_, "at": at - back} for id_, at in rows],
    )
    leased = await session.execute(
        select(Letter.id, Letter.lease_until).where(Letter.state == LetterState.SENDING)
    )
    await run_many(
        session,
        update(Letter)
        .where(Letter.id == bindparam("row"), Letter.state == LetterState.SENDING)
        .values(lease_until=bindparam("at", type_=Instant())),
        [{"row": id_, "at": at - back} for id_, at in leased if at is not None],
    )


async def _move_expectations(session: AsyncSession, back: timedelta, now: datetime) -> None:
    """Let those wait for their own hour again who were asked by a clock that ran ahead."""
    rows = await session.execute(
        select(
            Expectation.elder_id,
            Expectation.day,
            Expectation.slot,
            Expectation.state,
            Expectation.closes_at,
            Expectation.next_at,
        ).where(Expectation.next_at > now, Expectation.state.in_((State.LATE, State.UNKNOWN)))
    )
    moved = []
    for elder, day, slot, state, closes_at, next_at in rows:
        is_early = closes_at > now
        waits_until = closes_at if is_early or next_at is None else next_at - back
        moved.append(
            {
                "elder": elder,
                "on": day,
                "of_slot": slot,
                "was": state,
                "becomes": State.REMINDED if is_early else state,
                "at": waits_until,
            }
        )
    await run_many(
        session,
        update(Expectation)
        .where(
            Expectation.elder_id == bindparam("elder"),
            Expectation.day == bindparam("on"),
            Expectation.slot == bindparam("of_slot"),
            Expectation.state == bindparam("was"),
        )
        .values(state=bindparam("becomes"), next_at=bindparam("at", type_=Instant())),
        moved,
    )
