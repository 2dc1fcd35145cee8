"""From her words to a call: what, when, and one question where something is missing."""

import re
from datetime import datetime

from handlers import on_her_behalf
from handlers.calls import words
from handlers.calls.routes import NUMBER, asking, call_of, number_in, numbered, router
from handlers.calls.when import moment, tomorrow_morning
from handlers.hearing import Level, Verdict
from handlers.message import Kind, Reply
from handlers.namesakes import the_one
from handlers.router import NOT_MINE, Answer, known, says
from handlers.turn import Turn
from storage import (
    call_letters,
    ending,
    ledger_confirmations,
    people,
    placing,
    questions,
    requests,
    weekly,
)
from storage.authority import Act
from storage.ledger import FrozenError
from storage.people import Person
from storage.placing import NewCall
from storage.proxies import Deed
from storage.requests import Request, State

WHAT, WHEN = "call_what", "call_when"

_NAMED = r"(?P<name>[\u4e00-\u9fff]{2,4}?)"
_FOR_HER = rf"(?:请人|代叫|帮叫)\s*{_NAMED}\s+(?P<rest>.+)"
_FOR_HER_SPOKEN = rf"(?:帮|替|给|为){_NAMED}(?:找个?人|请个?人|叫个?人|约个?人?)\s*(?P<rest>.+)"
_STOP_HERS = rf"(?:停|不要)\s*{_NAMED}\s*每个?(?:周|星期|礼拜)(?:的)?(?P<rest>.+)"
_WEEKLY = re.compile(r"每个?(?:星期|周)")
_NO_MORE = re.compile(r"不用|不要|停|别|取消")
_AGREES = re.compile(r"都?(?:行|可以|好的?|中|成|随便|哪天都行|听[你您]的)[吧啊呀了]?")
_CANCEL = rf"(?:取消|不用来了?|别来了?|不要了)\s*{NUMBER}"


@router.when(known(says(_CANCEL)))
async def we_do_not_need_it(turn: Turn) -> Answer:
    request = await call_of(turn, _CANCEL)
    if request is None or await _is_of_the_bank(turn):
        return NOT_MINE
    return await _take_back(turn, request)


@router.when(known(says(r"(?:今天|明天)?(?:不用|别)(?:人|叫人)?来了?|不用人了")))
async def nobody_has_to_come(turn: Turn) -> Answer:
    """The same without a number, where it can only be one."""
    calls = await requests.latest(
        turn.session, turn.speaker.id, requests.BEFORE_SERVICE, requests.since(turn.now)
    )
    if not calls:
        return NOT_MINE
    if len(calls) > 1:
        return Reply(words.which_visit(turn.speaker, "取消", numbered(calls)))
    return await _take_back(turn, await requests.hold(turn.session, calls[0].id))


async def _take_back(turn: Turn, request: Request) -> Reply:
    if not await requests.answers_for(turn.session, turn.speaker, request):
        return Reply(words.not_yours(request.number))
    try:
        paid = await ending.cancel(turn.session, request, turn.speaker.id, turn.now, turn.rules)
    except FrozenError:
        return Reply(words.at_rest())
    if paid is None:
        return Reply(words.stands(request.number, request.state))
    return Reply(words.cancelled(turn.speaker, request.category, paid))


async def _is_of_the_bank(turn: Turn) -> bool:
    """Tell whether a question about hours with this number waits for an answer."""
    number = str(number_in(turn, _CANCEL))
    found = await ledger_confirmations.find(turn.session, turn.speaker.id, number)
    return found is not None and found.done_at is None and found.expires_at > turn.now


@router.when(known(says(r"我的(?:事|活|安排|请求)|我叫的人|今天去谁家")))
async def what_is_under_way(turn: Turn) -> Reply:
    live = set(State) - requests.ENDED - {State.DRAFT}
    since = requests.since(turn.now)
    calls = await requests.latest(turn.session, turn.speaker.id, live, since)
    calls += await requests.visited_by(turn.session, turn.speaker.id)
    said = [(one.number, one.category, one.state, one.starts_at) for one in calls]
    return Reply(words.mine(turn.speaker, said))


@asking.when(known(says(_FOR_HER)))
async def she_needs_a_hand(turn: Turn) -> Answer:
    return await _for_her(turn, _FOR_HER)


