"""Takes an elder in by a talk: 登记, one question at a time, and kept only after 对."""

import re
from typing import Any

from handlers.enrolment import steps, words
from handlers.enrolment.steps import HERSELF, LABELS, Step
from handlers.feature import Feature
from handlers.hearing import DISTRESS, Level
from handlers.message import Kind, Reply
from handlers.router import NOT_MINE, Answer, Condition, Router, may, says
from handlers.turn import Turn
from storage import audit, enrolments, pairings, questions
from storage.authority import Act
from storage.enrolments import Answers, NewElder
from storage.people import Role, TieKind

router = Router("enrolment")
naming = Router("enrolment, in words that may be somebody else's")

ASKED = "enrol"
BESIDE, KNOWN = "beside", "known"
"""Whom a new elder has to be told apart from, and who has her name already."""

_BEGIN = r"(?:我要|新)?登记(?:新?老人)?(?:\s*(?P<name>[\u4e00-\u9fff·]{2,12}))?"
_CHANGE = rf"(?:改|更正)\s*(?P<label>{'|'.join(LABELS)})\s*(?P<said>.*)"


def _answers(condition: Condition) -> Condition:
    """Listen while we wait for an answer; distress is never one."""
    return may(
        Act.ENROL,
        lambda turn: (
            turn.is_asked(ASKED)
            and turn.message.kind is Kind.TEXT
            and not turn.means(*DISTRESS)
            and condition(turn)
        ),
    )


@router.when(may(Act.ENROL, says(_BEGIN)))
async def begin(turn: Turn) -> Reply:
    """Begin, or go on where it stopped, hours ago perhaps."""
    said = re.fullmatch(_BEGIN, turn.words)
    name = said["name"] if said else None
    answers = await _draft(turn)
    if not await steps.groups(turn):
        return Reply(words.no_group())
    if answers.get(Step.NAME):
        return await _ask(turn, answers, words.goes_on(answers[Step.NAME]))
    if name:
        return await _take(turn, answers, Step.NAME, name)
    return await _ask(turn, answers, words.begins())


@router.when(may(Act.ENROL, says(r"不登(?:记)?了|不登记|取消登记")))
async def leave_it(turn: Turn) -> Answer:
    if not await enrolments.drop(turn.session, turn.speaker.id):
        return NOT_MINE
    if turn.is_asked(ASKED):
        await questions.answered(turn.session, turn.speaker.id)
    return Reply(words.left())


@router.when(_answers(says("上一步|退回|回上一步")))
async def one_step_back(turn: Turn) -> Reply:
    answers = await _draft(turn)
    is_asked = len(await steps.groups(turn)) > 1
    given = [step for step in Step if step in answers and (is_asked or step is not Step.GROUP)]
    if given:
        _forget(answers, given[-1])
    return await _ask(turn, answers)


@router.when(_answers(says(_CHANGE)))
async def correct_it(turn: Turn) -> Answer:
    """改 电话 13900000000, or 改 电话 alone to be asked again."""
    said = re.fullmatch(_CHANGE, turn.words)
    step, value = (LABELS[said["label"]], said["said"]) if said else (Step.NAME, "")
    answers = await _draft(turn)
    if not value:
        _forget(answers, step)
        return await _ask(turn, answers)
    read = await steps.read(turn, step, value)
    if read is None and step is Step.HOURS:
        return NOT_MINE
    if read is None:
        return Reply(words.not_understood() + await _question(turn, answers, step))
    return await _take(turn, answers, step, read)


def _forget(answers: Answers, step: Step) -> None:
    del_with = {Step.NAME: (Step.SAME, KNOWN)}.get(step, ())
    for name in (step, *del_with):
        answers.pop(name, None)


@router.when(_answers(lambda _turn: True))
async def answer_plainly(turn: Turn) -> Answer:
    """Take what can only be an answer. A name may be anything, and waits for the others."""
    answers = await _draft(turn)
    step = _next(answers)
    read = None if step is Step.NAME else await steps.read(turn, step, turn.words)
    return NOT_MINE if read is None else await _take(turn, answers, step, read)


@naming.when(_answers(lambda turn: not (turn.is_elder and _is_about_himself(turn))))
async def answer_by_name(turn: Turn) -> Reply:
    """Nobody else knew what to do with it: it is a name, or was not understood."""
    answers = await _draft(turn)
    step = _next(answers)
    read = await steps.read(turn, step, turn.words)
    if read is None:
        return await _ask(turn, answers, words.not_understood())
    return await _take(turn, answers, step, read)


