"""Ends what nobody has confirmed, with one polite word, the same whatever the reason."""

from datetime import datetime

from handlers.ties.letters import OVER
from storage import letters, ties
from storage.database import Database
from storage.letters import NewLetter, Urgency

AT_ONCE = 200


async def end_unconfirmed(database: Database, now: datetime) -> int:
    """End the claims whose days are over; returns how many. Strangers hear nothing."""
    ended = 0
    while True:
        async with database.writing() as session:
            over = await ties.over(session, now, AT_ONCE)
            told = [_letter(claim, person) for claim, person in over if person]
            await letters.write(session, told, now)
        ended += len(over)
        if len(over) < AT_ONCE:
            return ended


def _letter(claim: int, person: str) -> NewLetter:
    return NewLetter(
        key=f"{OVER}:{claim}:{person}", kind=OVER, urgency=Urgency.NOTICE, recipient_id=person
    )
