"""Asks elders, and of those who have no phone the people around them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.checkin.talk import LOOK_IN
from storage import contacts, letters, people
from storage.checkins import Due
from storage.letters import NewLetter, Urgency


async def by_phone(session: AsyncSession, due: Sequence[Due]) -> tuple[list[Due], list[Due]]:
    """Part those whom some channel reaches from those whom none does."""
    reachable = await people.addresses(session, {row.elder_id for row in due}) if due else {}
    with_phone = [row for row in due if row.elder_id in reachable]
    return with_phone, [row for row in due if row.elder_id not in reachable]


def ask(row: Due, kind: str, until: datetime) -> NewLetter:
    """Return the letter that asks her; after `until` nobody waits for the answer."""
    return NewLetter(
        key=f"{kind}:{row.key}",
        kind=kind,
        urgency=Urgency.REMINDER,
        recipient_id=row.elder_id,
        about_id=row.elder_id,
        expires_at=until,
    )


async def ask_to_look_in(
    session: AsyncSession, due: Sequence[Due], until: Mapping[str, datetime], now: datetime
) -> None:
    """Ask leaders, else neighbours, after the elders who have no phone: one letter each."""
    if not due:
        return
    around = await contacts.around(session, {row.elder_id for row in due}, now)
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
                key=f"{LOOK_IN}:{watcher}:{rows[0].key}:{rows[0].state}",
                kind=LOOK_IN,
                urgency=Urgency.REMINDER,
                recipient_id=watcher,
                detail={"names": [names[row.elder_id] for row in rows]},
                expires_at=max(until[row.elder_id] for row in rows),
            )
            for watcher, rows in lists.items()
        ],
        now,
    )
