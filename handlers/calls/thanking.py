"""How it was: 好 and flowers, or 不对, and what follows until it is judged.

Flowers are said as flowers (三朵花, 🌹🌹🌹), never as a bare figure: 1 2 3 of an elder always
mean 平安, 不舒服 and 帮忙. A bare 好 confirms only while we wait for that answer.
"""

import re

from handlers.calls import words
from handlers.calls.routes import NUMBER, call_of, is_promised, numbered, router
from handlers.message import Reply
from handlers.router import NOT_MINE, Answer, known, says
from handlers.turn import Turn
from storage import confirming, disputes, questions, requests
from storage.confirming import Said
from storage.disputes import Judged, Verdict
from storage.requests import Request, State

_COUNT = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
_COUNT |= {str(number): number for number in range(1, 6)}
_FLOWERS = rf"(?:送|给)?[她他]?(?P<flowers>[{''.join(_COUNT)}])[朵个支]?(?:小?红?花|🌹)"
_WELL = rf"(?:好|满意|挺好|很好|办好)了?\s*{NUMBER}(?:\s*{_FLOWERS})?"
_WELL_WITH_FLOWERS = rf"{_FLOWERS}(?:\s*{NUMBER})?"
_ROSES = r"(?:🌹|\[玫瑰\]){1,5}"
_BARE = r"(?:好|挺好|很好|满意|好的|好着呢|办得好)[了啊呀]?"
_NOT_SO = rf"不(?:对|好|满意)\s*{NUMBER}"
_NOBODY_CAME = r"(?:她|他|人)?(?:没来|没人来|没来过|没干|没干好|不满意|不对)[啊呀呢]?"
_TELL = rf"说明\s*{NUMBER}[\s,，:：]*(?P<words>.+)"
_JUDGE = (
    rf"裁决\s*{NUMBER}\s*(?P<verdict>付|照付|部分|退|退还)\s*(?P<minutes>\d{{1,3}})?"
    r"(?:分钟)?[\s,，:：]*(?P<reason>.*)"
)
_APPEAL = rf"申诉\s*{NUMBER}"
_VERDICTS = {
    "付": Verdict.PAY,
    "照付": Verdict.PAY,
    "部分": Verdict.PART,
    "退": Verdict.REFUND,
    "退还": Verdict.REFUND,
}
_THANKED_FOR = (State.AWAITING_CONFIRM, State.SETTLED)


@router.when(known(says(_WELL)))
async def it_was_well(turn: Turn) -> Answer:
    request = await call_of(turn, _WELL)
    if request is None or is_promised(turn, _WELL):
        return NOT_MINE
    said = re.fullmatch(_WELL, turn.words)
    flowers = _COUNT[said["flowers"]] if said and said["flowers"] else None
    return await _confirm(turn, request, flowers)


@router.when(known(says(_WELL_WITH_FLOWERS)))
async def flowers(turn: Turn) -> Answer:
    said = re.fullmatch(_WELL_WITH_FLOWERS, turn.words)
    number = _COUNT[said["flowers"]] if said else 0
    if said and said["number"]:
        request = await call_of(turn, _WELL_WITH_FLOWERS)
        return NOT_MINE if request is None else await _confirm(turn, request, number)
    return await _about_the_one(turn, number)


def _asked_how(turn: Turn) -> bool:
    """Tell whether we wait for her word about a visit; then 好 and roses are about that."""
    return turn.is_asked(questions.HOW)


@router.when(known(says(_ROSES, _asked_how)))
async def roses(turn: Turn) -> Answer:
    """Roses are a greeting in the morning; where we asked how it was, they are counted."""
    number = turn.words.count("🌹") + turn.words.count("[玫瑰]")
    return await _answer_to_how(turn, number)


@router.when(known(says(_BARE, _asked_how)))
async def well(turn: Turn) -> Answer:
    return await _answer_to_how(turn, None)


async def _answer_to_how(turn: Turn, number: int | None) -> Answer:
    request = await requests.hold(turn.session, turn.asked_about["request"])
    if request.state != State.AWAITING_CONFIRM:
        return NOT_MINE
    await questions.answered(turn.session, turn.speaker.id)
    return await _confirm(turn, request, number)


