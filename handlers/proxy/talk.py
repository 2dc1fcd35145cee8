"""Takes the word of a leader, a neighbour or a relative for an elder who has no phone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from handlers import on_her_behalf
from handlers.calling import call_people, number_for
from handlers.feature import Feature, Paper
from handlers.hearing import DISTRESS, Level, Verdict
from handlers.message import Kind, Reply
from handlers.namesakes import the_one
from handlers.proxy import answers, entry, words
from handlers.proxy.answers import Answer as Said
from handlers.router import NOT_MINE, Answer, Router, known, says
from handlers.turn import Turn
from storage import (
    checkins,
    consents,
    contacts,
    incidents,
    ladder,
    letters,
    people,
    questions,
    sheets,
)
from storage.authority import Act
from storage.checkins import ALIVE, BY_PROXY, SAID_UNWELL, Heard, watch_day
from storage.consents import Purpose
from storage.incidents import Live
from storage.letters import Urgency
from storage.people import Person, Role
from storage.proxies import Deed
from storage.rules import at_village
from storage.sheets import Row

router = Router("proxy")

LOOK_IN = "look_in"
NUDGE = "nudge"
MORNING_LIST = "morning_list"
UNWELL = "unwell"

OWN_NUMBERS = (1, 2, 3)
"""What an elder says of himself: well, unwell, a hand is needed."""
_HARMED = "出事"
_ENDINGS = (_HARMED, "住院")
"""How an incident may end: what is said of it by its number belongs to the watch."""
_TOLD = (Level.CARE, *DISTRESS)
"""What may be told of somebody else by a number."""


Elder = tuple[str, str]
"""Her id, and her name."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows that may be meant, those meant by 都好, and the day they are of."""

    rows: Sequence[Row]
    all: Sequence[Row]
    day: date
    is_today: bool = True


@dataclass(slots=True)
class Sorted:
    """The rows of an answer by what was said of them, and numbers that mean nobody, or two."""

    well: list[Row] = field(default_factory=list)
    unseen: list[Row] = field(default_factory=list)
    told: list[tuple[Row, Verdict]] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    doubled: list[tuple[int, list[Row]]] = field(default_factory=list)


@router.when(known(says(r"代\s*(\S{2,10})\s*(?:平安|好|1)")))
async def she_is_well(turn: Turn) -> Reply:
    """A leader, neighbour or relative speaks for an elder by her name."""
    name = turn.words.removeprefix("代").strip()
    for ending in ("平安", "好", "1"):
        name = name.removesuffix(ending).strip()
    elder = await the_one(turn, Act.SPEAK_FOR, name)
    if elder is None:
        return Reply(words.not_yours(name))
    if objection := await on_her_behalf.objection(turn, elder, Deed.WELL):
        return Reply(objection)
    sign = Heard(elder_id=elder.id, at=turn.now, kind=BY_PROXY, actor_id=turn.speaker.id)
    await checkins.record(turn.session, [sign], turn.rules.checkin)
    await incidents.hear_her(turn.session, {elder.id: turn.speaker.id}, turn.now)
    return Reply(words.spoken_for(elder.name))


@router.when(known(says(r"晚录.*")))
async def in_the_evening(turn: Turn) -> Reply:
    """晚录 1 3 5, 晚录 东头 都好除了4, 晚录 昨天 1 3: the paper sheet is brought in."""
    groups = await sheets.groups_of(turn.session, turn.speaker)
    if not groups:
        return Reply(words.not_your_sheet())
    day, rest = entry.day_in(turn.words.removeprefix("晚录"), turn.now, turn.rules.checkin)
    today = watch_day(turn.now, turn.rules.checkin)
    if day is not None and day > today:
        return Reply(words.not_yet())
    named, rest = entry.group_in(rest, groups)
    group = _own_group(turn, groups) if named is None else named
    if group is None:
        return Reply(words.whose_sheet([name for _, name in groups]))
    said = answers.read(rest)
    if said is None or day is None:
        return Reply(words.how_to_enter())
    rows = await sheets.of_group(turn.session, turn.speaker, group, day, turn.rules.checkin)
    present = [row for row in rows if not row.is_away]
    return await _enter(turn, said, Sheet(rows, present, day, is_today=day == today))


