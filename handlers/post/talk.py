"""The platform's word on a letter, and hers on the notices that she is willing to get."""

from handlers.feature import Feature
from handlers.message import Consent, Kind
from handlers.router import Router, does
from handlers.turn import Turn
from storage import ladder, people, subscriptions

router = Router("post")

_BLOCKED = "failed:user block"


@router.when(does(Kind.REPORT))
async def it_arrived_or_not(turn: Turn) -> None:
    report = turn.message.report
    arrived = report == "success"
    reason = "" if arrived else report
    far_id = turn.message.report_of
    await ladder.take_report(turn.session, far_id, turn.now, arrived=arrived, reason=reason)
    if report.replace(" ", "") == _BLOCKED.replace(" ", ""):
        await people.lose(turn.session, turn.address)


@router.when(does(Kind.CONSENT))
async def she_agreed_or_not(turn: Turn) -> None:
    """Who declines keeps what she agreed to before; who refuses all notices does not."""
    hers = (*turn.address, turn.message.form)
    if turn.message.consent == Consent.GIVEN:
        await subscriptions.give(turn.session, hers, turn.now)
    elif turn.message.consent == Consent.WITHDRAWN:
        await subscriptions.refused(turn.session, [hers])


FEATURE = Feature(router)
