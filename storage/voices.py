"""Voices that wait to be written down. That she is alive was noted before; this can only add."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

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

from storage.database import Base, BigId


class VoiceState(StrEnum):
    WAITING = "waiting"
    LISTENING = "listening"
    HEARD = "heard"
    LEFT = "left"  # nobody could write it down; a person listens


_WAITING = text("state IN ('waiting', 'listening')")


class Voice(Base):
    __tablename__ = "voices"
    __table_args__ = (
        UniqueConstraint("channel", "media"),
        CheckConstraint("state IN ('waiting', 'listening', 'heard', 'left')", name="state"),
        Index("ix_voices_waiting", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    channel: Mapped[str] = mapped_column(String(16))
    media: Mapped[str] = mapped_column(String(128))
    said_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default=VoiceState.WAITING)
    due_at: Mapped[datetime]
    """When it may be tried, or, while somebody listens, when his lease runs out."""
    tries: Mapped[int] = mapped_column(default=0)


@dataclass(frozen=True, slots=True)
class ToHear:
    id: int
    person_id: str
    channel: str
    media: str
    said_at: datetime
    tries: int


def keep(session: AsyncSession, person: str, channel: str, media: str, now: datetime) -> None:
    """Let a voice wait to be heard, in the transaction that takes its message."""
    session.add(Voice(person_id=person, channel=channel, media=media, said_at=now, due_at=now))


async def claim(session: AsyncSession, now: datetime, limit: int, lease: timedelta) -> list[ToHear]:
    """Take voices to listen to, the oldest first; a lease that ran out is taken again."""
    rows = (
        await session.execute(
            select(
                Voice.id, Voice.person_id, Voice.channel, Voice.media, Voice.said_at, Voice.tries
            )
            .where(Voice.state.in_((VoiceState.WAITING, VoiceState.LISTENING)), Voice.due_at <= now)
            .order_by(Voice.due_at, Voice.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()
    await session.execute(
        update(Voice)
        .where(Voice.id.in_([row.id for row in rows]))
        .values(state=VoiceState.LISTENING, due_at=now + lease, tries=Voice.tries + 1)
    )
    return [ToHear(*row) for row in rows]


async def settle(session: AsyncSession, voice: int, state: VoiceState) -> bool:
    """Write down what became of a voice; False where another was quicker."""
    moved = await session.scalar(
        update(Voice)
        .where(Voice.id == voice, Voice.state == VoiceState.LISTENING)
        .values(state=state)
        .returning(Voice.id)
    )
    return moved is not None


async def try_again(session: AsyncSession, voice: int, at: datetime) -> None:
    await session.execute(
        update(Voice)
        .where(Voice.id == voice, Voice.state == VoiceState.LISTENING)
        .values(state=VoiceState.WAITING, due_at=at)
    )