def _own_group(turn: Turn, groups: entry.Groups) -> int | None:
    """Return the one group that needs no name: the leader's own, or the only one there is."""
    if turn.speaker.is_a(Role.LEADER) and turn.speaker.group_id in {group for group, _ in groups}:
        return turn.speaker.group_id
    return groups[0][0] if len(groups) == 1 else None


async def _enter(turn: Turn, said: Said, sheet: Sheet) -> Reply:
    if not sheet.rows:
        return Reply(words.no_sheet())
    found = _sort(turn, said, sheet)
    if found is None:
        return Reply(words.how_to_enter())
    reply = await _take_down(turn, found, sheet)
    return reply if sheet.is_today else Reply(words.of_day(sheet.day) + reply.text)


def _may_answer_a_list(turn: Turn) -> bool:
    """Tell by the words alone: an elder without an office reports himself all morning long."""
    said = answers.read(turn.words) if turn.message.kind is Kind.TEXT else None
    if said is None:
        return False
    return turn.has_office or not _is_about_himself(turn, said)


def _is_about_himself(turn: Turn, said: Said) -> bool:
    """Tell whether an elder speaks of himself: 1, 2 and 3 always mean the same, and 都好 is he.

    Two numbers, or 号, or 全好 always mean the list, and nobody has not seen himself.
    """
    if not turn.is_elder or said.is_marked or said.unseen:
        return False
    if not said.numbers:
        return not turn.words.startswith("全")
    return len(said.numbers) == 1 and said.numbers[0] in OWN_NUMBERS and not said.rest


@router.when(known(_may_answer_a_list))
async def i_saw_them(turn: Turn) -> Answer:
    """The answer to the morning's list, by its numbers."""
    said = answers.read(turn.words)
    if said is None or (said.is_bare and len(said.numbers) == 1 and turn.is_asked(questions.WHO)):
        return NOT_MINE
    rules, day = turn.rules.checkin, watch_day(turn.now, turn.rules.checkin)
    rows = await sheets.rows_for(turn.session, turn.speaker, day, rules)
    asked = [row for row in rows if row.is_asked and row.is_left]
    sheet = Sheet(rows, asked, day)
    if _is_about_himself(turn, said):
        return _or_himself(turn, said, sheet)
    if not _speaks_of_the_list(said, sheet):
        return NOT_MINE
    if len(said.numbers) == 1 and not said.is_bare and not said.rest:
        return await _one(turn, said, sheet)
    return await _answer(turn, said, sheet)


def _or_himself(turn: Turn, said: Said, sheet: Sheet) -> Answer:
    """He has reported himself; where somebody on his list may be meant, say how to name her."""
    others = [row for row in sheet.all if row.elder_id != turn.speaker.id]
    if turn.distress or not others or not turn.means(Level.OK):
        return NOT_MINE
    if not said.numbers:
        return Reply(words.yourself_or_all(turn.speaker))
    hers = [row for row in others if row.number in said.numbers]
    if not hers or not said.is_bare:
        return NOT_MINE
    return Reply(words.yourself_or_her(turn.speaker, hers[0].number, hers[0].name))


def _speaks_of_the_list(said: Said, sheet: Sheet) -> bool:
    """Tell whether he has a list at all, and whether 都好 can be about it."""
    was_asked = any(row.is_asked for row in sheet.rows)
    return bool(sheet.rows) and (was_asked or not (said.rest or said.rest_unseen))


async def _one(turn: Turn, said: Said, sheet: Sheet) -> Answer:
    """One number with a word may be an incident's as well: 3平安, 3出事."""
    number = said.numbers[0]
    listed = [row for row in sheet.rows if row.number == number]
    incident = await _incident(turn, number)
    if incident is not None and not (listed and (said.is_marked or said.unseen)):
        return await _of_incident(turn, said, incident, sheet)
    if not listed and said.told:
        return Reply(words.who_is_in_need(number))
    if listed and incident is not None and said.well:
        other = incident.place or await people.name_of(turn.session, incident.elder_id)
        if other != listed[0].name:
            return Reply(words.list_or_incident(number, listed[0].name, other))
    return await _answer(turn, said, sheet)


