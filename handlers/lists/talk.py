"""Answers leaders, coordinators and families who ask how their elders are."""

import re
from collections.abc import Sequence
from datetime import timedelta

from handlers.feature import Feature
from handlers.hearing import numerals
from handlers.lists import seen, words
from handlers.lists.seen import Seen
from handlers.message import Reply
from handlers.namesakes import the_one
from handlers.router import NOT_MINE, Answer, Router, known, says
from handlers.turn import Turn
from storage import authority, lists
from storage.authority import Act

router = Router("lists")

ALL, NOT_HEARD = "名单", "未报"

_PAGE = rf"\s*(?:第)?(?P<page>\d{{1,3}}|[{numerals.CHINESE}]{{1,3}})?\s*页?"
_ALL = rf"(?:看)?名单{_PAGE}"
_NOT_HEARD = rf"(?:未报|没报)(?:名单)?{_PAGE}"
_CLOSER = r"详情\s*(?P<who>\S{1,10}?)\s*号?"


@router.when(known(says(_ALL)))
async def how_are_they(turn: Turn) -> Answer:
    everybody = await seen.everybody(turn)
    return await _show(turn, ALL, everybody, everybody, _page(turn, _ALL))


@router.when(known(says(_NOT_HEARD)))
async def who_is_not_heard(turn: Turn) -> Answer:
    """Those later than usual and the frail come first."""
    everybody = await seen.everybody(turn)
    silent = [one for one in everybody if not one.is_heard]
    silent.sort(key=lambda one: (not one.is_late, not one.is_frail))
    return await _show(turn, NOT_HEARD, everybody, silent, _page(turn, _NOT_HEARD))


def _page(turn: Turn, pattern: str) -> int:
    found = re.fullmatch(pattern, turn.words)
    return numerals.number(found["page"]) if found and found["page"] else 1


async def _show(
    turn: Turn, kind: str, everybody: Sequence[Seen], listed: Sequence[Seen], page: int
) -> Answer:
    """Show one piece; to who looks after nobody, somebody else answers."""
    if not everybody:
        return NOT_MINE
    order = await _order(turn, kind, listed, page)
    if not order:
        return Reply(words.all_heard())
    await lists.remember(turn.session, turn.speaker.id, kind, order, turn.now)
    return await _piece(turn, kind, order, everybody, page)


async def _order(turn: Turn, kind: str, listed: Sequence[Seen], page: int) -> list[str]:
    """Return whose the numbers are; the pieces that follow are of the list first shown."""
    before = await _remembered(turn, kind) if page > 1 else []
    return before or [one.elder.id for one in listed]


async def _piece(
    turn: Turn, kind: str, order: Sequence[str], everybody: Sequence[Seen], page: int
) -> Reply:
    by_id = {one.elder.id: one for one in everybody}
    most = turn.rules.lists.names
    first, last = (page - 1) * most, page * most
    numbered = list(enumerate(order, start=1))[max(first, 0) : last]
    entries = [(number, by_id[elder]) for number, elder in numbered if elder in by_id]
    if not entries:
        return Reply(words.no_such_page(kind))
    shown = [one.elder.id for _, one in entries]
    await turn.note_look("list", shown, "all" if kind == ALL else "not_heard")
    return Reply(words.page(kind, len(order), entries, page + 1 if last < len(order) else 0))


async def _remembered(turn: Turn, kind: str = "") -> list[str]:
    patience = timedelta(minutes=turn.rules.lists.remembered_minutes)
    return await lists.remembered(turn.session, turn.speaker.id, turn.now, patience, kind)


@router.when(known(says(_CLOSER)))
async def how_is_she(turn: Turn) -> Answer:
    """Of somebody he may not look at he hears what he hears of somebody who is not there."""
    found = re.fullmatch(_CLOSER, turn.words)
    who = found["who"] if found else ""
    elder = await _meant(turn, who)
    closer = await seen.one(turn, elder) if elder else None
    if closer is not None:
        await turn.note_look("closer", elder, "office" if closer.serves else "family")
        return Reply(words.closer(closer))
    if await authority.to_anybody(turn.session, turn.speaker, Act.LOOK):
        return Reply(words.nobody(who))
    return NOT_MINE


async def _meant(turn: Turn, who: str) -> str:
    """Return who is named, or has this number on the list shown last; "" for nobody."""
    if not re.fullmatch(numerals.NUMBER, who):
        person = await the_one(turn, Act.LOOK, who)
        return person.id if person else ""
    place = numerals.number(who)
    listed = await _remembered(turn)
    return listed[place - 1] if 0 < place <= len(listed) else ""


FEATURE = Feature(router)
