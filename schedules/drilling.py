"""Drills by the clock: those in line are begun, and those that have ended are reported."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.drill.talk import REPORT
from storage import drill_reports, drills, ladder, letters
from storage.database import Database
from storage.drills import Drill
from storage.incidents import Cause, IncidentKind
from storage.letters import DRILL, NewLetter, Urgency
from storage.rules import Rules

AT_ONCE = 50


async def practise(database: Database, now: datetime, rules: Rules) -> int:
    """Begin the drills that were asked for, and report those that are over; returns how many."""
    async with database.writing() as session:
        asked = await drills.claim_asked(session, now, AT_ONCE)
        for drill in asked:
            await _begin(session, drill, now, rules)
    async with database.writing() as session:
        ended = await drill_reports.claim_ended(session, now, rules.drill)
        for drill in ended:
            await _report(session, drill, now, rules)
    return len(asked) + len(ended)


async def _begin(session: AsyncSession, drill: Drill, now: datetime, rules: Rules) -> None:
    cause = Cause(
        drill.cause, IncidentKind(drill.kind), drill.elder_id, drill.village_id, is_drill=True
    )
    await ladder.raise_alarm(session, [cause], now, rules.ladder.hastened(drill.pace))


async def _report(session: AsyncSession, drill: Drill, now: datetime, rules: Rules) -> None:
    """Write to who began it; what was begun at the command line is read there."""
    if drill.asked_by is None:
        return
    shown = await drill_reports.report(session, drill, rules.drill)
    letter = NewLetter(
        key=f"{REPORT}:{drill.id}",
        kind=REPORT,
        urgency=Urgency.NOTICE,
        recipient_id=drill.asked_by,
        about_id=drill.elder_id,
        detail={DRILL: True, "report": shown.as_detail()},
    )
    await letters.write(session, [letter], now)
