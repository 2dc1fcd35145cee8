"""Silent villages by the clock: who was heard is noted, and no call stands for long."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from storage import incidents, ladder, silences
from storage.database import Database
from storage.incidents import Cause, IncidentKind, Live, Result
from storage.rules import Rules
from storage.silences import Telling

AT_ONCE = 100


async def watch_villages(database: Database, now: datetime, rules: Rules) -> int:
    """Close the calls for villages where all were heard; returns how many were looked at.

    After `village_hours` one call stands for nobody any more: each who is still silent is
    called for by herself.
    """
    async with database.writing() as session:
        live = await silences.all_live(session, AT_ONCE)
        if not live:
            return 0
        await silences.note_heard(session, [one.id for one in live], now)
        tellings = await silences.tellings(session, live)
        await _end_heard(session, [one for one in live if not tellings[one.id].unseen], now)
        longest = timedelta(hours=rules.watch.village_hours)
        over = [one for one in live if one.opened_at + longest <= now]
        await _call_each(session, over, tellings, now, rules)
    return len(live)


async def _end_heard(session: AsyncSession, heard: Sequence[Live], now: datetime) -> None:
    for incident in heard:
        await incidents.close(session, incident, Result.SPOKE, None, now)


async def _call_each(
    session: AsyncSession,
    over: Sequence[Live],
    tellings: Mapping[int, Telling],
    now: datetime,
    rules: Rules,
) -> None:
    for incident in over:
        causes = [
            Cause(
                f"missed:{one.expectation}",
                IncidentKind.MISSED,
                one.elder_id,
                incident.village_id,
            )
            for one in tellings[incident.id].unseen
        ]
        if causes and await incidents.close(session, incident, Result.EACH, None, now):
            await ladder.raise_alarm(session, causes, now, rules.ladder)
