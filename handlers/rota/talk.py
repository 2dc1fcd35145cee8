"""Answers who is on duty, and takes what a coordinator says of it."""

import re

from handlers.feature import Feature, Paper
from handlers.message import Reply
from handlers.namesakes import the_one
from handlers.rota import overview, when, words
from handlers.router import Router, in_office, may, says
from handlers.turn import Turn
from storage import duties, people
from storage.authority import Act
from storage.duties import Place
from storage.people import Person, Role

router = Router("rota")

UNCOVERED = "uncovered"


@router.when(may(Act.SEE_ROTA, says(r"(?:现在|今天|今晚|明天)?谁?值班(?:表|的)?(?:是谁)?")))
async def who_is_on_duty(turn: Turn) -> Reply:
    return Reply("\n".join(await overview.lines(turn)))


@router.when(in_office(says(r"(?:安排)?值班\s*\S.*")))
async def somebody_is_on_duty(turn: Turn) -> Reply:
    """值班 周六 8点到18点 李副主任, or 值班 周一 取消, from the coordinator of the village."""
    if not turn.may(Act.SET_ROTA):
        return Reply(words.only_coordinators_set())
    said = when.read(re.sub(r"^(?:安排)?值班\s*", "", turn.words), turn.hearing, turn.now)
    if said is None or not (said.names or said.is_cancelled):
        return Reply(words.how_to_set())
    found = [await the_one(turn, Act.APPOINT, one) for one in said.names]
    for name, person in zip(said.names, found, strict=True):
        if person is None:
            return Reply(words.nobody_of_that_name(name))
    there = [person for person in found if person is not None]
    return await (_cancel if said.is_cancelled else _set)(turn, said, there)


async def _cancel(turn: Turn, said: when.Said, meant: list[Person]) -> Reply:
    gone = [
        name
        for hours in said.hours
        for person in [one.id for one in meant] or [""]
        for name in await duties.cancel(turn.session, turn.speaker.village_id, hours, person)
    ]
    return Reply(words.is_cancelled(words.days(said.hours), list(dict.fromkeys(gone))))


async def _set(turn: Turn, said: when.Said, meant: list[Person]) -> Reply:
    places = {one.id: await _places(turn, one) for one in meant}
    for person in meant:
        if not places[person.id]:
            return Reply(words.answers_for_nobody(person.name))
    for person in meant:
        for hours in said.hours:
            await duties.assign(
                turn.session, places[person.id], person.id, hours, turn.speaker.id, turn.now
            )
    everywhere = [place for of_one in places.values() for place in of_one]
    others = await duties.named_beside(turn.session, everywhere, said.hours, list(places))
    names = [one.name for one in meant]
    return Reply(words.is_set(words.days(said.hours), names, others))


async def _places(turn: Turn, person: Person) -> list[Place]:
    """Return what somebody can be on duty for: his group, his village, or both."""
    roles = await people.roles_of(turn.session, person.id)
    village = person.village_id
    places = [Place(village, Role.COORDINATOR)] if Role.COORDINATOR in roles else []
    return places + ([Place(village, Role.LEADER, person.group_id)] if Role.LEADER in roles else [])


FEATURE = Feature(
    router, {UNCOVERED: Paper(words.uncovered, form="digest", ask=words.uncovered_ask)}
)
