"""The guard against swindlers: an elder is warned at once, and people near her hear of it."""

from datetime import timedelta

from handlers import names
from handlers.family import money, words
from handlers.family.routes import router
from handlers.hearing import Level
from handlers.message import Reply
from handlers.router import NOT_MINE, Answer
from handlers.turn import Turn
from storage import contacts, letters, people, tidings
from storage.letters import Urgency
from storage.rules import VILLAGE_TIME, village_day
from storage.tidings import TidingState

WANTS_MONEY = "wants_money"
WRITES_OF_MONEY = "writes_of_money"


@router.when(lambda turn: turn.is_elder and bool(turn.spelt) and money.is_asked_for(turn.spelt))
async def somebody_wants_my_money(turn: Turn) -> Reply:
    """Warn her before anything else; who calls for help was heard before this."""
    return await warn(turn)


async def heard_of_money(turn: Turn) -> Answer:
    """Warn an elder whose voice was written down, as if she had been heard at once."""
    asked = turn.is_elder and money.is_asked_for(turn.spelt)
    return await somebody_wants_my_money(turn) if asked else NOT_MINE


async def warn(turn: Turn) -> Reply:
    """Warn her, and let her leader and who of her family is on duty ring her up, once an hour."""
    me = turn.speaker
    around = (await contacts.around(turn.session, {me.id}, turn.now))[me.id]
    leaders, family = around.nearest(["leader", "coordinators"]), around.of(["family"])
    told = list(dict.fromkeys([*leaders, *family]))
    hour = turn.now.astimezone(VILLAGE_TIME).strftime("%y%m%d%H")
    await letters.tell_each(
        turn.session,
        told,
        WANTS_MONEY,
        f"{me.id}:{hour}",
        turn.now,
        urgency=Urgency.ALARM,
        about_id=me.id,
        detail={"unwell": True} if turn.means(Level.CARE) else None,
    )
    named = await people.names_of(turn.session, told)
    nearest = [named[one] for one in (*leaders[:1], *family[:1])]
    return Reply(words.beware(names.elder(me.name, me.gender), nearest))


async def refuse(turn: Turn, elder: str) -> Reply:
    """Carry no words of money; who tries it again and again is told of to her leader."""
    me, rules = turn.speaker, turn.rules.family
    await tidings.put(turn.session, turn.cause, me.id, elder, TidingState.REFUSED, turn.now)
    since = turn.now - timedelta(days=rules.money_days)
    if await tidings.since(turn.session, me.id, since, refused=True) >= rules.money_tries:
        await _tell_leader(turn, elder)
    return Reply(words.not_of_money())


async def _tell_leader(turn: Turn, elder: str) -> None:
    me = turn.speaker.id
    around = (await contacts.around(turn.session, {elder}, turn.now))[elder].without({me})
    readers = around.nearest(["leader", "coordinators"])
    cause = f"{me}:{elder}:{village_day(turn.now)}"
    await letters.tell_each(
        turn.session, readers, WRITES_OF_MONEY, cause, turn.now, about_id=elder, actor_id=me
    )
