"""The leader's one morning list: the elders of his group who have no phone, by their numbers."""

from datetime import datetime

from schedules.asking import ask_by_list
from storage import sheets
from storage.checkins import watch_day
from storage.database import Database
from storage.rules import Rules, at_village


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
        villages += 1
