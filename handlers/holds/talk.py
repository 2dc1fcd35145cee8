"""Takes holds in the elder's, the family's and the leader's words, and notes who is back."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from handlers import leaving, names
from handlers.feature import Feature, Paper
from handlers.holds import words
from handlers.message import Reply
from handlers.router import NOT_MINE, Answer, Router, known, says
from handlers.turn import Turn
from storage import holds, incidents, people, questions
from storage.holds import AWAY, HOSPITAL, NewHold
from storage.incidents import IncidentKind, Result
from storage.rules import village_day

router = Router("holds")

HOW_LONG = "how_long"
GREETING = "greeting"

_HOSPITAL = re.compile(r"住(?:了|上|进)?院|去医院住")
_HERS = r"请假\s*(?P<name>[\u4e00-\u9fff]{2,4})\s+(?P<rest>\S+)"
_SHE_IS_BACK = r"(?P<name>[\u4e00-\u9fff]{2,4}?)(?:已经)?回来了"


@dataclass(frozen=True, slots=True)
class _Away:
    first: date
    last: date
    reason: str


def _goes_away(turn: Turn) -> bool:
    in_hospital = _HOSPITAL.search(turn.spelt) is not None
    goes = in_hospital or leaving.is_to_stay(turn.spelt) or leaving.am_not_here(turn.spelt)
    return turn.is_elder and goes


@router.when(known(says(_HERS)))
async def she_is_away(turn: Turn) -> Reply:
    """请假 王秀英 3天, by whoever may speak for her."""
    said = re.fullmatch(_HERS, turn.words)
    name, rest = (said["name"], said["rest"]) if said else ("", "")
    elder = await people.elder_in_care_of(turn.session, turn.speaker, name)
    if elder is None:
        return Reply(words.not_yours(name))
    away = _read(turn, turn.hearing.spell(rest))
    if away is None:
        return Reply(words.how_long(name))
    if not _is_short_enough(turn, away):
        return Reply(words.too_long(turn.rules.checkin.longest_hold_days))
    await _keep(turn, elder.id, away)
    return Reply(words.for_her(name, away.last))


@router.when(known(says(_SHE_IS_BACK)))
async def she_came_back(turn: Turn) -> Answer:
    said = re.fullmatch(_SHE_IS_BACK, turn.words)
    name = said["name"] if said else ""
    elder = await people.elder_in_care_of(turn.session, turn.speaker, name)
    if elder is None or not await holds.end(turn.session, elder.id, turn.now):
        return NOT_MINE
    return Reply(words.she_is_back(name))


@router.when(lambda turn: turn.is_elder and leaving.am_i_back(turn.spelt))
async def i_am_back(turn: Turn) -> Answer:
    me = turn.speaker
    if not await holds.end(turn.session, me.id, turn.now):
        return NOT_MINE
    return Reply(words.welcome_home(names.elder(me.name, me.gender)))


@router.when(_goes_away)
async def i_go_away(turn: Turn) -> Answer:
    """Ask how long where she does not say so; a mere errand is no hold."""
    away = _read(turn, turn.spelt)
    if away is not None:
        return await _excuse_me(turn, away)
    if not re.search("住|待|过|出远门|请假", turn.spelt):
        return NOT_MINE
    await questions.ask(turn.session, turn.speaker.id, HOW_LONG, turn.now)
    return Reply(words.how_long(names.elder(turn.speaker.name, turn.speaker.gender)))


@router.when(known(lambda turn: turn.is_elder and turn.is_asked(HOW_LONG)))
async def so_many_days(turn: Turn) -> Answer:
    away = _read(turn, turn.spelt)
    if away is None:
        return NOT_MINE
    await questions.answered(turn.session, turn.speaker.id)
    return await _excuse_me(turn, away)


async def _excuse_me(turn: Turn, away: _Away) -> Reply:
    me = turn.speaker
    if not _is_short_enough(turn, away):
        return Reply(words.too_long(turn.rules.checkin.longest_hold_days))
    await _keep(turn, me.id, away)
    called = names.elder(me.name, me.gender)
    return Reply(words.until(called, away.last, in_hospital=away.reason == HOSPITAL))


def _read(turn: Turn, spelt: str) -> _Away | None:
    reason = HOSPITAL if _HOSPITAL.search(spelt) else AWAY
    days = leaving.days_away(spelt, turn.now)
    if days is not None:
        return _Away(*days, reason)
    if reason == HOSPITAL:
        first = village_day(turn.now)
        return _Away(first, first + timedelta(days=turn.rules.checkin.hospital_days - 1), reason)
    return None


def _is_short_enough(turn: Turn, away: _Away) -> bool:
    return (away.last - away.first).days < turn.rules.checkin.longest_hold_days


async def _keep(turn: Turn, elder: str, away: _Away) -> None:
    """Keep the hold; where she was already missed today, this is how it ends."""
    await holds.put(
        turn.session,
        NewHold(
            cause=f"{turn.message.channel}:{turn.message.key}",
            elder_id=elder,
            reason=away.reason,
            first_day=away.first,
            last_day=away.last,
            said_by=turn.speaker.id,
        ),
        turn.now,
    )
    result = Result.HOSPITAL if away.reason == HOSPITAL else Result.AWAY
    for incident in await incidents.about(turn.session, elder):
        if incident.kind == IncidentKind.MISSED:
            await incidents.close(turn.session, incident, result, turn.speaker.id, turn.now)


FEATURE = Feature(
    router, {GREETING: Paper(words.greeting, form="reminder", ask="明天又等您报平安")}
)
