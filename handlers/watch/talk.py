"""Answers to those who go and look: a promise, and an outcome that closes the incident."""

import re
from collections.abc import Sequence
from datetime import timedelta

from handlers import marks
from handlers.feature import Feature, Paper
from handlers.hearing import numerals
from handlers.message import Reply
from handlers.router import NOT_MINE, NotMine, Router, known, says
from handlers.turn import Turn
from handlers.watch import words
from storage import holds, incidents, ladder, people, silences
from storage.holds import NewHold
from storage.incidents import IncidentKind, Live, Result
from storage.letters import Claimed
from storage.people import Person
from storage.rules import village_day

router = Router("watch")

SAME_NUMBER = timedelta(days=2)
"""How long somebody may still speak of an incident by its number after it has ended."""

_NUMBER = rf"(?P<number>\d{{1,6}}|[{numerals.CHINESE}]{{1,5}})"
_NAME = r"(?P<name>(?![早今昨明我俺咱一都大吃身还挺很晚中下上睡起你您他她两])[\u4e00-\u9fff]{2,4}?)"
"""A name as far as its shape goes. What many a greeting begins with, hardly a family is called."""
_GO = rf"我去(?:看看)?\s*{_NUMBER}?\s*号?"
_GO_BEHIND = rf"{_NUMBER}\s*号?\s*我去(?:看看)?"
_GO_TO = rf"我(?:这就|马上|现在)?去看(?:看|一下)?\s*{_NAME}(?:去?了|吧)?"
_CANNOT = rf"(?:我)?(?:去不了|不去了|来不了|去不成|来不成|不能去)了?\s*{_NUMBER}?\s*号?"
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
_NEVER_PLAYED = (Result.HOSPITAL, Result.HARMED)
"""What may be true even in the middle of a drill, and then has to be said in earnest."""
_WORD = f"(?P<word>{'|'.join(_RESULTS)})了?"
_OUTCOME = rf"{_WORD}\s*{_NUMBER}\s*号?"
_OUTCOME_BEHIND = rf"{_NUMBER}\s*号?\s*{_WORD}"
_SEEN = r"(?:[\s,，。]*我?(?:刚|已经)?(?:去)?(?:看|见)(?:过|到|着)?了?)?"
_OUTCOME_OF = rf"{_NAME}\s*(?:很|挺|人)?{_WORD}{_SEEN}"


def _bare_outcome(turn: Turn) -> bool:
    """An outcome without a number, from somebody of whom we wait for one.

    A bare 平安 of an elder who promised nothing is her own check-in.
    """
    waited_for = bool(turn.promised) or not turn.is_elder
    return waited_for and re.fullmatch(_WORD, turn.words) is not None


@router.when(known(says(_GO)))
async def i_go(turn: Turn) -> Reply:
    return await _go(turn, _number(turn, _GO))


@router.when(known(says(_GO_BEHIND)))
async def i_go_number_first(turn: Turn) -> Reply:
    return await _go(turn, _number(turn, _GO_BEHIND))


async def _go(turn: Turn, number: int | None) -> Reply:
    open_ones = await _open_ones(turn)
    meant = _meant(open_ones, number)
    if number is not None and await _is_doubtful(turn, meant):
        return Reply(words.whom_you_see(await _named(turn, meant)))
    if len(meant) == 1:
        return await _promise(turn, meant[0])
    if number is None and open_ones:
        return await _ask_which(turn, "我去", open_ones)
    if number is None:
        return Reply(words.nothing_open())
    return Reply(words.no_such_number(await _named(turn, open_ones)))


async def _open_ones(turn: Turn) -> list[Live]:
    """Return what the speaker may look after, drills last."""
    return await incidents.visible_to(turn.session, turn.speaker, drills=True)


def _in_earnest(open_ones: Sequence[Live]) -> list[Live]:
    return [one for one in open_ones if not one.is_drill]


@router.when(known(says(_GO_TO)))
async def i_go_to_her(turn: Turn) -> Reply | NotMine:
    hers = await _about_the_named(turn, _GO_TO)
    if len(hers) > 1:
        return await _ask_which(turn, "我去", hers)
    return await _promise(turn, hers[0]) if hers else NOT_MINE


async def _about_the_named(turn: Turn, pattern: str) -> list[Live]:
    """Return what is open about the elder who is named, of what the speaker may look after.

    A drill about her only where nothing else is.
    """
    found = re.fullmatch(pattern, turn.words)
    open_ones = await _open_ones(turn)
    names = await people.names_of(turn.session, {one.elder_id for one in open_ones})
    hers = [
        one
        for one in open_ones
        if found and (one.place or names.get(one.elder_id)) == found["name"]
    ]
    return _in_earnest(hers) or hers


