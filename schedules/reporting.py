"""The coordinator's digest: written once a morning for each village."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.digest.talk import DIGEST
from storage import digests, letters
from storage.database import Database
from storage.letters import NewLetter, Urgency
from storage.rules import Rules, at_village, village_day
from storage.villages import Village


async def write_digests(database: Database, now: datetime, rules: Rules) -> int:
    """Write this morning's digest for every village that has none; returns how many."""
    if now < at_village(village_day(now), rules.digest.morning):
        return 0
    written = 0
    while True:
        async with database.writing() as session:
            village = await digests.claim_village(session, village_day(now))
            if village is None:
                return written
            await _write(session, village, now, rules)
        written += 1


async def _write(session: AsyncSession, village: Village, now: datetime, rules: Rules) -> None:
    day = village_day(now)
    readers = await digests.coordinators(session, village.id)
    if not readers:
        return
    since = at_village(day, rules.checkin.day_starts)
    morning = await digests.morning(session, village, day, since, rules.hearing.sampled)
    await letters.write(
        session,
        [
            NewLetter(
                key=f"{DIGEST}:{village.id}:{day}:{reader}",
                kind=DIGEST,
                urgency=Urgency.NOTICE,
                recipient_id=reader,
                detail=morning.as_detail(),
            )
            for reader in readers
        ],
        now,
    )
