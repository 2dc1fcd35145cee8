"""What a leader should know tonight of somebody in her own group; quiet where there is nothing.

Whoever finds out something else for a leader's evening adds a function to GATHERERS, and a
sentence for its kind to `handlers/digest/words.py`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage import fading
from storage.holds import Hold
from storage.incidents import Incident, IncidentKind, Promise
from storage.people import Person
from storage.rules import VILLAGE_TIME, Rules, at_village, village_day

OPEN = "open"
BACK = "back"
FADING = "fading"


@dataclass(frozen=True, slots=True)
class Note:
    """Of whom, and what kind of thing; `detail` is what its sentence needs beside her name."""

    kind: str
    group_id: int | None
    elder_id: str
    elder: str
    gender: str
    detail: str = ""


Gatherer = Callable[[AsyncSession, int, datetime, Rules], Awaitable[Sequence[Note]]]
"""Returns the notes of one village, for all of its groups at once."""


async def still_open(
    session: AsyncSession, village: int, _now: datetime, _rules: Rules
) -> list[Note]:
    """Note who is still being looked for, or is in distress, and who goes; never a crisis."""
    goer = aliased(Person)
    rows = await session.execute(
        select(Person.group_id, Person.id, Person.name, Person.gender, goer.name)
        .join(Incident, Incident.elder_id == Person.id)
        .outerjoin(Promise, and_(Promise.incident_id == Incident.id, Promise.state == "open"))
        .outerjoin(goer, goer.id == Promise.person_id)
        .where(
            Incident.village_id == village,
            Incident.climbs_at.is_not(None),
            Incident.kind != IncidentKind.CRISIS,
        )
        .order_by(Incident.id)
    )
    return [Note(OPEN, *row[:4], detail=row[4] or "") for row in rows]


async def back_tomorrow(
    session: AsyncSession, village: int, now: datetime, _rules: Rules
) -> list[Note]:
    """Note whose last day away it is: from tomorrow her word is waited for again."""
    day, longer = village_day(now), aliased(Hold)
    rows = await session.execute(
        select(Person.group_id, Person.id, Person.name, Person.gender)
        .join(Hold, Hold.elder_id == Person.id)
        .where(
            Person.village_id == village,
            Hold.last_day == day,
            Hold.ended_at.is_(None),
            ~exists().where(
                longer.elder_id == Hold.elder_id,
                longer.last_day > day,
                longer.ended_at.is_(None),
            ),
        )
        .distinct()
        .order_by(Person.id)
    )
    return [Note(BACK, *row) for row in rows]


async def soon_out_of_reach(
    session: AsyncSession, village: int, now: datetime, rules: Rules
) -> list[Note]:
    """Note who will not get tomorrow's reminder, and from which hour on."""
    tomorrow = village_day(now) + timedelta(days=1)
    until = at_village(tomorrow, rules.checkin.closes)
    found = await fading.of_village(
        session, village, tomorrow, until, now, rules.letters.only_in_windows
    )
    return [
        Note(FADING, one.group_id, one.elder_id, one.name, one.gender, _hour(one.closes_at))
        for one in found
    ]


def _hour(moment: datetime | None) -> str:
    return f"{moment.astimezone(VILLAGE_TIME):%H:%M}" if moment else ""


GATHERERS: Sequence[Gatherer] = (still_open, back_tomorrow, soon_out_of_reach)


async def of_village(
    session: AsyncSession, village: int, now: datetime, rules: Rules
) -> list[Note]:
    return [note for gather in GATHERERS for note in await gather(session, village, now, rules)]