@asking.when(known(says(_FOR_HER_SPOKEN)))
async def she_needs_a_hand_as_it_is_said(turn: Turn) -> Answer:
    return await _for_her(turn, _FOR_HER_SPOKEN)


async def _for_her(turn: Turn, pattern: str) -> Answer:
    """Let family, a neighbour, her leader or coordinator ask for an elder."""
    said = re.fullmatch(pattern, turn.words)
    name, rest = (said["name"], said["rest"]) if said else ("", "")
    verdict = turn.hearing.hear(f"想请人帮忙{rest}", turn.now)
    if verdict.level is not Level.REQUEST:
        verdict = turn.hearing.hear(rest, turn.now)
    elder = await the_one(turn, Act.SPEAK_FOR, name)
    if elder is None:
        return Reply(words.nobody_in_your_care(name))
    if verdict.level is not Level.REQUEST or verdict.category is None:
        return Reply(words.what_for_her(turn.speaker, name))
    if objection := await on_her_behalf.objection(turn, elder, Deed.REQUEST):
        return Reply(objection)
    return await _wish(turn, elder, verdict, turn.hearing.spell(rest))


@asking.when(known(lambda turn: turn.is_asked(WHAT) and turn.means(Level.REQUEST)))
async def this_is_what_i_need(turn: Turn) -> Answer:
    """The answer to 要帮什么忙."""
    request = await requests.hold(turn.session, turn.asked_about["request"])
    category = turn.verdict.category
    if request.state != State.DRAFT or category is None:
        return NOT_MINE
    await questions.answered(turn.session, turn.speaker.id)
    starts_at = moment(turn.verdict.when, turn.spelt, turn.now)
    return await _complete(turn, request, str(category), starts_at)


def _says_when(turn: Turn) -> bool:
    if not turn.is_asked(WHEN):
        return False
    said = moment(_heard(turn).when, turn.spelt, turn.now)
    return said is not None or _AGREES.fullmatch(turn.words) is not None


def _heard(turn: Turn) -> Verdict:
    """Hear the time in an answer that asks for nothing itself."""
    return turn.hearing.hear(f"想请人帮忙{turn.message.text}", turn.now)


@asking.when(known(_says_when))
async def this_is_when(turn: Turn) -> Answer:
    """The answer to 哪天好; who does not mind gets tomorrow morning."""
    request = await requests.hold(turn.session, turn.asked_about["request"])
    if request.state != State.DRAFT:
        return NOT_MINE
    await questions.answered(turn.session, turn.speaker.id)
    said = moment(_heard(turn).when, turn.spelt, turn.now) or tomorrow_morning(turn.now)
    return await _complete(turn, request, "", said)


def _stops_weekly(turn: Turn) -> bool:
    weekly_words = _WEEKLY.search(turn.spelt) is not None
    return turn.is_elder and weekly_words and _NO_MORE.search(turn.words) is not None


@asking.when(known(says(_STOP_HERS)))
async def not_every_week_for_her(turn: Turn) -> Reply:
    """停 王秀英 每周理发, by whoever may speak for her."""
    said = re.fullmatch(_STOP_HERS, turn.words)
    name, rest = (said["name"], said["rest"]) if said else ("", "")
    elder = await the_one(turn, Act.SPEAK_FOR, name)
    category = turn.hearing.hear(f"想请人帮忙{rest}", turn.now).category
    if elder is None or category is None:
        return Reply(words.nobody_in_your_care(name))
    await weekly.end(turn.session, elder.id, str(category), turn.now)
    return Reply(words.no_more_weekly(turn.speaker, str(category)))


@asking.when(known(_stops_weekly))
async def not_every_week_any_more(turn: Turn) -> Answer:
    bare = _NO_MORE.sub("", _WEEKLY.sub("", turn.words))
    category = turn.hearing.hear(f"想请人帮忙{bare}", turn.now).category
    if category is None or not await weekly.end(
        turn.session, turn.speaker.id, str(category), turn.now
    ):
        return NOT_MINE
    return Reply(words.no_more_weekly(turn.speaker, str(category)))


@asking.when(lambda turn: turn.is_elder and (turn.means(Level.REQUEST) or _asks_by_menu(turn)))
async def i_need_a_hand(turn: Turn) -> Answer:
    elder = await turn.session.get_one(Person, turn.speaker.id)
    if turn.verdict.subject.who != "herself":
        return await _somebody_asks(turn)
    return await _wish(turn, elder, turn.verdict, turn.spelt)


