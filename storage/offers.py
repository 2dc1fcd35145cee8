"""Offers: who was asked to take a call, why he, and what he said."""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    cast,
    exists,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, BigId, insert_new
from storage.letters import Letter, LetterState

OFFER = "call_offer"
"""The letter that asks him."""


class OfferState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"  # he would go; who goes is picked later
    WON = "won"
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    LOST = "lost"  # somebody else goes, or nobody has to any more


ASKED = (OfferState.OPEN, OfferState.ACCEPTED)
_OPEN = text("state = 'open'")


class Offer(Base):
    """One volunteer, asked once in each turn of a call. `parts` add up to the `score`."""

    __tablename__ = "offers"
    __table_args__ = (
        UniqueConstraint("request_id", "turn", "volunteer_id"),
        CheckConstraint(
            "state IN ('open', 'accepted', 'won', 'declined', 'timed_out', 'lost')", name="state"
        ),
        Index("ix_offers_expiring", "expires_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(None, "volunteer_id", "offered_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"))
    turn: Mapped[int]
    volunteer_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    state: Mapped[str] = mapped_column(String(9), default=OfferState.OPEN)
    ring: Mapped[int]
    score: Mapped[float]
    parts: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What speaks for him and against him, each in points: group, continuity, load …"""
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


async def put(session: AsyncSession, rows: Collection[Mapping[str, Any]]) -> None:
    await insert_new(session, Offer, [], list(rows))


async def time_out(session: AsyncSession, now: datetime) -> None:
    """Wait no longer for those whose time is over."""
    await session.execute(
        update(Offer)
        .where(Offer.state == OfferState.OPEN, Offer.expires_at <= now)
        .values(state=OfferState.TIMED_OUT)
        .execution_options(synchronize_session=False)
    )


async def drop_unreached(session: AsyncSession) -> set[int]:
    """Wait no longer for those whom the question cannot reach; returns their calls."""
    key = (
        literal(f"{OFFER}:")
        + cast(Offer.request_id, String)
        + ":"
        + cast(Offer.turn, String)
        + ":"
        + Offer.volunteer_id
    )
    failed = exists().where(Letter.key == key, Letter.state == LetterState.FAILED)
    dropped = await session.scalars(
        update(Offer)
        .where(Offer.state == OfferState.OPEN, failed)
        .values(state=OfferState.TIMED_OUT)
        .returning(Offer.request_id)
        .execution_options(synchronize_session=False)
    )
    return set(dropped)


async def of_request(session: AsyncSession, request_id: int, turn: int) -> list[Offer]:
    """Return who was asked in this turn, the best first."""
    found = await session.scalars(
        select(Offer)
        .where(Offer.request_id == request_id, Offer.turn == turn)
        .order_by(Offer.score.desc(), Offer.id)
        .execution_options(populate_existing=True)
    )
    return list(found)


async def mine(session: AsyncSession, request_id: int, turn: int, volunteer: str) -> Offer | None:
    return await session.scalar(
        select(Offer).where(
            Offer.request_id == request_id, Offer.turn == turn, Offer.volunteer_id == volunteer
        )
    )


async def answer(session: AsyncSession, offer: Offer, state: OfferState, now: datetime) -> None:
    offer.state, offer.answered_at = state, now
    await session.flush()


async def close(
    session: AsyncSession, request_id: int, turn: int, but: Collection[str] = ()
) -> list[str]:
    """End what is still asked; returns those who had said yes and are not among `but`."""
    rows = await session.execute(
        select(Offer.volunteer_id).where(
            Offer.request_id == request_id,
            Offer.turn == turn,
            Offer.state == OfferState.ACCEPTED,
            Offer.volunteer_id.not_in(but),
        )
    )
    losers = [row.volunteer_id for row in rows]
    await session.execute(
        update(Offer)
        .where(
            Offer.request_id == request_id,
            Offer.turn == turn,
            Offer.state.in_(ASKED),
            Offer.volunteer_id.not_in(but),
        )
        .values(state=OfferState.LOST)
    )
    return losers


async def waiting_for(session: AsyncSession, volunteer: str) -> list[int]:
    """Return the calls about which somebody is asked and has not answered, the newest first."""
    found = await session.scalars(
        select(Offer.request_id)
        .where(Offer.volunteer_id == volunteer, Offer.state == OfferState.OPEN)
        .order_by(Offer.offered_at.desc())
    )
    return list(found)


async def count_asked(session: AsyncSession, request_id: int) -> int:
    found = await session.scalar(
        select(func.count()).select_from(Offer).where(Offer.request_id == request_id)
    )
    return found or 0
