"""Answers distress: people are called before anything is said, in the same transaction."""

import re
from collections.abc import Mapping, Sequence

from handlers import who
from handlers.calling import FOLLOW_UP, call_people, number_for
from handlers.distress import words
from handlers.feature import Feature, Paper
from handlers.hearing import DISTRESS, Level, numerals
from handlers.message import Kind, Reply
from handlers.router import Router, known
from handlers.turn import Turn
from handlers.who import Candidate
from storage import authority, contacts, incidents, letters, people, questions
from storage.authority import Act
from storage.letters import Urgency
from storage.people import Person, Role

router = Router("distress")

UNCLEAR = "unclear"
FIRST_OPTION = 11
"""1, 2 and 3 always mean the same; the people in a question are numbered from 11."""
MOST_OPTIONS = 5


@router.when(known(lambda turn: turn.means(*DISTRESS)))
async def somebody_is_in_distress(turn: Turn) -> Reply:
    subject = turn.verdict.subject
    if subject.who == "herself":
        person = await turn.session.get_one(Person, turn.speaker.id)
        return await _call_to(turn, person, turn.verdict.level, turn.verdict.rule)
    meant = who.find(
        subject.about, await authority.others(turn.session, turn.speaker, Act.SPEAK_OF)
    )
    if len(meant) == 1:
        person = await turn.session.get_one(Person, meant[0].id)
        return await _call_to(turn, person, turn.verdict.level, turn.verdict.rule)
    return await _ask_who(turn, meant[:MOST_OPTIONS])


@router.when(lambda turn: turn.is_elder and turn.is_asked(questions.BETTER) and _is_chest(turn))
async def it_is_my_chest(turn: Turn) -> Reply:
    """No better, and it is the chest: for that people come at once."""
    await questions.answered(turn.session, turn.speaker.id)
    me = await turn.session.get_one(Person, turn.speaker.id)
    return await _call_to(turn, me, Level.EMERGENCY, "emergency.heart-and-breath")


def _is_chest(turn: Turn) -> bool:
    chest = r"(?:就是|还是|我)?(?:胸口|胸|心口|心口窝|心脏)(?:上|里)?"
    return turn.message.kind is Kind.TEXT and re.fullmatch(chest, turn.words) is not None


async def _call_to(turn: Turn, person: Person, level: Level, rule: str) -> Reply:
    called = await call_people(
        turn.session,
        person,
        level,
        cause=turn.cause,
        rule=rule,
        by=turn.speaker.id,
        now=turn.now,
        rules=turn.rules.ladder,
    )
    called = [name for name in called if name != turn.speaker.name]
    roles = await people.roles_of(turn.session, person.id)
    name = words.calls(person.name, person.gender, is_elder=Role.ELDER in roles)
    if person.id == turn.speaker.id:
        if level is Level.CRISIS:
            return Reply(words.you_are_not_alone(name, called))
        return Reply(words.help_comes(name, called, number_for(rule)))
    if level is Level.CRISIS:
        return Reply(words.stay_with_her(name, called))
    return Reply(words.they_know(name, called, number_for(rule)))


async def _ask_who(turn: Turn, meant: Sequence[Candidate]) -> Reply:
    """Ask who is meant; somebody near is told meanwhile."""
    options = [(FIRST_OPTION + place, one) for place, one in enumerate(meant)]
    await questions.ask(
        turn.session,
        turn.speaker.id,
        questions.WHO,
        turn.now,
        about={
            "people": {str(number): one.id for number, one in options},
            "names": {str(number): one.name for number, one in options},
            "level": turn.verdict.level,
            "rule": turn.verdict.rule,
        },
    )
    await _tell_somebody_near(turn)
    return Reply(words.who_is_it([(number, one.name) for number, one in options]))


async def _tell_somebody_near(turn: Turn) -> None:
    me = turn.speaker.id
    around = (await contacts.around(turn.session, {me}, turn.now))[me].regardless()
    watchers = around.nearest(["leader", "coordinators"])
    await letters.tell_each(
        turn.session, watchers, UNCLEAR, turn.cause, turn.now, urgency=Urgency.ALARM, actor_id=me
    )


@router.when(known(lambda turn: turn.is_asked(questions.WHO) and turn.message.kind is Kind.TEXT))
async def it_is_she(turn: Turn) -> Reply:
    """Take the answer to 是哪一位: a number of ours, her place in the list, or a name."""
    about = turn.asked_about
    chosen = _numbered(turn) or await _by_name(turn)
    if chosen is None:
        return await _ask_again(turn)
    await questions.answered(turn.session, turn.speaker.id)
    person = await turn.session.get_one(Person, chosen)
    return await _call_to(turn, person, Level(about["level"]), about["rule"])


def _numbered(turn: Turn) -> str | None:
    """Return who has the number that was said: 11 and 12 as we gave them, or 1 and 2, 一 and 二."""
    said = re.fullmatch(rf"(?:第|是)?({numerals.NUMBER})(?:号|个|位)?", turn.words)
    if said is None:
        return None
    number = numerals.number(said[1])
    offered: Mapping[str, str] = turn.asked_about["people"]
    return offered.get(str(number)) or offered.get(str(FIRST_OPTION - 1 + number))


async def _by_name(turn: Turn) -> str | None:
    """Return who is named: one of those offered before anybody else."""
    villagers = await authority.others(turn.session, turn.speaker, Act.SPEAK_OF)
    offered = set(turn.asked_about["people"].values())
    for among in ([one for one in villagers if one.id in offered], villagers):
        meant = who.find(turn.words.removeprefix("是"), among)
        if len(meant) == 1:
            return meant[0].id
    return None


async def _ask_again(turn: Turn) -> Reply:
    """Ask a second time in other words, then let a person ask; both times somebody is told."""
    await _tell_somebody_near(turn)
    if turn.question is None or turn.question.times > 1:
        await questions.answered(turn.session, turn.speaker.id)
        return Reply(words.somebody_asks())
    about = turn.asked_about
    await questions.ask(
        turn.session, turn.speaker.id, questions.WHO, turn.now, about=about, times=2
    )
    return Reply(words.who_again([(int(number), name) for number, name in about["names"].items()]))


FEATURE = Feature(
    router,
    {
        incidents.CRISIS: Paper(words.crisis, form="emergency", ask=words.crisis_ask),
        FOLLOW_UP: Paper(words.follow_up),
        UNCLEAR: Paper(words.unclear, form="emergency", ask="请马上问问是谁出事"),
    },
)
