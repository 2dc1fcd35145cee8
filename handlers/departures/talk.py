"""Takes the word that somebody leaves, moves away or has died, and that she is back.

An elder's own wish is a question to her leader: she is waited for until a person has seen her.
Of the dead nothing is told by a machine, but to who coordinates and can take a mistake back.
"""

import re
from collections.abc import Iterable
from datetime import timedelta

from handlers import names
from handlers.departures import words
from handlers.feature import Feature, Paper
from handlers.message import Kind, Reply
from handlers.namesakes import the_one
from handlers.router import NOT_MINE, Answer, Condition, Router, an_elder, known, may, says
from handlers.turn import Turn
from storage import (
    authority,
    contacts,
    departures,
    enrolments,
    incidents,
    letters,
    partings,
    people,
    questions,
    visits,
)
from storage.authority import Act
from storage.departures import Departure, DepartureState, Why
from storage.ledger import FrozenError, LedgerError
from storage.ledger_moves import SecondPersonError
from storage.letters import NewLetter, Urgency
from storage.partings import MAY_BE_TAKEN_BACK, Parting
from storage.people import Person, Role

router = Router("departures")
mild = Router("departures, in words that may mean something else")

LEAVING, PASSING = "leaving", "passing"
"""What we ask: whether she wants to leave, and whether somebody has moved or died."""

WISH, WISH_WAITS, FAREWELL, SHE_LEFT, DIED, ESTATE = (
    "leave_wish",
    "leave_waits",
    "leave_farewell",
    "leave_told",
    "leave_died",
    "leave_estate",
)
_LATER = {WISH_WAITS: timedelta(days=3), ESTATE: timedelta(days=7)}
"""When coordinators hear of a wish nobody has answered, and are asked of what is left."""

_NAME = r"(?P<name>[\u4e00-\u9fff·]{2,12}?)"
_I_LEAVE = r"(?:我要|我想)?退出|(?:我)?(?:不想|不愿)(?:再)?(?:报平安|用)了|(?:我|以后)?不报平安了"
_AGREE = rf"同意退出\s*{_NAME}|同意\s*(?P<behind>[\u4e00-\u9fff·]{{2,12}}?)退出"
_REFUSE = rf"(?:不同意退出|留下)\s*{_NAME}"
_MOVED = rf"{_NAME}\s*(?:已经)?(?:搬走|搬家)了"
_DIED = rf"{_NAME}\s*(?:老人)?(?:已经|今天|昨天|昨晚|今早)?(?:走了|过世了?|去世了?|不在了)"
_STILL_HERE = rf"{_NAME}\s*(?:还在|还健在|健在|好好的|没走|没有?过世)"
_BACK = rf"{_NAME}\s*(?:又|已经)?回来(?:了|报平安了?)"
_MINUTES = rf"{_NAME}的时间币?\s*给\s*(?P<heir>[\u4e00-\u9fff·]{{2,12}})"
_TO_ALL = ("村里", "大家", "互助池")
_YES = r"对|对的|是|是的|退出|真退出|确认"
_NO = r"不|不对|不是|不退了?|算了|没有|照常"
_OFFICES = (Role.LEADER, Role.COORDINATOR, Role.DOCTOR, Role.SUPERVISOR)


def _is_any(turn: Turn, roles: Iterable[Role]) -> bool:
    return any(map(turn.speaker.is_a, roles))


def _answers(kind: str, pattern: str) -> Condition:
    def is_written(turn: Turn) -> bool:
        return turn.is_asked(kind) and turn.message.kind is Kind.TEXT

    return known(says(pattern, is_written))


def _name(turn: Turn, pattern: str) -> str:
    said = re.fullmatch(pattern, turn.words)
    found = (said.groupdict() if said else {}) or {}
    return found.get("name") or found.get("behind") or ""


# --- her own wish


@router.when(known(says(_I_LEAVE)))
async def i_leave(turn: Turn) -> Reply:
    me = turn.speaker
    if _is_any(turn, _OFFICES):
        return Reply(words.hand_over_first())
    await questions.ask(turn.session, me.id, LEAVING, turn.now)
    return Reply(words.do_you_leave(names.called(turn.speaker), is_elder=turn.is_elder))


