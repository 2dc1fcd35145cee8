"""Takes what somebody says he is to an elder, her yes and no, and the word of two others."""

import re
from collections.abc import Sequence

from handlers.feature import Feature, Paper
from handlers.message import Kind, Reply
from handlers.router import NOT_MINE, Answer, Router, an_elder, known, says
from handlers.ties import words
from handlers.ties.letters import (
    ASK,
    ENDED,
    NEW,
    OVER,
    TIED,
    VOUCH,
    ask_her,
    ask_witnesses,
    tell_ended,
    tell_tied,
    who_asks,
)
from handlers.turn import Turn
from storage import attestations, people, questions, ties
from storage.people import TieKind
from storage.ties import NewClaim, TieClaim

claiming = Router("claiming a tie")
router = Router("ties")

_CALLED = (
    "儿子|女儿|闺女|儿媳妇?|女婿|孙子|孙女|外孙女?|侄子|侄女|外甥女?|弟弟|妹妹|哥哥|姐姐"
    "|老伴|亲戚|亲属|家人|邻居|监护人"
)
_HAN = "[\u4e00-\u9fff]"
_I_AM = (
    rf"我是\s*(?P<who>{_HAN}{{2,14}}?)的?(?P<called>{_CALLED})"
    rf"(?:[\s,，。]*(?:我?叫)?\s*(?P<name>{_HAN}{{2,4}}))?"
)
_FOLLOW = rf"我要?关注\s*(?P<who>{_HAN}{{2,14}})"
_KINDS = {"邻居": TieKind.NEIGHBOUR, "监护人": TieKind.GUARDIAN}

_YES = rf"(?:认识|认得)(?:他|她|的)?\s*(?P<name>{_HAN}{{2,4}})?"
_SHORT_YES = r"1|好的?|是的?|对的?|嗯|认"
_NO = r"(?:不认识|不认得|不认)(?:他|她)?"
_SHORT_NO = r"不|不是的?|没有"
_STOP = rf"取消\s*(?P<name>{_HAN}{{2,4}})"
_VOUCH = r"确认\s*亲属\s*(?P<number>\d{1,9})\s*号?"


@claiming.when(says(_I_AM))
async def i_am_hers(turn: Turn) -> Reply:
    return await _claim(turn, _I_AM)


@claiming.when(says(_FOLLOW))
async def i_want_to_follow(turn: Turn) -> Reply:
    return await _claim(turn, _FOLLOW)


async def _claim(turn: Turn, pattern: str) -> Reply:
    """Ask her, or who is near her; he hears the same whatever follows from it."""
    found = re.fullmatch(pattern, turn.words)
    said = found.groupdict() if found else {}
    me, called = turn.caller, said.get("called") or "亲属"
    village = me.village_id if me else None
    new = NewClaim(
        cause=turn.cause,
        elder_id=await ties.elder_meant(turn.session, said["who"] or "", village),
        person_id=me.id if me else None,
        address=turn.address,
        kind=_KINDS.get(called, TieKind.FAMILY),
        called=called,
        name=me.name if me else said.get("name") or "",
    )
    claim = await ties.claim(turn.session, new, turn.now, turn.rules.ties)
    if claim is not None and claim.elder_id is not None:
        reached = await people.addresses(turn.session, {claim.elder_id})
        await (ask_her if reached else ask_witnesses)(turn, claim, claim.elder_id)
    return Reply(words.ASKED)


def _is_asked_now(turn: Turn) -> bool:
    """While people are called to her, her word is about that."""
    is_free = turn.is_elder and not (turn.distress or turn.promised)
    return is_free and turn.is_asked(ASK) and turn.message.kind is Kind.TEXT


@router.when(an_elder(says(_YES)))
@router.when(says(_SHORT_YES, _is_asked_now))
async def i_know_him(turn: Turn) -> Answer:
    waiting = await ties.pending(turn.session, turn.speaker.id, turn.now)
    meant = _meant(turn, waiting)
    if len(meant) > 1:
        return Reply(words.which(turn.speaker, [who_asks(one) for one in meant]))
    if not meant:
        return NOT_MINE
    await questions.answered(turn.session, turn.speaker.id)
    await _confirm(turn, meant[0], turn.speaker.id)
    return Reply(words.known(turn.speaker, who_asks(meant[0])))


