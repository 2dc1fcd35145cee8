"""Takes an elder's yes and no, and says how it stands. She is asked once, and never again."""

import re

from handlers.consent import witness, words
from handlers.consent.purposes import WORD, meant
from handlers.consent.telling import tell_that_she_is_unwatched
from handlers.feature import Feature, Paper
from handlers.message import Kind, Reply
from handlers.router import NOT_MINE, Answer, Router, an_elder, known, says
from handlers.turn import Turn
from storage import checkins, consents, letters, questions
from storage.consents import How, Purpose, Standing, Word
from storage.watched import UNWATCHED

router = Router("consent")

ASKED, WHICH = "consent", "consent_no"
ASK = "consent_ask"

_YES = re.compile(r"1|好的?|同意|愿意|行|可以|要得|中")
_NO = re.compile(r"不|不用了?|不要|不愿意?|不同意|不行|算了")
_AGREE = rf"(?:我)?同意\s*(?P<what>{WORD}\S{{0,4}})"
_NO_MORE = rf"(?:不用|不要|不想|不愿意?|不同意)了?(?:让|给|把)?\s*(?P<what>{WORD}\S{{0,4}})"
_MINE = r"我的同意|我同意了?(?:什么|哪些)|隐私"
_SPOKEN = frozenset({Kind.TEXT, Kind.VOICE})


def _may_answer(turn: Turn) -> bool:
    """While people are called to her, or wait for what he saw, a word is about that."""
    return turn.is_elder and not (turn.distress or turn.promised)


def _answers(turn: Turn, pattern: re.Pattern[str]) -> bool:
    said = turn.message.kind in _SPOKEN and pattern.fullmatch(turn.words) is not None
    return said and _may_answer(turn) and turn.is_asked(ASKED)


@router.when(lambda turn: _answers(turn, _YES))
async def yes(turn: Turn) -> Answer:
    if not await _was_asked(turn):
        return NOT_MINE
    purpose = Purpose(turn.asked_about["purpose"])
    await _give(turn, purpose)
    return await _ask_next(turn)


@router.when(lambda turn: _answers(turn, _NO))
async def no(turn: Turn) -> Answer:
    if not await _was_asked(turn):
        return NOT_MINE
    purpose = Purpose(turn.asked_about["purpose"])
    await _withdraw(turn, purpose)
    return await _ask_next(turn)


async def _was_asked(turn: Turn) -> bool:
    """Tell whether she has the question: the first of them is a letter."""
    key: str = turn.asked_about.get("letter", "")
    return not key or await letters.has_gone_out(turn.session, key)


async def _ask_next(turn: Turn) -> Reply:
    """Ask the next thing in the same breath; when she has heard all, nothing more."""
    left: list[str] = list(turn.asked_about["left"])
    if not left:
        await questions.answered(turn.session, turn.speaker.id)
        return Reply(words.all_asked(turn.speaker))
    about = {"purpose": left[0], "left": left[1:]}
    await questions.ask(turn.session, turn.speaker.id, ASKED, turn.now, about=about)
    return Reply(words.next_question(turn.speaker, Purpose(left[0])))


async def _give(turn: Turn, purpose: Purpose) -> None:
    """Keep her yes: a 好 or 健康 in it says nothing of how she is."""
    await checkins.keep_only_alive(turn.session, turn.speaker.id, turn.now)
    await consents.give(turn.session, _word(turn, purpose), turn.now)


async def _withdraw(turn: Turn, purpose: Purpose) -> bool:
    await checkins.keep_only_alive(turn.session, turn.speaker.id, turn.now)
    return await consents.withdraw(turn.session, _word(turn, purpose), turn.now)


def _word(turn: Turn, purpose: Purpose) -> Word:
    is_voice = turn.message.kind is Kind.VOICE
    return Word(
        cause=turn.cause,
        person_id=turn.speaker.id,
        purpose=purpose,
        how=How.VOICE if is_voice else How.TAP,
        said_by=turn.speaker.id,
        media=turn.message.media if is_voice else "",
    )


@router.when(an_elder(says(_MINE)))
async def how_does_it_stand(turn: Turn) -> Reply:
    found = await consents.standings(turn.session, turn.speaker.id)
    given = [one for one in words.CALLED if found[one] is Standing.GIVEN]
    others = [one for one in words.CALLED if found[one] is not Standing.GIVEN]
    return Reply(words.as_it_stands(turn.speaker, given, others))


@router.when(an_elder(says(_AGREE)))
async def i_agree(turn: Turn) -> Answer:
    purpose = _named(turn, _AGREE)
    if purpose is None:
        return NOT_MINE
    await _give(turn, purpose)
    return Reply(words.may(turn.speaker, purpose))


@router.when(an_elder(says(_NO_MORE)))
async def no_more_of_this(turn: Turn) -> Answer:
    purpose = _named(turn, _NO_MORE)
    return NOT_MINE if purpose is None else await _end(turn, purpose)


def _named(turn: Turn, pattern: str) -> Purpose | None:
    said = re.fullmatch(pattern, turn.words)
    return meant(said["what"]) if said else None


async def _end(turn: Turn, purpose: Purpose) -> Reply:
    """Take it back from now on; what is open about her goes on to its end."""
    if turn.is_asked(WHICH) or turn.is_asked(questions.BETTER):
        await questions.answered(turn.session, turn.speaker.id)
    if await _withdraw(turn, purpose) and purpose is Purpose.CHECKIN:
        await tell_that_she_is_unwatched(turn, turn.speaker.id)
    said = words.may_not_but_now if turn.distress else words.may_not
    return Reply(said(turn.speaker, purpose))


@router.when(says("不用了", lambda turn: _may_answer(turn) and turn.question is None))
async def no_more(turn: Turn) -> Reply:
    """Ask which; what she never gave she cannot mean."""
    found = await consents.standings(turn.session, turn.speaker.id)
    given = [one for one in words.CALLED if found[one] is Standing.GIVEN]
    await questions.ask(turn.session, turn.speaker.id, WHICH, turn.now)
    return Reply(words.which(turn.speaker, given))


@router.when(an_elder(says(rf"{WORD}\S{{0,4}}", lambda turn: turn.is_asked(WHICH))))
async def it_is_this(turn: Turn) -> Answer:
    purpose = meant(turn.words)
    return NOT_MINE if purpose is None else await _end(turn, purpose)


@router.when(known(says(witness.SAID)))
async def she_says_so_before_me(turn: Turn) -> Answer:
    return await witness.take(turn)


FEATURE = Feature(
    router,
    {
        ASK: Paper(words.first_question),
        UNWATCHED: Paper(words.unwatched, form="reminder", ask="她不再报平安，请去问问"),
    },
)