async def _of_incident(turn: Turn, said: Said, incident: Live, sheet: Sheet) -> Answer:
    """Whoever went to her says more than how it ended: 3摔倒了, 3头晕."""
    tail = said.told.get(incident.number, "")
    verdict = _verdict(turn, tail)
    if not incident.elder_id or tail.startswith(_ENDINGS) or verdict.level not in _TOLD:
        return NOT_MINE
    name = await people.name_of(turn.session, incident.elder_id)
    return Reply(await _tell(turn, (incident.elder_id, name), verdict, sheet))


async def _incident(turn: Turn, number: int) -> Live | None:
    open_ones = await incidents.visible_to(turn.session, turn.speaker)
    return next((one for one in open_ones if one.number == number), None)


async def _answer(turn: Turn, said: Said, sheet: Sheet) -> Answer:
    found = _sort(turn, said, sheet)
    if found is None:
        return NOT_MINE
    is_one_word = len(said.numbers) == 1 and not said.rest
    if found.unknown and turn.is_elder and is_one_word and not said.is_marked:
        return NOT_MINE
    return await _take_down(turn, found, sheet)


def _sort(turn: Turn, said: Said, sheet: Sheet) -> Sorted | None:
    """Find who is meant; None where something is said of her that is not understood."""
    verdicts = {number: _verdict(turn, tail) for number, tail in said.told.items()}
    if not all(one.level in _TOLD for one in verdicts.values()):
        return None
    found = Sorted()
    for number in said.numbers:
        hers = [row for row in sheet.rows if row.number == number]
        if len(hers) != 1:
            _note_unclear(found, number, hers)
        elif number in verdicts:
            found.told.append((hers[0], verdicts[number]))
        elif number in said.unseen or number in said.but:
            found.unseen.append(hers[0])
        else:
            found.well.append(hers[0])
    others = [row for row in sheet.all if row.number not in said.numbers]
    found.well += others if said.rest else []
    found.unseen += others if said.rest_unseen else []
    return found


def _note_unclear(found: Sorted, number: int, hers: list[Row]) -> None:
    if hers:
        found.doubled.append((number, hers))
    else:
        found.unknown.append(number)


def _verdict(turn: Turn, tail: str) -> Verdict:
    if tail == _HARMED:
        return Verdict(Level.EMERGENCY)
    return turn.hearing.hear(tail, turn.now)


async def _take_down(turn: Turn, found: Sorted, sheet: Sheet) -> Reply:
    """Do what was said, the gravest first, and read it back by name."""
    said: list[str] = []
    for row, verdict in found.told:
        said.append(await _tell(turn, (row.elder_id, row.name), verdict, sheet))
    still_open = await _speak_for(turn, found.well, sheet)
    if found.told and turn.is_elder:
        await checkins.was_of_another(turn.session, turn.speaker.id, turn.now)
    if found.well:
        said.append(words.taken_down([row.name for row in found.well]))
    said += [words.still_open(name, number) for name, number in still_open]
    said += await _leave_open(turn, found.unseen, sheet)
    said += _unclear(found)
    said += _left(found, sheet)
    return Reply("".join(said))


async def _leave_open(turn: Turn, rows: Sequence[Row], sheet: Sheet) -> list[str]:
    """Whoever was not seen is waited for; where he had said that she is well, it is taken back."""
    spoken_for = [row for row in rows if row.is_heard and sheet.is_today]
    back = [row.name for row in spoken_for if await _take_back(turn, row, sheet)]
    heard = [row.name for row in rows if row.is_heard and row.name not in back]
    unseen = [row.name for row in rows if not row.is_heard]
    said = [words.taken_back(back)] if back else []
    said += [words.heard_already(heard)] if heard else []
    return said + ([words.not_seen(unseen)] if unseen else [])


async def _take_back(turn: Turn, row: Row, sheet: Sheet) -> bool:
    me, now, rules = turn.speaker.id, turn.now, turn.rules
    if not await checkins.take_back(turn.session, row.elder_id, me, now, rules.checkin):
        return False
    cause = f"{row.elder_id}:{sheet.day}:{turn.message.key}"
    await ladder.call_again(turn.session, row.elder_id, cause, me, now, rules.ladder)
    return True


def _unclear(found: Sorted) -> list[str]:
    said = [
        words.say_her_name(number, [row.name for row in rows]) for number, rows in found.doubled
    ]
    return [words.no_such_number(found.unknown), *said] if found.unknown else said


