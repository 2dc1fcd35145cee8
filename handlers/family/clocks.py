"""我在纽约, 我的时间 UTC-5: by which clock he lives, so that his nights are quiet."""

import re

from handlers.family import seen, words
from handlers.family.routes import router
from handlers.family.when import has_several, zone_of
from handlers.message import Reply
from handlers.router import NOT_MINE, Answer, known, says
from handlers.turn import Turn
from storage import relatives

_HERE = r"我(?:现在|人)?在(?P<place>[\u4e00-\u9fff]{2,8})"
_MY_CLOCK = r"我(?:的|这儿?的?)时间(?:是)?\s*(?P<place>.*)"
_THE_VILLAGES = "Asia/Shanghai"


@router.when(known(says(_HERE, lambda turn: not turn.is_elder)))
async def i_am_there(turn: Turn) -> Answer:
    """An elder who says where she is tells us of a way, and not of a clock."""
    found = re.fullmatch(_HERE, turn.words)
    place = found["place"] if found else ""
    zone = zone_of(place)
    if zone is not None:
        return await _keep(turn, zone)
    asks_city = has_several(place) and await seen.elders(turn)
    return Reply(words.whose_clock()) if asks_city else NOT_MINE


@router.when(known(says(_MY_CLOCK)))
async def my_clock_is(turn: Turn) -> Answer:
    found = re.fullmatch(_MY_CLOCK, turn.words)
    zone = zone_of(found["place"].strip()) if found else None
    if zone is not None:
        return await _keep(turn, zone)
    return Reply(words.whose_clock()) if await seen.elders(turn) else NOT_MINE


async def _keep(turn: Turn, zone: str) -> Answer:
    if not await seen.elders(turn):
        return NOT_MINE
    kept = "" if zone == _THE_VILLAGES else zone
    await relatives.set_zone(turn.session, turn.speaker.id, kept)
    return Reply(words.clock_kept(turn.now, relatives.clock(kept)))
