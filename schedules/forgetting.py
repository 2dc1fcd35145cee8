"""Erases those who asked for it, as soon as nothing is open around them."""

from datetime import datetime

import structlog

from storage import erasing, privacy_wishes
from storage.database import Database
from storage.erasing import Erased, OpenMatterError
from storage.policies import Policy

log = structlog.get_logger()


async def forget(database: Database, now: datetime, policy: Policy) -> int:
    """Return how many were erased; whose matters are open wait for the next round."""
    async with database.reading() as session:
        agreed = await privacy_wishes.agreed(session)
    erased = 0
    for person, by in agreed:
        try:
            async with database.writing() as session:
                done = await erasing.erase(session, person, now, policy, by=by)
        except OpenMatterError:
            continue
        erased += done is Erased.DONE
    if erased:
        log.info("erased", rows=erased)
    return erased
