"""同意 赵桂兰 照片: the word of an elder without a phone, by those who were with her."""

import re

from handlers.consent import words
from handlers.consent.purposes import WORD, meant
from handlers.consent.telling import tell_that_she_is_unwatched
from handlers.message import Reply
from handlers.namesakes import the_one
from handlers.router import NOT_MINE, Answer
from handlers.turn import Turn
from storage import attestations, consents, people
from storage.attestations import Capacity
from storage.authority import Act
from storage.consents import How, Purpose, Word
from storage.people import Person

SAID = rf"(?P<said>同意|不用了)\s*(?P<name>[\u4e00-\u9fff·]{{2,10}}?)\s+(?P<what>{WORD}\S{{0,4}})"

BY_TWO = frozenset({(Purpose.PHOTO, True), (Purpose.PUBLIC, True), (Purpose.CHECKIN, False)})
"""What shows her to others, and what ends her watch, is not for one alone to say."""


async def take(turn: Turn) -> Answer:
    """Keep what an elder said before somebody; her own family is no witness."""
    said = re.fullmatch(SAID, turn.words)
    purpose = meant(said["what"]) if said else None
    if said is None or purpose is None:
        return NOT_MINE
    elder = await the_one(turn, Act.SPEAK_FOR, said["name"])
    found = await _witnesses(turn, elder, [turn.speaker.id]) if elder else {}
    if elder is None or not found:
        return Reply(words.not_yours(said["name"]))
    if await people.addresses(turn.session, {elder.id}):
        return Reply(words.asks_herself(elder.name))
    return await _keep(turn, elder, purpose, yes=said["said"] == "同意")


async def _witnesses(turn: Turn, elder: Person, said: list[str]) -> attestations.Capacities:
    return await attestations.capacities(turn.session, said, elder.id)


async def _keep(turn: Turn, elder: Person, purpose: Purpose, *, yes: bool) -> Reply:
    me, matter = turn.speaker.id, f"{purpose}:{'yes' if yes else 'no'}:{elder.id}"
    said = await attestations.attest(turn.session, matter, me, turn.now)
    witnesses = await _witnesses(turn, elder, said)
    if not _is_enough(witnesses, purpose, yes=yes):
        return Reply(words.one_more(elder.name, purpose, yes=yes))
    await attestations.settle(turn.session, matter)
    other = next((one for one in said if one != me and one in witnesses), None)
    word = Word(
        cause=turn.cause,
        person_id=elder.id,
        purpose=purpose,
        how=How.WITNESS,
        said_by=other or me,
        witness_id=me if other else None,
    )
    return await _say(turn, elder, word, yes=yes)


def _is_enough(witnesses: attestations.Capacities, purpose: Purpose, *, yes: bool) -> bool:
    if (purpose, yes) in BY_TWO:
        return attestations.suffices(witnesses)
    return any(of_one & {Capacity.LEADER, Capacity.COORDINATOR} for of_one in witnesses.values())


async def _say(turn: Turn, elder: Person, word: Word, *, yes: bool) -> Reply:
    if yes:
        await consents.give(turn.session, word, turn.now)
        return Reply(words.may_of(elder.name, word.purpose))
    if await consents.withdraw(turn.session, word, turn.now) and word.purpose is Purpose.CHECKIN:
        await tell_that_she_is_unwatched(turn, elder.id)
    return Reply(words.may_not_of(elder.name, word.purpose))
