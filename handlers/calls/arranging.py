"""What leaders and coordinators do about calls: look, assign, know their people."""

import re

from handlers.calls import words
from handlers.calls.routes import NAME, NUMBER, call_of, number_in, router
from handlers.message import Reply
from handlers.namesakes import the_one
from handlers.router import NOT_MINE, Answer, may, says
from handlers.turn import Turn
from storage import (
    assigning,
    choosing,
    offers,
    people,
    requests,
    reviews,
    villages,
    volunteers,
)
from storage.assigning import Answered, Taken
from storage.authority import Act
from storage.offers import OfferState
from storage.requests import Request, State

SHOWN = 10

_YES = rf"(?:同意|审核\s*(?=.*通过))\s*{NUMBER}(?:\s*通过)?"
_NO = rf"(?:不同意|审核\s*(?=.*不))\s*{NUMBER}(?:\s*(?:不行|不通过))?"
_ASSIGN = rf"指派\s*{NUMBER}\s*{NAME}"
_TALENT = r"(?:人才|谁会)\s*(?P<field>[\u4e00-\u9fff]{0,8}?)"
_NEXT = rf"邻村\s*{NAME}"
_WHOM = rf"问过谁\s*{NUMBER}|{NUMBER.replace('<number>', '<other>')}\s*问过谁"


@router.when(may(Act.DECIDE, says(_YES)))
async def it_may_go_out(turn: Turn) -> Answer:
    request = await call_of(turn, _YES)
    if request is None:
        return NOT_MINE
    if not await reviews.may_decide(turn.session, turn.speaker, request):
        return Reply(words.not_yours(request.number))
    if not await reviews.approve(turn.session, request, turn.speaker.id, turn.now, turn.rules):
        return Reply(words.stands(request.number, request.state))
    waits = request.state == State.REVIEW
    said = words.asked_for_minutes if waits else words.approved
    return Reply(said(request.number))


@router.when(may(Act.DECIDE, says(_NO)))
async def it_may_not(turn: Turn) -> Answer:
    request = await call_of(turn, _NO)
    if request is None:
        return NOT_MINE
    if not await reviews.may_decide(turn.session, turn.speaker, request):
        return Reply(words.not_yours(request.number))
    if not await reviews.refuse(turn.session, request, turn.speaker.id, turn.now, turn.rules):
        return Reply(words.stands(request.number, request.state))
    return Reply(words.not_approved(request.number))


@router.when(may(Act.ARRANGE, says(_ASSIGN)))
async def he_goes(turn: Turn) -> Answer:
    number = number_in(turn, _ASSIGN)
    request = await call_of(turn, _ASSIGN)
    if request is None:
        return Reply(words.no_such_call(number))
    if not requests.leads(turn.speaker, request):
        return Reply(words.not_yours(number))
    name = turn.named(_ASSIGN)
    who = await the_one(turn, Act.ASSIGN, name)
    if who is None:
        return Reply(words.nobody_of_that_name(name))
    await volunteers.profile(turn.session, who.id)
    answered = await assigning.assign(
        turn.session, request, who.id, turn.speaker.id, turn.now, turn.rules
    )
    return await _say(turn, request, who.id, name, answered)


async def _say(turn: Turn, request: Request, who: str, name: str, answered: Answered) -> Reply:
    number = request.number
    if answered.taken is Taken.MAY_NOT:
        lacking = await choosing.papers_lacking(turn.session, request, who)
        return Reply(words.cannot_be_assigned(number, name, answered.why, lacking))
    if answered.taken is Taken.NOTED:
        return Reply(words.assigned_one(number, name))
    if answered.taken is Taken.AT_REST:
        return Reply(words.waits_for_minutes(number))
    if answered.taken is Taken.GONE:
        return Reply(words.stands(number, request.state))
    return Reply(words.assigned(number, name))


@router.when(may(Act.ARRANGE, says(r"等人的?事?|待办|求助|没人接")))
async def what_waits(turn: Turn) -> Reply:
    rows = await requests.open_in(turn.session, turn.speaker, SHOWN)
    await turn.note_look("calls", {one.elder_id for one, _ in rows}, "waiting")
    calls = [(one.number, name, one.category, one.starts_at, one.state) for one, name in rows]
    return Reply(words.open_calls(calls))


@router.when(may(Act.ARRANGE, says(_WHOM)))
async def who_was_asked(turn: Turn) -> Answer:
    """Show who was asked, what he said, and what his score was made of."""
    said = re.fullmatch(_WHOM, turn.words)
    number = (said["number"] or said["other"]) if said else "0"
    request = await requests.find(turn.session, turn.speaker, int(number))
    if request is None:
        return Reply(words.no_such_call(int(number)))
    if not requests.leads(turn.speaker, request):
        return Reply(words.not_yours(request.number))
    asked = await offers.of_request(turn.session, request.id, request.turn)
    names = await people.names_of(turn.session, {one.volunteer_id for one in asked})
    await turn.note_look("asked", names, f"call:{request.id}")
    found = [
        (
            names[one.volunteer_id],
            words.ANSWERS[OfferState(one.state)],
            words.offer_parts(one.parts),
        )
        for one in asked
    ]
    return Reply(words.why_them(request.number, found))


@router.when(may(Act.ARRANGE, says(_TALENT)))
async def who_knows_it(turn: Turn) -> Reply:
    said = re.fullmatch(_TALENT, turn.words)
    field = said["field"] if said else ""
    found = await volunteers.talents(turn.session, turn.speaker, field, SHOWN)
    await turn.note_look("skills", {one.id for one in found})
    return Reply(words.talents(field, found))


@router.when(may(Act.ARRANGE, says("(?:还)?(?:没|谁没)问过(?:谁|的人)?|没问过的")))
async def whom_nobody_asked(turn: Turn) -> Reply:
    found = await volunteers.never_asked(turn.session, turn.speaker)
    await turn.note_look("unasked", found)
    return Reply(words.never_asked([*found.values()]))


@router.when(may(Act.TIE_VILLAGES, says(_NEXT)))
async def they_help_each_other(turn: Turn) -> Reply:
    name = turn.named(_NEXT)
    other = await villages.named(turn.session, name)
    if other is None or other.id == turn.speaker.village_id:
        return Reply(words.no_such_village(name))
    await volunteers.tie_villages(turn.session, turn.speaker.village_id, other.id)
    return Reply(words.villages_tied(name))
