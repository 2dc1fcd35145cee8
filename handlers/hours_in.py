"""From words to hours: 7点到10点, 六点半到九点, 7:00-10:00."""

import re
from datetime import datetime, time

from handlers.hearing import Hearing, numerals
from handlers.hearing.days import wish
from storage.hours import Hours

_BETWEEN = re.compile(r"\s*(?:到|至|-|—|–|~)\s*")
_BARE = re.compile(numerals.NUMBER)


def hours_in(said: str, hearing: Hearing, now: datetime) -> Hours | None:
    """Return from when to when, None where it is not said, or said backwards."""
    hours = [_hour(piece, hearing, now) for piece in _BETWEEN.split(said)]
    if len(hours) != 2 or hours[0] is None or hours[1] is None or hours[0] >= hours[1]:
        return None
    return Hours(hours[0], hours[1])


def _hour(piece: str, hearing: Hearing, now: datetime) -> time | None:
    spelt = hearing.spell(f"{piece}点" if _BARE.fullmatch(piece) else piece)
    found = wish(spelt, now)
    return found.hour if found else None
