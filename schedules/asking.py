"""Asks elders, and of those who have no phone the people around them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.proxy.talk import LOOK_IN, MORNING_LIST
from storage import contacts, letters, people, sheets
from storage.checkins import Due
from storage.letters import NewLetter, Urgency
from storage.rules import Circle
from storage.sheets import Place

LOOKS_IN: Sequence[Circle] = ("leader", "neighbours", "coordinators")
"""Who is asked after an elder without a phone: the first of these whom some channel reaches."""

MOST_NAMED = 40
"""How many one letter names: more would not go into a message of the platform."""


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
    """Ask again after the elders who have no phone and are still not heard: one letter each."""
    if not due:
        return
    rows = {row.elder_id: row for row in due}
    lists = await _lists(session, rows, due[0].day, now)
    await letters.write(
        session,
        [
            NewLetter(
                key=f"{LOOK_IN}:{watcher}:{first.key}:{first.state}",
                kind=LOOK_IN,
                urgency=Urgency.REMINDER,
                recipient_id=watcher,
                detail=_detail(places),
                expires_at=max(until[place.elder_id] for place in places),
            )
            for watcher, places in lists.items()
            for first in [rows[places[0].elder_id]]
        ],
        now,
    )


async def ask_by_list(
    session: AsyncSession,
    village: int,
    elders: Collection[str],
    day: date,
    until: datetime,
    now: datetime,
) -> None:
    """Write the morning's list after these elders, who have no phone: one letter each."""
    lists = await _lists(session, elders, day, now)
    await letters.write(
        session,
        [
            NewLetter(
                key=f"{MORNING_LIST}:{day}:{village}:{watcher}",
                kind=MORNING_LIST,
                urgency=Urgency.REMINDER,
                recipient_id=watcher,
                detail=_detail(places),
                expires_at=until,
            )
            for watcher, places in lists.items()
        ],
        now,
    )


async def _lists(
    session: AsyncSession, elders: Collection[str], day: date, now: datetime
) -> dict[str, list[Place]]:
    """Part elders among those who look in on them, and remember who is asked after whom.

    That is the leader, else the neighbours paired with her, else the coordinator. Whoever is
    not named in the letter is not on the list: 都好 is never said of her.
    """
    around = await contacts.around(session, elders, now)
    lists: dict[str, list[Place]] = {}
    for place in await sheets.places(session, elders):
        for watcher in around[place.elder_id].nearest(LOOKS_IN):
            lists.setdefault(watcher, []).append(place)
    named = {watcher: places[:MOST_NAMED] for watcher, places in lists.items()}
    await sheets.ask_after(session, day, named)
    return lists


def _detail(places: Sequence[Place]) -> dict[str, Any]:
    """Return what the letter names: the group only where there are several."""
    several = len({place.group for place in places}) > 1
    listed = [
        (place.group if several else "", place.number, place.name) for place in places[:MOST_NAMED]
    ]
    more = len(places) - len(listed)
    return {"listed": listed, "more": more} if more else {"listed": listed}
