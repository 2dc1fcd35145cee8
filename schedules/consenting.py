"""Asks those newly paired what they agree to, at a moment when nothing else is asked of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.consent.talk import ASK, ASKED
from storage import askings, consents, letters, questions
from storage.checkins import watch_day
from storage.consents import Purpose
from storage.database import Database
from storage.letters import NewLetter, Urgency
from storage.rules import Rules

AT_ONCE = 200


async def ask(database: Database, now: datetime, rules: Rules) -> int:
    """Put the first question to those who have time for it; returns to how many."""
    if rules.letters.is_quiet(now):
        return 0
    async with database.writing() as session:
        free = await askings.at_leisure(session, watch_day(now, rules.checkin), AT_ONCE)
        patience = timedelta(minutes=rules.checkin.question_minutes)
        busy = await questions.open_for(session, free, now, patience)
        chosen = [one for one in free if one not in busy]
        await askings.asked(session, chosen, now)
        for person in chosen:
            await _ask_first(session, person, now, patience)
    return len(chosen)


async def _ask_first(
    session: AsyncSession, person: str, now: datetime, patience: timedelta
) -> None:
    left: Sequence[Purpose] = await consents.never_answered(session, person)
    if not left:
        return
    key = f"{ASK}:{person}"
    about = {"purpose": left[0], "left": list(left[1:]), "letter": key}
    await questions.ask(session, person, ASKED, now, about=about)
    letter = NewLetter(
        key=key,
        kind=ASK,
        urgency=Urgency.REMINDER,
        recipient_id=person,
        about_id=person,
        detail={"purpose": left[0]},
        expires_at=now + patience,
    )
    await letters.write(session, [letter], now)
