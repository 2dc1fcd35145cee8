"""Takes answers about an elder's hours: hers to our suggestion, and her leader's own."""

import re
from datetime import date

from handlers import names
from handlers.feature import Feature, Paper
from handlers.habits import words
from handlers.hearing import Level
from handlers.hours_in import hours_in
from handlers.message import Kind, Reply
from handlers.namesakes import the_one
from handlers.router import NOT_MINE, Answer, Router, may, says
from handlers.spoken import hour
from handlers.turn import Turn
from storage import hours, letters, people, questions
from storage.authority import Act
from storage.checkins import watch_day
from storage.hours import Hours, Suggestion
from storage.letters import NewLetter, Urgency
from storage.people import Person
from storage.rules import FRAIL

router = Router("habits")

HOURS = "hours"
LATER = "later"
SUGGESTION = "suggestion"
HOURS_MOVED = "hours_moved"

_YES = says(r"(?:好的?|嗯|行|可以|就|那就)?[,，、\s]*改(?:吧|了|一下)?")
_NO = says(r"(?:不|不用|不要|不想|别|甭|莫)改(?:了|吧|时间)?|照旧|照老样子|跟以前一样")
_YES_NOW = says(r"(?:好的?)?[,，、\s]*(?:行|可以|要得|同意)(?:的|吧|啊|呀)?")
_NO_NOW = says(r"不|不用|不用了|不要|不要了|算了")
_MOVE = r"改时间\s*(?P<name>[\u4e00-\u9fff]{2,4})(?:\s+|(?=\d))(?P<hours>\S.*)"
_LEAVE = r"不改\s*(?P<name>[\u4e00-\u9fff]{2,4})"


def _is_asked_now(turn: Turn) -> bool:
    """Whether her answer may be short: we asked today, and nothing else since.

    Whatever is said the next morning is said of the morning.
    """
    if turn.question is None or not turn.is_elder or not turn.is_asked(HOURS):
        return False
    checkin = turn.rules.checkin
    return watch_day(turn.question.asked_at, checkin) == watch_day(turn.now, checkin)


def _agrees(turn: Turn) -> bool:
    return _YES(turn) or (_is_asked_now(turn) and _YES_NOW(turn))


def _declines(turn: Turn) -> bool:
    return _NO(turn) or (_is_asked_now(turn) and _NO_NOW(turn))


@router.when(lambda turn: turn.is_elder and _agrees(turn))
async def move_my_hours(turn: Turn) -> Answer:
    """Only 改, or a short yes while we ask: a 1 or 好 is her check-in and moves nothing."""
    suggestion = await _suggested(turn)
    if suggestion is None:
        return NOT_MINE
    me = turn.speaker
    await questions.answered(turn.session, me.id)
    if not await hours.agree(turn.session, suggestion, me.id, turn.now):
        return NOT_MINE
    return Reply(words.moved(names.elder(me.name, me.gender), suggestion.closes))


@router.when(lambda turn: turn.is_elder and _declines(turn))
async def leave_my_hours(turn: Turn) -> Answer:
    suggestion = await _suggested(turn)
    if suggestion is None:
        return NOT_MINE
    me = turn.speaker
    await questions.answered(turn.session, me.id)
    await hours.decline(turn.session, suggestion, turn.now)
    return Reply(words.as_before(names.elder(me.name, me.gender)))


async def _suggested(turn: Turn) -> Suggestion | None:
    """Return what she was asked and has not answered; who never got our letter was not asked."""
    me = turn.speaker.id
    found = await hours.open_suggestion(turn.session, me, turn.now, turn.rules.habits)
    if found is None:
        return None
    key = suggestion_key(me, found.asked_on, me)
    return found if await letters.has_gone_out(turn.session, key) else None


def suggestion_key(elder: str, day: date, reader: str) -> str:
    """Return the natural key of the letter that asks, or asks somebody for her."""
    return f"{SUGGESTION}:{elder}:{day}:{reader}"


