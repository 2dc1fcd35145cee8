"""What a volunteer says: on duty or not, yes or no, here, and done."""

import re
from collections.abc import Sequence

from handlers.calls import words
from handlers.calls.routes import (
    NAME,
    NUMBER,
    PAPER,
    call_of,
    is_promised,
    number_in,
    numbered,
    picture_in,
    router,
)
from handlers.hearing import numerals
from handlers.message import Kind, Reply
from handlers.namesakes import the_one
from handlers.router import NOT_MINE, Answer, known, says
from handlers.turn import Turn
from storage import (
    assigning,
    attendance,
    checkins,
    choosing,
    evidence,
    incidents,
    offers,
    people,
    requests,
    visits,
    volunteers,
)
from storage.assigning import Taken
from storage.attendance import Came
from storage.authority import Act
from storage.checkins import BY_PROXY, Heard
from storage.duties import DAY_MINUTES
from storage.people import Role
from storage.requests import Request
from storage.visits import VisitState
from storage.volunteers import BEYOND, EVERY_DAY, GROUP, VILLAGE, Volunteer

_TAKE = rf"(?:我)?(?:接单|接|我接)\s*{NUMBER}"
_TAKE_BEHIND = rf"{NUMBER}\s*(?:我)?接单?"
_LEAVE = rf"(?:我)?(?:不接单?|接不了)\s*{NUMBER}"
_LEAVE_BEHIND = rf"{NUMBER}\s*(?:我)?不接"
_WITHDRAW = rf"(?:退单?|去不了|来不了|去不成|来不成)\s*{NUMBER}"
_HERE = rf"(?:我)?到了?\s*{NUMBER}(?:[\s,，。]*(?:服务码)?\s*(?P<code>\d{{4}}))?"
_DONE = rf"(?:办)?完成?了?\s*{NUMBER}"
_WEEKDAY = r"(?:周|星期|礼拜)?(?P<{0}>[一二三四五六日天])"
_DAYS = rf"{_WEEKDAY.format('first')}(?:到|至|-|~){_WEEKDAY.format('last')}|(?P<all>每天|天天)"
_CLOCK = r"(?P<{0}>\d{{1,2}}|[一二三四五六七八九十]{{1,3}})[点时:](?:00)?"
_FREE = rf"有空\s*(?:{_DAYS})?\s*(?:{_CLOCK.format('since')}(?:到|至|-|~){_CLOCK.format('until')})?"
_FAR = {"组": GROUP, "本组": GROUP, "村": VILLAGE, "本村": VILLAGE, "邻村": BEYOND}
_RADIUS = rf"范围\s*(?P<far>{'|'.join(_FAR)})"
_LIMIT = rf"(?:一|每)(?P<per>天|周)最多\s*(?P<hours>{numerals.NUMBER})个?(?:小时|钟头)"
_EXCLUDE = rf"(?:不要|别让|不去|不想去)\s*{NAME}(?:来|家|家里|那儿)?了?"
_INCLUDE = rf"(?:还?可以|又可以|又要)\s*{NAME}(?:来|家)?了?"
_WEEKDAYS = {day: place for place, day in enumerate("一二三四五六日")} | {"天": 6}
_PLACES = {GROUP: "本组", VILLAGE: "本村", BEYOND: "邻村也行"}


@router.when(known(says(_TAKE)))
async def i_take_it(turn: Turn) -> Answer:
    return await _take(turn, _TAKE)


@router.when(known(says(_TAKE_BEHIND)))
async def i_take_it_number_first(turn: Turn) -> Answer:
    return await _take(turn, _TAKE_BEHIND)


async def _take(turn: Turn, pattern: str) -> Reply:
    request = await call_of(turn, pattern)
    if request is None:
        return Reply(words.no_such_call(number_in(turn, pattern)))
    return await _say_yes(turn, request)


