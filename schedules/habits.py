"""Habits by the clock: reckoned once a day, and leaders told once a morning who is late."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.habits.talk import HOURS, LATER, SUGGESTION, suggestion_key
from handlers.spoken import hour
from storage import contacts, habits, hours, letters, people, questions
from storage.checkins import Expectation, watch_day
from storage.contacts import Around
from storage.database import Database
from storage.habits import Late
from storage.hours import Candidate, Hours
from storage.letters import NewLetter, Urgency
from storage.people import Person
from storage.rules import FRAIL, Rules, at_village, village_day

AT_ONCE = 30
"""How many groups one transaction tells: a message waits for it."""

Wish = tuple[Candidate, Hours]


async def reckon(database: Database, now: datetime, rules: Rules) -> int:
    """Reckon today's habits, village by village, and ask who might like other hours.

    Returns for how many villages that was done.
    """
    if now < at_village(village_day(now), rules.habits.reckon_at):
        return 0
    day = village_day(now)
    villages = 0
    while True:
        async with database.reading() as session:  # so that no message waits for it
            village = await habits.village_to_reckon(session, day)
            if village is None:
                return villages
            found = await habits.reckon(session, village, now, rules.checkin, rules.habits)
        async with database.writing() as session:
            if await habits.claim_village(session, village, day):
                await habits.keep(session, village, found, day)
                await _suggest(session, village, now, rules)
                villages += 1


async def _suggest(session: AsyncSession, village: int, now: datetime, rules: Rules) -> None:
    """Ask each elder whose hours do not fit her; of whom nothing reaches, her leader."""
    if rules.letters.is_quiet(now):
        return
    wishes = [
        (one, better)
        for one in await hours.candidates(session, village, now, rules)
        if (better := hours.fitting(one.usual, one.hours, one.tier, rules.checkin, rules.habits))
    ]
    wishes = await _without_asked(session, wishes, now, rules)
    reached = await people.addresses(session, {one.elder_id for one, _ in wishes})
    hers = [wish for wish in wishes if wish[0].elder_id in reached]
    others = [wish for wish in wishes if wish[0].elder_id not in reached]
    leaders = await _leaders(session, [one.elder_id for one, _ in others], now)
    others = [wish for wish in others if leaders[wish[0].elder_id]]
    suggested = [(one.elder_id, better) for one, better in [*hers, *others]]
    await hours.suggest(session, suggested, village_day(now), now)
    for one, _ in hers:
        await questions.ask(session, one.elder_id, HOURS, now)
    asked = [(wish, wish[0].elder_id) for wish in hers]
    asked += [(wish, leader) for wish in others for leader in leaders[wish[0].elder_id]]
    await letters.write(session, [_letter(*one, now, rules) for one in asked], now)


async def _without_asked(
    session: AsyncSession, wishes: Sequence[Wish], now: datetime, rules: Rules
) -> list[Wish]:
    """Leave out whom we are asking something else just now: one question at a time."""
    patience = timedelta(minutes=rules.checkin.question_minutes)
    asked = await questions.open_for(session, [one.elder_id for one, _ in wishes], now, patience)
    return [wish for wish in wishes if wish[0].elder_id not in asked]


async def _leaders(
    session: AsyncSession, elders: Sequence[str], now: datetime
) -> dict[str, list[str]]:
    around: Mapping[str, Around] = await contacts.around(session, elders, now) if elders else {}
    return {elder: around[elder].of(["leader"]) for elder in elders}


def _letter(wish: Wish, reader: str, now: datetime, rules: Rules) -> NewLetter:
    one, better = wish
    day = village_day(now)
    return NewLetter(
        key=suggestion_key(one.elder_id, day, reader),
        kind=SUGGESTION,
        urgency=Urgency.REMINDER,
        recipient_id=reader,
        about_id=one.elder_id,
        detail={
            "usual": one.usual.median,
            "later": better.closes > one.hours.closes,
            "opens": hour(better.opens),
            "closes": hour(better.closes),
        },
        expires_at=at_village(day, rules.letters.quiet_from),
    )


async def tell_leaders(database: Database, now: datetime, rules: Rules) -> int:
    """Tell leaders who of their groups is later than usual, once a morning.

    As soon as somebody frail is; where only the sturdy are, at `habits.tell_at`. Nobody is
    alarmed by it. Returns how many groups were told of.
    """
    if rules.letters.is_quiet(now):
        return 0
    day = watch_day(now, rules.checkin)
    is_open = (Expectation.closes_at > now) & habits.is_not_told(day)
    if now < at_village(day, rules.habits.tell_at):
        is_open &= Expectation.tier == FRAIL
    async with database.reading() as session:
        late = await habits.unusually_late(session, is_open, now, rules)
    groups = sorted({one.group_id for one in late if one.group_id is not None})
    for first in range(0, len(groups), AT_ONCE):
        async with database.writing() as session:
            await _tell(session, groups[first : first + AT_ONCE], now, rules)
    return len(groups)


async def _tell(session: AsyncSession, groups: Sequence[int], now: datetime, rules: Rules) -> None:
    """Write one line to each leader; who was heard a moment ago is not in it any more."""
    day = watch_day(now, rules.checkin)
    mine = await habits.claim_groups(session, groups, day)
    among = (Expectation.closes_at > now) & Person.group_id.in_(mine)
    late = await habits.unusually_late(session, among, now, rules)
    leaders = await _leaders(session, [one.elder_id for one in late], now)
    lines: dict[str, list[Late]] = {}
    for one in late:
        for leader in leaders[one.elder_id]:
            lines.setdefault(leader, []).append(one)
    await letters.write(
        session,
        [
            NewLetter(
                key=f"{LATER}:{leader}:{day}",
                kind=LATER,
                urgency=Urgency.REMINDER,
                recipient_id=leader,
                detail={"names": [one.name for one in of_his]},
                expires_at=max(one.closes_at for one in of_his),
            )
            for leader, of_his in lines.items()
        ],
        now,
    )
