"""Tells people what they can say, and answers what no other feature understood."""

from handlers.feature import Feature
from handlers.help import words
from handlers.message import TOUCHED, Kind, Reply
from handlers.router import Router, known, says
from handlers.turn import Turn

router = Router("help")
last_resort = Router("last resort")


@router.when(known(lambda turn: turn.message.kind is Kind.MENU and turn.words == "help"))
@router.when(known(says(r"(?i)帮助|怎么用|help|\?")))
async def what_can_i_say(turn: Turn) -> Reply:
    return Reply(words.for_roles(turn.speaker.roles))


@last_resort.when(known(lambda turn: turn.message.kind in TOUCHED))
async def i_did_not_understand(_turn: Turn) -> Reply:
    return Reply(words.UNSURE)


FEATURE = Feature(router)
LAST_RESORT = Feature(last_resort)
