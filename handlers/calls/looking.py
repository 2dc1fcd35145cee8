"""照片 1234, 照片 刘翠花 健康证: whoever answers for it looks at what was sent as a proof."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from handlers.calls import words
from handlers.calls.routes import NAME, NUMBER, call_of, number_in, router
from handlers.message import Reply
from handlers.namesakes import the_one
from handlers.router import may, says
from handlers.turn import Turn
from storage import credentials, evidence, letters, pictures, requests
from storage.authority import Act
from storage.categories import PAPERS
from storage.people import Role
from storage.pictures import Picture

SHOWN = "picture_shown"

_OF_CALL = rf"(?:看)?照片\s*{NUMBER}(?:\s+第?(?P<nth>\d)张?)?"
_OF_PAPER = rf"(?:看)?照片\s*{NAME}\s*(?:的)?(?P<kind>{'|'.join(PAPERS)})"


@router.when(may(Act.DECIDE, says(_OF_CALL)))
async def how_it_looked(turn: Turn) -> Reply:
    number = number_in(turn, _OF_CALL)
    request = await call_of(turn, _OF_CALL)
    if request is None:
        return Reply(words.no_such_call(number))
    if not (requests.leads(turn.speaker, request) or turn.speaker.is_a(Role.SUPERVISOR)):
        return Reply(words.not_yours(number))
    said = re.fullmatch(_OF_CALL, turn.words)
    nth = int((said and said["nth"]) or 1)
    found = await evidence.pictures_of(turn.session, request.id)
    one = _Proof(found, request.elder_id, f"{number}号", f"call:{request.id}")
    return await _show(turn, one, nth)


@router.when(may(Act.VOUCH, says(_OF_PAPER)))
async def how_the_paper_looks(turn: Turn) -> Reply:
    said = re.fullmatch(_OF_PAPER, turn.words)
    name, kind = (said["name"], said["kind"]) if said else ("", "")
    who = await the_one(turn, Act.VOUCH, name)
    if who is None:
        return Reply(words.nobody_of_that_name(name))
    found = await credentials.pictures_of(turn.session, who.id, kind)
    return await _show(turn, _Proof(found, who.id, f"{name}的{kind}", "paper"), 1)


@dataclass(frozen=True, slots=True)
class _Proof:
    """The pictures of one thing, whom it is about, and what it is called aloud and in the audit."""

    pictures: Sequence[Picture]
    about: str
    name: str
    code: str


async def _show(turn: Turn, proof: _Proof, nth: int) -> Reply:
    """Send one of the pictures: each of them takes two of the five messages of a window."""
    found = proof.pictures
    if not 1 <= nth <= len(found):
        return Reply(words.no_picture(proof.name, len(found)))
    picture = found[nth - 1]
    lasts_until = picture.sent_at + pictures.LASTS
    if lasts_until <= turn.now or picture.channel != turn.message.channel:
        return Reply(words.picture_is_gone(proof.name))
    await turn.note_look("picture", proof.about, proof.code)
    await letters.tell_each(
        turn.session,
        [turn.speaker.id],
        SHOWN,
        turn.cause,
        turn.now,
        about_id=proof.about,
        actor_id=picture.sent_by,
        detail={"what": proof.name},
        media=picture.media,
        expires_at=lasts_until,
    )
    return Reply(words.picture_comes(proof.name, nth, len(found)))
