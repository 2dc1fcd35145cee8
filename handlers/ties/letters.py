"""The letters around a tie: to her, to who can vouch for it, to who asks, and to her leader."""

from collections.abc import Sequence
from datetime import timedelta

from handlers.turn import Turn
from storage import contacts, letters, questions
from storage.ties import TieClaim

ASK = "tie_ask"
VOUCH = "tie_vouch"
TIED = "tie_made"
NEW = "tie_new"
OVER = "tie_over"
ENDED = "tie_ended"


def who_asks(claim: TieClaim) -> str:
    return claim.name or "他"


async def ask_her(turn: Turn, claim: TieClaim, elder: str) -> None:
    """Ask her, unless something else is being asked: then the letter alone asks."""
    await questions.ask_the_silent(
        turn.session, [elder], ASK, turn.now, _patience(turn), {"claim": claim.id}
    )
    await _write(turn, claim, ASK, [elder])


def _patience(turn: Turn) -> timedelta:
    return timedelta(minutes=turn.rules.checkin.question_minutes)


async def ask_witnesses(turn: Turn, claim: TieClaim, elder: str) -> None:
    """Ask who may vouch for it; each is asked once, and he who asks is not."""
    around = (await contacts.around(turn.session, {elder}, turn.now))[elder]
    asked = around.of(["leader", "coordinators", "neighbours"])
    me = turn.caller.id if turn.caller else None
    await _write(turn, claim, VOUCH, [one for one in asked if one not in (claim.person_id, me)])


async def tell_tied(turn: Turn, claim: TieClaim, person: str) -> None:
    await _write(turn, claim, TIED, [person])
    elder = claim.elder_id or ""
    around = (await contacts.around(turn.session, {elder}, turn.now))[elder].without({person})
    leaders = around.nearest(["leader", "coordinators"])
    await _write(turn, claim, NEW, leaders)


async def tell_ended(turn: Turn, person: str) -> None:
    me = turn.speaker.id
    around = (await contacts.around(turn.session, {me}, turn.now))[me].without({person})
    readers = around.nearest(["leader", "coordinators"])
    await letters.tell_each(
        turn.session, readers, ENDED, turn.cause, turn.now, about_id=me, actor_id=person
    )


async def _write(turn: Turn, claim: TieClaim, kind: str, readers: Sequence[str]) -> None:
    await letters.tell_each(
        turn.session,
        readers,
        kind,
        claim.id,
        turn.now,
        about_id=claim.elder_id,
        number=claim.id,
        detail={"who": claim.name, "called": claim.called},
        expires_at=claim.ends_at if kind in (ASK, VOUCH) else None,
    )
