"""Answers distress: people are called before anything is said, in the same transaction."""

from collections.abc import Sequence

from handlers.distress import who, words
from handlers.distress.alarm import FOLLOW_UP, call_people
from handlers.distress.who import Candidate
from handlers.feature import Feature, Paper
from handlers.hearing import DISTRESS, Level
from handlers.message import Reply
from handlers.router import NOT_MINE, NotMine, Router, known
from handlers.turn import Turn
from storage import contacts, incidents, letters, people, questions
from storage.letters import NewLetter, Urgency
from storage.people import Person, Role

router = Router("distress")

WHO = "who"
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
    meant = who.find(subject.about, await people.villagers_around(turn.session, turn.speaker))
    if len(meant) == 1:
        person = await turn.session.get_one(Person, meant[0].id)
        return await _call_to(turn, person, turn.verdict.level, turn.verdict.rule)
    return await _ask_who(turn, meant[:MOST_OPTIONS])


async def _call_to(turn: Turn, person: Person, level: Level, rule: str) -> Reply:
    called = await call_people(
        turn.session,
        person,
        level,
        cause=f"{turn.message.channel}:{turn.message.key}",
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
        return Reply(words.help_comes(name, called, words.number_for(rule)))
    if level is Level.CRISIS:
        return Reply(words.stay_with_her(name, called))
    return Reply(words.they_know(name, called, words.number_for(rule)))


async def _ask_who(turn: Turn, meant: Sequence[Candidate]) -> Reply:
    """Ask once who is meant; somebody near is told meanwhile."""
    options = [(FIRST_OPTION + place, one) for place, one in enumerate(meant)]
    await questions.ask(
        turn.session,
        turn.speaker.id,
        WHO,
        turn.now,
        about={
            "people": {str(number): one.id for number, one in options},
            "level": turn.verdict.level,
            "rule": turn.verdict.rule,
        },
    )
    await _tell_somebody_near(turn)
    return Reply(words.who_is_it([(number, one.name) for number, one in options]))


async def _tell_somebody_near(turn: Turn) -> None:
    me = turn.speaker.id
    around = (await contacts.around(turn.session, {me}))[me]
    await letters.write(
        turn.session,
        [
            NewLetter(
                key=f"{UNCLEAR}:{turn.message.channel}:{turn.message.key}:{watcher}",
                kind=UNCLEAR,
                urgency=Urgency.ALARM,
                recipient_id=watcher,
                actor_id=me,
            )
            for watcher in around.of(["leader"]) or around.of(["coordinators"])
        ],
        turn.now,
    )


@router.when(known(lambda turn: turn.is_asked(WHO)))
async def it_is_she(turn: Turn) -> Reply | NotMine:
    """Take the answer to 是哪一位: a number of ours, or a name."""
    about = turn.asked_about
    chosen = about["people"].get(turn.words)
    if chosen is None:
        villagers = await people.villagers_around(turn.session, turn.speaker)
        meant = who.find(turn.words, villagers)
        chosen = meant[0].id if len(meant) == 1 else None
    if chosen is None:
        return NOT_MINE
    await questions.answered(turn.session, turn.speaker.id)
    person = await turn.session.get_one(Person, chosen)
    return await _call_to(turn, person, Level(about["level"]), about["rule"])


FEATURE = Feature(
    router,
    {
        incidents.CRISIS: Paper(words.crisis, form="emergency", ask=words.crisis_ask),
        FOLLOW_UP: Paper(words.follow_up),
        UNCLEAR: Paper(words.unclear, form="emergency", ask="请马上问问是谁出事"),
    },
)
