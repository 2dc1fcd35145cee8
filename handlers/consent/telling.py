"""Who looks after an elder learns that her word is not waited for any more, before it is so."""

from handlers.turn import Turn
from storage import contacts, letters
from storage.watched import UNWATCHED


async def tell_that_she_is_unwatched(turn: Turn, elder: str) -> None:
    """Write to her leader, or to the coordinators where he says so himself or is not there."""
    me = turn.speaker.id
    around = (await contacts.around(turn.session, {elder}, turn.now))[elder].without({me})
    readers = around.nearest(["leader", "coordinators"])
    await letters.tell_each(
        turn.session, readers, UNWATCHED, turn.cause, turn.now, about_id=elder, actor_id=me
    )