async def _say_yes(turn: Turn, request: Request) -> Reply:
    me, number = turn.speaker.id, request.number
    await volunteers.profile(turn.session, me)
    answered = await assigning.accept(turn.session, request, me, turn.now, turn.rules)
    if answered.taken is Taken.GOES:
        elder = await people.name_of(turn.session, request.elder_id)
        when = words.soon(request.begins, turn.now)
        return Reply(words.you_go(request.category, elder, when, number))
    if answered.taken is Taken.MAY_NOT:
        lacking = await choosing.papers_lacking(turn.session, request, me)
        return Reply(words.may_not(number, answered.why, lacking))
    if answered.taken is Taken.GONE:
        gone = request.state in (requests.State.ASSIGNED, requests.State.IN_SERVICE)
        return Reply(words.somebody_goes(number) if gone else words.stands(number, request.state))
    simple = {
        Taken.NOTED: words.noted,
        Taken.MINE: words.you_already_go,
        Taken.AT_REST: words.waits_for_minutes,
    }
    return Reply(simple[answered.taken](number))


@router.when(known(says(r"我?接(?:单|了)?")))
async def i_take_the_one(turn: Turn) -> Answer:
    """A yes without a number, from somebody who is asked about something."""
    waiting = await _asked_about(turn)
    if not waiting:
        return Reply(words.nothing_asked()) if turn.words == "接单" else NOT_MINE
    if len(waiting) > 1:
        return Reply(words.which_call("接单", numbered(waiting)))
    return await _say_yes(turn, await requests.hold(turn.session, waiting[0].id))


async def _asked_about(turn: Turn) -> list[Request]:
    ids = await offers.waiting_for(turn.session, turn.speaker.id)
    return [await turn.session.get_one(Request, one) for one in ids]


@router.when(known(says(_LEAVE)))
async def i_leave_it(turn: Turn) -> Answer:
    return await _leave(turn, await call_of(turn, _LEAVE), number_in(turn, _LEAVE))


@router.when(known(says(_LEAVE_BEHIND)))
async def i_leave_it_number_first(turn: Turn) -> Answer:
    return await _leave(turn, await call_of(turn, _LEAVE_BEHIND), number_in(turn, _LEAVE_BEHIND))


@router.when(known(says("不接单?")))
async def i_leave_the_one(turn: Turn) -> Answer:
    waiting = await _asked_about(turn)
    if not waiting:
        return NOT_MINE
    if len(waiting) > 1:
        return Reply(words.which_call("不接", numbered(waiting)))
    request = await requests.hold(turn.session, waiting[0].id)
    return await _leave(turn, request, request.number)


async def _leave(turn: Turn, request: Request | None, number: int) -> Reply:
    if request is None:
        return Reply(words.no_such_call(number))
    if await assigning.decline(turn.session, request, turn.speaker.id, turn.now):
        return Reply(words.declined(number))
    if await attendance.my_visit(turn.session, request, turn.speaker.id):
        return await _take_back(turn, request)
    return Reply(words.stands(number, request.state))


@router.when(known(says(_WITHDRAW)))
async def i_cannot_come(turn: Turn) -> Answer:
    request = await call_of(turn, _WITHDRAW)
    if request is None or is_promised(turn, _WITHDRAW):
        return NOT_MINE
    return await _take_back(turn, request)


async def _take_back(turn: Turn, request: Request) -> Reply:
    visit = await attendance.my_visit(turn.session, request, turn.speaker.id)
    if visit is None or not await assigning.withdraw(
        turn.session, request, visit, turn.now, turn.rules
    ):
        return Reply(words.stands(request.number, request.state))
    return Reply(words.withdrawn(request.number))


@router.when(known(says(_HERE)))
async def i_am_there(turn: Turn) -> Answer:
    said = re.fullmatch(_HERE, turn.words)
    code = (said["code"] or "") if said else ""
    number = number_in(turn, _HERE)
    request = await call_of(turn, _HERE)
    if request is None:
        return Reply(words.no_such_call(number))
    came = await attendance.arrive(
        turn.session, request, turn.speaker.id, code, turn.now, turn.rules
    )
    if came is Came.TOO_EARLY:
        return Reply(words.too_early(number, words.soon(request.begins, turn.now)))
    if came is Came.NOT_YOURS:
        return Reply(words.stands(number, request.state))
    answers = {
        Came.WITH_CODE: words.arrived,
        Came.WITHOUT_CODE: words.arrived_without_code,
        Came.WRONG_CODE: words.wrong_code,
        Came.TOO_MANY: words.no_more_codes,
        Came.BEFORE: words.said_before,
        Came.PROVED: words.code_kept,
    }
    return Reply(answers[came](number))


