"""Takes 退订 and 恢复提醒. The daily watch goes on: only what comes unasked as a card stops."""

from handlers.feature import Feature
from handlers.message import Reply
from handlers.quiet import words
from handlers.router import Router, known, says
from handlers.turn import Turn
from storage import people

router = Router("quiet")


@router.when(known(says(r"退订|取消订阅|别再?(?:给我)?发了|不要再?发了|(?i:TD|T)")))
async def leave_me_in_peace(turn: Turn) -> Reply:
    await people.decline(turn.session, turn.address, turn.now)
    return Reply(words.left_in_peace(turn.speaker))


@router.when(known(says(r"恢复(?:提醒|订阅)?|重新订阅|订阅")))
async def remind_me_again(turn: Turn) -> Reply:
    await people.decline(turn.session, turn.address, None)
    return Reply(words.reminded_again(turn.speaker))


FEATURE = Feature(router)