def _asks_by_menu(turn: Turn) -> bool:
    return turn.message.kind is Kind.MENU and turn.message.text == "request"


async def _somebody_asks(turn: Turn) -> Reply:
    """Another one needs it, and she tells us: her leader hears and asks."""
    category = str(turn.verdict.category or "")
    request = await placing.place(
        turn.session,
        _new_call(turn, await turn.session.get_one(Person, turn.speaker.id), "", None),
        turn.now,
        turn.rules,
    )
    await placing.drop(turn.session, request, turn.now)
    hears = await call_letters.leaders(turn.session, request, turn.now)
    who = await people.name_of(turn.session, hears[0]) if hears else ""
    return Reply(words.somebody_asks(turn.speaker, category, who))


async def _wish(turn: Turn, elder: Person, verdict: Verdict, spelt: str) -> Reply:
    category = str(verdict.category) if verdict.category else ""
    starts_at = moment(verdict.when, spelt, turn.now)
    draft = await _asked_before(turn, elder, category)
    if draft is not None and starts_at is not None:
        await questions.answered(turn.session, turn.speaker.id)
        return await _complete(turn, draft, category, starts_at)
    if draft is not None:
        return await _answer(turn, draft, elder.name)
    if category and _WEEKLY.search(spelt) and starts_at is not None:
        return await _weekly(turn, elder, category, starts_at, verdict.minutes)
    if category:
        known_one = await requests.alike(turn.session, elder.id, category, starts_at)
        if known_one is not None:
            return Reply(words.already_asked(turn.speaker, category, known_one.state))
    request = await placing.place(
        turn.session,
        _new_call(turn, elder, category, starts_at, verdict.minutes),
        turn.now,
        turn.rules,
    )
    return await _answer(turn, request, elder.name)


async def _asked_before(turn: Turn, elder: Person, category: str) -> Request | None:
    """Return the draft about which we are asking just now, where she only says it again."""
    if not (turn.is_asked(WHAT) or turn.is_asked(WHEN)):
        return None
    request = await requests.hold(turn.session, turn.asked_about["request"])
    is_same = request.elder_id == elder.id and request.category == category
    return request if request.state == State.DRAFT and is_same else None


def _new_call(
    turn: Turn,
    elder: Person,
    category: str,
    starts_at: datetime | None,
    minutes: int | None = None,
) -> NewCall:
    return NewCall(
        cause=turn.cause,
        elder=elder,
        category=category,
        said_by=turn.speaker.id,
        starts_at=starts_at,
        minutes=minutes,
    )


async def _weekly(
    turn: Turn, elder: Person, category: str, starts_at: datetime, minutes: int | None
) -> Reply:
    await weekly.put(
        turn.session,
        turn.cause,
        elder.id,
        category,
        starts_at,
        minutes,
        turn.speaker.id,
        turn.now,
    )
    return Reply(words.every_week(turn.speaker, category, weekly.weekday_of(starts_at)))


async def _complete(
    turn: Turn, request: Request, category: str, starts_at: datetime | None
) -> Reply:
    wanted = category or request.category
    known_one = await requests.alike(turn.session, request.elder_id, wanted, starts_at)
    if known_one is not None:
        await requests.move(turn.session, request, requests.Step.DROP, turn.now)
        return Reply(words.already_asked(turn.speaker, wanted, known_one.state))
    await placing.complete(turn.session, request, category, starts_at, turn.now, turn.rules)
    return await _answer(turn, request, await people.name_of(turn.session, request.elder_id))


async def _answer(turn: Turn, request: Request, elder: str) -> Reply:
    """Say what happens next, or ask for the one thing that is missing."""
    me = turn.speaker
    if request.state == State.DRAFT:
        kind = WHEN if request.category else WHAT
        await questions.ask(turn.session, me.id, kind, turn.now, about={"request": request.id})
        missing = words.which_day(me, request.category)
        return Reply(missing if request.category else words.what_is_wanted(me))
    if request.state == State.REVIEW:
        return Reply(words.looked_at(me, request.category))
    if request.elder_id != me.id:
        when = words.soon(request.begins, turn.now)
        return Reply(words.placed_for(me, elder, request.category, request.number, when))
    if request.agreed.urgent:
        return Reply(words.placed_at_once(me))
    return Reply(words.placed(me, request.category, request.begins, turn.now))