@mild.when(
    an_elder(says("(?:以后)?不用了", lambda turn: turn.question is None and not turn.distress))
)
async def i_need_it_no_more(turn: Turn) -> Answer:
    return await i_leave(turn)


@router.when(_answers(LEAVING, _NO))
async def i_stay(turn: Turn) -> Reply:
    await questions.answered(turn.session, turn.speaker.id)
    return Reply(words.as_before(names.called(turn.speaker)))


@router.when(_answers(LEAVING, _YES))
async def i_do_leave(turn: Turn) -> Reply:
    await questions.answered(turn.session, turn.speaker.id)
    return await (_wish_to_leave(turn) if turn.is_elder else _leave_at_once(turn))


async def _wish_to_leave(turn: Turn) -> Reply:
    me = turn.speaker
    wish = await departures.ask(turn.session, me.id, turn.now)
    if wish is not None:
        await _write(turn, wish.id, WISH, await _leaders_of(turn, me.id), me.id, about=me.id)
        others = await _coordinators_of(turn, me.id)
        await _write(turn, wish.id, WISH_WAITS, others, me.id, about=me.id)
    return Reply(words.somebody_comes(names.called(turn.speaker)))


async def _leave_at_once(turn: Turn) -> Reply:
    """Who only helps may go as he likes, but for what he has promised."""
    me = turn.speaker
    promised = await visits.mine(turn.session, me.id)
    if promised or turn.promised:
        return Reply(words.finish_first(me.name))
    parting = await partings.part(turn.session, me.id, Why.LEFT, me.id, turn.now, turn.rules)
    if parting is not None:
        told = await _leaders_of(turn, me.id)
        await _write(turn, parting.departure, SHE_LEFT, told, me.id, about=me.id)
    return Reply(words.you_left(me.name))


async def _leaders_of(turn: Turn, person: str) -> list[str]:
    around = (await contacts.around(turn.session, {person}, turn.now))[person].without({person})
    return around.nearest(["leader", "coordinators"])


async def _write(
    turn: Turn,
    departure: int,
    kind: str,
    recipients: Iterable[str],
    actor: str,
    *,
    about: str | None = None,
    **detail: object,
) -> None:
    """Write under keys that begin with the departure, so that all can be taken back with it."""
    await letters.write(
        turn.session,
        [
            NewLetter(
                key=f"departure:{departure}:{kind}:{recipient}",
                kind=kind,
                urgency=Urgency.NOTICE,
                recipient_id=recipient,
                about_id=about,
                actor_id=actor,
                detail=dict(detail) or None,
                due_at=turn.now + _LATER[kind] if kind in _LATER else None,
            )
            for recipient in dict.fromkeys(recipients)
        ],
        turn.now,
    )


# --- what her leader says to it


@router.when(may(Act.LET_GO, says(_AGREE)))
async def she_may_leave(turn: Turn) -> Reply:
    person = await _in_reach(turn, _name(turn, _AGREE))
    wish = await _wish_of(turn, person)
    if person is None or wish is None:
        return Reply(words.nobody_wants_to(_name(turn, _AGREE)))
    if any(one.is_distress for one in await incidents.about(turn.session, person.id)):
        return Reply(words.look_after_her_first(person.name))
    return await _let_go(turn, person, Why.LEFT)


async def _wish_of(turn: Turn, person: Person | None) -> Departure | None:
    found = await departures.standing(turn.session, person.id) if person else None
    return found if found and found.state == DepartureState.ASKED else None


async def _in_reach(turn: Turn, name: str) -> Person | None:
    """Return who is meant, of his group or village; nobody speaks so of himself."""
    person = await the_one(turn, Act.LET_GO, name)
    return person if person and person.id != turn.speaker.id else None


