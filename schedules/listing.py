"""The leader's one morning list: the elders of his group who have no phone, by their numbers.

And for each whose phone our words do not reach today, somebody near her lets her write one.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.proxy.talk import NUDGE
from schedules.asking import ask_by_list
from storage import contacts, fading, letters, sheets
from storage.checkins import watch_day
from storage.database import Database
from storage.letters import NewLetter, Urgency
from storage.rules import Circle, Rules, at_village

NEAR: Sequence[Circle] = ("neighbours", "leader")
"""Who lets her write a word: the first of these whom some channel reaches."""


async def write_lists(database: Database, now: datetime, rules: Rules) -> int:
    """Write this morning's lists, one village a transaction; returns how many villages.

    Once the windows close there is nothing to list: who is silent then is asked after one by one.
    """
    day = watch_day(now, rules.checkin)
    closes = at_village(day, rules.checkin.closes)
    if not at_village(day, rules.checkin.list_at) <= now < closes:
        return 0
    villages = 0
    while True:
        async with database.writing() as session:
            village = await sheets.claim_village(session, day)
            if village is None:
                return villages
            elders = await sheets.unheard_without_phone(session, village, day)
            await ask_by_list(session, village, elders, day, closes, now)
            await _nudge(session, village, day, closes, now, rules)
        villages += 1


async def _nudge(
    session: AsyncSession,
    village: int,
    day: date,
    until: datetime,
    now: datetime,
    rules: Rules,
) -> None:
    channels = rules.letters.only_in_windows
    lost = await fading.of_village(session, village, day, until, now, channels)
    around = await contacts.around(session, [one.elder_id for one in lost], now) if lost else {}
    nudges = [
        NewLetter(
            key=f"{NUDGE}:{one.elder_id}:{day}:{person}",
            kind=NUDGE,
            urgency=Urgency.REMINDER,
            recipient_id=person,
            about_id=one.elder_id,
            expires_at=until,
        )
        for one in lost
        for person in around[one.elder_id].nearest(NEAR)
    ]
    await letters.write(session, nudges, now)
