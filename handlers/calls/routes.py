"""The routes of the calls, and how a call is named in chat."""

import re
from collections.abc import Sequence

from handlers.hearing import numerals
from handlers.router import Router
from handlers.turn import Turn
from storage import requests
from storage.pictures import NewPicture
from storage.requests import Request

router = Router("calls")
asking = Router("asking for help")

NUMBER = rf"(?P<number>\d{{4}}|[{numerals.CHINESE}]{{4,7}})\s*号?"
"""Four digits: an incident has fewer, so 好 12 and 好 1234 are never the same."""
PAPER = "call_paper"
"""The question whether there is a picture of the paper that was just noted."""
NAME = r"(?P<name>[\u4e00-\u9fff·]{2,10}?)"


def number_in(turn: Turn, pattern: str) -> int:
    found = re.fullmatch(pattern, turn.words)
    return numerals.number(found["number"]) if found else 0


async def call_of(turn: Turn, pattern: str) -> Request | None:
    """Return the call of the number in the words, held, where the speaker may speak of it."""
    return await requests.find(turn.session, turn.speaker, number_in(turn, pattern))


def is_promised(turn: Turn, pattern: str) -> bool:
    """Tell whether he has promised to look after an incident of this number: it goes first."""
    number = number_in(turn, pattern)
    return any(one.number == number for one in turn.promised)


def picture_in(turn: Turn, credential_id: int | None = None) -> NewPicture:
    """Return the reference to a picture; where a channel has none, its message is one."""
    message = turn.message
    return NewPicture(
        channel=message.channel,
        media=message.media or message.key,
        sent_by=turn.speaker.id,
        sent_at=turn.now,
        credential_id=credential_id,
    )


def numbered(calls: Sequence[Request]) -> list[tuple[int, str]]:
    return [(one.number, one.category) for one in calls]