def _left(found: Sorted, sheet: Sheet) -> list[str]:
    """Say who is left of the list; of those who were just named it is known."""
    named = {row.elder_id for row in (*found.well, *found.unseen, *(row for row, _ in found.told))}
    left = [row.name for row in sheet.all if row.is_left and row.elder_id not in named]
    if left:
        return [words.left(left)]
    is_done = found.well and not (found.unseen or found.told or found.unknown or found.doubled)
    return [words.nobody_left()] if is_done and sheet.is_today else []


async def _speak_for(turn: Turn, rows: Sequence[Row], sheet: Sheet) -> list[tuple[str, int]]:
    """Take down that they were seen; returns the emergencies that this does not close."""
    me, at = turn.speaker.id, _moment(turn, sheet)
    fresh = [Heard(row.elder_id, at, BY_PROXY, me) for row in rows if not row.is_well]
    await checkins.record(turn.session, fresh, turn.rules.checkin)
    if not sheet.is_today:
        return []
    heard = {row.elder_id: me for row in rows}
    distress = await incidents.hear_her(turn.session, heard, turn.now)
    return [
        (row.name, one.number)
        for row in rows
        for one in distress.get(row.elder_id, ())
        if one.is_emergency
    ]


def _moment(turn: Turn, sheet: Sheet) -> datetime:
    """Of an earlier day only is known that it was before its evening was over."""
    if sheet.is_today:
        return turn.now
    return at_village(sheet.day, turn.rules.letters.quiet_from)


async def _tell(turn: Turn, elder: Elder, verdict: Verdict, sheet: Sheet) -> str:
    elder_id, name = elder
    if verdict.level is Level.CARE:
        return await _tell_that_she_is_unwell(turn, elder, verdict, sheet)
    if not sheet.is_today:
        return words.was_in_need(name)
    called = await call_people(
        turn.session,
        await turn.session.get_one(Person, elder_id),
        verdict.level,
        cause=f"{turn.cause}:{elder_id}",
        rule=verdict.rule,
        by=turn.speaker.id,
        now=turn.now,
        rules=turn.rules.ladder,
    )
    called = [name for name in called if name != turn.speaker.name]
    if verdict.level is Level.CRISIS:
        return words.in_grief(name, called)
    return words.in_need(name, called, number_for(verdict.rule))


async def _tell_that_she_is_unwell(turn: Turn, elder: Elder, verdict: Verdict, sheet: Sheet) -> str:
    """He has seen her, so she is alive; her family and the coordinator hear how she is.

    Nobody does, and it is not kept, where she has refused it.
    """
    (elder_id, name), me, at = elder, turn.speaker.id, _moment(turn, sheet)
    hers = await consents.has_refused(turn.session, elder_id, Purpose.HEALTH)
    sign = Heard(elder_id, at, ALIVE if hers else SAID_UNWELL, me)
    await checkins.record(turn.session, [sign], turn.rules.checkin)
    if not sheet.is_today:
        return words.unwell(name, [])
    await incidents.hear_her(turn.session, {elder_id: me}, turn.now)
    if hers:
        return words.keeps_it_to_herself(name)
    around = (await contacts.around_daily(turn.session, {elder_id}, turn.now))[elder_id]
    told = [one for one in around.of(["family", "coordinators"]) if one != me]
    about = f"{sheet.day}:{elder_id}:{verdict.rule}"
    await letters.tell_each(
        turn.session,
        told,
        UNWELL,
        about,
        turn.now,
        urgency=Urgency.ALARM,
        about_id=elder_id,
        actor_id=me,
    )
    names = await people.names_of(turn.session, told)
    return words.unwell(name, [names[one] for one in told])


FEATURE = Feature(
    router,
    {
        MORNING_LIST: Paper(words.morning_list, form="reminder", ask=words.list_ask),
        LOOK_IN: Paper(words.look_in, form="reminder", ask=words.list_ask),
        NUDGE: Paper(words.nudge, form="offer", ask="请让老人回个1报平安"),
        on_her_behalf.TOO_MUCH: Paper(words.too_much, form="reminder", ask="有人代办太多，请看看"),
        UNWELL: Paper(words.unwell_says, form="emergency", ask="请打电话或去看看"),
    },
)
