"""Villages, and the mutual-aid groups (互助组) in them."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import ForeignKey, String, UniqueConstraint, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base


class Village(Base):
    __tablename__ = "villages"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    last_number: Mapped[int] = mapped_column(default=0)
    """The number of its newest incident, or tiding. People say it in chat: 我去 12."""
    opened_day: Mapped[date | None]
    """The day whose expectations are open; none when somebody new has to be looked for."""
    list_day: Mapped[date | None]
    """The day of the last morning lists that were written."""
    habits_day: Mapped[date | None]
    """The day on which the habits of its elders were last reckoned."""


class Group(Base):
    __tablename__ = "groups"
    __table_args__ = (UniqueConstraint("village_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    village_id: Mapped[int] = mapped_column(ForeignKey("villages.id"))
    name: Mapped[str] = mapped_column(String(40))
    told_late_day: Mapped[date | None]
    """The day on which its leaders last heard who was later than usual."""


async def group_names(session: AsyncSession, villages: Collection[int]) -> dict[int, str]:
    rows = await session.execute(select(Group.id, Group.name).where(Group.village_id.in_(villages)))
    return {row.id: row.name for row in rows}


async def named(session: AsyncSession, name: str) -> Village | None:
    found: Village | None = await session.scalar(select(Village).where(Village.name == name))
    return found


async def take_number(session: AsyncSession, village: int) -> int:
    """Return the next number of a village, of those that people say in chat."""
    taken = await session.execute(
        update(Village)
        .where(Village.id == village)
        .values(last_number=Village.last_number + 1)
        .returning(Village.last_number)
    )
    return int(taken.scalar_one())
