"""Leaders and coordinators who go away and come back, who stands in, and who hears of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from storage import absences, deputies, letters, people, rota
from storage.absences import AWAY, NewAbsence
from storage.duties import Place
from storage.letters import NewLetter, Urgency
from storage.people import OFFICES, Person, Role
from storage.rota import Rota
from storage.rules import at_village, village_day

STANDS_IN = "stands_in"
"""The letter to whoever stands in."""
IS_AWAY = "is_away"
"""The letter to those who coordinate: who is away, and who stands in."""
IS_BACK = "is_back"
"""The letter to all who heard that he is away."""


@dataclass(frozen=True, slots=True)
class Left:
    """That an absence is kept, and who stands in, "" where nobody in particular does."""

    stand_in: str


async def leave(
    session: AsyncSession, person_id: str, first: date, last: date, cause: str, now: datetime
) -> Left | None:
    """Let a leader or coordinator be away on these days; None where he is neither.

    His deputy stands in; without one, another leader where he is the only one of his group.
    Whoever stands in hears it, and so do the coordinators, once. Said twice, it is one absence.
    """
    roles = await people.roles_of(session, person_id)
    if not roles & OFFICES:
        return None
    since = at_village(first, datetime.min.time())
    until = at_village(last + timedelta(days=1), datetime.min.time())
    known = await absences.find(session, person_id, since, until)
    if known is not None:
        return Left(await _name(session, known.stand_in_id))
    person = await session.get_one(Person, person_id)
    moment = max(now, since)
    plan = await rota.read(session, {person.village_id}, moment, moment)
    absence = NewAbsence(
        cause=cause,
        person_id=person_id,
        village_id=person.village_id,
        stand_in_id=await _who_stands_in(session, plan, person, roles, moment),
        reason=AWAY,
        since=since,
        until=until,
    )
    number = await absences.put(session, absence)
    readers = coordinators_there(plan, person.village_id, moment, besides=person_id)
    await _tell(session, number, absence, readers, now)
    return Left(await _name(session, absence.stand_in_id))


async def _name(session: AsyncSession, person: str | None) -> str:
    return await people.name_of(session, person) if person else ""


async def _who_stands_in(
    session: AsyncSession, plan: Rota, person: Person, roles: Collection[Role], moment: datetime
) -> str | None:
    deputy = await deputies.deputy_of(session, person.id)
    away = plan.away(person.village_id, moment) | {person.id}
    if deputy is not None and deputy not in away and await people.addresses(session, {deputy}):
        return deputy
    if Role.LEADER not in roles:
        return None
    beside = plan.serving(Place(person.village_id, Role.LEADER, person.group_id))
    if any(one not in away for one in beside):
        return None
    return next((one for one in plan.leaders(person.village_id) if one not in away), None)


async def coordinators(session: AsyncSession, village: int, now: datetime) -> list[str]:
    """Return the coordinators of a village who are there now; without any, the supervisors."""
    return coordinators_there(await rota.read(session, {village}, now, now), village, now)


def coordinators_there(
    plan: Rota, village: int, moment: datetime, *, besides: str = ""
) -> list[str]:
    """Return the coordinators of a village who are there; without any, the supervisors."""
    away = plan.away(village, moment) | {besides}
    there = [one for one in plan.serving(Place(village, Role.COORDINATOR)) if one not in away]
    return there or [one.person for one in plan.officials.get(None, ())]


async def _tell(
    session: AsyncSession,
    number: int,
    absence: NewAbsence,
    readers: Collection[str],
    now: datetime,
) -> None:
    told = dict.fromkeys(readers, IS_AWAY)
    if absence.stand_in_id is not None:
        told[absence.stand_in_id] = STANDS_IN
    await letters.write(
        session,
        [
            NewLetter(
                key=f"{kind}:{number}:{reader}",
                kind=kind,
                urgency=Urgency.NOTICE,
                recipient_id=reader,
                about_id=absence.stand_in_id,
                actor_id=absence.person_id,
                detail={
                    "first": village_day(absence.since).isoformat(),
                    "last": village_day(absence.until - timedelta(days=1)).isoformat(),
                },
            )
            for reader, kind in told.items()
        ],
        now,
    )


async def come_back(session: AsyncSession, person_id: str, now: datetime) -> bool:
    """End what somebody said of being away; False where he had said nothing.

    Whoever stood in for him hears it, and so do the coordinators.
    """
    ended = await absences.end(session, person_id, AWAY, now)
    if not ended:
        return False
    person = await session.get_one(Person, person_id)
    plan = await rota.read(session, {person.village_id}, now, now)
    readers = {one.stand_in_id for one in ended if one.stand_in_id}
    readers |= {*coordinators_there(plan, person.village_id, now, besides=person_id)}
    await letters.write(
        session,
        [
            NewLetter(
                key=f"{IS_BACK}:{ended[-1].id}:{reader}",
                kind=IS_BACK,
                urgency=Urgency.NOTICE,
                recipient_id=reader,
                actor_id=person_id,
            )
            for reader in sorted(readers)
        ],
        now,
    )
    return True
