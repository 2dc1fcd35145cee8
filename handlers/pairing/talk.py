"""Pairing: a code or a scene makes a phone somebody's, and a leader hands codes out."""

import re
from collections.abc import Sequence

import structlog

from handlers.feature import Feature, Paper
from handlers.message import Kind, Reply
from handlers.namesakes import the_one
from handlers.pairing import words
from handlers.router import Router, does, known, may, says
from handlers.turn import Turn
from storage import askings, audit, contacts, letters, pairings, people
from storage.authority import Act
from storage.letters import NewLetter, Urgency
from storage.pairings import Gate, Redeemed
from storage.people import Person, Role

log = structlog.get_logger()
router = Router("pairing")

NEW_PHONE, CODES_WAIT = "new_phone", "codes_wait"

_CODE = r"\d{3}\s?\d{3}"
_HAND_OUT = r"(?:配对|换手机)\s*(?P<name>\S{2,12})"
_CUT_OFF = r"停手机\s*(?P<name>\S{2,12})"


@router.when(does(Kind.UNFOLLOW))
async def she_left(turn: Turn) -> None:
    await people.lose(turn.session, turn.address)


@router.when(lambda turn: bool(turn.message.scene) and turn.caller is None)
async def with_a_scene(turn: Turn) -> Reply:
    ticket = await pairings.redeem(turn.session, turn.now, scene=turn.message.scene)
    if ticket is None:
        return Reply(words.spent_ticket())
    return await _bind(turn, ticket)


@router.when(known(lambda turn: bool(turn.message.scene)))
async def a_scene_on_a_paired_phone(turn: Turn) -> Reply:
    """The ticket is not used up: it serves on the right phone."""
    await people.follow(turn.session, turn.address)
    return Reply(words.is_somebodys(turn.speaker.name))


@router.when(known(does(Kind.FOLLOW)))
async def she_is_back(turn: Turn) -> Reply:
    await people.follow(turn.session, turn.address)
    return Reply(words.welcome_back(turn.speaker.name))


@router.when(says(_CODE, lambda turn: turn.caller is None))
async def with_a_code(turn: Turn) -> Reply:
    gate = await pairings.gate(turn.session, turn.address, turn.now, turn.rules.pairing)
    if gate is Gate.SHUT:
        return Reply(words.used_up())
    if gate is Gate.WAITING:
        return Reply(words.codes_wait())
    code = re.sub(r"\s", "", turn.words)
    ticket = await pairings.redeem(turn.session, turn.now, code=code)
    return await (_bind(turn, ticket) if ticket else _was_wrong(turn))


async def _was_wrong(turn: Turn) -> Reply:
    wrong = await pairings.was_wrong(turn.session, turn.address, turn.now, turn.rules.pairing)
    if wrong.fills_the_hour:
        await _say_that_codes_wait(turn)
    return Reply(words.wrong_code(wrong.left))


async def _say_that_codes_wait(turn: Turn) -> None:
    """Somebody guesses: those whose codes are out there hear of it, and the operator."""
    log.warning("pairing_codes_wait", wrong=turn.rules.pairing.house_tries)
    told = await pairings.handing_out(turn.session, turn.now)
    hour = turn.now.strftime("%Y%m%d%H")
    await letters.tell_each(turn.session, told, CODES_WAIT, hour, turn.now)


@router.when(known(says(_CODE, lambda turn: not _may_be_a_list(turn))))
async def a_code_on_a_paired_phone(turn: Turn) -> Reply:
    """Say the same of every code, so that nobody we know learns which of them exist."""
    return Reply(words.is_somebodys(turn.speaker.name))


def _may_be_a_list(turn: Turn) -> bool:
    """Tell whether somebody who gets lists may name two of its numbers: 101 102."""
    return " " in turn.words and any(map(turn.speaker.is_a, (Role.LEADER, Role.COORDINATOR)))


async def _bind(turn: Turn, ticket: Redeemed) -> Reply:
    had_another = await people.bind(turn.session, ticket.person_id, turn.address, turn.now)
    await _tell_of_the_phone(turn, ticket, had_another=had_another)
    await _note(turn, "pairing.done", ticket.person_id, by=ticket.person_id)
    person = await turn.session.get_one(Person, ticket.person_id)
    is_elder = Role.ELDER in await people.roles_of(turn.session, ticket.person_id)
    if is_elder:
        await askings.want(turn.session, ticket.person_id, turn.now)
    return Reply(words.welcome(person, is_elder=is_elder))


async def _tell_of_the_phone(turn: Turn, ticket: Redeemed, *, had_another: bool) -> None:
    """Let a false one be noticed: who handed the code out hears of it, and of a new phone all."""
    told = [ticket.issued_by] if ticket.issued_by else []
    leaders: Sequence[str] = told
    if had_another:
        around = await contacts.around(turn.session, {ticket.person_id}, turn.now)
        hers = around[ticket.person_id]
        leaders = [*told, *hers.nearest(["leader", "coordinators"])]
        told = list(dict.fromkeys([*leaders, *hers.regardless().of(["family"])]))
    await letters.write(
        turn.session,
        [
            NewLetter(
                key=f"{NEW_PHONE}:{ticket.id}:{person}",
                kind=NEW_PHONE,
                urgency=Urgency.NOTICE,
                recipient_id=person,
                about_id=ticket.person_id,
                detail={"another": had_another, "may_stop": person in leaders},
            )
            for person in told
            if person != ticket.person_id
        ],
        turn.now,
    )


@router.when(may(Act.PAIR, says(_HAND_OUT)))
async def hand_out_a_code(turn: Turn) -> Reply:
    """配对 王秀英, and 换手机 王秀英: the same, for a code always moves her to the new phone."""
    person = await the_one(turn, Act.PAIR, turn.named(_HAND_OUT))
    if person is None:
        return Reply(words.nobody_of_that_name(turn.named(_HAND_OUT)))
    rules = turn.rules.pairing
    ticket = await pairings.issue(turn.session, person.id, turn.speaker.id, turn.now, rules)
    await _note(turn, "pairing.code", person.id, by=turn.speaker.id)
    picture = f"{rules.pictures_at}{ticket.scene}" if rules.pictures_at else ""
    has_one = await people.has_phone(turn.session, person.id, turn.message.channel)
    said = words.code_for(person.name, ticket.code, rules.code_hours, picture)
    return Reply(said + words.the_old_one_ends() if has_one else said)


@router.when(may(Act.PAIR, says(_CUT_OFF)))
async def cut_a_phone_off(turn: Turn) -> Reply:
    """A phone is lost, or a false one was paired: it hears nothing more from now on."""
    person = await the_one(turn, Act.PAIR, turn.named(_CUT_OFF))
    if person is None:
        return Reply(words.nobody_of_that_name(turn.named(_CUT_OFF)))
    await people.forget_phones(turn.session, person.id, turn.message.channel)
    await _note(turn, "pairing.cut_off", person.id, by=turn.speaker.id)
    return Reply(words.is_cut_off(person.name))


async def _note(turn: Turn, act: str, person: str, *, by: str) -> None:
    await audit.note(turn.session, act, turn.now, actor=by, subject=person)


FEATURE = Feature(
    router,
    {
        NEW_PHONE: Paper(words.new_phone, form="reminder", ask=words.new_phone_ask),
        CODES_WAIT: Paper(words.somebody_guesses, form="reminder", ask="配对数字先停用一小时"),
    },
)