@router.when(may(Act.LET_GO, says(_REFUSE)))
async def she_stays(turn: Turn) -> Answer:
    person = await _in_reach(turn, _name(turn, _REFUSE))
    wish = await _wish_of(turn, person)
    if person is None or wish is None:
        return NOT_MINE
    declined, by = DepartureState.DECLINED, turn.speaker.id
    await departures.settle(turn.session, wish, declined, by, turn.now)
    await letters.withdraw_keyed(turn.session, f"departure:{wish.id}:")
    return Reply(words.she_stays(person.name))


async def _let_go(turn: Turn, person: Person, why: Why) -> Reply:
    """End the watch over a living elder; she and her family hear that nobody waits any more."""
    by = turn.speaker.id
    family = (await contacts.around(turn.session, {person.id}, turn.now))[person.id]
    parting = await partings.part(turn.session, person.id, why, by, turn.now, turn.rules)
    if parting is None:
        return Reply(words.has_gone(person.name))
    told = [one for one in family.of(["family"]) if one != by]
    await _write(turn, parting.departure, SHE_LEFT, told, by, about=person.id)
    await _write(turn, parting.departure, FAREWELL, [person.id], by, about=person.id)
    return Reply(words.let_go(person.name))


# --- she has moved away, or died


@router.when(may(Act.LET_GO, says(_MOVED)))
async def she_moved(turn: Turn) -> Answer:
    return await _ask_whether(turn, _name(turn, _MOVED), Why.MOVED)


@router.when(may(Act.LET_GO, says(_DIED)))
async def she_died(turn: Turn) -> Answer:
    return await _ask_whether(turn, _name(turn, _DIED), Why.DIED)


async def _ask_whether(turn: Turn, name: str, why: Why) -> Answer:
    """Ask with her full name; of who is not his to speak of, somebody else may know what to say."""
    person = await _in_reach(turn, name)
    if person is None or turn.message.kind is not Kind.TEXT:
        return NOT_MINE
    about = {"person": person.id, "why": why}
    await questions.ask(turn.session, turn.speaker.id, PASSING, turn.now, about=about)
    return Reply(words.is_it_so(person, why))


@router.when(_answers(PASSING, r"确认\s*[\u4e00-\u9fff·]{0,12}"))
async def it_is_so(turn: Turn) -> Reply:
    person = await turn.session.get_one(Person, turn.asked_about["person"])
    why = Why(turn.asked_about["why"])
    if turn.words.removeprefix("确认").strip() not in ("", person.name):
        return Reply(words.is_it_so(person, why))
    await questions.answered(turn.session, turn.speaker.id)
    if why is Why.MOVED:
        if any(one.is_distress for one in await incidents.about(turn.session, person.id)):
            return Reply(words.look_after_her_first(person.name))
        return await _let_go(turn, person, why)
    by = turn.speaker.id
    parting = await partings.part(turn.session, person.id, why, by, turn.now, turn.rules)
    return await _mourn(turn, person, parting) if parting else Reply(words.has_gone(person.name))


@router.when(_answers(PASSING, _NO))
async def it_is_not_so(turn: Turn) -> Reply:
    await questions.answered(turn.session, turn.speaker.id)
    return Reply(words.nothing_changed())


async def _mourn(turn: Turn, person: Person, parting: Parting) -> Reply:
    """Say whom a person should tell; only who can take a mistake back hears of it from us."""
    me = turn.speaker.id
    coordinators = await _coordinators_of(turn, person.id)
    others = [one for one in coordinators if one != me]
    await _write(turn, parting.departure, DIED, others, me, name=person.name)
    minutes = await partings.minutes_left(turn.session, person.id)
    if minutes:
        name = person.name
        await _write(turn, parting.departure, ESTATE, coordinators, me, name=name, minutes=minutes)
    to_tell = [name for name in parting.to_tell if name != turn.speaker.name]
    return Reply(words.in_peace(person.name, to_tell))


async def _coordinators_of(turn: Turn, person: str) -> list[str]:
    around = (await contacts.around(turn.session, {person}, turn.now))[person]
    return around.regardless().of(["coordinators"])


# --- she is back


