"""Habits: at what time of day an elder is usually first heard, and how much that varies.

The usual time is the median of her first words in the last four weeks, and the spread the
median distance from it (median absolute deviation). Both stay where they are until half of
her days are strange: a wedding, a night at the clinic or a lost phone move neither, where they
would move a mean and a standard deviation for a month. Quartiles bear a quarter of the days.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Integer,
    String,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage import downtimes, silences
from storage.checkins import WAITING, Expectation, SignOfLife, State, watch_day
from storage.database import Base, insert_new
from storage.downtimes import Span
from storage.incidents import Incident, IncidentKind
from storage.people import Person
from storage.rules import FRAIL, CheckinRules, HabitRules, Rules, at_village
from storage.villages import Group, Village

A_DAY = timedelta(days=1)
A_MINUTE = timedelta(minutes=1)


class Habit(Base):
    """An elder's usual time; minutes are those of the village's clock since midnight."""

    __tablename__ = "habits"

    elder_id: Mapped[str] = mapped_column(String(32), ForeignKey("people.id"), primary_key=True)
    median: Mapped[float]
    spread: Mapped[float]
    days: Mapped[int]
    """On how many days she was heard, of those that count."""
    as_of: Mapped[date]


@dataclass(frozen=True, slots=True)
class Usual:
    """Her usual time and its spread, in minutes, and on how many days it rests."""

    median: float
    spread: float
    days: int

    def late_from(self, rules: HabitRules) -> float:
        """Return the minute of the day from which she is unusually late."""
        return self.median + max(rules.spreads * self.spread, rules.least_minutes)


def usual(minutes: Sequence[int]) -> Usual:
    """Return the usual of some first words; there is at least one."""
    middle = median(minutes)
    return Usual(middle, median(abs(one - middle) for one in minutes), len(minutes))


async def village_to_reckon(session: AsyncSession, day: date) -> int | None:
    """Return a village whose habits were not reckoned this day, None when all were.

    In no order, so that two nodes seldom reckon the same.
    """
    return await session.scalar(
        select(Village.id).where(_is_not_reckoned(day)).order_by(func.random()).limit(1)
    )


async def claim_village(session: AsyncSession, village: int, day: date) -> bool:
    """Take a village to write its habits; False where another node was quicker."""
    taken = await session.scalar(
        update(Village)
        .where(Village.id == village, _is_not_reckoned(day))
        .values(habits_day=day)
        .returning(Village.id)
    )
    return taken is not None


def _is_not_reckoned(day: date) -> ColumnElement[bool]:
    return or_(Village.habits_day.is_(None), Village.habits_day < day)


async def reckon(
    session: AsyncSession, village: int, now: datetime, checkin: CheckinRules, rules: HabitRules
) -> dict[str, Usual]:
    """Return the usual times of a village's elders; it reads much, and writes nothing."""
    first = watch_day(now, checkin) - timedelta(days=rules.days - 1)
    began = at_village(first, checkin.day_starts)
    signs = await _own_signs(session, village, began, now)
    spans = await downtimes.since(session, began)
    left_out = await _not_hers(session, village, first)
    silent = await _silent_days(session, village, began)
    minutes: dict[str, list[int]] = {}
    for (elder, nth), at in first_words(signs, began, spans, now).items():
        day = first + timedelta(days=nth)
        if (elder, day) not in left_out and nth not in silent:
            minutes.setdefault(elder, []).append((at - at_village(day, time())) // A_MINUTE)
    return {elder: usual(of_hers) for elder, of_hers in minutes.items()}


async def _own_signs(
    session: AsyncSession, village: int, began: datetime, now: datetime
) -> list[tuple[str, datetime]]:
    """Return what elders sent themselves; who speaks for her has his own habits."""
    rows = await session.execute(
        select(SignOfLife.elder_id, SignOfLife.at)
        .join(Person, Person.id == SignOfLife.elder_id)
        .where(
            Person.village_id == village,
            SignOfLife.at.between(began, now),
            SignOfLife.actor_id == SignOfLife.elder_id,
        )
    )
    return [(elder, at) for elder, at in rows]


def first_words(
    signs: Iterable[tuple[str, datetime]], began: datetime, spans: Sequence[Span], now: datetime
) -> dict[tuple[str, int], datetime]:
    """Return the first word of each (elder, nth day since `began`).

    Where a downtime of ours fell between the beginning of the day and that word, we cannot
    know whether it was the first.
    """
    words: dict[tuple[str, int], datetime] = {}
    for elder, at in signs:
        key = elder, (at - began) // A_DAY
        if key not in words or at < words[key]:
            words[key] = at
    if not spans:
        return words
    return {
        (elder, nth): at
        for (elder, nth), at in words.items()
        if downtimes.lost(spans, began + nth * A_DAY, at, now) is None
    }


async def _not_hers(session: AsyncSession, village: int, first: date) -> set[tuple[str, date]]:
    """Return the days of elders who were away, or of whom we know nothing by our own fault."""
    rows = await session.execute(
        select(Expectation.elder_id, Expectation.day).where(
            Expectation.village_id == village,
            Expectation.day >= first,
            Expectation.state.in_((State.EXCUSED, State.UNKNOWN)),
        )
    )
    return {(elder, day) for elder, day in rows}


async def _silent_days(session: AsyncSession, village: int, began: datetime) -> set[int]:
    """Return the days on which the whole village was called for."""
    opened = await session.scalars(
        select(Incident.opened_at).where(
            Incident.village_id == village,
            Incident.kind == IncidentKind.VILLAGE,
            Incident.opened_at >= began,
        )
    )
    return {(at - began) // A_DAY for at in opened}


async def keep(session: AsyncSession, village: int, habits: Mapping[str, Usual], day: date) -> None:
    """Write down the habits of a village's elders in the place of what was known before."""
    here = select(Person.id).where(Person.village_id == village)
    await session.execute(
        delete(Habit).where(Habit.elder_id.in_(here)).execution_options(synchronize_session=False)
    )
    rows = [
        {
            "elder_id": elder,
            "median": one.median,
            "spread": one.spread,
            "days": one.days,
            "as_of": day,
        }
        for elder, one in habits.items()
    ]
    await insert_new(session, Habit, [], rows)


async def known(
    session: AsyncSession, elders: Collection[str], rules: HabitRules
) -> dict[str, Usual]:
    """Return the usual times of those elders of whom enough days are known."""
    rows = await session.execute(
        select(Habit.elder_id, Habit.median, Habit.spread, Habit.days).where(
            Habit.elder_id.in_(elders), Habit.days >= rules.needed_days
        )
    )
    return {elder: Usual(middle, spread, days) for elder, middle, spread, days in rows}


@dataclass(frozen=True, slots=True)
class Late:
    """An elder who is not heard yet though by her habit she would have been."""

    elder_id: str
    name: str
    tier: int
    village_id: int
    group_id: int | None
    closes_at: datetime


async def unusually_late(
    session: AsyncSession, among: ColumnElement[bool], now: datetime, rules: Rules
) -> list[Late]:
    """Return who is later than usual today, the frail first, of whom `among` is true.

    `among` is a condition on a Person or her Expectation. After an outage of ours nobody is, and
    nobody who is away or for whom people are called already, be it with her whole village.
    Where so many of a village are late that it is hardly each of them, only the frail are.
    """
    day = watch_day(now, rules.checkin)
    since = at_village(day, rules.checkin.day_starts)
    if await downtimes.since(session, since):
        return []
    no_call = exists().where(Incident.elder_id == Person.id, Incident.climbs_at.is_not(None))
    rows = await session.execute(
        select(
            Person.id,
            Person.name,
            Expectation.tier,
            Person.village_id,
            Person.group_id,
            Expectation.closes_at,
        )
        .join(Expectation, Expectation.elder_id == Person.id)
        .join(Habit, Habit.elder_id == Person.id)
        .where(
            Expectation.day == day,
            Expectation.next_at.is_not(None),  # the index of those who are waited for
            Expectation.state.in_(WAITING),
            *_past_her_time(now, day, rules.habits),
            ~no_call,
            among,
        )
        .order_by(Expectation.tier, Habit.median, Person.id)
    )
    late = [Late(*row) for row in rows]
    villages = {one.village_id for one in late}
    called_for = await _called_for(session, villages, since)
    together = await _late_together(session, villages, now, rules)
    return [
        one
        for one in late
        if one.village_id not in called_for
        and (one.tier == FRAIL or one.village_id not in together)
    ]


def _past_her_time(now: datetime, day: date, rules: HabitRules) -> list[ColumnElement[bool]]:
    """Say in SQL what `Usual.late_from` says."""
    minute = (now - at_village(day, time())) / A_MINUTE
    return [
        Habit.days >= rules.needed_days,
        Habit.median + rules.spreads * Habit.spread <= minute,
        Habit.median + rules.least_minutes <= minute,
    ]


async def _called_for(
    session: AsyncSession, villages: Collection[int], since: datetime
) -> set[int]:
    """Return for which of these villages people are called, or were today."""
    found = await session.scalars(
        select(Incident.village_id).where(
            Incident.village_id.in_(villages),
            Incident.kind == IncidentKind.VILLAGE,
            or_(Incident.opened_at >= since, Incident.climbs_at.is_not(None)),
        )
    )
    return set(found)


async def _late_together(
    session: AsyncSession, villages: Collection[int], now: datetime, rules: Rules
) -> set[int]:
    """Return which of these villages sleep in, or have no power: by the measure of silences.

    Of those who by their habit should have been heard, each is taken to be late as often as
    she is taken to miss before she is known.
    """
    day = watch_day(now, rules.checkin)
    waited_for = case((Expectation.state == State.MET, 0), else_=1)
    rows = await session.execute(
        select(Expectation.village_id, func.count(), func.sum(waited_for, type_=Integer))
        .join(Habit, Habit.elder_id == Expectation.elder_id)
        .where(
            Expectation.village_id.in_(villages),
            Expectation.day == day,
            Expectation.state.in_((State.MET, *WAITING)),
            *_past_her_time(now, day, rules.habits),
        )
        .group_by(Expectation.village_id)
    )
    rate = rules.watch.usual_miss
    return {
        village
        for village, expected, late in rows
        if silences.is_one([rate] * expected, late, rules.watch)
    }


async def claim_groups(session: AsyncSession, groups: Collection[int], day: date) -> list[int]:
    """Take those groups whose leaders have not heard this day who is later than usual."""
    taken = await session.scalars(
        update(Group)
        .where(Group.id.in_(groups), or_(Group.told_late_day.is_(None), Group.told_late_day < day))
        .values(told_late_day=day)
        .returning(Group.id)
    )
    return list(taken)


def is_not_told(day: date) -> ColumnElement[bool]:
    """Tell of a person whether the leaders of her group may still hear of her this day."""
    return exists().where(
        Group.id == Person.group_id,
        or_(Group.told_late_day.is_(None), Group.told_late_day < day),
    )
