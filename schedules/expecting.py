"""The daily watch: opens each day, reminds, asks once more, and calls people in silence."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.checkin.talk import LAST_ASK, LOOK_IN, REMINDER
from storage import checkins, contacts, holds, ladder, letters, people
from storage.checkins import Due, State, watch_day
from storage.database import Database
from storage.incidents import Cause, IncidentKind
from storage.letters import NewLetter, Urgency
from storage.rules import CheckinRules, Rules

AT_ONCE = 500
"""How many expectations one transaction moves: small enough that a message waits little."""


async def open_the_day(database: Database, now: datetime, rules: Rules) -> int:
    """Open today's expectations, one village a transaction; returns how many villages."""
    villages = 0
    while True:
        async with database.writing() as session:
            village = await checkins.open_day(session, now, rules.checkin)
            if village is None:
                return villages
            await holds.excuse(session, village, watch_day(now, rules.checkin))
        villages += 1


async def wait_for_elders(database: Database, now: datetime, rules: Rules) -> int:
    """Move on every expectation whose time has come; returns how many."""
    moved = 0
    while True:
        async with database.writing() as session:
            due = await checkins.claim_due(session, now, AT_ONCE)
            await _move_on(session, due, now, rules)
        moved += len(due)
        if len(due) < AT_ONCE:
            return moved


async def _move_on(session: AsyncSession, due: Sequence[Due], now: datetime, rules: Rules) -> None:
    silent = [row for row in due if row.state == State.LATE]
    not_asked = [row for row in due if row.state != State.LATE]
    last_asked = [row for row in not_asked if row.closes_at <= now]
    reminded = [row for row in not_asked if row.closes_at > now]
    await _remind(session, reminded, now, rules.checkin)
    await _ask_a_last_time(session, last_asked, now, rules.checkin)
    await _miss(session, silent, now, rules)


async def _remind(
    session: AsyncSession, due: Sequence[Due], now: datetime, rules: CheckinRules
) -> None:
    await checkins.move(session, due, State.REMINDED, [row.closes_at for row in due])
    with_phone, without = await _by_phone(session, due)
    await letters.write(session, [_ask(row, REMINDER, rules) for row in with_phone], now)
    await _ask_to_look_in(session, without, now, rules)


async def _ask_a_last_time(
    session: AsyncSession, due: Sequence[Due], now: datetime, rules: CheckinRules
) -> None:
    """Give everybody her whole grace from the moment she is really asked."""
    missed_at: list[datetime | None] = [now + rules.grace(row.tier) for row in due]
    await checkins.move(session, due, State.LATE, missed_at)
    with_phone, _ = await _by_phone(session, due)
    await letters.write(session, [_ask(row, LAST_ASK, rules) for row in with_phone], now)


async def _by_phone(session: AsyncSession, due: Sequence[Due]) -> tuple[list[Due], list[Due]]:
    reachable = await people.addresses(session, {row.elder_id for row in due}) if due else {}
    with_phone = [row for row in due if row.elder_id in reachable]
    return with_phone, [row for row in due if row.elder_id not in reachable]


def _ask(row: Due, kind: str, rules: CheckinRules) -> NewLetter:
    return NewLetter(
        key=f"{kind}:{row.key}",
        kind=kind,
        urgency=Urgency.REMINDER,
        recipient_id=row.elder_id,
        about_id=row.elder_id,
        expires_at=row.closes_at + rules.grace(row.tier),
    )


async def _ask_to_look_in(
    session: AsyncSession, due: Sequence[Due], now: datetime, rules: CheckinRules
) -> None:
    """Ask leaders, else neighbours, after the elders who have no phone: one letter each."""
    if not due:
        return
    around = await contacts.around(session, {row.elder_id for row in due})
    names = await people.names_of(session, {row.elder_id for row in due})
    lists: dict[str, list[Due]] = {}
    for row in due:
        circles = around[row.elder_id]
        for watcher in circles.of(["leader"]) or circles.of(["neighbours"]):
            lists.setdefault(watcher, []).append(row)
    await letters.write(
        session,
        [
            NewLetter(
                key=f"{LOOK_IN}:{watcher}:{rows[0].key}",
                kind=LOOK_IN,
                urgency=Urgency.REMINDER,
                recipient_id=watcher,
                detail={"names": [names[row.elder_id] for row in rows]},
                expires_at=max(row.closes_at + rules.grace(row.tier) for row in rows),
            )
            for watcher, rows in lists.items()
        ],
        now,
    )


async def _miss(session: AsyncSession, due: Sequence[Due], now: datetime, rules: Rules) -> None:
    await checkins.move(session, due, State.MISSED, [None] * len(due))
    causes = [
        Cause(f"missed:{row.key}", IncidentKind.MISSED, row.elder_id, row.village_id) for row in due
    ]
    await ladder.raise_alarm(session, causes, now, rules.ladder)
