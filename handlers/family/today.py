"""今天, 谁去过, 每天报我: how his elders are, asked or told each day."""

import re

from handlers.family import kin, seen, words
from handlers.family.routes import router
from handlers.message import Reply
from handlers.router import NOT_MINE, Answer, known, says
from handlers.turn import Turn
from storage import relatives

WELL_TODAY = "well_today"

_HOW = r"(?:怎么?样|咋样|怎样|好不好|好吗|还好吗|平安吗|如何)了?"
_TODAY = rf"今天(?:{_HOW})?|(?P<who>[\u4e00-\u9fff]{{1,6}}?)今天{_HOW}"
_VISITS = r"(?:最近|这周|这几天)?(?:谁|有谁|有人)(?:去|来)(?:看)?过(?:没有|吗)?(?:了)?"
_DAILY = r"每天(?:报我|告诉我|跟我说)|每天报"
_NOT_DAILY = r"(?:不用|别|不要)(?:再)?每天(?:报|告诉我|跟我说)(?:我)?了?"


@router.when(known(says(_TODAY)))
async def how_are_mine(turn: Turn) -> Answer:
    """Of somebody who is not of his family he hears nothing here."""
    mine = await seen.elders(turn)
    found = re.fullmatch(_TODAY, turn.words)
    who = found["who"] if found else None
    asked = kin.find(who, mine) if who else mine
    if not asked:
        return NOT_MINE
    clock = await seen.clock_of(turn)
    await turn.note_look("today", {one.id for one in asked}, "family")
    return Reply(words.today(await seen.today_of(turn, asked), clock))


@router.when(known(says(_VISITS)))
async def who_was_there(turn: Turn) -> Answer:
    mine = await seen.elders(turn)
    if not mine:
        return NOT_MINE
    came = await seen.visits_to(turn, mine)
    await turn.note_look("visits", {one.id for one in mine}, "family")
    return Reply(words.visits(came, turn.rules.family.visit_days))


@router.when(known(says(_DAILY)))
async def tell_me_daily(turn: Turn) -> Answer:
    return await _daily(turn, wanted=True)


@router.when(known(says(_NOT_DAILY)))
async def do_not_tell_me_daily(turn: Turn) -> Answer:
    return await _daily(turn, wanted=False)


async def _daily(turn: Turn, *, wanted: bool) -> Answer:
    if not await seen.elders(turn):
        return NOT_MINE
    await relatives.set_daily(turn.session, turn.speaker.id, wanted=wanted)
    return Reply(words.daily_on() if wanted else words.daily_off())