async def _about_the_one(turn: Turn, number: int) -> Answer:
    since = requests.since(turn.now)
    found = await requests.latest(turn.session, turn.speaker.id, _THANKED_FOR, since)
    waiting = [one for one in found if one.flowers is None]
    awaiting = [one for one in waiting if one.state == State.AWAITING_CONFIRM]
    chosen = awaiting or waiting[:1]
    if not chosen:
        return NOT_MINE
    if len(chosen) > 1:
        return Reply(words.which_visit(turn.speaker, f"{number}朵花", numbered(chosen)))
    request = await requests.hold(turn.session, chosen[0].id)
    return await _confirm(turn, request, number)


async def _confirm(turn: Turn, request: Request, number: int | None) -> Reply:
    said = await confirming.confirm(
        turn.session, request, turn.speaker, number, turn.now, turn.rules
    )
    if said is Said.NOT_YOURS:
        return Reply(words.not_yours(request.number))
    if said is Said.NOT_NOW:
        return Reply(words.stands(request.number, request.state))
    if said is Said.AT_REST:
        return Reply(words.at_rest())
    if number is not None:
        return Reply(words.flowers_sent(turn.speaker, number))
    return Reply(words.confirmed(turn.speaker))


@router.when(known(says(_NOT_SO)))
async def it_was_not_so(turn: Turn) -> Answer:
    request = await call_of(turn, _NOT_SO)
    return NOT_MINE if request is None else await _dispute(turn, request)


@router.when(known(says(_NOBODY_CAME, _asked_how)))
async def nobody_came(turn: Turn) -> Answer:
    """A bare 不好 is about herself; that nobody came can only be about the visit."""
    request = await requests.hold(turn.session, turn.asked_about["request"])
    if request.state != State.AWAITING_CONFIRM:
        return NOT_MINE
    await questions.answered(turn.session, turn.speaker.id)
    return await _dispute(turn, request)


async def _dispute(turn: Turn, request: Request) -> Reply:
    became = await disputes.dispute(turn.session, request, turn.speaker, turn.now, turn.rules)
    if became is Judged.DONE:
        return Reply(words.disputed(turn.speaker, request.number))
    return _refusal(request, became)


@router.when(known(says(_TELL)))
async def what_happened(turn: Turn) -> Answer:
    request = await call_of(turn, _TELL)
    if request is None:
        return NOT_MINE
    said = re.fullmatch(_TELL, turn.words)
    became = await disputes.state_it(
        turn.session, request, turn.speaker, said["words"] if said else "", turn.now, turn.rules
    )
    if became is Judged.DONE:
        return Reply(words.statement_kept())
    return _refusal(request, became)


@router.when(known(says(_JUDGE)))
async def i_judge(turn: Turn) -> Answer:
    request = await call_of(turn, _JUDGE)
    if request is None:
        return NOT_MINE
    said = re.fullmatch(_JUDGE, turn.words)
    verdict, reason = (_VERDICTS[said["verdict"]], said["reason"]) if said else (Verdict.PAY, "")
    minutes = int(said["minutes"]) if said and said["minutes"] else None
    if not reason or (verdict is Verdict.PART and not minutes):
        return Reply(words.how_to_judge(request.number))
    became = await disputes.judge(
        turn.session, request, turn.speaker, verdict, minutes, reason, turn.now, turn.rules
    )
    if became is Judged.DONE:
        return Reply(words.judged(request.number))
    return _refusal(request, became)


@router.when(known(says(_APPEAL)))
async def i_appeal(turn: Turn) -> Answer:
    request = await call_of(turn, _APPEAL)
    if request is None:
        return NOT_MINE
    became = await disputes.appeal(turn.session, request, turn.speaker, turn.now, turn.rules)
    if became is Judged.DONE:
        return Reply(words.appealed(request.number))
    return _refusal(request, became)


def _refusal(request: Request, became: Judged) -> Reply:
    if became is Judged.NOT_YOURS:
        return Reply(words.not_yours(request.number))
    if became is Judged.TOO_EARLY:
        return Reply(words.judged_too_early(request.number))
    if became is Judged.PARTY:
        return Reply(words.judges_himself(request.number))
    return Reply(words.stands(request.number, request.state))
