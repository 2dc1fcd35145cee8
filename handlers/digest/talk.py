"""Digests are written by the clock; 小结 asks for the last of them again."""

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.digest import words
from handlers.feature import Feature, Paper
from handlers.message import Reply
from handlers.router import Router, known, says
from handlers.turn import Turn
from storage import digests, village_days
from storage.checkins import watch_day
from storage.people import Role
from storage.villages import Village

router = Router("digest")

DIGEST = "digest"
TONIGHT = "tonight"
UNREAD = "unread"


@router.when(
    known(lambda turn: turn.speaker.is_a(Role.COORDINATOR) and says("(?:今[天日])?小结")(turn))
)
async def how_is_today(turn: Turn) -> Reply:
    return Reply(await _my_village_today(turn))


async def _my_village_today(turn: Turn) -> str:
    village = await _my_village(turn.session, turn)
    before = await digests.last_said(
        turn.session, village.id, watch_day(turn.now, turn.rules.checkin)
    )
    seen = await village_days.of_village(turn.session, village, before, turn.now, turn.rules)
    return words.day(seen.as_detail())


async def _my_village(session: AsyncSession, turn: Turn) -> Village:
    return await session.get_one(Village, turn.speaker.village_id)


FEATURE = Feature(
    router,
    {
        DIGEST: Paper(words.digest, form="digest", ask=words.ask),
        TONIGHT: Paper(words.tonight, form="digest", ask=words.tonight_ask),
        UNREAD: Paper(words.unread, form="digest", ask=words.unread_ask),
    },
)
