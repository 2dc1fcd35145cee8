"""Hand-overs (交班): somebody on duty asks another to go on for him until his shift ends.

The duty passes only when the other says so in time; until then the first is on duty.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage import absences
from storage.absences import SHIFT, NewAbsence
from storage.database import Base, BigId, insert_new


class HandOver(Base):
    __tablename__ = "hand_overs"
    __table_args__ = (
        Index(None, "giver_id", "expires_at"),
        Index(None, "taker_id", "expires_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    cause: Mapped[str] = mapped_column(String(220), unique=True)
    village_id: Mapped[int] = mapped_column(ForeignKey("villages.id"))
    giver_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    taker_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    expires_at: Mapped[datetime]
    """Until when her answer is waited for."""
    until: Mapped[datetime]
    """When the shift ends that would pass to her."""
    taken_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A shift somebody would hand over; `cause` is the natural key of his saying it."""

    cause: str
    village_id: int
    giver_id: str
    taker_id: str
    until: datetime


async def offer(session: AsyncSession, shift: Offer, expires_at: datetime, now: datetime) -> int:
    """Ask somebody to take a shift over, and return the number of the question.

    Said twice while she is asked, it is one question. Whoever was asked before is not any more.
    """
    asked = await session.scalar(
        select(HandOver.id).where(
            HandOver.giver_id == shift.giver_id, HandOver.taker_id == shift.taker_id, _waits(now)
        )
    )
    if asked is not None:
        return asked
    await _ask_nobody_else(session, shift.giver_id, now)
    row = {
        "cause": shift.cause,
        "village_id": shift.village_id,
        "giver_id": shift.giver_id,
        "taker_id": shift.taker_id,
        "until": shift.until,
        "expires_at": expires_at,
    }
    await insert_new(session, HandOver, [], [row])
    written = await session.scalars(select(HandOver.id).where(HandOver.cause == shift.cause))
    return written.one()


async def _ask_nobody_else(session: AsyncSession, giver: str, now: datetime) -> None:
    await session.execute(
        update(HandOver).where(HandOver.giver_id == giver, _waits(now)).values(expires_at=now)
    )


def _waits(now: datetime) -> ColumnElement[bool]:
    return and_(HandOver.taken_at.is_(None), HandOver.expires_at > now)


@dataclass(frozen=True, slots=True)
class Taken:
    """A shift that has passed to somebody else, until its end."""

    id: int
    giver_id: str
    until: datetime


async def take(session: AsyncSession, taker: str, now: datetime) -> list[Taken]:
    """Take over every shift somebody is asked to take, if she answers in time.

    Whoever takes a shift over is on duty again, though she may have handed over her own.
    """
    rows = await session.execute(
        update(HandOver)
        .where(HandOver.taker_id == taker, _waits(now))
        .values(taken_at=now)
        .returning(HandOver.id, HandOver.giver_id, HandOver.until, HandOver.village_id)
    )
    taken = []
    for number, giver, until, village in rows.all():
        await absences.end(session, taker, SHIFT, now)
        await absences.put(
            session,
            NewAbsence(
                cause=f"hand_over:{number}",
                person_id=giver,
                village_id=village,
                stand_in_id=taker,
                reason=SHIFT,
                since=now,
                until=until,
            ),
        )
        taken.append(Taken(number, giver, until))
    return taken


async def was_asked(session: AsyncSession, taker: str, since: datetime) -> bool:
    """Tell whether somebody was asked of late, though it may be too late now."""
    found = await session.scalar(
        select(HandOver.id).where(HandOver.taker_id == taker, HandOver.expires_at > since).limit(1)
    )
    return found is not None
