"""Beats: each round writes down that it came through. Where they stop, nobody is watching."""

from datetime import datetime

from sqlalchemy import String, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base


class Beat(Base):
    __tablename__ = "beats"

    round: Mapped[str] = mapped_column(String(20), primary_key=True)
    node: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]


async def beat(session: AsyncSession, name: str, node: str, now: datetime) -> None:
    row = await session.get(Beat, (name, node))
    if row is None:
        session.add(Beat(round=name, node=node, at=now))
    else:
        row.at = now


async def begin_anew(session: AsyncSession, now: datetime) -> None:
    """Let no beat lie in the future: the clock was put back."""
    await session.execute(update(Beat).where(Beat.at > now).values(at=now))


async def last(session: AsyncSession) -> dict[str, datetime]:
    """Return when each round last came through, on whichever node."""
    rows = await session.execute(
        select(Beat.round, func.max(Beat.at).label("at")).group_by(Beat.round)
    )
    return {row.round: row.at for row in rows}
