"""What somebody does for an elder is counted: too much of it is for her leader to look at."""

from handlers.turn import Turn
from storage import contacts, letters, people, proxies
from storage.letters import NewLetter, Urgency
from storage.people import Person
from storage.proxies import Deed
from storage.rules import village_day

TOO_MUCH = "proxy_over"


async def objection(turn: Turn, elder: Person, act: Deed) -> str:
    """Count one act for an elder; where it may not be, say so, "" where it may.

    What is one too many is not done, and not lost: her leader is asked to look at it.
    """
    me, rules = turn.speaker, turn.rules.proxy
    if me.id == elder.id:
        return ""
    if not await proxies.may(turn.session, me, elder.id, act, rules):
        return f"{elder.name}的这件事，要请家里人或组长来说。"
    limit = rules.office_a_day if me.has_office else rules.tied_a_day
    if await proxies.count(turn.session, me.id, village_day(turn.now), limit):
        return ""
    told = await _ask_her_leader(turn, elder.id)
    return f"今天您代办满{limit}次了。{elder.name}的这件，请{told or '村里人'}来办。"


async def _ask_her_leader(turn: Turn, elder: str) -> str:
    me = turn.speaker.id
    around = (await contacts.around(turn.session, {elder}, turn.now))[elder].without({me})
    readers = around.nearest(["leader", "coordinators"])
    asked = [
        NewLetter(
            key=f"{TOO_MUCH}:{turn.cause}:{reader}",
            kind=TOO_MUCH,
            urgency=Urgency.NOTICE,
            recipient_id=reader,
            about_id=elder,
            actor_id=me,
            detail={"said": turn.words[:40]},
        )
        for reader in readers
    ]
    await letters.write(turn.session, asked, turn.now)
    return await people.name_of(turn.session, readers[0]) if readers else ""
