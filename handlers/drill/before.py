"""What is looked at before a drill is held, whoever asks for it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.drill import words
from storage import contacts, drills, incidents, people, silences
from storage.rules import LadderRules


async def called(session: AsyncSession, elder: str, now: datetime, rules: LadderRules) -> list[str]:
    """Return everybody whom the whole ladder would call for her."""
    around = (await contacts.around(session, {elder}, now))[elder]
    return around.of(circle for step in rules.steps for circle in step)


async def hindrance(
    session: AsyncSession, elder: str, village: int, now: datetime, rules: LadderRules
) -> str:
    """Say why it cannot be held now, "" where it can: one at a time, and none beside an alarm."""
    name = await people.name_of(session, elder)
    if await incidents.about(session, elder) or await silences.live_of(session, [village]):
        return words.is_looked_for(name)
    if other := await drills.going_on(session, village):
        return words.goes_on(await people.name_of(session, other.elder_id))
    return "" if await called(session, elder, now, rules) else words.nobody_to_call(name)