@router.when(known(says(_DONE)))
async def i_am_done(turn: Turn) -> Answer:
    number = number_in(turn, _DONE)
    request = await call_of(turn, _DONE)
    if request is None:
        return Reply(words.no_such_call(number))
    return await _finish(turn, request)


async def _finish(turn: Turn, request: Request) -> Reply:
    me = turn.speaker.id
    visit = await attendance.finish(turn.session, request, me, turn.now, turn.rules)
    if visit is not None:
        elder = await people.name_of(turn.session, request.elder_id)
        lacking = words.lacking(request.number, request.category, await _lacking(turn, request))
        return Reply(words.finished(visit.minutes or 0, elder, lacking))
    if await attendance.my_visit(turn.session, request, me):
        return Reply(words.not_arrived(request.number))
    return Reply(words.stands(request.number, request.state))


async def _lacking(turn: Turn, request: Request) -> Sequence[str]:
    """Return what he can still give to prove that he was there."""
    done = await visits.of_request(turn.session, request.id, (VisitState.DONE,))
    mine = next((one for one in done if one.volunteer_id == turn.speaker.id), None)
    return await evidence.lacking_of(turn.session, request, done, mine) if mine else ()


@router.when(known(lambda turn: turn.message.kind is Kind.PICTURE and not turn.is_asked(PAPER)))
async def this_is_what_was_done(turn: Turn) -> Answer:
    """A receipt, or the clean room, from whoever is with her or has just been."""
    request = await evidence.take_picture(turn.session, picture_in(turn))
    return NOT_MINE if request is None else Reply(words.picture_kept(request.number))


@router.when(known(says(r"(?:办)?完成了?|办完了")))
async def the_one_is_done(turn: Turn) -> Answer:
    here = [
        one
        for one in await visits.mine(turn.session, turn.speaker.id)
        if one.state == VisitState.ARRIVED
    ]
    if len(here) != 1:
        return NOT_MINE
    return await _finish(turn, await requests.hold(turn.session, here[0].request_id))


_FOR_HER = r"代\s*(?P<name>[\u4e00-\u9fff]{2,4})\s*(?:平安|好|1)"


@router.when(known(says(_FOR_HER)))
async def she_is_well_i_am_with_her(turn: Turn) -> Answer:
    """Whoever is with her just now may say how she is, whether he is tied to her or not."""
    name, me = turn.named(_FOR_HER), turn.speaker.id
    here = [one for one in await visits.mine(turn.session, me) if one.state == VisitState.ARRIVED]
    names = await people.names_of(turn.session, {one.elder_id for one in here})
    elder = next((one.elder_id for one in here if names[one.elder_id] == name), None)
    if elder is None:
        return NOT_MINE
    sign = Heard(elder_id=elder, at=turn.now, kind=BY_PROXY, actor_id=me)
    await checkins.record(turn.session, [sign], turn.rules.checkin)
    await incidents.hear_her(turn.session, {elder: me}, turn.now)
    return Reply(words.spoken_for(name))


# the profile


@router.when(known(says("(?:我)?上岗了?")))
async def i_am_on_duty(turn: Turn) -> Reply:
    return await _set_duty(turn, on_duty=True)


@router.when(known(says("(?:我)?下岗了?|我?歇几天")))
async def i_am_off_duty(turn: Turn) -> Reply:
    return await _set_duty(turn, on_duty=False)


async def _set_duty(turn: Turn, *, on_duty: bool) -> Reply:
    profile = await _profile(turn)
    if profile is None:
        return Reply(words.not_a_volunteer())
    profile.is_on_duty = on_duty
    return Reply(words.on_duty() if on_duty else words.off_duty())


async def _profile(turn: Turn) -> Volunteer | None:
    if not turn.speaker.is_a(Role.VOLUNTEER):
        return None
    return await volunteers.profile(turn.session, turn.speaker.id)


