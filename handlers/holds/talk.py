"""Takes holds in the elder's, the family's and the leader's words, and notes who is back."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from handlers import leaving, names, on_her_behalf
from handlers.feature import Feature, Paper
from handlers.holds import whose, words
from handlers.message import Kind, Reply
from handlers.namesakes import the_one
from handlers.router import NOT_MINE, Answer, Router, known, says
from handlers.turn import Turn
from storage import contacts, holds, incidents, letters, people, questions
from storage.authority import Act
from storage.holds import AWAY, HOSPITAL, NewHold
from storage.incidents import IncidentKind, Result
from storage.people import Person
from storage.proxies import Deed
from storage.rules import village_day

router = Router("holds")

HOW_LONG = "how_long"
WHICH = "which_elder"
SURE = "away_sure"
GREETING = "greeting"
TOLD = "hold_told"

_HOSPITAL = re.compile(r"住(?:了|上|进)?院|去医院住")
_HERS = r"请假\s*(?P<name>[\u4e00-\u9fff]{2,4})\s+(?P<rest>\S+)"
_SHE_IS_BACK = r"(?P<name>[\u4e00-\u9fff]{2,4}?)(?:已经)?回来了"


_STAYS = re.compile("住|待|过|出远门|请假")
"""Without one of these, and without an end, it is an errand and no hold."""
_YES = r"对|对的|对啊|对呀|是|是的|是啊|嗯|没错"
_NO = r"不对|不是|不是的|没有|不去"


@dataclass(frozen=True, slots=True)
class _Away:
    first: date
    last: date
    reason: str


def _sounds_away(turn: Turn) -> bool:
    return _HOSPITAL.search(turn.spelt) is not None or leaving.is_to_stay(turn.spelt)


def _goes_away(turn: Turn) -> bool:
    goes = _sounds_away(turn) or leaving.am_not_here(turn.spelt)
    return turn.is_elder and goes


@router.when(known(says(_HERS)))
async def she_is_away(turn: Turn) -> Reply:
    """请假 王秀英 3天, by whoever may speak for her."""
    said = re.fullmatch(_HERS, turn.words)
    name, rest = (said["name"], said["rest"]) if said else ("", "")
    elder = await the_one(turn, Act.SPEAK_FOR, name)
    if elder is None:
        return Reply(words.not_yours(name))
    away = _read(turn, turn.hearing.spell(rest))
    if away is None:
        return Reply(words.how_long(name))
    return await _excuse_her(turn, elder.id, away)


async def _excuse_her(turn: Turn, elder: str, away: _Away) -> Reply:
    """Keep the hold of somebody else; those around her who did not say it hear of it."""
    if not _is_short_enough(turn, away):
        return Reply(words.too_long(turn.rules.checkin.longest_hold_days))
    person = await turn.session.get_one(Person, elder)
    if objection := await on_her_behalf.objection(turn, person, Deed.HOLD):
        return Reply(objection)
    await _keep(turn, elder, away)
    await _tell_others(turn, elder, away)
    return Reply(words.for_her(await people.name_of(turn.session, elder), away.last))


async def _tell_others(turn: Turn, elder: str, away: _Away) -> None:
    """Tell her leader, else her coordinators, what her family has said, and her family the rest."""
    around = (await contacts.around_daily(turn.session, {elder}, turn.now))[elder]
    family = around.regardless().of(["family"])
    watchers = around.nearest(["leader", "coordinators"])
    me = turn.speaker.id
    told = watchers if me in family else family
    await letters.tell_each(
        turn.session,
        [one for one in told if one != me],
        TOLD,
        turn.cause,
        turn.now,
        about_id=elder,
        actor_id=me,
        detail={"last_day": away.last.isoformat(), "reason": away.reason},
    )


@router.when(known(lambda turn: _sounds_away(turn) and whose.may_be_of_another(turn)))
async def she_goes_away(turn: Turn) -> Answer:
    """我妈去我家住3天, by whoever may speak for her; where several may be meant, ask."""
    meant = await whose.meant(turn)
    if not meant.elders or not (_read(turn, meant.said) or _STAYS.search(meant.said)):
        return NOT_MINE
    if len(meant.elders) == 1:
        return await _she_goes_away(turn, meant.elders[0].id, meant.said)
    names_of = {one.id: one.name for one in meant.elders}
    about = {"people": names_of, "said": meant.said}
    await questions.ask(turn.session, turn.speaker.id, WHICH, turn.now, about=about)
    return Reply(words.which_elder(list(names_of.values())))


async def _she_goes_away(turn: Turn, elder: str, said: str) -> Reply:
    away = _read(turn, said)
    if away is not None:
        return await _excuse_her(turn, elder, away)
    about = {"elder": elder}
    await questions.ask(turn.session, turn.speaker.id, HOW_LONG, turn.now, about=about)
    return Reply(words.how_long_for(await people.name_of(turn.session, elder)))


@router.when(known(lambda turn: turn.is_asked(WHICH) and turn.message.kind is Kind.TEXT))
async def it_is_she(turn: Turn) -> Answer:
    offered: dict[str, str] = turn.asked_about["people"]
    named = [elder for elder, name in offered.items() if name in turn.words]
    if len(named) != 1:
        return NOT_MINE
    await questions.answered(turn.session, turn.speaker.id)
    return await _she_goes_away(turn, named[0], turn.asked_about["said"])


@router.when(known(says(_SHE_IS_BACK)))
async def she_came_back(turn: Turn) -> Answer:
    name = turn.named(_SHE_IS_BACK)
    elder = await the_one(turn, Act.SPEAK_FOR, name)
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
    if await whose.is_of_another(turn):
        return NOT_MINE
    away = _read(turn, turn.spelt)
    if away is not None:
        return await _excuse_me(turn, away)
    if not _STAYS.search(turn.spelt):
        return NOT_MINE
    await questions.ask(turn.session, turn.speaker.id, HOW_LONG, turn.now)
    return Reply(words.how_long(names.elder(turn.speaker.name, turn.speaker.gender)))


async def heard_of_going_away(turn: Turn) -> Answer:
    """Ask an elder back who was heard by a machine, as if she had been heard at once."""
    return await i_go_away(turn) if _goes_away(turn) else NOT_MINE


@router.when(known(lambda turn: turn.is_asked(HOW_LONG)))
async def so_many_days(turn: Turn) -> Answer:
    away = _read(turn, turn.spelt)
    if away is None:
        return NOT_MINE
    elder: str = turn.asked_about.get("elder", "")
    if elder and turn.message.kind is not Kind.TEXT:
        return NOT_MINE
    await questions.answered(turn.session, turn.speaker.id)
    return await (_excuse_her(turn, elder, away) if elder else _excuse_me(turn, away))


@router.when(known(lambda turn: _answers(turn, _YES)))
async def yes_i_do(turn: Turn) -> Answer:
    """What a machine heard is taken once she has said in writing that it is so."""
    about = turn.asked_about
    await questions.answered(turn.session, turn.speaker.id)
    first, last = (date.fromisoformat(about[name]) for name in ("first", "last"))
    return await _excuse_me(turn, _Away(first, last, about["reason"]))


@router.when(known(lambda turn: _answers(turn, _NO)))
async def no_i_do_not(turn: Turn) -> Answer:
    await questions.answered(turn.session, turn.speaker.id)
    return Reply(words.as_always(names.elder(turn.speaker.name, turn.speaker.gender)))


def _answers(turn: Turn, pattern: str) -> bool:
    is_asked = turn.is_asked(SURE) and turn.message.kind is Kind.TEXT
    return is_asked and re.fullmatch(pattern, turn.words) is not None


async def _excuse_me(turn: Turn, away: _Away) -> Reply:
    me = turn.speaker
    if not _is_short_enough(turn, away):
        return Reply(words.too_long(turn.rules.checkin.longest_hold_days))
    called = names.elder(me.name, me.gender)
    if turn.message.kind is Kind.VOICE:
        about = {"first": away.first.isoformat(), "last": away.last.isoformat()}
        about["reason"] = away.reason
        await questions.ask(turn.session, me.id, SURE, turn.now, about=about)
        return Reply(words.is_it_so(called, away.last, in_hospital=away.reason == HOSPITAL))
    await _keep(turn, me.id, away)
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
            cause=turn.cause,
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
    router,
    {
        GREETING: Paper(words.greeting, form="reminder", ask="明天又等您报平安"),
        TOLD: Paper(words.told, form="reminder", ask=words.told_ask),
    },
)
