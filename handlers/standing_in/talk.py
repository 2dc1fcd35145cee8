"""Takes absences, deputies and hand-overs from those who answer for a group or a village."""

from datetime import date, datetime, timedelta

from handlers import leaving
from handlers.feature import Feature, Paper
from handlers.message import Reply
from handlers.namesakes import the_one
from handlers.router import NOT_MINE, Answer, Router, in_office, known, says
from handlers.standing_in import words
from handlers.turn import Turn
from storage import (
    absences,
    deputies,
    hand_overs,
    incidents,
    letters,
    people,
    rota,
    standing_in,
)
from storage.authority import Act
from storage.hand_overs import Offer, Taken
from storage.letters import NewLetter, Urgency
from storage.people import OFFICES, Person
from storage.rota import Rota
from storage.rules import village_day

router = Router("standing in")

DEPUTY_ASKED = "deputy_asked"
DEPUTY_AGREED = "deputy_agreed"
HAND_OVER = "hand_over"
TAKEN = "taken_over"

_NAME = r"(?P<name>[\u4e00-\u9fff·]{2,10})"
_MY_DEPUTY = rf"我的副手(?:是|请)?\s*{_NAME}"
_TO_ANOTHER = rf"交班(?:给)?\s*{_NAME}"
_ASKED_OF_LATE = timedelta(days=1)


@router.when(in_office(says("我的副手")))
async def who_is_my_deputy(turn: Turn) -> Reply:
    deputy = await deputies.deputy_of(turn.session, turn.speaker.id)
    if deputy is None:
        return Reply(words.no_deputy())
    return Reply(words.is_your_deputy(await people.name_of(turn.session, deputy)))


@router.when(in_office(says(r"我的副手\s*取消|取消\s*我的副手")))
async def no_deputy_any_more(turn: Turn) -> Reply:
    gone = await deputies.dismiss(turn.session, turn.speaker.id)
    return Reply(words.deputy_is_gone() if gone else words.no_deputy())


@router.when(in_office(says(_MY_DEPUTY)))
async def my_deputy(turn: Turn) -> Reply:
    """Ask her first: a deputy is one from the moment she agrees."""
    name = turn.named(_MY_DEPUTY)
    deputy = await the_one(turn, Act.APPOINT, name)
    refusal = await _why_not(turn, deputy, name)
    if refusal is not None or deputy is None:
        return Reply(refusal or words.nobody_of_that_name(name))
    if not await deputies.name(turn.session, turn.speaker.id, deputy.id, turn.now):
        return Reply(words.is_your_deputy(name))
    await letters.write(
        turn.session,
        [
            NewLetter(
                key=f"{DEPUTY_ASKED}:{turn.speaker.id}:{deputy.id}:{village_day(turn.now)}",
                kind=DEPUTY_ASKED,
                urgency=Urgency.NOTICE,
                recipient_id=deputy.id,
                actor_id=turn.speaker.id,
            )
        ],
        turn.now,
    )
    return Reply(words.will_be_asked(name))


@router.when(known(says("(?:我)?(?:愿意|可以|能)?当(?:他的|她的)?副手")))
async def i_will_be_deputy(turn: Turn) -> Answer:
    """Not 好: from an elder that is her 平安."""
    me = turn.speaker.id
    asked_by = await deputies.agree(turn.session, me, turn.now)
    if not asked_by:
        return Reply(words.nobody_asked_you())
    await absences.change_stand_in(turn.session, asked_by, me, turn.now)
    for person in asked_by:
        await _tell_of_deputy(turn, person)
    names = await people.names_of(turn.session, asked_by)
    return Reply(words.you_are_deputy([names[one] for one in asked_by]))


async def _tell_of_deputy(turn: Turn, person: str) -> None:
    me = turn.speaker.id
    village = (await turn.session.get_one(Person, person)).village_id
    readers = {person, *await standing_in.coordinators(turn.session, village, turn.now)} - {me}
    cause = f"{person}:{me}:{village_day(turn.now)}"
    await letters.tell_each(
        turn.session,
        sorted(readers),
        DEPUTY_AGREED,
        cause,
        turn.now,
        about_id=person,
        actor_id=me,
    )


def _says_away(turn: Turn) -> bool:
    spelt = turn.spelt
    return turn.has_office and (leaving.am_not_here(spelt) or leaving.do_i_go(spelt))


@router.when(_says_away)
async def i_am_away(turn: Turn) -> Answer:
    """Away as leader or coordinator; an elder's own days away were heard by the holds before."""
    says_so = leaving.am_not_here(turn.spelt)
    days = leaving.days_away(turn.spelt, turn.now)
    if days is None and says_so:
        days = leaving.the_day(turn.spelt, turn.now)
    if days is None:
        return Reply(words.which_days()) if says_so else NOT_MINE
    longest = turn.rules.checkin.longest_hold_days
    if days[1] - days[0] >= timedelta(days=longest):
        return Reply(words.too_long(longest))
    return await _leave(turn, *days)


async def _leave(turn: Turn, first: date, last: date) -> Answer:
    me = turn.speaker.id
    left = await standing_in.leave(turn.session, me, first, last, turn.cause, turn.now)
    return Reply(words.away_until(last, left.stand_in)) if left else NOT_MINE


