"""Weekly wishes: 每周三上午理发. Each becomes a call of its own, some days ahead."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage import holds, placing
from storage.database import Base, BigId, insert_new
from storage.people import Person
from storage.placing import NewCall
from storage.rules import VILLAGE_TIME, Rules, at_village, village_day

_LIVE = text("ended_at IS NULL")


class WeeklyCall(Base):
    """`weekday` counts from Monday, 0; `made_until` is the last day whose call was made."""

    __tablename__ = "weekly_calls"
    __table_args__ = (
        UniqueConstraint("cause"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        Index(
            "uq_weekly_calls_wish",
            "elder_id",
            "category",
            "weekday",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index(
            "ix_weekly_calls_made_until",
            "made_until",
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    cause: Mapped[str] = mapped_column(String(240))
    elder_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    category: Mapped[str] = mapped_column(String(4))
    weekday: Mapped[int]
    hour: Mapped[time]
    minutes: Mapped[int | None]
    said_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    said_at: Mapped[datetime]
    made_until: Mapped[date]
    ended_at: Mapped[datetime | None]


async def put(
    session: AsyncSession,
    cause: str,
    elder: str,
    category: str,
    starts_at: datetime,
    minutes: int | None,
    said_by: str,
    now: datetime,
) -> None:
    """Keep a weekly wish whose first day is given; one that she has already stays as it is."""
    day = village_day(starts_at)
    hour = starts_at.astimezone(VILLAGE_TIME).time()
    row = {
        "cause": cause,
        "elder_id": elder,
        "category": category,
        "weekday": weekday_of(starts_at),
        "hour": hour,
        "minutes": minutes,
        "said_by": said_by,
        "said_at": now,
        "made_until": day - timedelta(days=1),
    }
    await insert_new(session, WeeklyCall, [], [row])


def weekday_of(moment: datetime) -> int:
    """Return the weekday of a moment in the village; Monday is 0."""
    return village_day(moment).weekday()


async def end(session: AsyncSession, elder: str, category: str, now: datetime) -> bool:
    """End a weekly wish; the calls that are made already stay, and can be taken back singly."""
    ended = await session.scalars(
        update(WeeklyCall)
        .where(
            WeeklyCall.elder_id == elder,
            WeeklyCall.category == category,
            WeeklyCall.ended_at.is_(None),
        )
        .values(ended_at=now)
        .returning(WeeklyCall.id)
    )
    return bool(ended.all())


async def make_calls(session: AsyncSession, now: datetime, rules: Rules, limit: int) -> int:
    """Make the calls of the coming days that are not made yet; returns how many wishes moved.

    On a day on which she is away none is made.
    """
    until = village_day(now) + timedelta(days=rules.dispatch.ahead_days)
    wishes = (
        await session.scalars(
            select(WeeklyCall)
            .where(WeeklyCall.ended_at.is_(None), WeeklyCall.made_until < until)
            .order_by(WeeklyCall.made_until, WeeklyCall.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()
    for wish in wishes:
        for day in _days(wish, village_day(now), until):
            if not await _is_away(session, wish.elder_id, day):
                await _make(session, wish, day, now, rules)
        wish.made_until = until
    await session.flush()
    return len(wishes)


def _days(wish: WeeklyCall, today: date, until: date) -> list[date]:
    first = max(wish.made_until + timedelta(days=1), today)
    days = (first + timedelta(days=ahead) for ahead in range((until - first).days + 1))
    return [day for day in days if day.weekday() == wish.weekday]


async def _is_away(session: AsyncSession, elder: str, day: date) -> bool:
    return bool(await session.scalar(select(holds.is_away(elder, day))))


async def _make(
    session: AsyncSession, wish: WeeklyCall, day: date, now: datetime, rules: Rules
) -> None:
    starts_at = at_village(day, wish.hour)
    if starts_at <= now:
        return
    elder = await session.get_one(Person, wish.elder_id)
    await placing.place(
        session,
        NewCall(
            cause=f"weekly:{wish.id}:{day}",
            elder=elder,
            category=wish.category,
            said_by=wish.said_by,
            starts_at=starts_at,
            minutes=wish.minutes,
        ),
        now,
        rules,
    )
