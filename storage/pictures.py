"""Pictures, by reference: what somebody sent to prove a visit, or as a copy of a paper.

The picture itself stays with the channel, for a while. One picture proves one thing, and once.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, BigId, insert_new

REFERENCE = 128
"""How long a reference may be."""
LASTS = timedelta(days=3)
"""How long a channel keeps what was sent to it: of WeChat's temporary media, by its manual."""


class Picture(Base):
    """Of a visit, or of a credential."""

    __tablename__ = "pictures"
    __table_args__ = (
        UniqueConstraint("channel", "media"),
        CheckConstraint("(visit_id IS NULL) <> (credential_id IS NULL)", name="of_one_thing"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    media: Mapped[str] = mapped_column(String(REFERENCE))
    """What the channel calls it."""
    sent_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    sent_at: Mapped[datetime]
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visits.id"), index=True)
    credential_id: Mapped[int | None] = mapped_column(ForeignKey("credentials.id"), index=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPicture:
    channel: str
    media: str
    sent_by: str
    sent_at: datetime
    visit_id: int | None = None
    credential_id: int | None = None


async def keep(session: AsyncSession, new: NewPicture) -> bool:
    """Keep a reference; False where this picture has been kept for something else."""
    row = {
        "channel": new.channel,
        "media": new.media[:REFERENCE],
        "sent_by": new.sent_by,
        "sent_at": new.sent_at,
        "visit_id": new.visit_id,
        "credential_id": new.credential_id,
    }
    await insert_new(session, Picture, [], [row])
    kept = (
        await session.execute(
            select(Picture.visit_id, Picture.credential_id).where(
                Picture.channel == row["channel"], Picture.media == row["media"]
            )
        )
    ).one()
    return (kept.visit_id, kept.credential_id) == (new.visit_id, new.credential_id)


async def of_visits(session: AsyncSession, visits: Collection[int]) -> dict[int, int]:
    """Return how many pictures each of these visits has; who has none is left out."""
    rows = await session.execute(
        select(Picture.visit_id, func.count())
        .where(Picture.visit_id.in_(visits))
        .group_by(Picture.visit_id)
    )
    return {visit: number for visit, number in rows if visit is not None}
