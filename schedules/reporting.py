"""The digests by the clock: morning and evening for each village, and the sheet of each week."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.digest.talk import COUNTY, DIGEST, TONIGHT, UNREAD, WEEK
from storage import county, digests, evening_notes, letters, village_days, village_weeks
from storage.database import Database
from storage.digests import Digest, Slot
from storage.evening_notes import Note
from storage.letters import NewLetter, Urgency
from storage.rules import DigestRules, Rules, at_village, village_day
from storage.village_weeks import Week
from storage.villages import Village


async def write_digests(database: Database, now: datetime, rules: Rules) -> int:
    """Write this morning's or this evening's digest where there is none; returns how many."""
    slot = _slot(now, rules.digest)
    if slot is None:
        return 0
    day = village_day(now)
    written = 0
    while True:
        async with database.writing() as session:
            village = await digests.claim_village(session, day, slot)
            if village is None:
                await _tell_of_unread(session, day, slot, now)
                return written
            await _write(session, village, slot, now, rules)
        written += 1


def _slot(now: datetime, rules: DigestRules) -> Slot | None:
    """Return which digest is due: after an outage only the later."""
    day = village_day(now)
    if now >= at_village(day, rules.evening):
        return Slot.EVENING
    return Slot.MORNING if now >= at_village(day, rules.morning) else None


async def _write(
    session: AsyncSession, village: Village, slot: Slot, now: datetime, rules: Rules
) -> None:
    day = village_day(now)
    readers = await digests.coordinators(session, village.id)
    before = await digests.last_said(session, village.id, day)
    seen = await village_days.of_village(session, village, before, now, rules)
    _keep(session, village, day, slot, readers, seen.figures(), now)
    detail = {**seen.as_detail(), "slot": slot}
    cause = f"{village.id}:{day}:{slot}"
    await letters.tell_each(session, readers, DIGEST, cause, now, detail=detail)
    if slot is Slot.EVENING:
        await _write_to_leaders(session, village, readers, now, rules)


def _keep(
    session: AsyncSession,
    village: Village,
    day: date,
    slot: Slot,
    readers: Sequence[str],
    figures: dict[str, Any],
    now: datetime,
) -> None:
    session.add(
        Digest(
            day=day,
            slot=slot,
            village_id=village.id,
            written_at=now,
            readers=len(readers),
            figures=figures,
        )
    )


async def _write_to_leaders(
    session: AsyncSession, village: Village, readers: Sequence[str], now: datetime, rules: Rules
) -> None:
    """Tell leaders what is open in their groups; whoever reads the digest knows it from there."""
    notes = await evening_notes.of_village(session, village.id, now, rules)
    if not notes:
        return
    leaders = await digests.leaders(session, village.id)
    lines = [
        NewLetter(
            key=f"{TONIGHT}:{village.id}:{village_day(now)}:{leader}",
            kind=TONIGHT,
            urgency=Urgency.NOTICE,
            recipient_id=leader,
            detail={"notes": theirs},
        )
        for leader, group in leaders
        if leader not in readers and (theirs := _theirs(notes, leader, group))
    ]
    await letters.write(session, lines, now)


def _theirs(notes: Sequence[Note], leader: str, group: int) -> list[dict[str, str]]:
    """Return what a leader is told; not of himself, where he is an elder too."""
    return [
        {"kind": one.kind, "name": one.elder, "gender": one.gender, "detail": one.detail}
        for one in notes
        if one.group_id == group and one.elder_id != leader
    ]


async def _tell_of_unread(session: AsyncSession, day: date, slot: Slot, now: datetime) -> None:
    """Tell the supervisors, once a day, for which villages nobody reads the digest."""
    villages = await digests.unread(session, day, slot)
    if not villages or not await digests.all_written(session, day, slot):
        return
    readers = await _supervisors_without(session, UNREAD, day)
    detail = {"villages": list(villages)}
    await letters.tell_each(session, readers, UNREAD, day, now, detail=detail)


async def _supervisors_without(session: AsyncSession, kind: str, day: date) -> list[str]:
    """Return the supervisors who have no letter of this kind and day yet."""
    keys = {f"{kind}:{day}:{one}": one for one in await digests.supervisors(session)}
    return [keys[one] for one in await letters.unwritten(session, list(keys))]


async def write_weeks(database: Database, now: datetime, rules: Rules) -> int:
    """Write last week's sheet for every village that has none; returns how many."""
    week = village_weeks.due_week(now, rules.digest, rules.checkin)
    written = 0
    while True:
        async with database.writing() as session:
            village = await digests.claim_village(session, week.monday, Slot.WEEK)
            if village is None:
                await _write_county(session, week, now)
                return written
            await _write_week(session, village, week, now, rules)
        written += 1


async def _write_week(
    session: AsyncSession, village: Village, week: Week, now: datetime, rules: Rules
) -> None:
    """Write a village's sheet; of a week in which nobody was expected there is nothing to say."""
    lived = await village_weeks.of_village(session, village, week, now, rules.checkin)
    figures = lived.figures()
    known = village_weeks.is_known(figures)
    readers = await digests.coordinators(session, village.id) if known else []
    _keep(session, village, week.monday, Slot.WEEK, readers, figures, now)
    if not readers:
        return
    before = await village_weeks.figures_before(session, village, week, now, rules.checkin)
    detail = {**lived.as_detail(), "before": before}
    cause = f"{village.id}:{week.monday}"
    await letters.tell_each(session, readers, WEEK, cause, now, detail=detail)


async def _write_county(session: AsyncSession, week: Week, now: datetime) -> None:
    """Write the sheet of all villages to each supervisor who has none yet."""
    readers = await _supervisors_without(session, COUNTY, week.monday)
    if not readers or not await digests.all_written(session, week.monday, Slot.WEEK):
        return
    lived = await county.week(session, week.monday)
    if lived is not None:
        await letters.tell_each(session, readers, COUNTY, week.monday, now, detail=lived)