@router.when(lambda turn: _is_asked_now(turn) and _says_well(turn))
async def i_am_well_whatever_you_ask(turn: Turn) -> Answer:
    """Take it for what it is, and say once more how to answer."""
    if await _suggested(turn) is None:
        return NOT_MINE
    me = turn.speaker
    return Reply(words.well_but_to_move(names.elder(me.name, me.gender)))


def _says_well(turn: Turn) -> bool:
    is_text = turn.message.kind is Kind.TEXT
    return is_text and turn.means(Level.OK) and not (turn.distress or turn.is_flood)


@router.when(may(Act.SET_HOURS, says(_MOVE)))
async def move_her_hours(turn: Turn) -> Reply:
    """改时间 王秀英 7点到10点, by her leader or coordinator."""
    said = re.fullmatch(_MOVE, turn.words)
    name, when = (said["name"], said["hours"]) if said else ("", "")
    elder = await the_one(turn, Act.SET_HOURS, name)
    plan = await hours.plan_of(turn.session, elder.id) if elder else None
    if elder is None or plan is None:
        return Reply(words.not_yours(name))
    wanted = hours_in(when, turn.hearing, turn.now)
    if wanted is None:
        return Reply(words.HOW)
    _, tier = plan
    objection = _objection(turn, wanted, name, tier)
    return Reply(objection) if objection else await _move(turn, elder, wanted)


@router.when(may(Act.SET_HOURS, says(r"改时间.*")))
async def how_to_move(_turn: Turn) -> Reply:
    return Reply(words.HOW)


def _objection(turn: Turn, wanted: Hours, name: str, tier: int) -> str:
    """Say why these hours cannot be, "" where they can."""
    rules = turn.rules.habits
    if wanted.opens < rules.earliest or wanted.closes > rules.latest:
        return words.outside(rules.earliest, rules.latest)
    if wanted.minutes < rules.shortest_minutes:
        return words.too_short(rules.shortest_minutes)
    if tier == FRAIL and wanted.minutes > rules.frail_hours * 60:
        return words.too_long(name, rules.frail_hours)
    return ""


async def _move(turn: Turn, elder: Person, wanted: Hours) -> Reply:
    by = turn.speaker.id
    if not await hours.move(turn.session, elder.id, wanted, by, turn.cause, turn.now):
        return Reply(words.already(elder.name, wanted))
    if elder.id != by and await people.addresses(turn.session, {elder.id}):
        await letters.write(turn.session, [_news(elder.id, wanted, turn.cause)], turn.now)
    return Reply(words.moved_for(elder.name, wanted))


def _news(elder: str, wanted: Hours, cause: str) -> NewLetter:
    return NewLetter(
        key=f"{HOURS_MOVED}:{cause}",
        kind=HOURS_MOVED,
        urgency=Urgency.NOTICE,
        recipient_id=elder,
        about_id=elder,
        detail={"closes": hour(wanted.closes)},
    )


@router.when(may(Act.SET_HOURS, says(_LEAVE)))
async def leave_her_hours(turn: Turn) -> Reply:
    """不改 王秀英, where we asked her leader because nothing reaches her."""
    name = turn.named(_LEAVE)
    elder = await the_one(turn, Act.SET_HOURS, name)
    if elder is None:
        return Reply(words.not_yours(name))
    rules = turn.rules.habits
    suggestion = await hours.open_suggestion(turn.session, elder.id, turn.now, rules)
    if suggestion is not None:
        await hours.decline(turn.session, suggestion, turn.now)
    return Reply(words.as_before_for(name))


FEATURE = Feature(
    router,
    {
        LATER: Paper(words.later, form="reminder", ask="有老人比平时晚，请问一声"),
        SUGGESTION: Paper(words.suggestion, form="confirmation", ask=words.suggestion_ask),
        HOURS_MOVED: Paper(words.hours_moved),
    },
)
