"""Which list somebody was shown last, so that 详情 3 means the third of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base


class ShownList(Base):
    """The elders of a list in the order of their numbers, one list for each person."""

    __tablename__ = "shown_lists"

    person_id: Mapped[str] = mapped_column(String(32), ForeignKey("people.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    elders: Mapped[list[str]] = mapped_column(JSON)
    shown_at: Mapped[datetime]


async def remember(
    session: AsyncSession, person: str, kind: str, elders: Sequence[str], now: datetime
) -> None:
    """Remember what is shown; whatever was shown before has no numbers any more."""
    row = await session.get(ShownList, person)
    if row is None:
        row = ShownList(person_id=person)
        session.add(row)
    row.kind, row.elders, row.shown_at = kind, list(elders), now


async def remembered(
    session: AsyncSession, person: str, now: datetime, patience: timedelta, kind: str = ""
) -> list[str]:
    """Return who was listed for this person not long ago; with a kind, only on such a list."""
    row = await session.get(ShownList, person)
    if row is None or row.shown_at <= now - patience or kind not in ("", row.kind):
        return []
    return list(row.elders)