def _is_about_himself(turn: Turn) -> bool:
    return turn.means(Level.OK, Level.CARE, Level.REQUEST)


async def _draft(turn: Turn) -> Answers:
    return await enrolments.draft_of(turn.session, turn.speaker.id, turn.now) or {}


def _next(answers: Answers) -> Step:
    """Return what is not answered yet."""
    open_ = (step for step in Step if step not in answers)
    return next(step for step in open_ if step is not Step.SAME or KNOWN in answers)


async def _take(turn: Turn, answers: Answers, step: Step, value: Any) -> Reply:
    if step is Step.SURE:
        return await _finish(turn, answers)
    answers[step] = value
    if step is Step.NAME:
        await _look_for_namesake(turn, answers)
    if step is Step.SAME:
        return await _is_it_she(turn, answers)
    return await _ask(turn, answers)


async def _look_for_namesake(turn: Turn, answers: Answers) -> bool:
    """Remember who has the name already, and ask whether it is she."""
    answers.pop(Step.SAME, None)
    answers.pop(KNOWN, None)
    same = await enrolments.namesake(turn.session, turn.speaker.village_id, answers[Step.NAME])
    if same is None:
        return False
    mine = turn.speaker.is_a(Role.COORDINATOR) or same.group_id == turn.speaker.group_id
    answers[KNOWN] = [same.id, same.group, same.is_elder, mine, same.has_left]
    return True


async def _is_it_she(turn: Turn, answers: Answers) -> Reply:
    name, (_, group, is_elder, is_mine, has_left) = answers[Step.NAME], answers[KNOWN]
    if answers[Step.SAME] != HERSELF:
        _forget(answers, Step.NAME)
        answers[BESIDE] = name
        return await _ask(turn, answers)
    if is_elder or has_left:
        await enrolments.drop(turn.session, turn.speaker.id)
        await questions.answered(turn.session, turn.speaker.id)
        return Reply(words.has_left(name) if has_left else words.is_enrolled(name, group))
    if not is_mine:
        _forget(answers, Step.SAME)
        return await _ask(turn, answers, words.is_of_another_group())
    return await _ask(turn, answers)


async def _ask(turn: Turn, answers: Answers, first: str = "") -> Reply:
    """Keep what is answered so far, and ask the next question."""
    choice = await steps.groups(turn)
    if len(choice) == 1:
        answers[Step.GROUP] = list(choice[0])
    await enrolments.keep(turn.session, turn.speaker.id, answers, turn.now)
    await questions.ask(turn.session, turn.speaker.id, ASKED, turn.now)
    return Reply(first + await _question(turn, answers, _next(answers)))


async def _question(turn: Turn, answers: Answers, step: Step) -> str:
    if step is Step.SURE:
        return words.is_it_right(answers)
    if step is Step.GROUP:
        return words.which_group(answers, [name for _, name in await steps.groups(turn)])
    return words.question(step, answers)


async def _finish(turn: Turn, answers: Answers) -> Reply:
    """Take her in; where another has enrolled the name meanwhile, ask whether it is she."""
    known_as = answers[KNOWN][0] if KNOWN in answers else ""
    if await _look_for_namesake(turn, answers) and answers[KNOWN][0] != known_as:
        return await _ask(turn, answers)
    await questions.answered(turn.session, turn.speaker.id)
    await enrolments.drop(turn.session, turn.speaker.id)
    new = _new_elder(turn, answers, known_as)
    elder = await enrolments.enrol(turn.session, new, turn.now)
    by = turn.speaker.id
    await audit.note(turn.session, "enrolment.done", turn.now, actor=by, subject=elder)
    rules = turn.rules.pairing
    ticket = await pairings.issue(turn.session, elder, by, turn.now, rules)
    picture = f"{rules.pictures_at}{ticket.scene}" if rules.pictures_at else ""
    first = enrolments.first_day(new.hours, turn.now)
    return Reply(words.enrolled(new, first, ticket.code, rules.code_hours, picture))


def _new_elder(turn: Turn, answers: Answers, known_as: str) -> NewElder:
    near = answers[Step.NEAR]
    return NewElder(
        name=answers[Step.NAME],
        gender=answers[Step.GENDER],
        born=answers[Step.BORN],
        phone=answers[Step.PHONE],
        village_id=turn.speaker.village_id,
        group_id=answers[Step.GROUP][0],
        hours=steps.hours_of(answers[Step.HOURS]),
        tier=answers[Step.TIER],
        near=(near[0], TieKind(near[1])) if near else None,
        known_as=known_as,
    )


FEATURE = Feature(router)
NAMING = Feature(naming)