@router.when(known(says(r"有空.*")))
async def i_have_time(turn: Turn) -> Answer:
    profile = await _profile(turn)
    if profile is None:
        return NOT_MINE
    said = re.fullmatch(_FREE, turn.words)
    days = _days(said) if said else None
    hours = _hours(said) if said else None
    if not said or (days is None and hours is None) or not _is_a_span(hours):
        return Reply(words.how_to_say_hours())
    profile.weekdays = days or profile.weekdays
    if hours is not None:
        profile.from_minute, profile.until_minute = hours
    return Reply(words.profile_kept(*_said(profile)))


def _days(said: re.Match[str]) -> int | None:
    if said["all"]:
        return EVERY_DAY
    if not said["first"]:
        return None
    first, last = _WEEKDAYS[said["first"]], _WEEKDAYS[said["last"]]
    span = range(first, last + 1) if first <= last else [*range(first, 7), *range(last + 1)]
    return sum(1 << day for day in span)


def _hours(said: re.Match[str]) -> tuple[int, int] | None:
    if not said["since"]:
        return None
    return numerals.number(said["since"]) * 60, numerals.number(said["until"]) * 60


def _is_a_span(hours: tuple[int, int] | None) -> bool:
    return hours is None or 0 <= hours[0] < hours[1] <= DAY_MINUTES


def _said(profile: Volunteer) -> tuple[str, str, str]:
    whole = (profile.from_minute, profile.until_minute) == (0, DAY_MINUTES)
    hours = "" if whole else f"{profile.from_minute // 60}点到{profile.until_minute // 60}点"
    days = [day for place, day in enumerate("一二三四五六日") if profile.weekdays >> place & 1]
    named = "每天" if profile.weekdays == EVERY_DAY else f"周{''.join(days)}"
    return hours, named, _PLACES[profile.radius]


@router.when(known(says(_RADIUS)))
async def so_far_i_go(turn: Turn) -> Answer:
    profile = await _profile(turn)
    said = re.fullmatch(_RADIUS, turn.words)
    if profile is None or said is None:
        return NOT_MINE
    profile.radius = _FAR[said["far"]]
    return Reply(words.how_far(_PLACES[profile.radius]))


@router.when(known(says(_LIMIT)))
async def so_much_at_most(turn: Turn) -> Answer:
    profile = await _profile(turn)
    said = re.fullmatch(_LIMIT, turn.words)
    if profile is None or said is None:
        return NOT_MINE
    hours = numerals.number(said["hours"])
    if said["per"] == "天":
        profile.day_minutes = hours * 60
    else:
        profile.week_minutes = hours * 60
    return Reply(words.at_most(hours, said["per"]))


@router.when(known(says(_EXCLUDE)))
async def not_him_and_me(turn: Turn) -> Answer:
    """An elder does not want somebody, or somebody does not want to go to her."""
    pair = await _pair(turn, _EXCLUDE)
    if pair is None:
        return NOT_MINE
    elder, volunteer, other = pair
    await volunteers.exclude(turn.session, elder, volunteer, turn.speaker.id, turn.now)
    return Reply(words.not_together(turn.speaker, other))


@router.when(known(says(_INCLUDE)))
async def him_and_me_again(turn: Turn) -> Answer:
    pair = await _pair(turn, _INCLUDE)
    if pair is None:
        return NOT_MINE
    elder, volunteer, other = pair
    if not await volunteers.include(turn.session, elder, volunteer, turn.speaker.id):
        return NOT_MINE
    return Reply(words.together_again(turn.speaker, other))


async def _pair(turn: Turn, pattern: str) -> tuple[str, str, str] | None:
    """Return the elder, the volunteer and the other one's name, whichever of them speaks."""
    name = turn.named(pattern)
    me = turn.speaker
    other = await the_one(turn, Act.KEEP_OFF, name)
    if other is not None:
        return me.id, other.id, other.name
    other = await the_one(turn, Act.STAY_AWAY, name)
    return (other.id, me.id, other.name) if other is not None else None
