"""Downtimes: when it was we who slept, were deaf or mute, and not the elders who were silent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, BigId, insert_new


class Outage(StrEnum):
    """What failed us."""

    ASLEEP = "asleep"  # no round came through
    DEAF = "deaf"  # what people wrote did not reach us
    MUTE = "mute"  # what we wrote did not leave


class Downtime(Base):
    """From `began_at` to `ended_at`; still going on where it has no end."""

    __tablename__ = "downtimes"
    __table_args__ = (
        UniqueConstraint("kind", "began_at"),
        CheckConstraint("kind IN ('asleep', 'deaf', 'mute')", name="kind"),
        Index(None, "ended_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Span:
    """A downtime as it bears on an elder's window; `ended_at` is None while it goes on."""

    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Lost:
    """What our downtimes took from a window: how long, until when, and whether one goes on."""

    time: timedelta
    until: datetime
    goes_on: bool


async def note(
    session: AsyncSession, kind: Outage, began_at: datetime, ended_at: datetime | None
) -> None:
    """Keep a downtime; of one that is known already only a later end is kept."""
    row = {"kind": kind, "began_at": began_at, "ended_at": ended_at}
    await insert_new(session, Downtime, [], [row])
    if ended_at is not None:
        await session.execute(
            update(Downtime)
            .where(Downtime.kind == kind, Downtime.began_at == began_at)
            .where(Downtime.ended_at < ended_at)
            .values(ended_at=ended_at)
        )


async def end(session: AsyncSession, kind: Outage, now: datetime) -> None:
    """Let what goes on be over."""
    await session.execute(
        update(Downtime)
        .where(Downtime.kind == kind, Downtime.ended_at.is_(None))
        .values(ended_at=now)
    )


async def going_on(session: AsyncSession) -> dict[str, datetime]:
    """Return which downtimes have no end yet, and when they began."""
    rows = await session.execute(
        select(Downtime.kind, Downtime.began_at).where(Downtime.ended_at.is_(None))
    )
    return dict(rows.all())


async def last_end(session: AsyncSession, kind: Outage) -> datetime | None:
    """Return when the last downtime of a kind was over, None where there was none."""
    return await session.scalar(select(func.max(Downtime.ended_at)).where(Downtime.kind == kind))


async def since(session: AsyncSession, moment: datetime) -> list[Span]:
    """Return the downtimes that reach beyond a moment, in the order in which they began."""
    rows = await session.execute(
        select(Downtime.began_at, Downtime.ended_at)
        .where(or_(Downtime.ended_at.is_(None), Downtime.ended_at > moment))
        .order_by(Downtime.began_at)
    )
    return [Span(*row) for row in rows]


def lost(spans: Sequence[Span], opens: datetime, ends: datetime, now: datetime) -> Lost | None:
    """Return what the downtimes took from a window, None where they left it alone.

    `spans` are in the order in which they began; where two overlap, the time counts once.
    """
    touching = [one for one in spans if one.began_at < ends and (one.ended_at or now) > opens]
    if not touching:
        return None
    time = sum((end - begin for begin, end in _apart(touching, opens, ends, now)), timedelta())
    until = max(one.ended_at or now for one in touching)
    return Lost(time, until, any(one.ended_at is None for one in touching))


def _apart(
    spans: Iterable[Span], opens: datetime, ends: datetime, now: datetime
) -> Iterable[tuple[datetime, datetime]]:
    """Yield the parts of a window that were lost, none of them twice."""
    counted = opens
    for span in spans:
        begin, end = max(span.began_at, counted), min(span.ended_at or now, ends)
        if end > begin:
            yield begin, end
            counted = end
