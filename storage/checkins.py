"""The daily watch over one elder: her plan, what is expected today, and her signs of life.

Each day one expectation: pending → reminded → late → missed, or met, excused, unknown.
`next_at` is the moment the next move is due, none when nothing more will happen by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    and_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage import downtimes
from storage.database import Base, BigId, Instant, insert_new, run_many
from storage.people import Person
from storage.rules import CheckinRules, at_village, village_day
from storage.villages import Village


class State(StrEnum):
    PENDING = "pending"
    REMINDED = "reminded"
    LATE = "late"
    MISSED = "missed"
    MET = "met"
    EXCUSED = "excused"
    UNKNOWN = "unknown"


WAITING = (State.PENDING, State.REMINDED, State.LATE)
"""Still open: a word from her meets it, and the clock moves it on."""

TO_BE_MET = (*WAITING, State.UNKNOWN)
"""What her word meets. Where it was we who were away she may still be heard, at any hour."""

SAID_WELL, SAID_UNWELL, BY_PROXY = "ok", "care", "proxy"
"""Kinds of a sign of life that say more than that she is alive; the others tell what she sent."""

ALIVE = "alive"
"""She has said nothing else of herself, or does not want it to be kept."""

OF_ANOTHER = "of_another"
"""Her words were about somebody else: of herself they tell that she is alive."""
TAKEN_BACK = "taken_back"
"""Somebody had spoken for her and said afterwards that he has not seen her: no sign of life."""

DAY = "day"
"""The slot of an ordinary plan; an elder may be asked for more than one word a day."""


class Plan(Base):
    """When this elder's word is expected, in the village's hours."""

    __tablename__ = "plans"
    __table_args__ = (CheckConstraint("tier BETWEEN 1 AND 3", name="tier"),)

    elder_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    slot: Mapped[str] = mapped_column(String(8), primary_key=True, default=DAY)
    opens: Mapped[time]
    closes: Mapped[time]
    tier: Mapped[int] = mapped_column(default=2)


_IS_DUE = text("next_at IS NOT NULL")


class Expectation(Base):
    __tablename__ = "expectations"
    __table_args__ = (
        CheckConstraint(
            "state IN ('pending', 'reminded', 'late', 'missed', 'met', 'excused', 'unknown')",
            name="state",
        ),
        Index(
            "ix_expectations_due",
            "next_at",
            "village_id",
            sqlite_where=_IS_DUE,
            postgresql_where=_IS_DUE,
        ),
        Index(
            "ix_expectations_due_in_village",
            "village_id",
            "next_at",
            sqlite_where=_IS_DUE,
            postgresql_where=_IS_DUE,
        ),
        Index(None, "village_id", "day"),
    )

    elder_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    slot: Mapped[str] = mapped_column(String(8), primary_key=True)
    village_id: Mapped[int] = mapped_column(ForeignKey("villages.id"))
    tier: Mapped[int]
    state: Mapped[str] = mapped_column(String(8), default=State.PENDING)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    next_at: Mapped[datetime | None]
    met_at: Mapped[datetime | None]
    settles_at: Mapped[datetime | None]
    """Until when she may answer that we asked again, after an outage of ours."""


class SignOfLife(Base):
    """That she was alive at a moment, and who says so."""

    __tablename__ = "signs_of_life"
    __table_args__ = (Index(None, "elder_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    elder_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(12))
    actor_id: Mapped[str] = mapped_column(ForeignKey("people.id"))


class Heard(NamedTuple):
    """A sign of life to be kept: of whom, when, what she sent, and who sent it for her."""

    elder_id: str
    at: datetime
    kind: str
    actor_id: str


def watch_day(now: datetime, rules: CheckinRules) -> date:
    """Return the day a word counts for: before the day starts it is still last night."""
    day = village_day(now)
    return day if now >= at_village(day, rules.day_starts) else day - timedelta(days=1)


# Built once: every batch asks it, and building it anew costs more than asking.
_MEET = (
    update(Expectation)
    .where(
        Expectation.elder_id == bindparam("elder"),
        Expectation.day == bindparam("on"),
        or_(*(Expectation.state == state for state in TO_BE_MET)),
    )
    .values(state=State.MET, met_at=bindparam("heard_at"), next_at=None)
)


async def record(session: AsyncSession, heard: Sequence[Heard], rules: CheckinRules) -> None:
    """Keep these signs of life, and meet what is still expected of those elders that day.

    A word that comes twice, or after the day is settled, is kept and changes nothing else.
    """
    await run_many(session, insert(SignOfLife), [sign._asdict() for sign in heard])
    in_order = sorted(heard, key=lambda sign: (sign.elder_id, sign.at))  # so that no two nodes wait
    met = [
        {"elder": sign.elder_id, "on": watch_day(sign.at, rules), "heard_at": sign.at}
        for sign in in_order
    ]
    await run_many(session, _MEET, met)


async def was_of_another(session: AsyncSession, elder: str, at: datetime) -> None:
    """Let a sign of life tell no more than that: what the elder said is true of another."""
    await _tell_no_more(session, elder, at, OF_ANOTHER, SAID_UNWELL)


async def keep_only_alive(session: AsyncSession, elder: str, at: datetime) -> None:
    """Let a sign of life tell no more than that: how she is was not said, or stays with her."""
    await _tell_no_more(session, elder, at, ALIVE, SAID_WELL, SAID_UNWELL)


async def _tell_no_more(
    session: AsyncSession, elder: str, at: datetime, kind: str, *said: str
) -> None:
    await session.execute(
        update(SignOfLife)
        .where(
            SignOfLife.elder_id == elder,
            SignOfLife.actor_id == elder,
            SignOfLife.at == at,
            SignOfLife.kind.in_(said),
        )
        .values(kind=kind)
    )


async def take_back(
    session: AsyncSession, elder: str, by: str, now: datetime, rules: CheckinRules
) -> bool:
    """Take back what somebody said for her today, and wait for her as if he had not.

    Returns False where he had said nothing, or where she was heard otherwise as well.
    """
    day = watch_day(now, rules)
    today = and_(SignOfLife.elder_id == elder, SignOfLife.at >= at_village(day, rules.day_starts))
    taken = await session.scalars(
        update(SignOfLife)
        .where(today, SignOfLife.actor_id == by, SignOfLife.kind == BY_PROXY)
        .values(kind=TAKEN_BACK)
        .returning(SignOfLife.id)
    )
    still_heard = select(SignOfLife.id).where(today, SignOfLife.kind != TAKEN_BACK).limit(1)
    if not taken.all() or await session.scalar(still_heard) is not None:
        return False
    met = await session.scalars(
        select(Expectation)
        .where(
            Expectation.elder_id == elder, Expectation.day == day, Expectation.state == State.MET
        )
        .with_for_update()
    )
    for one in met:
        _wait_again(one, now, rules)
    return True


def _wait_again(one: Expectation, now: datetime, rules: CheckinRules) -> None:
    remind_at = one.closes_at - timedelta(minutes=rules.remind_before_minutes)
    one.met_at = None
    if now < remind_at:
        one.state, one.next_at = State.PENDING, remind_at
    elif now < one.closes_at:
        one.state, one.next_at = State.REMINDED, one.closes_at
    else:
        one.state, one.next_at = State.LATE, now + rules.grace(one.tier)


async def open_day(
    session: AsyncSession, now: datetime, rules: CheckinRules, watched: ColumnElement[bool]
) -> int | None:
    """Open the expectations of one village that has not begun this day; None when all have.

    `watched` tells of a Plan whether her word is waited for at all.

    Where the window is over before we could ask (a plan made at noon), the day stays
    unknown: silence is no sign of anything when nobody was asked. Where it was an outage of
    ours that took the window, the unknown are due at once, to be asked after all.
    """
    day = watch_day(now, rules)
    village = await session.scalar(
        select(Village.id)
        .where(or_(Village.opened_day.is_(None), Village.opened_day < day))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if village is None:
        return None
    spans = await downtimes.since(session, at_village(day, rules.day_starts))
    for opens, closes, tier in await _windows_of(session, village):
        hours = at_village(day, opens), at_village(day, closes)
        ask_at = now if downtimes.lost(spans, *hours, now) else None
        await _open_window(session, village, day, hours, tier, now, ask_at, rules, watched)
    await _meet_the_early(session, village, day, rules)
    await session.execute(update(Village).where(Village.id == village).values(opened_day=day))
    return village


async def _meet_the_early(
    session: AsyncSession, village: int, day: date, rules: CheckinRules
) -> None:
    """Meet what is expected of those who spoke that day before it was opened."""
    first = (
        select(func.min(SignOfLife.at))
        .where(
            SignOfLife.elder_id == Expectation.elder_id,
            SignOfLife.at >= at_village(day, rules.day_starts),
        )
        .scalar_subquery()
    )
    await session.execute(
        update(Expectation)
        .where(
            Expectation.village_id == village,
            Expectation.day == day,
            Expectation.state.in_((State.PENDING, State.UNKNOWN)),
            first.is_not(None),
        )
        .values(state=State.MET, met_at=first, next_at=None)
        .execution_options(synchronize_session=False)
    )


async def _windows_of(session: AsyncSession, village: int) -> list[tuple[time, time, int]]:
    rows = await session.execute(
        select(Plan.opens, Plan.closes, Plan.tier)
        .join(Person, Person.id == Plan.elder_id)
        .where(Person.village_id == village)
        .distinct()
    )
    return [(opens, closes, tier) for opens, closes, tier in rows]


async def _open_window(
    session: AsyncSession,
    village: int,
    day: date,
    hours: tuple[datetime, datetime],
    tier: int,
    now: datetime,
    ask_at: datetime | None,
    rules: CheckinRules,
    watched: ColumnElement[bool],
) -> None:
    """Open one window, given in village time; where it is over, `ask_at` is when to ask."""
    opens_at, closes_at = hours
    opens, closes = (hour.time() for hour in hours)
    in_time = closes_at > now
    remind_at = closes_at - timedelta(minutes=rules.remind_before_minutes)
    columns: dict[str, Any] = {
        "elder_id": Plan.elder_id,
        "day": literal(day),
        "slot": Plan.slot,
        "village_id": literal(village),
        "tier": literal(tier),
        "state": literal(State.PENDING if in_time else State.UNKNOWN, String),
        "opens_at": literal(opens_at, Instant()),
        "closes_at": literal(closes_at, Instant()),
        "next_at": literal(remind_at if in_time else ask_at, Instant()),
    }
    chosen = (
        select(*columns.values())
        .join_from(Plan, Person, Person.id == Plan.elder_id)
        .where(
            Person.village_id == village,
            Plan.opens == opens,
            Plan.closes == closes,
            Plan.tier == tier,
            watched,
        )
    )
    await insert_new(session, Expectation, list(columns), chosen)


@dataclass(frozen=True, slots=True)
class Due:
    """An expectation whose time has come."""

    elder_id: str
    day: date
    slot: str
    village_id: int
    tier: int
    state: str
    opens_at: datetime
    closes_at: datetime
    settles_at: datetime | None

    @property
    def key(self) -> str:
        return f"{self.elder_id}:{self.day}:{self.slot}"


_DUE = select(
    Expectation.elder_id,
    Expectation.day,
    Expectation.slot,
    Expectation.village_id,
    Expectation.tier,
    Expectation.state,
    Expectation.opens_at,
    Expectation.closes_at,
    Expectation.settles_at,
).with_for_update(skip_locked=True)


async def claim_due(session: AsyncSession, now: datetime, limit: int) -> list[Due]:
    """Lock and return expectations that are due, the longest due first.

    The last village comes whole, though that makes it a few more than `limit`: whether a
    village is silent can only be told where all of it is seen at once.
    """
    rows = await session.execute(
        _DUE.where(Expectation.next_at <= now)
        .order_by(Expectation.next_at, Expectation.village_id)
        .limit(limit)
    )
    due = [Due(*row) for row in rows]
    if len(due) < limit:
        return due
    last, known = due[-1].village_id, {one.key for one in due}
    rest = await session.execute(
        _DUE.where(Expectation.next_at <= now, Expectation.village_id == last)
    )
    return due + [one for one in (Due(*row) for row in rest) if one.key not in known]


async def move(
    session: AsyncSession,
    due: Sequence[Due],
    to: State,
    next_at: Sequence[datetime | None],
    *,
    settles_at: Sequence[datetime | None] | None = None,
) -> None:
    """Move claimed expectations on; one that was met in the meantime stays met."""
    alike: dict[tuple[date, str, str, datetime | None, datetime | None], list[str]] = {}
    settled = settles_at or [row.settles_at for row in due]
    for row, then, until in zip(due, next_at, settled, strict=True):
        alike.setdefault((row.day, row.slot, row.state, then, until), []).append(row.elder_id)
    for (day, slot, state, then, until), elders in alike.items():
        await session.execute(
            update(Expectation)
            .where(
                Expectation.elder_id.in_(elders),
                Expectation.day == day,
                Expectation.slot == slot,
                Expectation.state == state,
            )
            .values(state=to, next_at=then, settles_at=until)
        )
