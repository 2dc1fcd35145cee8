"""What is done for an elder by somebody else is bounded: by his tie to her, and by the day.

Who serves her does it by his office, under a wide bound of its own. An alarm has none.
"""

from handlers.on_her_behalf import words
from handlers.turn import Turn
from storage import authority, contacts, letters, people, proxies, relatives
from storage.authority import Act
from storage.checkins import watch_day
from storage.people import Person
from storage.proxies import Deed
from storage.rules import at_village, village_day

TOO_MUCH = "proxy_over"


async def objection(turn: Turn, elder: Person, act: Deed) -> str:
    """Count one act for an elder; where it may not be, say so, "" where it may.

    What is one too many is not done, and not lost: her leader is asked to look at it.
    """
    me, rules = turn.speaker, turn.rules.proxy
    if me.id == elder.id:
        return ""
    if not await proxies.may(turn.session, me, elder.id, act, rules):
        return words.not_by_you(elder)
    if enough := await _is_enough_for_family(turn, elder, act):
        return enough
    limit = rules.office_a_day if me.has_office else rules.tied_a_day
    if await proxies.count(turn.session, me.id, village_day(turn.now), limit):
        return ""
    return words.too_much(elder, limit, await _ask_her_leader(turn, elder.id))


async def _is_enough_for_family(turn: Turn, elder: Person, act: Deed) -> str:
    """Say so where one of her family has done it as often today as he may, "" where not."""
    me, checkin, rules = turn.speaker, turn.rules.checkin, turn.rules.family
    if act is Deed.REQUEST:
        count, most, enough = relatives.asked_for, rules.requests_a_day, words.called_enough
    elif act is Deed.HOLD:
        count, most, enough = relatives.held, rules.holds_a_day, words.excused_enough
    else:
        return ""
    if not await people.is_family(turn.session, me.id, elder.id):
        return ""
    if await authority.allows(turn.session, me, Act.ARRANGE, elder.id):
        return ""
    morning = at_village(watch_day(turn.now, checkin), checkin.day_starts)
    return enough(most) if await count(turn.session, me.id, morning) >= most else ""


async def _ask_her_leader(turn: Turn, elder: str) -> str:
    """Return the name of who is asked, "" where there is nobody."""
    me = turn.speaker.id
    around = (await contacts.around(turn.session, {elder}, turn.now))[elder].without({me})
    readers = around.nearest(["leader", "coordinators"])
    await letters.tell_each(
        turn.session,
        readers,
        TOO_MUCH,
        turn.cause,
        turn.now,
        about_id=elder,
        actor_id=me,
        detail={"said": turn.words[:40]},
    )
    return await people.name_of(turn.session, readers[0]) if readers else ""
