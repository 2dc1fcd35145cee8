"""Follows what families tell each other until it was heard, and says once a day who was heard."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handlers.family import telling
from handlers.family.passing import SAY_BACK
from handlers.family.talk import NOT_TOLD_YET, WAS_HEARD
from handlers.family.telling import ToTell
from handlers.family.today import WELL_TODAY
from storage import letters, questions, relatives, tidings, today
from storage.checkins import watch_day
from storage.database import Database
from storage.letters import Letter, NewLetter, Urgency
from storage.people import Person
from storage.rules import Rules, at_village
from storage.tidings import Moved, asking_key
from storage.today import ElderToday

AT_ONCE = 200


async def pass_on(database: Database, now: datetime, rules: Rules) -> int:
    """Follow what is under way one step further; returns how many moved."""
    async with database.writing() as session:
        if not await tidings.are_under_way(session):
            return 0
        return (
            await _let_answer(session, now, rules)
            + await _note_heard(session, now)
            + await _let_leaders_tell(session, now)
            + await _see_to_untold(session, now, rules)
        )


async def _let_answer(session: AsyncSession, now: datetime, rules: Rules) -> int:
    """From the moment it has gone out a voice of hers is the answer."""
    patience = timedelta(minutes=rules.checkin.question_minutes)
    arrived = await tidings.gone_out(session, AT_ONCE)
    for one in arrived:
        about = {"to": one.from_id}
        await questions.ask_the_silent(session, [one.to_id], SAY_BACK, now, patience, about)
    return len(arrived)


async def _note_heard(session: AsyncSession, now: datetime) -> int:
    heard = await tidings.answered(session, now, AT_ONCE)
    written = [_to_sender(one, WAS_HEARD, Urgency.REMINDER, now) for one in heard]
    await letters.write(session, written, now)
    return len(heard)


async def _let_leaders_tell(session: AsyncSession, now: datetime) -> int:
    """What could not reach her phone her leader tells her; where there is none, he rings her up."""
    lost = await tidings.lost(session, AT_ONCE)
    for one in lost:
        letter = await session.get_one(Letter, one.letter_id)
        said = str((letter.detail or {})["words"])
        what = ToTell(one.id, one.from_id, one.to_id, said, letter.media)
        if not await telling.ask_leaders(session, what, now):
            await tidings.give_up(session, one.id)
            moved = Moved(one.id, one.from_id, one.to_id, None)
            await letters.write(
                session, [_to_sender(moved, NOT_TOLD_YET, Urgency.NOTICE, now)], now
            )
    return len(lost)


async def _see_to_untold(session: AsyncSession, now: datetime, rules: Rules) -> int:
    """Remind her leader once, and let the sender know: he may ring her up himself."""
    before = now - timedelta(hours=rules.family.tell_hours)
    untold = await tidings.untold(session, before, AT_ONCE)
    for one in untold:
        await _ask_again(session, one, now)
    written = [_to_sender(one, NOT_TOLD_YET, Urgency.NOTICE, now) for one in untold]
    await letters.write(session, written, now)
    return len(untold)


async def _ask_again(session: AsyncSession, one: Moved, now: datetime) -> None:
    leaders = await telling.leaders_of(session, one.to_id, one.from_id, now)
    keys = [asking_key(one.id, leader) for leader in leaders]
    letter = await session.scalar(select(Letter).where(Letter.key.in_(keys)).limit(1))
    if letter is not None:
        said = str((letter.detail or {})["words"])
        what = ToTell(one.id, one.from_id, one.to_id, said, letter.media)
        await telling.ask_again(session, what, one.number or 0, now)


def _to_sender(one: Moved, kind: str, urgency: Urgency, now: datetime) -> NewLetter:
    return NewLetter(
        key=f"{kind}:{one.id}:{one.from_id}",
        kind=kind,
        urgency=urgency,
        recipient_id=one.from_id,
        about_id=one.to_id,
        expires_at=now + timedelta(days=1) if urgency is Urgency.REMINDER else None,
    )


async def say_who_was_heard(database: Database, now: datetime, rules: Rules) -> int:
    """Write a line to those who want one each day; returns how many."""
    day = watch_day(now, rules.checkin)
    since = at_village(day, rules.checkin.day_starts)
    async with database.writing() as session:
        heard = await relatives.to_tell(session, day, AT_ONCE)
        if not heard:
            return 0
        elders = {elder for theirs in heard.values() for elder in theirs}
        standing = await today.of_elders(session, Person.id.in_(elders), day, since)
        by_id = {one.id: one for one in standing}
        lines = [_line(one, theirs, by_id, day, since) for one, theirs in heard.items()]
        await letters.write(session, lines, now)
        await relatives.told(session, heard, day)
    return len(heard)


def _line(
    person: str,
    elders: Collection[str],
    standing: Mapping[str, ElderToday],
    day: date,
    since: datetime,
) -> NewLetter:
    heard = [standing[elder] for elder in elders if elder in standing]
    return NewLetter(
        key=f"{WELL_TODAY}:{day}:{person}",
        kind=WELL_TODAY,
        urgency=Urgency.REMINDER,
        recipient_id=person,
        about_id=heard[0].id,
        detail={"heard": [[one.name, str(one.standing)] for one in heard]},
        expires_at=since + timedelta(days=1),
    )
