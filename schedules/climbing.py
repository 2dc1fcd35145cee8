"""The ladder by the clock: the next circle is called when nobody has answered in time."""

from datetime import datetime

from storage import ladder
from storage.database import Database

AT_ONCE = 200


async def climb(database: Database, now: datetime) -> int:
    """Move every ladder whose time has come; returns how many."""
    moved = 0
    while True:
        async with database.writing() as session:
            due = await ladder.climb(session, now, AT_ONCE)
        moved += due
        if due < AT_ONCE:
            return moved
