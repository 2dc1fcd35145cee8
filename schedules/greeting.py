"""Greets those whose last day away it is: tomorrow they are expected again."""

from datetime import datetime

from handlers.holds.talk import GREETING
from storage import holds, letters
from storage.database import Database
from storage.letters import NewLetter, Urgency
from storage.rules import Rules, at_village, village_day

AT_ONCE = 500


async def greet(database: Database, now: datetime, rules: Rules) -> int:
    """Write today's greetings once the morning is there; returns how many."""
    day = village_day(now)
    if now < at_village(day, rules.checkin.closes):
        return 0
    greeted = 0
    while True:
        async with database.writing() as session:
            ending = await holds.last_days(session, day, AT_ONCE)
            greetings = [_greeting(hold, elder, now, rules) for hold, elder in ending]
            await letters.write(session, greetings, now)
        greeted += len(ending)
        if len(ending) < AT_ONCE:
            return greeted


def _greeting(hold: int, elder: str, now: datetime, rules: Rules) -> NewLetter:
    return NewLetter(
        key=f"{GREETING}:{hold}",
        kind=GREETING,
        urgency=Urgency.REMINDER,
        recipient_id=elder,
        about_id=elder,
        expires_at=at_village(village_day(now), rules.letters.quiet_from),
    )
