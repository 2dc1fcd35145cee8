"""Answers to an elder. That she is alive the desk has noted before; here it is what she says."""

import re

from handlers.checkin import words
from handlers.checkin.watcher import LISTEN, NEEDS_WORD, tell_watcher
from handlers.feature import Feature, Paper
from handlers.hearing import Level
from handlers.message import TOUCHED, Kind, Reply
from handlers.router import Router
from handlers.turn import Turn
from storage import checkins, consents, incidents, questions, unheard, voices
from storage.checkins import SAID_UNWELL, Heard
from storage.consents import Purpose
from storage.letters import Claimed

router = Router("checkin")

_NO = (
    r"没|没有|没呢|还没|还没有|还没好|没好|没好呢|没有好|不好|没见好|没好转|还那样|还是那样|老样子"
)
_PLACE = (
    "肚子|胃|头|脑袋|腰|背|后背|腿|脚|膝盖|胳膊|手|脖子|肩膀|嗓子|喉咙|牙|眼睛|耳朵|身上|浑身|骨头"
)
_NO_BETTER = re.compile(rf"(?:{_NO}|(?:就是|还是|我|俺)?(?:{_PLACE})(?:上|里)?)(?:啊|呀|呢|吧|了)?")
"""Answers to 现在好些吗: no, or the place that hurts."""


@router.when(lambda turn: turn.is_elder and turn.is_flood and turn.means(Level.OK, Level.ALIVE))
async def i_write_and_write(_turn: Turn) -> None:
    """Everything she sends is kept; she is answered again in a minute."""


@router.when(lambda turn: _is_waiting(turn) and turn.message.kind is not Kind.VOICE)
async def i_wait_for_them(turn: Turn) -> Reply:
    """People are called to her: whatever she says, she hears who comes, and nothing is asked."""
    return Reply(words.noted(turn.speaker, await _who_comes(turn)))


def _is_waiting(turn: Turn) -> bool:
    said_little = turn.means(Level.OK, Level.ALIVE) and turn.message.kind in TOUCHED
    return bool(turn.distress) and said_little and not _asks_by_menu(turn)


async def _who_comes(turn: Turn) -> str:
    """Say who comes, or "" where nobody is called to her."""
    for incident in turn.distress:
        goes = await incidents.who_goes(turn.session, incident.id)
        if goes is not None:
            return words.is_on_the_way(goes)
    if not turn.distress:
        return ""
    return words.were_called(await incidents.called_for(turn.session, turn.distress[0].id))


@router.when(
    lambda turn: turn.is_elder and turn.is_asked(questions.BETTER) and _is_still_unwell(turn)
)
async def i_am_still_unwell(turn: Turn) -> Reply:
    """The answer to 现在好些吗 is told on, and nothing more is asked."""
    await questions.answered(turn.session, turn.speaker.id)
    told = await tell_watcher(turn, NEEDS_WORD, need="care", still="yes")
    return Reply(words.still_unwell(turn.speaker, told))


def _is_still_unwell(turn: Turn) -> bool:
    return _NO_BETTER.fullmatch(turn.words) is not None and turn.message.kind is Kind.TEXT


@router.when(lambda turn: turn.is_elder and turn.means(Level.OK))
async def i_am_well(turn: Turn) -> Reply:
    return Reply(words.noted(turn.speaker))


@router.when(lambda turn: turn.is_elder and turn.means(Level.CARE))
async def i_am_unwell(turn: Turn) -> Reply:
    if await consents.has_refused(turn.session, turn.speaker.id, Purpose.HEALTH):
        return await _stays_with_her(turn)
    if turn.message.kind is Kind.VOICE:  # of a text the desk has noted what it says
        await _note_unwell(turn)
    told = await tell_watcher(turn, NEEDS_WORD, need="care")
    await questions.ask(turn.session, turn.speaker.id, questions.BETTER, turn.now)
    return Reply(words.unwell(turn.speaker, told))


async def _stays_with_her(turn: Turn) -> Reply:
    """She does not want it told: nobody hears of it, and it is not kept."""
    await checkins.keep_only_alive(turn.session, turn.speaker.id, turn.now)
    return Reply(words.unwell_and_unsaid(turn.speaker))


async def _note_unwell(turn: Turn) -> None:
    me = turn.speaker.id
    sign = Heard(elder_id=me, at=turn.now, kind=SAID_UNWELL, actor_id=me)
    await checkins.record(turn.session, [sign], turn.rules.checkin)


def _asks_by_menu(turn: Turn) -> bool:
    return turn.message.kind is Kind.MENU and turn.message.text == "request"


@router.when(lambda turn: turn.is_elder and turn.message.kind is Kind.TEXT)
async def i_say_something(turn: Turn) -> Reply:
    """Ask once, ask once more in other words, then let a person ask."""
    me = turn.speaker
    if not await consents.has_refused(turn.session, me.id, Purpose.HEALTH):
        unheard.keep(turn.session, me.village_id, me.id, turn.words, turn.now, reported=False)
    times = turn.question.times + 1 if turn.question and turn.is_asked(UNSURE) else 1
    await questions.ask(turn.session, me.id, UNSURE, turn.now, times=times)
    if times == 1:
        return Reply(words.what_is_it(me))
    if times == 2:
        return Reply(words.what_is_it_in_other_words(me))
    if times == 3:
        return Reply(words.somebody_will_ask(me, await tell_watcher(turn, NEEDS_WORD, need="word")))
    return Reply(words.heard(me))


@router.when(lambda turn: turn.is_elder and turn.message.kind is Kind.VOICE)
async def i_speak(turn: Turn) -> Reply:
    """Let a machine listen after this is kept, or a person where there is none."""
    message, rules = turn.message, turn.rules.hearing
    if rules.writes_down and message.media:
        voices.keep(turn.session, turn.speaker.id, message.channel, message.media, turn.now)
    elif not (rules.transcriber == "wechat" and message.text):
        await tell_watcher(turn, LISTEN, media=message.media)
    return Reply(words.heard(turn.speaker, await _who_comes(turn)))


@router.when(lambda turn: turn.is_elder and turn.message.kind in TOUCHED)
async def i_am_here(turn: Turn) -> Reply:
    return Reply(words.heard(turn.speaker))


UNSURE = "unsure"
REMINDER = "reminder"
LAST_ASK = "last_ask"
RE_ASK = "re_ask"


def _form(letter: Claimed) -> str:
    """She was heard: no card about her is headed 未报平安."""
    return "emergency" if (letter.detail or {}).get("need") == "care" else "offer"


FEATURE = Feature(
    router,
    {
        REMINDER: Paper(words.reminder, form="reminder", ask="请回个1报平安"),
        LAST_ASK: Paper(words.last_ask, form="reminder", ask="还没听到您，请回个1"),
        RE_ASK: Paper(words.re_ask, form="reminder", ask="刚才系统故障，请再回个1"),
        NEEDS_WORD: Paper(words.needs_word, form=_form, ask="请打电话或去看看"),
        LISTEN: Paper(words.listen),
    },
)