@router.when(lambda turn: turn.has_office and leaving.am_i_back(turn.spelt))
async def i_am_back(turn: Turn) -> Answer:
    if not await standing_in.come_back(turn.session, turn.speaker.id, turn.now):
        return NOT_MINE
    return Reply(words.welcome_back())


@router.when(in_office(says("交班")))
async def to_whom(_turn: Turn) -> Reply:
    return Reply(words.how_to_hand_over())


@router.when(in_office(says(_TO_ANOTHER)))
async def i_hand_over(turn: Turn) -> Reply:
    """Ask the other; until he says 接班, the one who asks stays on duty."""
    name = turn.named(_TO_ANOTHER)
    me = turn.speaker
    plan = await rota.read(turn.session, {me.village_id}, turn.now, turn.now)
    mine = [one for one in plan.places(me.village_id) if me.id in plan.on_duty(one, turn.now)]
    if not mine:
        return Reply(words.you_are_not_on_duty())
    taker = await the_one(turn, Act.APPOINT, name)
    refusal = await _why_not(turn, taker, name) or await _why_not_now(turn, plan, taker)
    if refusal is not None or taker is None:
        return Reply(refusal or words.nobody_of_that_name(name))
    ends = max(plan.shift_ends(place, turn.now) for place in mine)
    return await _offer(turn, taker, ends)


async def _why_not(turn: Turn, person: Person | None, name: str) -> str | None:
    """Say why somebody cannot stand in, None where he can."""
    if person is None:
        return words.nobody_of_that_name(name)
    if person.id == turn.speaker.id:
        return words.not_yourself()
    if not await people.addresses(turn.session, {person.id}):
        return words.cannot_be_called(name)
    return None


async def _why_not_now(turn: Turn, plan: Rota, taker: Person | None) -> str | None:
    """Say why somebody cannot take a shift over: he has no part in it, or is away."""
    if taker is None:
        return None
    if taker.id in plan.away(taker.village_id, turn.now):
        return words.is_not_there(taker.name)
    roles = await people.roles_of(turn.session, taker.id)
    is_deputy = await deputies.deputy_of(turn.session, turn.speaker.id) == taker.id
    return None if roles & OFFICES or is_deputy else words.may_not_take_over(taker.name)


async def _offer(turn: Turn, taker: Person, ends: datetime) -> Reply:
    me, minutes = turn.speaker, turn.rules.rota.hand_over_minutes
    expires_at = turn.now + timedelta(minutes=minutes)
    shift = Offer(
        cause=turn.cause,
        village_id=me.village_id,
        giver_id=me.id,
        taker_id=taker.id,
        until=ends,
    )
    number = await hand_overs.offer(turn.session, shift, expires_at, turn.now)
    await letters.write(
        turn.session,
        [
            NewLetter(
                key=f"{HAND_OVER}:{number}",
                kind=HAND_OVER,
                urgency=Urgency.NOTICE,
                recipient_id=taker.id,
                actor_id=me.id,
                detail={"until": ends.isoformat()},
                expires_at=expires_at,
            )
        ],
        turn.now,
    )
    is_quiet = turn.rules.letters.is_quiet(turn.now)
    return Reply((words.will_ask_at_night if is_quiet else words.will_ask)(taker.name, minutes))


@router.when(known(says("(?:我)?(?:来|可以|能)?接班(?:了)?")))
async def i_take_over(turn: Turn) -> Answer:
    me = turn.speaker.id
    taken = await hand_overs.take(turn.session, me, turn.now)
    if taken:
        return await _take_over(turn, taken)
    if await hand_overs.was_asked(turn.session, me, turn.now - _ASKED_OF_LATE):
        return Reply(words.too_late_to_take_over())
    return Reply(words.nobody_hands_over()) if turn.has_office else NOT_MINE


async def _take_over(turn: Turn, taken: list[Taken]) -> Reply:
    """Let both know, and name what the other had promised: but nobody's secret."""
    givers = {one.giver_id for one in taken}
    await letters.write(
        turn.session,
        [
            NewLetter(
                key=f"{TAKEN}:{one.id}",
                kind=TAKEN,
                urgency=Urgency.NOTICE,
                recipient_id=one.giver_id,
                actor_id=turn.speaker.id,
                detail={"until": one.until.isoformat()},
            )
            for one in taken
        ],
        turn.now,
    )
    promised = await incidents.promised_by(turn.session, givers)
    open_ones = [one for theirs in promised.values() for one in theirs if not one.is_crisis]
    names = await people.names_of(turn.session, {*givers, *(one.elder_id for one in open_ones)})
    named = [(one.number, one.place or names[one.elder_id]) for one in open_ones]
    giver = "、".join(names[one] for one in sorted(givers))
    return Reply(words.you_took_over(max(one.until for one in taken), named, giver))


FEATURE = Feature(
    router,
    {
        DEPUTY_ASKED: Paper(words.be_my_deputy, form="confirmation", ask="愿意请回：当副手"),
        DEPUTY_AGREED: Paper(words.is_deputy),
        HAND_OVER: Paper(words.take_over, form="confirmation", ask="能接请回：接班"),
        TAKEN: Paper(words.is_taken),
        standing_in.STANDS_IN: Paper(words.stands_in, form="confirmation", ask="有事先叫您"),
        standing_in.IS_AWAY: Paper(words.is_away, form="digest", ask="有人不在，请您知道"),
        standing_in.IS_BACK: Paper(words.is_back),
    },
)