@router.when(known(says(_CANNOT, lambda turn: bool(turn.promised))))
async def i_cannot_go(turn: Turn) -> Reply:
    """A promise taken back: the ladder goes on at once."""
    number = _number(turn, _CANNOT)
    meant = _meant(turn.promised, number)
    if number is None and len(meant) > 1:
        return await _ask_which(turn, "去不了", turn.promised)
    if not meant:
        return Reply(words.no_such_number(await _named(turn, turn.promised)))
    replies = [await _take_back(turn, one) for one in meant]
    return replies[0]  # where two villages have the number: a call too many does less harm


async def _take_back(turn: Turn, incident: Live) -> Reply:
    elder = await _name_of(turn, incident)
    if await ladder.take_back(turn.session, incident, turn.speaker.id, turn.now):
        said = words.somebody_else_goes(elder)
        return Reply(marks.practised(said) if incident.is_drill else said)
    return Reply(words.already_ended(elder))


async def _promise(turn: Turn, incident: Live) -> Reply:
    reply = await _take_promise(turn, incident)
    return Reply(marks.practised(reply.text)) if incident.is_drill else reply


async def _take_promise(turn: Turn, incident: Live) -> Reply:
    elder = await _name_of(turn, incident)
    if any(mine.id == incident.id for mine in turn.promised):
        return Reply(words.you_already_go(elder, incident.number))
    if await incidents.promise(turn.session, incident, turn.speaker.id, turn.now):
        if incident.is_village:
            return Reply(words.you_go_round(incident.place, incident.number))
        person = await turn.session.get_one(Person, incident.elder_id)
        return Reply(words.you_go(elder, person.gender, incident.number))
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
    open_ones = await _open_ones(turn)
    meant = _meant(open_ones, _number(turn, pattern))
    result = _result(turn, pattern)
    if await _is_doubtful(turn, meant):
        return Reply(words.how_each_is(await _named(turn, meant), result))
    if not meant:
        return Reply(words.no_such_number(await _named(turn, open_ones)))
    return await _close(turn, meant[0], result)


@router.when(known(says(_OUTCOME_OF)))
async def she_whom_i_name_is_well(turn: Turn) -> Reply | NotMine:
    hers = await _about_the_named(turn, _OUTCOME_OF)
    result = _result(turn, _OUTCOME_OF)
    if result in _NEVER_PLAYED:
        hers = _in_earnest(hers)
    if len(hers) > 1:
        return await _ask_which(turn, str(result), hers)
    return await _close(turn, hers[0], result) if hers else NOT_MINE


@router.when(known(_bare_outcome))
async def the_one_i_promised_ended(turn: Turn) -> Reply | NotMine:
    waiting = await _may_be_meant(turn)
    if not waiting:
        return NOT_MINE
    if len(waiting) > 1:
        return await _ask_which(turn, turn.words, waiting)
    result = _result(turn, _WORD)
    if turn.is_elder and result is Result.WELL:
        return Reply(words.yourself_or_her((await _named(turn, waiting))[0]))
    return await _close(turn, waiting[0], result)


async def _may_be_meant(turn: Turn) -> list[Live]:
    """Return what a bare outcome may be about: what he promised, else what is open.

    Where a drill is among it, so is everything in earnest: neither is closed by mistake.
    """
    mine = list(turn.promised)
    if mine and mine == _in_earnest(mine):
        return mine
    open_ones = await _open_ones(turn)
    return [one for one in open_ones if one in mine or not mine or not one.is_drill]


async def _close(turn: Turn, incident: Live, result: Result) -> Reply:
    if incident.is_drill:
        return await _close_drill(turn, incident, result)
    if incident.is_village:
        return await _close_village(turn, incident, result)
    elder = await _name_of(turn, incident)
    if result is Result.HARMED and not incident.is_distress:
        by = turn.speaker.id
        await ladder.worsen(turn.session, incident, by, turn.now, is_with_her=True)
        return Reply(words.harmed(elder, incident.number))
    if await incidents.close(turn.session, incident, result, turn.speaker.id, turn.now):
        if result is Result.HOSPITAL:
            await _excuse(turn, incident.elder_id)
        return Reply(words.ended(elder, result))
    return Reply(words.already_ended(elder))