def _meant(turn: Turn, waiting: Sequence[TieClaim]) -> list[TieClaim]:
    """Return which of those who wait she speaks of: the one named, else the one just asked."""
    found = re.fullmatch(_YES, turn.words)
    if found and found["name"]:
        return [one for one in waiting if found["name"] in one.name]
    asked = turn.asked_about.get("claim") if turn.is_asked(ASK) else None
    return [one for one in waiting if one.id == asked] or list(waiting)


async def _confirm(turn: Turn, claim: TieClaim, by: str) -> None:
    person = await ties.confirm(turn.session, claim, by, turn.now)
    if person is not None:
        await tell_tied(turn, claim, person)


@router.when(an_elder(says(_NO)))
@router.when(says(_SHORT_NO, _is_asked_now))
async def i_do_not_know_him(turn: Turn) -> Answer:
    """No to who waits; where nobody does, to who was tied to her last."""
    me = turn.speaker
    waiting = await ties.pending(turn.session, me.id, turn.now)
    if waiting:
        meant = [one.id for one in _meant(turn, waiting)]
        await questions.answered(turn.session, me.id)
        await ties.refuse(turn.session, meant, me.id, turn.now)
        return Reply(words.unknown(me))
    person = await ties.last_confirmed(turn.session, me.id, turn.now - ties.RECENT)
    return await _end(turn, person) if person else NOT_MINE


@router.when(an_elder(says(_STOP)))
async def not_him_any_more(turn: Turn) -> Answer:
    person = await ties.tied_to(turn.session, turn.speaker.id, turn.named(_STOP))
    return await _end(turn, person) if person else NOT_MINE


async def _end(turn: Turn, person: str) -> Answer:
    me = turn.speaker
    if not await ties.end(turn.session, me.id, person, me.id, turn.now):
        return NOT_MINE
    await tell_ended(turn, person)
    return Reply(words.ended(me, await people.name_of(turn.session, person)))


@router.when(known(says(_VOUCH)))
async def i_vouch_for_it(turn: Turn) -> Reply:
    """确认 亲属 12: her leader, and beside him a coordinator or a neighbour."""
    found = re.fullmatch(_VOUCH, turn.words)
    number = int(found["number"]) if found else 0
    claim = await ties.hold(turn.session, number, turn.now)
    elder, me = claim.elder_id if claim else None, turn.speaker.id
    if claim is None or elder is None or not await _witnesses(turn, claim, elder, [me]):
        return Reply(words.no_such_number(number))
    said = await attestations.attest(turn.session, f"tie:{claim.id}", me, turn.now)
    if not attestations.suffices(await _witnesses(turn, claim, elder, said)):
        await ask_witnesses(turn, claim, elder)
        return Reply(words.one_more())
    await attestations.settle(turn.session, f"tie:{claim.id}")
    await _confirm(turn, claim, me)
    return Reply(words.vouched(await people.name_of(turn.session, elder), who_asks(claim)))


async def _witnesses(
    turn: Turn, claim: TieClaim, elder: str, said: list[str]
) -> attestations.Capacities:
    besides = claim.person_id or ""
    return await attestations.capacities(turn.session, said, elder, besides=besides)


CLAIMING = Feature(claiming)
FEATURE = Feature(
    router,
    {
        ASK: Paper(words.do_you_know),
        VOUCH: Paper(words.vouch, form="confirmation", ask="有人认亲，请当面问老人"),
        TIED: Paper(words.tied, form="confirmation", ask="老人认您了，回名单看看"),
        NEW: Paper(words.is_tied, form="confirmation", ask="老人新认了人，请留意"),
        OVER: Paper(words.not_confirmed),
        ENDED: Paper(words.is_ended),
    },
)
