"""Who looks after an elder learns that her word is not waited for any more, before it is so."""

from handlers.turn import Turn
from storage import contacts, letters
from storage.letters import NewLetter, Urgency
from storage.watched import UNWATCHED


async def tell_that_she_is_unwatched(turn: Turn, elder: str) -> None:
    """Write to her leader, or to the coordinators where he says so himself or is not there."""
    me = turn.speaker.id
    around = (await contacts.around(turn.session, {elder}, turn.now))[elder].without({me})
    await letters.write(
        turn.session,
        [
            NewLetter(
                key=f"{UNWATCHED}:{turn.cause}:{reader}",
                kind=UNWATCHED,
                urgency=Urgency.NOTICE,
                recipient_id=reader,
                about_id=elder,
                actor_id=me,
            )
            for reader in around.nearest(["leader", "coordinators"])
        ],
        turn.now,
    )
