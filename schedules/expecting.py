"""The daily watch: opens each day, reminds, asks once more, and calls people in silence."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.checkin.talk import LAST_ASK, REMINDER
from schedules import outages
from schedules.asking import ask, ask_to_look_in, by_phone
from storage import attendance, checkins, holds, ladder, letters, sheets, silences
from storage.checkins import Due, State, watch_day
from storage.database import Database
from storage.incidents import Cause, IncidentKind
from storage.rules import CheckinRules, Rules
from storage.watched import watched

AT_ONCE = 500
"""How many expectations one transaction moves: small enough that a message waits little."""


async def open_the_day(database: Database, now: datetime, rules: Rules) -> int:
    """Open today's expectations, one village a transaction; returns how many villages."""
    villages = 0
    while True:
        async with database.writing() as session:
            village = await checkins.open_day(session, now, rules.checkin, watched())
            if village is None:
                return villages
            await holds.excuse(session, village, watch_day(now, rules.checkin))
            await sheets.give_numbers(session, village)
        villages += 1


async def wait_for_elders(database: Database, now: datetime, rules: Rules) -> int:
    """Move on every expectation whose time has come; returns how many."""
    moved = 0
    while True:
        async with database.writing() as session:
            due = await checkins.claim_due(session, now, AT_ONCE)
            if due:
                ours, hers = await outages.part(session, due, now, rules)
                await _move_on(session, hers, now, rules)
                if ours:
                    await outages.make_good(session, ours, now, rules)
        moved += len(due)
        if len(due) < AT_ONCE:
            return moved


async def _move_on(session: AsyncSession, due: Sequence[Due], now: datetime, rules: Rules) -> None:
    silent = [row for row in due if row.state == State.LATE]
    not_asked = [row for row in due if row.state != State.LATE]
    last_asked = [row for row in not_asked if row.closes_at <= now]
    reminded = [row for row in not_asked if row.closes_at > now]
    if reminded:
        await _remind(session, reminded, now, rules.checkin)
    if last_asked:
        await _ask_a_last_time(session, last_asked, now, rules.checkin)
    if silent:
        await _miss(session, silent, now, rules)


async def _remind(
    session: AsyncSession, due: Sequence[Due], now: datetime, rules: CheckinRules
) -> None:
    await checkins.move(session, due, State.REMINDED, [row.closes_at for row in due])
    with_phone, without = await by_phone(session, due)
    await letters.write(
        session,
        [ask(row, REMINDER, row.closes_at + rules.grace(row.tier)) for row in with_phone],
        now,
    )
    until = {row.elder_id: row.closes_at + rules.grace(row.tier) for row in without}
    await ask_to_look_in(session, without, until, now)


async def _ask_a_last_time(
    session: AsyncSession, due: Sequence[Due], now: datetime, rules: CheckinRules
) -> None:
    """Give everybody her whole grace from the moment she is really asked."""
    missed_at: list[datetime | None] = [now + rules.grace(row.tier) for row in due]
    await checkins.move(session, due, State.LATE, missed_at)
    with_phone, _ = await by_phone(session, due)
    await letters.write(
        session,
        [ask(row, LAST_ASK, row.closes_at + rules.grace(row.tier)) for row in with_phone],
        now,
    )


async def _miss(session: AsyncSession, due: Sequence[Due], now: datetime, rules: Rules) -> None:
    """Call for each who is silent; where it is one silence of a village, for the village.

    Where a volunteer is with her just now, he is asked first.
    """
    asked = await attendance.ask_who_is_there(session, due, now, rules)
    until = now + timedelta(minutes=rules.dispatch.with_her_minutes)
    await checkins.move(session, asked, State.LATE, [until] * len(asked))
    waiting = {row.key for row in asked}
    due = [row for row in due if row.key not in waiting]
    await checkins.move(session, due, State.MISSED, [None] * len(due))
    each, together = await silences.alone(session, due, rules.watch)
    causes = [
        Cause(f"missed:{row.key}", IncidentKind.MISSED, row.elder_id, row.village_id)
        for row in each
    ]
    await ladder.raise_alarm(session, causes, now, rules.ladder)
    await ladder.call_villages(session, silences.SILENT, together, now, rules.ladder)
