"""The platform's word on a letter: it arrived, or somebody else has to be called."""

from handlers.feature import Feature
from handlers.message import Kind
from handlers.router import Router, does
from handlers.turn import Turn
from storage import ladder, letters, people
from storage.incidents import CALLS
from storage.ladder import Failed

router = Router("post")

_BLOCKED = "failed:user block"


@router.when(does(Kind.REPORT))
async def it_arrived_or_not(turn: Turn) -> None:
    report = turn.message.report
    arrived = report == "success"
    letter = await letters.report(
        turn.session, turn.message.report_of, arrived=arrived, reason="" if arrived else report
    )
    if report.replace(" ", "") == _BLOCKED.replace(" ", ""):
        await people.lose(turn.session, turn.address)
    if letter is None or arrived or letter.incident_id is None or letter.kind not in CALLS:
        return
    failed = Failed(letter.id, letter.incident_id, letter.recipient_id)
    await ladder.pass_over(turn.session, [failed], turn.now)


FEATURE = Feature(router)
