"""传话 and 回话: what one of a family lets us tell another, in words or in his own voice."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from handlers import names
from handlers.family import guard, kin, money, telling, words
from handlers.family.routes import answers, router
from handlers.family.telling import ToTell
from handlers.hearing import Level, numerals
from handlers.message import Kind, Reply
from handlers.router import NOT_MINE, Answer, known, says
from handlers.turn import Turn
from storage import letters, people, questions, relatives, tidings, voices
from storage.checkins import watch_day
from storage.letters import Claimed, NewLetter, Urgency
from storage.people import Role
from storage.relatives import Kin
from storage.rules import at_village
from storage.tidings import AGAIN, TIDING, Tiding, TidingState, letter_key

SAY_IT = "say_it"
"""Asked for the words or the voice that are to be carried."""
SAY_BACK = "say_back"
"""She was told something, or asked for her answer: a voice now is the answer."""
_MOST_AGAIN = 3
TO_FAMILY = "to_family"
WAS_TOLD = "was_told"

_VERB = r"(?:请|帮我|替我)?(?:传话|捎话|带话|捎个话|带个话|传个话)(?:给|跟|对)?"
_PASS_ON = re.compile(rf"{_VERB}[\s,，:：]*(?P<rest>.*)", re.DOTALL)
_WHOM = re.compile(r"(?P<who>[\u4e00-\u9fff]{1,6})(?:说)?(?:[\s,，:：、]+(?P<said>.+))?", re.DOTALL)
_ANSWER = re.compile(r"回话[\s,，:：]*(?P<said>.*)", re.DOTALL)
_TOLD = rf"(?:话)?传到了?\s*(?P<number>{numerals.NUMBER})\s*号?[\s,，:：]*(?P<said>.*)"
_SHE_SAYS = re.compile(r"^(?:她|他|老人)(?:说|讲|回)[\s,，:：]*")
_SERVING = frozenset({Role.LEADER, Role.COORDINATOR})


def _writes(turn: Turn, pattern: re.Pattern[str]) -> re.Match[str] | None:
    """Match the words as they were written: they are carried as they are."""
    is_text = turn.caller is not None and turn.message.kind is Kind.TEXT
    return pattern.fullmatch(turn.message.text.strip()) if is_text else None


@router.when(lambda turn: _writes(turn, _PASS_ON) is not None)
async def please_pass_on(turn: Turn) -> Answer:
    found = _writes(turn, _PASS_ON)
    mine = await relatives.kin_of(turn.session, turn.speaker.id)
    if not mine or found is None:
        return NOT_MINE
    to, said = _read(found["rest"], mine)
    if to is None:
        return Reply(words.to_whom(mine))
    return await (_pass_on(turn, to, said) if said else _ask(turn, SAY_IT, to))


def _read(rest: str, mine: Sequence[Kin]) -> tuple[Kin | None, str]:
    """Return to whom and what; where there is only one, he need not be named."""
    found = _WHOM.fullmatch(rest.strip())
    meant = kin.find(found["who"], mine) if found else []
    if found and len(meant) == 1:
        return meant[0], (found["said"] or "").strip()
    return (mine[0], rest.strip()) if len(mine) == 1 and not meant else (None, "")


async def _ask(turn: Turn, question: str, to: Kin) -> Reply:
    me = turn.speaker
    await questions.ask(turn.session, me.id, question, turn.now, about={"to": to.id})
    if me.is_a(Role.ELDER):
        return Reply(words.speak_back(names.elder(me.name, me.gender), to.name))
    return Reply(words.speak_now(to.name))


@router.when(lambda turn: _writes(turn, _ANSWER) is not None)
async def i_answer(turn: Turn) -> Answer:
    """回话 goes to whoever told him something last."""
    found = _writes(turn, _ANSWER)
    mine = await relatives.kin_of(turn.session, turn.speaker.id)
    if not mine or found is None:
        return NOT_MINE
    to = await _who_waits(turn, mine)
    if to is None:
        return Reply(words.nobody_waits(turn.speaker))
    said = found["said"].strip()
    return await (_pass_on(turn, to, said) if said else _ask(turn, SAY_BACK, to))


async def _who_waits(turn: Turn, mine: Sequence[Kin]) -> Kin | None:
    last = await tidings.last_to(turn.session, turn.speaker.id, _lately(turn))
    return next((one for one in mine if last and one.id == last.from_id), None)


def _speaks_to_somebody(turn: Turn) -> bool:
    asked = turn.is_asked(SAY_IT) or turn.is_asked(SAY_BACK)
    return asked and turn.message.kind is Kind.VOICE and not turn.distress


@router.when(known(_speaks_to_somebody))
async def this_is_my_voice(turn: Turn) -> Answer:
    """Carry a voice as it is; where none can be carried, hers is listened to as always."""
    to = await _asked_for(turn)
    if to is None:
        return NOT_MINE
    if not turn.message.media:
        return NOT_MINE if turn.is_elder else Reply(words.no_voice_here())
    if turn.is_elder and turn.rules.hearing.writes_down:
        me, message = turn.speaker.id, turn.message
        voices.keep(turn.session, me, message.channel, message.media, turn.now)
    return await _pass_on(turn, to, turn.message.text, turn.message.media)


def _writes_to_somebody(turn: Turn) -> bool:
    """Her check-in is never taken for words to somebody: only what says nothing of herself."""
    is_plain = turn.message.kind is Kind.TEXT and bool(turn.words)
    return turn.is_asked(SAY_IT) and is_plain and (not turn.is_elder or turn.means(Level.ALIVE))


@answers.when(known(_writes_to_somebody))
async def these_are_my_words(turn: Turn) -> Answer:
    to = await _asked_for(turn)
    return NOT_MINE if to is None else await _pass_on(turn, to, turn.message.text.strip())


async def _asked_for(turn: Turn) -> Kin | None:
    to = turn.asked_about.get("to")
    mine = await relatives.kin_of(turn.session, turn.speaker.id)
    return next((one for one in mine if one.id == to), None)


async def _pass_on(turn: Turn, to: Kin, said: str, media: str = "") -> Answer:
    """Carry it, unless it is about money; that she is unwell is answered as always."""
    if money.is_spoken_of(turn.hearing.spell(said)):
        return await (guard.refuse(turn, to.id) if to.is_elder else guard.warn(turn))
    answer = await _carry(turn, to, said, media)
    of_herself = turn.is_elder and turn.verdict.subject.who == "herself"
    return NOT_MINE if of_herself and turn.means(Level.CARE) else answer


async def _carry(turn: Turn, to: Kin, said: str, media: str) -> Reply:
    rules, checkin, me = turn.rules.family, turn.rules.checkin, turn.speaker
    morning = at_village(watch_day(turn.now, checkin), checkin.day_starts)
    if await tidings.since(turn.session, me.id, morning) >= rules.tidings_a_day:
        return Reply(words.enough(me, rules.tidings_a_day))
    if len(said) > rules.longest_words:
        return Reply(words.too_long(rules.longest_words))
    return await (_to_elder if to.is_elder else _to_family)(turn, to, "" if media else said, media)


async def _to_elder(turn: Turn, to: Kin, said: str, media: str) -> Reply:
    """Bring it to her phone; where she has none that can carry it, let her leader tell her."""
    session, me = turn.session, turn.speaker
    leaders = await telling.leaders_of(session, to.id, me.id, turn.now)
    has_phone = await _can_get(turn, [to.id], media)
    if not has_phone and not await _can_get(turn, leaders, media):
        return Reply(words.no_voice_here() if media else words.nobody_tells(to.name))
    tiding = await _keep(turn, to, TidingState.SENT)
    if not has_phone:
        what = ToTell(tiding, me.id, to.id, said, media)
        return Reply(
            words.passed_to_leader(to.name, await telling.ask_leaders(session, what, turn.now))
        )
    await _write(turn, TIDING, letter_key(tiding, to.id), to.id, said, media, elder=to.id)
    return Reply(words.passed_on(to.name, by_night=turn.rules.letters.is_quiet(turn.now)))


async def _to_family(turn: Turn, to: Kin, said: str, media: str) -> Reply:
    me = turn.speaker
    if not await _can_get(turn, [to.id], media):
        return Reply(words.cannot_get_it(me, to.name))
    told = await tidings.last_to(turn.session, me.id, _lately(turn))
    if told is not None and told.from_id == to.id:
        await tidings.hear(turn.session, told.id, turn.now)
    tiding = await _keep(turn, to, TidingState.CARRIED)
    await _write(turn, TO_FAMILY, letter_key(tiding, to.id), to.id, said, media, elder=me.id)
    return Reply(words.passed_back(me, to.name))


async def _can_get(turn: Turn, whom: Sequence[str], media: str) -> bool:
    """Tell whether any of them is reached; a voice is kept by the channel on which it came."""
    reached = await people.addresses(turn.session, whom)
    channels = {channel for theirs in reached.values() for channel, _ in theirs}
    return turn.message.channel in channels if media else bool(channels)


async def _keep(turn: Turn, to: Kin, state: TidingState) -> int:
    """Keep that it is carried; what was asked of him is answered by it."""
    if turn.is_asked(SAY_IT) or turn.is_asked(SAY_BACK):
        await questions.answered(turn.session, turn.speaker.id)
    me = turn.speaker.id
    kept = await tidings.put(turn.session, turn.cause, me, to.id, state, turn.now)
    return kept.id


async def _write(
    turn: Turn, kind: str, key: str, to: str, said: str, media: str, *, elder: str, by: str = ""
) -> None:
    letter = NewLetter(
        key=key,
        kind=kind,
        urgency=Urgency.NOTICE,
        recipient_id=to,
        about_id=elder,
        actor_id=turn.speaker.id,
        detail={"words": said, **({"by": by} if by else {})},
        media=media,
    )
    await letters.write(turn.session, [letter], turn.now)


@router.when(known(says(_TOLD)))
async def i_told_her(turn: Turn) -> Answer:
    """传到了 12, and what she said to it, by whoever was asked to tell her."""
    found = re.fullmatch(_TOLD, turn.words)
    number = numerals.number(found["number"]) if found else 0
    tiding = await tidings.find_numbered(turn.session, turn.speaker.id, number)
    if tiding is None:
        serves = bool(turn.speaker.roles & _SERVING)
        return Reply(words.no_such_number(number)) if serves else NOT_MINE
    if await tidings.hear(turn.session, tiding.id, turn.now):
        said = _SHE_SAYS.sub("", found["said"]).strip() if found else ""
        await _tell_sender(turn, tiding, said)
    named = await people.names_of(turn.session, {tiding.to_id, tiding.from_id})
    return Reply(words.thanks_for_telling(named[tiding.to_id], named[tiding.from_id]))


async def _tell_sender(turn: Turn, tiding: Tiding, said: str) -> None:
    kind, sender, elder = TO_FAMILY if said else WAS_TOLD, tiding.from_id, tiding.to_id
    key = f"{WAS_TOLD}:{tiding.id}:{sender}"
    by = turn.speaker.name if said else ""
    await _write(turn, kind, key, sender, said, "", elder=elder, by=by)


@router.when(known(says(r"(?:还有)?(?:什么|哪些)?要传的话")))
async def what_have_i_to_tell(turn: Turn) -> Answer:
    """Where a card could not hold the words, he asks for them."""
    if not turn.speaker.roles & _SERVING:
        return NOT_MINE
    asked = await tidings.to_be_told_by(turn.session, turn.speaker.id, _lately(turn))
    found = await letters.read(turn.session, asked)
    await _bring_again(turn, [one for one in found if one.media])
    return Reply(words.waiting_to_be_told(found))


@router.when(known(says(r"听话|听语音|捎给我的话")))
async def let_me_hear(turn: Turn) -> Answer:
    """A card says only that something waits: now that he has written, it can be brought."""
    me = turn.speaker.id
    got = await tidings.carried_to(turn.session, me, TO_FAMILY, _lately(turn))
    if not got:
        has_kin = await relatives.kin_of(turn.session, me)
        return Reply(words.nothing_to_hear()) if has_kin else NOT_MINE
    await _bring_again(turn, await letters.read(turn.session, got[-_MOST_AGAIN:]))
    return Reply(words.comes_at_once())


async def _bring_again(turn: Turn, told: Sequence[Claimed]) -> None:
    """Write letters once more under a key of this asking."""
    again = [
        NewLetter(
            key=f"{AGAIN}{turn.cause}:{one.id}",
            kind=one.kind,
            urgency=Urgency.NOTICE,
            recipient_id=one.recipient_id,
            about_id=one.about_id,
            actor_id=one.actor_id,
            number=one.number,
            detail=one.detail,
            media=one.media,
        )
        for one in told
    ]
    await letters.write(turn.session, again, turn.now)


def _lately(turn: Turn) -> datetime:
    return turn.now - timedelta(hours=turn.rules.family.answer_hours)
