"""An elder's hours: the window in which her word is waited for, and how it moves.

It is moved by her own yes to a suggestion of ours, or by her leader or coordinator. What is
expected today stays as it was opened; from tomorrow on the new hours count.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    and_,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.checkins import DAY, SAID_UNWELL, Expectation, Plan, SignOfLife, State, watch_day
from storage.database import Base, BigId, insert_new
from storage.habits import Habit, Usual
from storage.incidents import Incident
from storage.people import Person
from storage.rules import FRAIL, CheckinRules, HabitRules, Rules, at_village

ASKED, AGREED, DECLINED, LAPSED = "asked", "agreed", "declined", "lapsed"


class Suggestion(Base):
    """Other hours for an elder. asked → agreed or declined; lapsed when they moved otherwise."""

    __tablename__ = "hour_suggestions"
    __table_args__ = (
        UniqueConstraint("elder_id", "asked_on"),
        CheckConstraint("state IN ('asked', 'agreed', 'declined', 'lapsed')", name="state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    elder_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    asked_on: Mapped[date]
    opens: Mapped[time]
    closes: Mapped[time]
    state: Mapped[str] = mapped_column(String(8), default=ASKED)
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class HourChange(Base):
    """That somebody moved an elder's hours: who said so, from what, to what, and when."""

    __tablename__ = "hour_changes"
    __table_args__ = (Index(None, "elder_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    cause: Mapped[str] = mapped_column(String(220), unique=True)
    elder_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    said_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    from_opens: Mapped[time]
    from_closes: Mapped[time]
    to_opens: Mapped[time]
    to_closes: Mapped[time]
    at: Mapped[datetime]


class Hours(NamedTuple):
    """From when to when her word is waited for, by the village's clock."""

    opens: time
    closes: time

    @property
    def minutes(self) -> int:
        """How long that is."""
        return _minute(self.closes) - _minute(self.opens)


def _minute(hour: time) -> int:
    return hour.hour * 60 + hour.minute


def _hour(minute: int) -> time:
    return time(*divmod(minute, 60))


def fitting(
    usual: Usual, hours: Hours, tier: int, checkin: CheckinRules, rules: HabitRules
) -> Hours | None:
    """Return the hours that would fit her better, None where hers fit or none within limits do.

    Later where her usual time lies so near the end, or after it, that on most days she is
    reminded; sooner only for the frail, where she would long be late before the window ends.
    """
    closes = _minute(hours.closes)
    if usual.median >= closes - rules.near_minutes:
        wanted = _full(usual.median + checkin.remind_before_minutes, rules)
        return _until(wanted, hours, tier, rules) if wanted > closes else None
    if tier != FRAIL:
        return None
    wanted = max(
        _full(usual.late_from(rules), rules), _minute(hours.opens) + rules.shortest_minutes
    )
    return _until(wanted, hours, tier, rules) if wanted <= closes - rules.idle_minutes else None


def _full(minute: float, rules: HabitRules) -> int:
    return math.ceil(minute / rules.step_minutes) * rules.step_minutes


def _until(closes: int, hours: Hours, tier: int, rules: HabitRules) -> Hours | None:
    """Let her hours end then; a frail elder's begin later where they became too long."""
    if closes > _minute(rules.latest):
        return None
    opens = _minute(hours.opens)
    if tier == FRAIL:
        opens = max(opens, closes - round(rules.frail_hours * 60))
    return Hours(_hour(opens), _hour(closes))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An elder to whom other hours may be suggested today."""

    elder_id: str
    hours: Hours
    tier: int
    usual: Usual


async def candidates(
    session: AsyncSession, village: int, now: datetime, rules: Rules
) -> list[Candidate]:
    """Return whose hours might be spoken of: she was heard today, is well, and was not asked
    nor had her hours moved lately.
    """
    day = watch_day(now, rules.checkin)
    since = at_village(day, rules.checkin.day_starts)
    rows = await session.execute(
        select(
            Person.id, Plan.opens, Plan.closes, Plan.tier, Habit.median, Habit.spread, Habit.days
        )
        .join(Plan, and_(Plan.elder_id == Person.id, Plan.slot == DAY))
        .join(Habit, Habit.elder_id == Person.id)
        .where(
            Person.village_id == village,
            Habit.days >= rules.habits.needed_days,
            _was_met(day),
            ~_is_unwell(since),
            ~exists().where(Incident.elder_id == Person.id, Incident.climbs_at.is_not(None)),
            ~_was_spoken_of(now, rules.habits),
        )
        .order_by(Person.id)
    )
    return [
        Candidate(elder, Hours(opens, closes), tier, Usual(middle, spread, days))
        for elder, opens, closes, tier, middle, spread, days in rows
    ]


def _was_met(day: date) -> ColumnElement[bool]:
    return exists().where(
        Expectation.elder_id == Person.id,
        Expectation.day == day,
        Expectation.state == State.MET,
    )


def _is_unwell(since: datetime) -> ColumnElement[bool]:
    return exists().where(
        SignOfLife.elder_id == Person.id, SignOfLife.at >= since, SignOfLife.kind == SAID_UNWELL
    )


def _was_spoken_of(now: datetime, rules: HabitRules) -> ColumnElement[bool]:
    lately = now - timedelta(days=rules.between_days)
    answers = ((DECLINED, rules.declined_days), (AGREED, rules.agreed_days))
    asked = exists().where(
        Suggestion.elder_id == Person.id,
        or_(
            Suggestion.asked_at > lately,
            *(
                and_(Suggestion.state == state, Suggestion.answered_at > now - timedelta(days=days))
                for state, days in answers
            ),
        ),
    )
    return or_(asked, exists().where(HourChange.elder_id == Person.id, HourChange.at > lately))


async def suggest(
    session: AsyncSession, suggested: Sequence[tuple[str, Hours]], day: date, now: datetime
) -> None:
    """Remember what was suggested to whom; twice a day nothing is."""
    rows = [
        {
            "elder_id": elder,
            "asked_on": day,
            "opens": hours.opens,
            "closes": hours.closes,
            "state": ASKED,
            "asked_at": now,
        }
        for elder, hours in suggested
    ]
    await insert_new(session, Suggestion, [], rows)


async def open_suggestion(
    session: AsyncSession, elder: str, now: datetime, rules: HabitRules
) -> Suggestion | None:
    """Return what was suggested to her and not answered yet, None after some days."""
    return await session.scalar(
        select(Suggestion)
        .where(
            Suggestion.elder_id == elder,
            Suggestion.state == ASKED,
            Suggestion.asked_at > now - timedelta(days=rules.answer_days),
        )
        .order_by(Suggestion.id.desc())
        .limit(1)
    )


async def agree(session: AsyncSession, suggestion: Suggestion, by: str, now: datetime) -> bool:
    """Take a yes, and move her hours; False where it was answered before."""
    if not await _answer(session, suggestion, AGREED, now):
        return False
    hours = Hours(suggestion.opens, suggestion.closes)
    cause = f"suggestion:{suggestion.id}"
    return await move(session, suggestion.elder_id, hours, by, cause, now)


async def decline(session: AsyncSession, suggestion: Suggestion, now: datetime) -> bool:
    """Take a no; False where it was answered before."""
    return await _answer(session, suggestion, DECLINED, now)


async def _answer(session: AsyncSession, suggestion: Suggestion, state: str, now: datetime) -> bool:
    moved = await session.scalar(
        update(Suggestion)
        .where(Suggestion.id == suggestion.id, Suggestion.state == ASKED)
        .values(state=state, answered_at=now)
        .returning(Suggestion.id)
        .execution_options(synchronize_session=False)
    )
    return moved is not None


async def plan_of(session: AsyncSession, elder: str) -> tuple[Hours, int] | None:
    """Return her hours and her tier, None where nobody waits for her word."""
    row = (
        await session.execute(
            select(Plan.opens, Plan.closes, Plan.tier).where(
                Plan.elder_id == elder, Plan.slot == DAY
            )
        )
    ).first()
    return (Hours(row.opens, row.closes), row.tier) if row else None


async def move(
    session: AsyncSession, elder: str, to: Hours, by: str, cause: str, now: datetime
) -> bool:
    """Let other hours count from tomorrow; False where they do already.

    `cause` is the natural key of somebody's saying so. What was still asked of her lapses.
    """
    plan = await session.scalar(
        select(Plan).where(Plan.elder_id == elder, Plan.slot == DAY).with_for_update()
    )
    if plan is None or Hours(plan.opens, plan.closes) == to:
        return False
    session.add(
        HourChange(
            cause=cause,
            elder_id=elder,
            said_by=by,
            from_opens=plan.opens,
            from_closes=plan.closes,
            to_opens=to.opens,
            to_closes=to.closes,
            at=now,
        )
    )
    plan.opens, plan.closes = to
    await session.execute(
        update(Suggestion)
        .where(Suggestion.elder_id == elder, Suggestion.state == ASKED)
        .values(state=LAPSED, answered_at=now)
        .execution_options(synchronize_session=False)
    )
    return True
