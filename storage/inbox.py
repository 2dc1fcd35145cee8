"""The inbox: which deliveries were handled, and what was answered to each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Index, String, bindparam, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, run_many


class Handled(Base):
    """One delivery. A second one with the same key gets the same reply, and no effect."""

    __tablename__ = "inbox"
    __table_args__ = (Index(None, "received_at"),)

    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    received_at: Mapped[datetime]
    person_id: Mapped[str | None] = mapped_column(String(32))
    reply: Mapped[str | None]


# Built once: every batch asks it, and building it anew costs more than asking.
_REPLIES = select(Handled.channel, Handled.key, Handled.reply).where(
    Handled.channel == bindparam("channel"), Handled.key.in_(bindparam("keys", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Answered:
    """What is remembered of a delivery; `reply` is None where nothing was said."""

    channel: str
    key: str
    received_at: datetime
    person_id: str | None
    reply: str | None


async def replies(
    session: AsyncSession, keys: Collection[tuple[str, str]]
) -> dict[tuple[str, str], str | None]:
    """Return the stored replies of those (channel, key) that were handled before."""
    found: dict[tuple[str, str], str | None] = {}
    for channel in {channel for channel, _ in keys}:
        of_channel = [key for on, key in keys if on == channel]
        rows = await session.execute(_REPLIES, {"channel": channel, "keys": of_channel})
        found |= {(on, key): reply for on, key, reply in rows}
    return found


async def last_received(session: AsyncSession, now: datetime) -> datetime | None:
    """Return when the last message came, None where none has come in two days."""
    return await session.scalar(
        select(Handled.received_at)
        .where(Handled.received_at.between(now - timedelta(days=2), now))
        .order_by(Handled.received_at.desc())
        .limit(1)
    )


async def received(session: AsyncSession, since: datetime, until: datetime) -> int | None:
    """Return how many messages came in a time, None where we did not live yet."""
    before = await session.scalar(
        select(Handled.received_at).where(Handled.received_at < since).limit(1)
    )
    if before is None:
        return None
    return await session.scalar(
        select(func.count())
        .select_from(Handled)
        .where(Handled.received_at > since, Handled.received_at <= until)
    )


async def remember(session: AsyncSession, answered: Sequence[Answered]) -> None:
    """Keep the replies. Raises IntegrityError where another node was quicker."""
    rows = [
        {
            "channel": one.channel,
            "key": one.key,
            "received_at": one.received_at,
            "person_id": one.person_id,
            "reply": one.reply,
        }
        for one in answered
    ]
    await run_many(session, insert(Handled), rows)
