"""Looks a day ahead for hours in which nobody is on duty, and tells those who make the rota."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.rota.talk import UNCOVERED
from handlers.spoken import minute_of_day
from storage import absences, duties, letters, rota, standing_in, villages
from storage.database import Database
from storage.duties import DAY_MINUTES, Place
from storage.letters import NewLetter, Urgency
from storage.rota import Rota
from storage.rules import RotaRules, Rules, at_village, village_day

AT_ONCE = 50
"""How many villages are read together."""

Gap = tuple[str, int, int]
"""Where, "" for the village itself, and from which minute of the day to which."""


async def look_ahead(database: Database, now: datetime, rules: Rules) -> int:
    """Write to the coordinators of each village of whose tomorrow some hour has nobody on duty.

    Each hears it once, and until midnight, for then it is no longer tomorrow. Returns how many
    letters there are, written now or before.
    """
    async with database.writing() as session:
        await absences.note_over(session, now)
    if now < at_village(village_day(now), rules.rota.look_ahead_at):
        return 0
    tomorrow = village_day(now) + timedelta(days=1)
    found: list[NewLetter] = []
    async with database.reading() as session:
        planned = await duties.villages_with_a_rota(session, tomorrow)
        for first in range(0, len(planned), AT_ONCE):
            some = planned[first : first + AT_ONCE]
            found += await _uncovered(session, some, tomorrow, now, rules.rota)
    if found:
        async with database.writing() as session:
            await letters.write(session, found, now)
    return len(found)


async def _uncovered(
    session: AsyncSession, planned: Sequence[int], day: date, now: datetime, rules: RotaRules
) -> list[NewLetter]:
    plan = await rota.read(session, planned, now, at_village(day, rules.day_ends))
    called = await villages.group_names(session, planned)
    found: list[NewLetter] = []
    for village in planned:
        gaps = [
            (called[place.group] if place.group else "", begins, ends)
            for place in plan.places(village)
            for begins, ends in _gaps(plan, place, day, rules)
        ]
        readers = standing_in.coordinators_there(plan, village, now) if gaps else []
        found += _letters(village, day, gaps, readers)
    return found


def _gaps(plan: Rota, place: Place, day: date, rules: RotaRules) -> list[tuple[int, int]]:
    """Return the hours of a day for which the rota names nobody who can be called."""
    spans = plan.spans(place, at_village(day, rules.day_begins), at_village(day, rules.day_ends))
    return [
        (minute_of_day(span.begins), minute_of_day(span.ends) or DAY_MINUTES)
        for span in spans
        if span.is_planned and not span.people
    ]


def _letters(
    village: int, day: date, gaps: Sequence[Gap], readers: Sequence[str]
) -> list[NewLetter]:
    detail: dict[str, Any] = {"gaps": gaps, "day": day.isoformat()}
    return [
        NewLetter(
            key=f"{UNCOVERED}:{village}:{day}:{reader}",
            kind=UNCOVERED,
            urgency=Urgency.NOTICE,
            recipient_id=reader,
            detail=detail,
            expires_at=at_village(day, time.min),
        )
        for reader in readers
    ]
