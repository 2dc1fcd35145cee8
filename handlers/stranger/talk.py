"""One answer for all strangers: it tells nothing about anybody."""

from handlers.feature import Feature
from handlers.message import TOUCHED, Reply
from handlers.router import Router
from handlers.stranger import words
from handlers.turn import Turn

router = Router("stranger")


@router.when(lambda turn: turn.caller is None and turn.message.kind in TOUCHED)
async def who_are_you(_turn: Turn) -> Reply:
    return Reply(words.WELCOME)


FEATURE = Feature(router)
