"""Calling people to somebody in distress: the same whoever noticed it, and by whatever means."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.hearing import Level
from storage import contacts, incidents, ladder, letters
from storage.incidents import Cause, IncidentKind
from storage.letters import NewLetter, Urgency
from storage.people import Person
from storage.rules import LadderRules

FOLLOW_UP = "follow_up"
_NUMBERS = {"emergency.fire-and-shock": "119", "emergency.robbed-or-beaten": "110"}
"""Rules for which somebody else than the ambulance is to be called."""


def number_for(rule: str) -> str:
    return _NUMBERS.get(rule, "120")


async def call_people(
    session: AsyncSession,
    person: Person,
    level: Level,
    *,
    cause: str,
    rule: str,
    by: str,
    now: datetime,
    rules: LadderRules,
) -> list[str]:
    """Call people to somebody in need, and return the names of those who are called.

    Whoever is already being looked after for the same need is not called for twice; a mere
    missed check-in becomes an emergency.
    """
    live = await incidents.about(session, person.id)
    kind = IncidentKind.CRISIS if level is Level.CRISIS else IncidentKind.EMERGENCY
    same = next((one for one in live if one.kind == kind), None)
    missed = next((one for one in live if one.kind == IncidentKind.MISSED), None)
    if same is not None:
        return await incidents.called_for(session, same.id)
    if missed is not None and kind is IncidentKind.EMERGENCY:
        await ladder.worsen(session, missed, by, now, is_with_her=False, rule=rule)
        return await incidents.called_for(session, missed.id)
    alarm = Cause(f"distress:{cause}", kind, person.id, person.village_id, rule)
    opened = await ladder.raise_alarm(session, [alarm], now, rules)
    if kind is IncidentKind.CRISIS:
        await _follow_up(session, person.id, cause, now, rules)
    return await incidents.called_for(session, opened[0].id) if opened else []


async def _follow_up(
    session: AsyncSession, person: str, cause: str, now: datetime, rules: LadderRules
) -> None:
    """Ask those who know to sit with her again, after a day and after a week."""
    around = (await contacts.around(session, {person}, now))[person].regardless()
    await letters.write(
        session,
        [
            NewLetter(
                key=f"{FOLLOW_UP}:{cause}:{hours}:{companion}",
                kind=FOLLOW_UP,
                urgency=Urgency.NOTICE,
                recipient_id=companion,
                about_id=person,
                due_at=now + timedelta(hours=hours),
            )
            for hours in rules.crisis_follow_up_hours
            for companion in around.of(["leader", "doctor"])
        ],
        now,
    )
