"""Answers to those who go and look: a promise, and an outcome that closes the incident."""

import re
from collections.abc import Sequence

from handlers.feature import Feature, Paper
from handlers.message import Reply
from handlers.router import NOT_MINE, NotMine, Router, known, says
from handlers.turn import Turn
from handlers.watch import words
from storage import incidents, ladder, people
from storage.incidents import IncidentKind, Live, Result
from storage.letters import Claimed

router = Router("watch")

_GO = r"我去(?:看看)?\s*(?P<number>\d{1,6})?\s*号?"
_RESULTS = {
    "平安": Result.WELL,
    "好": Result.WELL,
    "没事": Result.WELL,
    "忘了": Result.FORGOT,
    "外出": Result.AWAY,
    "手机坏": Result.BROKEN_PHONE,
    "没电": Result.EMPTY_BATTERY,
    "住院": Result.HOSPITAL,
    "出事": Result.HARMED,
}
_WORD = f"(?P<word>{'|'.join(_RESULTS)})了?"
_OUTCOME = rf"{_WORD}\s*(?P<number>\d{{1,6}})\s*号?"
_OUTCOME_BEHIND = rf"(?P<number>\d{{1,6}})\s*号?\s*{_WORD}"


def _bare_outcome(turn: Turn) -> bool:
    """An outcome without a number, from somebody of whom we wait for one.

    A bare 平安 of an elder who promised nothing is her own check-in.
    """
    waited_for = bool(turn.promised) or not turn.is_elder
    return waited_for and re.fullmatch(_WORD, turn.words) is not None


@router.when(known(says(_GO)))
async def i_go(turn: Turn) -> Reply:
    number = _number(turn, _GO)
    open_ones = await incidents.visible_to(turn.session, turn.speaker)
    chosen = _choose(open_ones, number)
    if chosen is None:
        named = await _named(turn, open_ones)
        if number is None and named:
            return Reply(words.which_one("我去", named))
        return Reply(words.no_such_number(named) if number else words.nothing_open())
    return await _promise(turn, chosen)


async def _promise(turn: Turn, incident: Live) -> Reply:
    elder = await people.name_of(turn.session, incident.elder_id)
    if any(mine.id == incident.id for mine in turn.promised):
        return Reply(words.you_already_go(elder, incident.number))
    if await incidents.promise(turn.session, incident, turn.speaker.id, turn.now):
        return Reply(words.you_go(elder, incident.number))
    who = await incidents.who_goes(turn.session, incident.id)
    if who is None:
        return Reply(words.already_ended(elder))
    return Reply(words.somebody_goes(elder, who))


@router.when(known(says(_OUTCOME)))
async def it_ended(turn: Turn) -> Reply:
    return await _end(turn, _OUTCOME)


@router.when(known(says(_OUTCOME_BEHIND)))
async def it_ended_number_first(turn: Turn) -> Reply:
    return await _end(turn, _OUTCOME_BEHIND)


async def _end(turn: Turn, pattern: str) -> Reply:
    open_ones = await incidents.visible_to(turn.session, turn.speaker)
    chosen = _choose(open_ones, _number(turn, pattern))
    if chosen is None:
        return Reply(words.no_such_number(await _named(turn, open_ones)))
    return await _close(turn, chosen, _result(turn, pattern))


@router.when(known(_bare_outcome))
async def the_one_i_promised_ended(turn: Turn) -> Reply | NotMine:
    waiting = list(turn.promised) or await incidents.visible_to(turn.session, turn.speaker)
    if not waiting:
        return NOT_MINE
    named = await _named(turn, waiting)
    if len(waiting) > 1:
        return Reply(words.which_one(turn.words, named))
    result = _result(turn, _WORD)
    if turn.is_elder and result is Result.WELL:
        return Reply(words.yourself_or_her(named[0]))
    return await _close(turn, waiting[0], result)


async def _close(turn: Turn, incident: Live, result: Result) -> Reply:
    elder = await people.name_of(turn.session, incident.elder_id)
    if result is Result.HARMED and not incident.is_distress:
        by = turn.speaker.id
        await ladder.worsen(turn.session, incident, by, turn.now, is_with_her=True)
        return Reply(words.harmed(elder, incident.number))
    if await incidents.close(turn.session, incident, result, turn.speaker.id, turn.now):
        return Reply(words.ended(elder, result))
    return Reply(words.already_ended(elder))


def _number(turn: Turn, pattern: str) -> int | None:
    found = re.fullmatch(pattern, turn.words)
    number = found["number"] if found else None
    return int(number) if number else None


def _result(turn: Turn, pattern: str) -> Result:
    found = re.fullmatch(pattern, turn.words)
    if found is None:
        raise LookupError("an outcome was taken from words that hold none")
    return _RESULTS[found["word"]]


def _choose(open_ones: Sequence[Live], number: int | None) -> Live | None:
    """Return the one that is meant: by its number, or the only one there is."""
    if number is None:
        return open_ones[0] if len(open_ones) == 1 else None
    return next((one for one in open_ones if one.number == number), None)


async def _named(turn: Turn, open_ones: Sequence[Live]) -> list[tuple[int, str]]:
    names = await people.names_of(turn.session, {one.elder_id for one in open_ones})
    return [(one.number, names[one.elder_id]) for one in open_ones]


def _form(letter: Claimed) -> str:
    """The heading of a card says 平安 only where it is so, and 未报平安 only of a mere silence."""
    of_kind = (letter.detail or {}).get("kind", IncidentKind.MISSED)
    return "missed" if of_kind == IncidentKind.MISSED else "emergency"


def _form_of_the_end(letter: Claimed) -> str:
    ended_well = words.result(letter) not in (Result.HARMED, Result.HOSPITAL)
    return "all_clear" if ended_well else _form(letter)


FEATURE = Feature(
    router,
    {
        incidents.ALARM: Paper(words.alarm, form="missed", ask=words.alarm_ask),
        incidents.DISTRESS: Paper(words.distress, form="emergency", ask=words.alarm_ask),
        incidents.PROMISED: Paper(words.promised, form=_form, ask=words.promised_ask),
        incidents.BROKEN: Paper(words.broken, form=_form, ask=words.alarm_ask),
        incidents.WORSE: Paper(words.worse, form="emergency", ask=words.alarm_ask),
        incidents.CLEAR: Paper(words.clear, form=_form_of_the_end, ask=words.clear_ask),
        incidents.UNREACHED: Paper(words.unreached, form=_form, ask=words.alarm_ask),
    },
)
