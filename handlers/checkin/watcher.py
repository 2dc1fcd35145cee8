"""Who watches over an elder hears of it when she needs a word, a hand, or a human ear."""

from handlers.turn import Turn
from storage import audit, consents, contacts, letters, people
from storage.consents import Purpose
from storage.letters import Urgency

NEEDS_WORD = "needs_word"
LISTEN = "listen"


async def tell_watcher(turn: Turn, kind: str, *, media: str = "", **detail: str) -> str:
    """Write to her leader, else to the coordinator, and return the name of who will know."""
    elder = turn.speaker.id
    if kind == LISTEN and await consents.has_refused(turn.session, elder, Purpose.HEALTH):
        kind, media, detail = NEEDS_WORD, "", {"need": "word"}  # her voice stays with her
    around = (await contacts.around(turn.session, {elder}, turn.now))[elder]
    watchers = around.nearest(["leader", "coordinators"])
    await letters.tell_each(
        turn.session,
        watchers,
        kind,
        turn.cause,
        turn.now,
        urgency=Urgency.ALARM if detail.get("need") == "care" else Urgency.NOTICE,
        about_id=elder,
        detail=dict(detail),
        media=media,
    )
    for watcher in watchers if media else ():
        await audit.note(
            turn.session, "voice", turn.now, actor=None, subject=elder, reason=f"to:{watcher}"
        )
    return await people.name_of(turn.session, watchers[0]) if watchers else ""
