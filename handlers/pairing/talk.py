"""Pairing: a code or a scene makes a phone somebody's, and a leader hands codes out."""

import re

from handlers.feature import Feature
from handlers.message import Kind, Reply
from handlers.namesakes import the_one
from handlers.pairing import words
from handlers.router import Router, does, known, may, says
from handlers.turn import Turn
from storage import pairings, people
from storage.authority import Act
from storage.people import Person, Role

router = Router("pairing")

_CODE = r"\d{3}\s?\d{3}"


@router.when(does(Kind.UNFOLLOW))
async def she_left(turn: Turn) -> None:
    await people.lose(turn.session, turn.address)


@router.when(lambda turn: bool(turn.message.scene) and turn.caller is None)
async def with_a_scene(turn: Turn) -> Reply:
    person = await pairings.redeem(turn.session, turn.now, scene=turn.message.scene)
    if person is None:
        return Reply(words.spent_ticket())
    return await _bind(turn, person)


@router.when(known(does(Kind.FOLLOW)))
async def she_is_back(turn: Turn) -> Reply:
    await people.follow(turn.session, turn.address)
    return Reply(words.welcome_back(turn.speaker.name))


@router.when(lambda turn: turn.caller is None and says(_CODE)(turn))
async def with_a_code(turn: Turn) -> Reply:
    rules = turn.rules.pairing
    if not await pairings.may_try(turn.session, turn.address, turn.now, rules):
        return Reply(words.used_up())
    code = re.sub(r"\s", "", turn.words)
    person = await pairings.redeem(turn.session, turn.now, code=code)
    if person is None:
        left = await pairings.was_wrong(turn.session, turn.address, turn.now, rules)
        return Reply(words.wrong_code(left))
    return await _bind(turn, person)


async def _bind(turn: Turn, person_id: str) -> Reply:
    await people.bind(turn.session, person_id, turn.address, turn.now)
    person = await turn.session.get_one(Person, person_id)
    roles = await people.roles_of(turn.session, person_id)
    return Reply(words.welcome(person, is_elder=Role.ELDER in roles))


@router.when(may(Act.PAIR, says(r"配对\s*\S{2,12}")))
async def hand_out_a_code(turn: Turn) -> Reply:
    name = turn.words.removeprefix("配对").strip()
    person = await the_one(turn, Act.PAIR, name)
    if person is None:
        return Reply(words.nobody_of_that_name(name))
    rules = turn.rules.pairing
    ticket = await pairings.issue(turn.session, person.id, turn.speaker.id, turn.now, rules)
    picture = f"{rules.pictures_at}{ticket.scene}" if rules.pictures_at else ""
    return Reply(words.code_for(person.name, ticket.code, rules.code_hours, picture))


FEATURE = Feature(router)
