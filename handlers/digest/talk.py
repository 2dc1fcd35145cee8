"""Digests are written by the clock; 小结 and 周报 ask for the last of them again."""

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.digest import words
from handlers.feature import Feature, Paper
from handlers.message import Reply
from handlers.router import Router, may, says
from handlers.turn import Turn
from storage import county, digests, village_days, village_weeks
from storage.authority import Act
from storage.checkins import watch_day
from storage.people import Role
from storage.villages import Village

router = Router("digest")

DIGEST = "digest"
TONIGHT = "tonight"
UNREAD = "unread"
WEEK = "week_sheet"
COUNTY = "county_sheet"


@router.when(may(Act.READ_DIGEST, says("(?:今[天日])?小结")))
async def how_is_today(turn: Turn) -> Reply:
    parts = []
    if turn.speaker.is_a(Role.COORDINATOR):
        await turn.note_look("day", why=f"village:{turn.speaker.village_id}")
        parts.append(await _my_village_today(turn))
    if turn.speaker.is_a(Role.SUPERVISOR):
        seen = await county.today(turn.session, watch_day(turn.now, turn.rules.checkin))
        parts.append(words.county_today(seen) if seen else words.not_yet(turn.rules.digest))
    return Reply("\n".join(parts))


async def _my_village_today(turn: Turn) -> str:
    village = await _my_village(turn.session, turn)
    before = await digests.last_said(
        turn.session, village.id, watch_day(turn.now, turn.rules.checkin)
    )
    seen = await village_days.of_village(turn.session, village, before, turn.now, turn.rules)
    return words.day(seen.as_detail())


async def _my_village(session: AsyncSession, turn: Turn) -> Village:
    return await session.get_one(Village, turn.speaker.village_id)


@router.when(may(Act.READ_DIGEST, says("(?:上周)?周报")))
async def how_was_last_week(turn: Turn) -> Reply:
    parts = []
    if turn.speaker.is_a(Role.COORDINATOR):
        await turn.note_look("week", why=f"village:{turn.speaker.village_id}")
        parts.append(await _my_village_last_week(turn))
    if turn.speaker.is_a(Role.SUPERVISOR):
        week = village_weeks.last_week(turn.now, turn.rules.checkin)
        lived = await county.week(turn.session, week.monday)
        parts.append(words.county_week(lived) if lived else words.no_week())
    return Reply("\n".join(parts))


async def _my_village_last_week(turn: Turn) -> str:
    rules = turn.rules.checkin
    village = await _my_village(turn.session, turn)
    week = village_weeks.last_week(turn.now, rules)
    lived = await village_weeks.of_village(turn.session, village, week, turn.now, rules)
    if not village_weeks.is_known(lived.figures()):
        return words.no_week()
    before = await village_weeks.figures_before(turn.session, village, week, turn.now, rules)
    return words.week({**lived.as_detail(), "before": before})


FEATURE = Feature(
    router,
    {
        DIGEST: Paper(words.digest, form="digest", ask=words.ask),
        TONIGHT: Paper(words.tonight, form="digest", ask=words.tonight_ask),
        UNREAD: Paper(words.unread, form="digest", ask=words.unread_ask),
        WEEK: Paper(words.week_sheet, form="digest", ask=words.week_ask),
        COUNTY: Paper(words.county_sheet, form="digest", ask=words.week_ask),
    },
)
