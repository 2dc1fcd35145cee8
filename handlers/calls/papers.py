"""The papers of volunteers: noted and looked at by leader and coordinator, each for his own."""

import re

from handlers.calls import words
from handlers.calls.routes import NAME, PAPER, picture_in, router
from handlers.calls.when import day_in
from handlers.message import Kind, Reply
from handlers.namesakes import the_one
from handlers.router import NOT_MINE, Answer, known, may, says
from handlers.turn import Turn
from storage import authority, credentials, pictures, questions
from storage.authority import Act
from storage.categories import PAPERS
from storage.credentials import NewCredential
from storage.people import Role
from storage.rules import village_day

_NOTE = (
    rf"证件\s*{NAME}\s*(?P<kind>{'|'.join(PAPERS)})\s*(?:到)?\s*(?P<until>[\d年月日./-]+)"
    r"(?:\s+(?P<document>[\w-]{1,40}))?"
)
_LOOK = rf"(?:看|查)?证件\s*{NAME}"


@router.when(may(Act.ARRANGE, says("(?:快)?到期的?(?:证件)?")))
async def whose_papers_end(turn: Turn) -> Reply:
    found = await credentials.ending(
        turn.session,
        authority.may(turn.speaker, Act.VOUCH),
        village_day(turn.now),
        turn.rules.dispatch.expiring_days,
    )
    await turn.note_look("papers", {one.person_id for one in found}, "ending")
    return Reply(words.ending_papers([(one.name, one.kind, one.valid_until) for one in found]))


@router.when(may(Act.ARRANGE, says(_NOTE)))
async def he_has_a_paper(turn: Turn) -> Reply:
    """证件 刘翠花 健康证 2027-05-01; a picture of it may follow."""
    said = re.fullmatch(_NOTE, turn.words)
    name, kind = (said["name"], said["kind"]) if said else ("", "")
    until, today = day_in(said["until"]) if said else None, village_day(turn.now)
    if said is None or until is None or until < today:
        return Reply(words.how_to_note_paper())
    who = await the_one(turn, Act.VOUCH, name)
    if who is None or await authority.is_of_household(turn.session, turn.speaker.id, {who.id}):
        return Reply(words.nobody_of_that_name(name))
    paper = NewCredential(
        person_id=who.id,
        kind=kind,
        valid_from=today,
        valid_until=until,
        document=said["document"] or "",
        noted_by=turn.speaker.id,
    )
    noted = await credentials.note(turn.session, paper, turn.now)
    about = {"paper": noted, "name": who.name, "kind": kind}
    await questions.ask(turn.session, turn.speaker.id, PAPER, turn.now, about=about)
    return Reply(words.paper_noted(who.name, kind, until))


@router.when(
    may(Act.ARRANGE, lambda turn: turn.is_asked(PAPER) and turn.message.kind is Kind.PICTURE)
)
async def this_is_the_paper(turn: Turn) -> Answer:
    about = turn.asked_about
    await questions.answered(turn.session, turn.speaker.id)
    if not await pictures.keep(turn.session, picture_in(turn, credential_id=about["paper"])):
        return NOT_MINE
    return Reply(words.paper_seen(about["name"], about["kind"]))


@router.when(may(Act.ARRANGE, says(_LOOK)))
async def which_papers_he_has(turn: Turn) -> Reply:
    name = turn.named(_LOOK)
    who = await the_one(turn, Act.VOUCH, name)
    if who is None:
        return Reply(words.nobody_of_that_name(name))
    found = await credentials.of_person(turn.session, who.id)
    await turn.note_look("papers", who.id)
    return Reply(words.papers(who.name, found, village_day(turn.now)))


@router.when(may(Act.ARRANGE, says(r"证件.*")))
async def how_to_note(_turn: Turn) -> Reply:
    return Reply(words.how_to_note_paper())


@router.when(known(says("我的证件")))
async def which_papers_i_have(turn: Turn) -> Answer:
    if not turn.speaker.is_a(Role.VOLUNTEER):
        return NOT_MINE
    found = await credentials.of_person(turn.session, turn.speaker.id)
    return Reply(words.papers(turn.speaker.name, found, village_day(turn.now)))