async def _excuse(turn: Turn, elder: str) -> None:
    """In hospital her word is not waited for in the coming days."""
    today = village_day(turn.now)
    hold = NewHold(
        cause=turn.cause,
        elder_id=elder,
        reason=holds.HOSPITAL,
        first_day=today,
        last_day=today + timedelta(days=turn.rules.checkin.hospital_days - 1),
        said_by=turn.speaker.id,
    )
    await holds.put(turn.session, hold, turn.now)


async def _close_drill(turn: Turn, incident: Live, result: Result) -> Reply:
    elder = await _name_of(turn, incident)
    if result in _NEVER_PLAYED:
        return Reply(marks.practised(words.only_a_drill(elder, result)))
    if await incidents.close(turn.session, incident, result, turn.speaker.id, turn.now):
        return Reply(marks.practised(words.drill_ended(elder)))
    return Reply(marks.practised(words.already_ended(elder)))


async def _close_village(turn: Turn, incident: Live, result: Result) -> Reply:
    """Only that all are well ends it: anything else is about one of them."""
    if result is not Result.WELL:
        return Reply(words.all_or_each(incident.place, incident.number))
    if await incidents.close(turn.session, incident, result, turn.speaker.id, turn.now):
        await silences.seen_by(turn.session, incident.id, turn.speaker.id, turn.now)
        return Reply(words.ended(incident.place, result))
    return Reply(words.already_ended(incident.place))


async def _name_of(turn: Turn, incident: Live) -> str:
    return incident.place or await people.name_of(turn.session, incident.elder_id)


def _number(turn: Turn, pattern: str) -> int | None:
    found = re.fullmatch(pattern, turn.words)
    number = found["number"] if found else None
    return numerals.number(number) if number else None


def _result(turn: Turn, pattern: str) -> Result:
    found = re.fullmatch(pattern, turn.words)
    if found is None:
        raise LookupError("an outcome was taken from words that hold none")
    return _RESULTS[found["word"]]


def _meant(open_ones: Sequence[Live], number: int | None) -> list[Live]:
    """Return what may be meant by a number: more than one where he is called by two villages.

    A drill is meant only where nothing else is.
    """
    found = [one for one in open_ones if number is None or one.number == number]
    return _in_earnest(found) or found


async def _is_doubtful(turn: Turn, meant: Sequence[Live]) -> bool:
    """Tell whether a number may mean somebody else: two villages have called him under it."""
    if len(meant) != 1:
        return len(meant) > 1
    since = turn.now - SAME_NUMBER
    return await incidents.shares_its_number(turn.session, meant[0], turn.speaker.id, since)


async def _ask_which(turn: Turn, verb: str, open_ones: Sequence[Live]) -> Reply:
    unit = "件" if _is_twice(open_ones) else "位"
    return Reply(words.which_one(verb, await _named(turn, open_ones), unit))


async def _named(turn: Turn, open_ones: Sequence[Live]) -> list[tuple[int, str]]:
    """Number and name each; where somebody is there twice, say what each is about.

    Of a drill it is always said.
    """
    names = await people.names_of(turn.session, {one.elder_id for one in open_ones})
    tell = _is_twice(open_ones)
    return [
        (one.number, (one.place or names[one.elder_id]) + _about(one, tell=tell))
        for one in open_ones
    ]


def _about(incident: Live, *, tell: bool) -> str:
    if incident.is_drill:
        return words.about_what(IncidentKind.DRILL)
    return words.about_what(incident.kind) if tell else ""


def _is_twice(open_ones: Sequence[Live]) -> bool:
    return len({(one.elder_id, one.place) for one in open_ones}) < len(open_ones)


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
        incidents.ALARM: Paper(
            words.alarm, form="missed", ask=words.alarm_ask, together=words.alarms
        ),
        incidents.DISTRESS: Paper(words.distress, form="emergency", ask=words.alarm_ask),
        incidents.SILENCE: Paper(words.silence, form="missed", ask=words.silence_ask),
        ladder.MORE: Paper(words.more, form="missed", ask=words.more_ask),
        incidents.PROMISED: Paper(
            words.promised,
            form=_form,
            ask=words.promised_ask,
            together=words.together(words.promised),
        ),
        incidents.BROKEN: Paper(words.broken, form=_form, ask=words.alarm_ask),
        incidents.WORSE: Paper(words.worse, form="emergency", ask=words.alarm_ask),
        incidents.CLEAR: Paper(
            words.clear,
            form=_form_of_the_end,
            ask=words.clear_ask,
            together=words.together(words.clear),
        ),
        incidents.UNREACHED: Paper(words.unreached, form=_form, ask=words.alarm_ask),
    },
)
