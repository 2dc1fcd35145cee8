"""Tells people what they can say, and answers what no other feature understood."""

import re

from handlers.feature import Feature
from handlers.help import words
from handlers.message import TOUCHED, Kind, Reply
from handlers.router import Router, known, says
from handlers.turn import Turn

router = Router("help")
last_resort = Router("last resort")

_HELP = r"(?i)(?:帮助|怎么用|help|\?)\s*(?:第)?(?P<page>[1-9])?页?"


@router.when(known(lambda turn: turn.message.kind is Kind.MENU and turn.words == "help"))
@router.when(known(says(_HELP)))
async def what_can_i_say(turn: Turn) -> Reply:
    found = re.fullmatch(_HELP, turn.words)
    page = int(found["page"] or 1) if found else 1
    return Reply(words.for_roles(turn.speaker.roles, page))


@router.when(known(says("更多|还有呢?")))
async def what_else(turn: Turn) -> Reply:
    return Reply(words.for_roles(turn.speaker.roles, 2))


@last_resort.when(known(lambda turn: turn.message.kind in TOUCHED))
async def i_did_not_understand(_turn: Turn) -> Reply:
    return Reply(words.UNSURE)


FEATURE = Feature(router)
LAST_RESORT = Feature(last_resort)
