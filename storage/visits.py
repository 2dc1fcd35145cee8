"""Visits: a volunteer goes to an elder, is with her, and has been there.

assigned → arrived → done, or withdrawn, absent (he never came), cancelled. A slot of a call has
one visit at a time, and nobody has two at once: who is given a visit holds his profile's row.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, BigId
from storage.people import names_of


class VisitState(StrEnum):
    ASSIGNED = "assigned"
    ARRIVED = "arrived"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    ABSENT = "absent"
    CANCELLED = "cancelled"


LIVE = (VisitState.ASSIGNED, VisitState.ARRIVED)
COUNTED = (VisitState.ASSIGNED, VisitState.ARRIVED, VisitState.DONE)
_LIVE = text("state IN ('assigned', 'arrived', 'done')")


class Visit(Base):
    """One volunteer's part of a call. `minutes` are real ones, up to the grace."""

    __tablename__ = "visits"
    __table_args__ = (
        CheckConstraint(
            "state IN ('assigned', 'arrived', 'done', 'withdrawn', 'absent', 'cancelled')",
            name="state",
        ),
        CheckConstraint("starts_at < ends_at", name="hours"),
        Index(
            "uq_visits_slot",
            "request_id",
            "slot",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index(None, "volunteer_id", "starts_at"),
        Index(None, "elder_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"))
    slot: Mapped[int]
    elder_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    volunteer_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    state: Mapped[str] = mapped_column(String(9), default=VisitState.ASSIGNED)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    booked: Mapped[int]
    assigned_at: Mapped[datetime]
    assigned_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    """Who gave it to him by hand; none where he took it himself."""
    arrived_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    minutes: Mapped[int | None]
    has_code: Mapped[bool] = mapped_column(default=False)
    """Whether she told him her 服务码."""
    wrong_codes: Mapped[int] = mapped_column(default=0)
    has_checkout: Mapped[bool] = mapped_column(default=False)


async def of_request(
    session: AsyncSession, request_id: int, states: Collection[VisitState] = COUNTED
) -> list[Visit]:
    found = await session.scalars(
        select(Visit)
        .where(Visit.request_id == request_id, Visit.state.in_(states))
        .order_by(Visit.slot)
        .execution_options(populate_existing=True)
    )
    return list(found)


async def names(session: AsyncSession, visits: Collection[Visit]) -> list[str]:
    known = await names_of(session, {one.volunteer_id for one in visits})
    return [known[one.volunteer_id] for one in visits]


async def arrive(session: AsyncSession, visit: Visit, now: datetime, *, has_code: bool) -> bool:
    moved = await session.execute(
        update(Visit)
        .where(Visit.id == visit.id, Visit.state == VisitState.ASSIGNED)
        .values(state=VisitState.ARRIVED, arrived_at=now, has_code=has_code)
        .returning(Visit.id)
    )
    return moved.first() is not None


async def leave(
    session: AsyncSession, visit: Visit, now: datetime, grace: int, *, said_so: bool
) -> bool:
    """End a visit: real minutes, and never more than what was booked and the grace."""
    arrived = visit.arrived_at or now
    real = max(int((now - arrived) / timedelta(minutes=1)), 1)
    minutes = min(real, visit.booked + grace) if said_so else min(real, visit.booked)
    moved = await session.execute(
        update(Visit)
        .where(Visit.id == visit.id, Visit.state == VisitState.ARRIVED)
        .values(state=VisitState.DONE, left_at=now, minutes=minutes, has_checkout=said_so)
        .returning(Visit.id)
    )
    return moved.first() is not None


async def drop(session: AsyncSession, visits: Collection[Visit], state: VisitState) -> None:
    """Take visits back that have not begun."""
    await session.execute(
        update(Visit)
        .where(Visit.id.in_([one.id for one in visits]), Visit.state == VisitState.ASSIGNED)
        .values(state=state)
    )


async def with_them(session: AsyncSession, elders: Collection[str]) -> dict[str, str]:
    """Return who is with each of these elders just now, as far as somebody is."""
    rows = await session.execute(
        select(Visit.elder_id, Visit.volunteer_id)
        .where(Visit.elder_id.in_(elders), Visit.state == VisitState.ARRIVED)
        .order_by(Visit.arrived_at)
    )
    return {row.elder_id: row.volunteer_id for row in rows}


async def mine(session: AsyncSession, volunteer: str) -> list[Visit]:
    """Return somebody's visits to come and under way, the next first."""
    found = await session.scalars(
        select(Visit)
        .where(Visit.volunteer_id == volunteer, Visit.state.in_(LIVE))
        .order_by(Visit.starts_at)
    )
    return list(found)
