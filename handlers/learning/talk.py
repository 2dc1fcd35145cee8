"""Takes 漏报 from leaders and coordinators, and doctors."""

from handlers.feature import Feature
from handlers.learning import words
from handlers.message import Reply
from handlers.router import Router, may, says
from handlers.turn import Turn
from storage import unheard
from storage.authority import Act

router = Router("learning")


@router.when(may(Act.TEACH, says(r"漏报[\s\S]*")))
async def we_did_not_hear(turn: Turn) -> Reply:
    said = turn.words.removeprefix("漏报").strip(" :：，,")
    if not said:
        return Reply(words.HOW)
    teacher = turn.speaker
    unheard.keep(turn.session, teacher.village_id, teacher.id, said, turn.now, reported=True)
    return Reply(words.THANKS)


FEATURE = Feature(router)