@router.when(may(Act.LET_GO, says(_STILL_HERE)))
async def it_was_a_mistake(turn: Turn) -> Answer:
    """王秀英还在, by the coordinator and within a day: everything is as it was."""
    person, gone = await _gone(turn, _name(turn, _STILL_HERE))
    if person is None or gone is None or gone.why != Why.DIED:
        return NOT_MINE
    is_late = gone.settled_at is None or turn.now > gone.settled_at + MAY_BE_TAKEN_BACK
    if is_late or not turn.speaker.is_a(Role.COORDINATOR):
        return Reply(words.not_any_more(person.name))
    return await _come_back(turn, person, gone)


@router.when(may(Act.LET_GO, says(_BACK)))
async def she_is_back(turn: Turn) -> Answer:
    person, gone = await _gone(turn, _name(turn, _BACK))
    if person is None or gone is None or gone.why == Why.DIED:
        return NOT_MINE
    return await _come_back(turn, person, gone)


async def _gone(turn: Turn, name: str) -> tuple[Person | None, Departure | None]:
    person = await authority.gone(turn.session, turn.speaker, Act.LET_GO, name)
    return person, await departures.standing(turn.session, person.id) if person else None


async def _come_back(turn: Turn, person: Person, gone: Departure) -> Reply:
    by = turn.speaker.id
    hours = await partings.come_back(turn.session, gone, by, turn.now, turn.rules)
    first = enrolments.first_day(hours, turn.now) if hours else None
    has_phone = await people.has_phone(turn.session, person.id, turn.message.channel)
    return Reply(words.is_back(person, first, has_phone=has_phone))


# --- what is left on her account


@router.when(known(says(_MINUTES, lambda turn: turn.speaker.is_a(Role.COORDINATOR))))
async def her_minutes_go_to(turn: Turn) -> Answer:
    """王秀英的时间币 给 王小梅, or 给 村里: asked some days later, and never before a day."""
    said = re.fullmatch(_MINUTES, turn.words)
    name, heir_name = (said["name"], said["heir"]) if said else ("", "")
    person, gone = await _gone(turn, name)
    if person is None or gone is None or gone.why != Why.DIED:
        return NOT_MINE
    if gone.settled_at is None or turn.now <= gone.settled_at + MAY_BE_TAKEN_BACK:
        return Reply(words.wait_a_day(person.name))
    heir = None
    if heir_name not in _TO_ALL:
        heir = await the_one(turn, Act.NAME, heir_name)
        if heir is None or heir.id == turn.speaker.id:
            return Reply(words.no_such_heir(heir_name))
    return await _give_on(turn, person, gone, heir)


async def _give_on(turn: Turn, person: Person, gone: Departure, heir: Person | None) -> Reply:
    to, by = heir.id if heir else None, turn.speaker.id
    try:
        left = await partings.give_on(turn.session, gone, to, by, turn.now, turn.rules)
    except FrozenError:
        return Reply(words.books_are_looked_at())
    except SecondPersonError:
        return Reply(words.takes_two())
    except LedgerError:
        return Reply(words.does_not_fit(heir.name if heir else ""))
    return Reply(words.given_on(person.name, left, heir.name if heir else ""))


# --- who has left writes


@mild.when(known(lambda turn: not turn.speaker.roles and turn.message.kind is Kind.TEXT))
async def who_has_left_writes(turn: Turn) -> Answer:
    if not await departures.gone_among(turn.session, {turn.speaker.id}):
        return NOT_MINE
    return Reply(words.ask_your_leader(turn.speaker.name))


FEATURE = Feature(
    router,
    {
        WISH: Paper(words.wish, form="reminder", ask=words.wish_ask),
        WISH_WAITS: Paper(words.wish, form="reminder", ask=words.wish_ask),
        FAREWELL: Paper(words.farewell),
        SHE_LEFT: Paper(words.she_left, form="reminder", ask="不再等报平安了"),
        DIED: Paper(words.died),
        ESTATE: Paper(words.estate),
    },
)
MILD = Feature(mild)
