"""Lets go of what was kept long enough, once a day, a kind after the other."""

from datetime import datetime, time

import structlog

from storage import purging
from storage.database import Database
from storage.rules import VILLAGE_TIME, RetentionRules

log = structlog.get_logger()

AT = time(2, 0)
"""When it begins, by the village's clock: nobody is waited for so early."""


async def purge(database: Database, now: datetime, rules: RetentionRules) -> int:
    """Return how many rows were let go of."""
    if now.astimezone(VILLAGE_TIME).time() < AT:
        return 0
    purged = 0
    for kind in await purging.due(database, now):
        rows = await purging.purge(database, kind, now, rules)
        if rows:
            log.info("purged", kind=kind.name, rows=rows)
        purged += rows
    return purged
