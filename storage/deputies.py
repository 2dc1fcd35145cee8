"""Deputies (副手): who stands in for a leader or coordinator while he is away.

A deputy is one from the moment she agrees: it is her phone that will ring at night. Until a
new one agrees, the old one stays.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, insert_new


class Deputy(Base):
    __tablename__ = "deputies"
    __table_args__ = (Index(None, "deputy_id"),)

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    deputy_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    named_at: Mapped[datetime]
    agreed_at: Mapped[datetime | None]


async def name(session: AsyncSession, person: str, deputy: str, now: datetime) -> bool:
    """Ask somebody to be a deputy; False where she is already. Others asked before are not."""
    await session.execute(
        delete(Deputy).where(
            Deputy.person_id == person, Deputy.agreed_at.is_(None), Deputy.deputy_id != deputy
        )
    )
    row = {"person_id": person, "deputy_id": deputy, "named_at": now}
    await insert_new(session, Deputy, [], [row])
    return await deputy_of(session, person) != deputy


async def agree(session: AsyncSession, deputy: str, now: datetime) -> Sequence[str]:
    """Take her word; returns for whom she stands in from now on, if she was asked."""
    asked = await session.scalars(
        update(Deputy)
        .where(Deputy.deputy_id == deputy, Deputy.agreed_at.is_(None))
        .values(agreed_at=now)
        .returning(Deputy.person_id)
    )
    people = sorted(asked)
    await session.execute(
        delete(Deputy).where(Deputy.person_id.in_(people), Deputy.deputy_id != deputy)
    )
    return people


async def dismiss(session: AsyncSession, person: str) -> bool:
    """Have no deputy any more; False where there was none."""
    gone = await session.scalars(
        delete(Deputy).where(Deputy.person_id == person).returning(Deputy.deputy_id)
    )
    return bool(gone.all())


async def deputy_of(session: AsyncSession, person: str) -> str | None:
    return (await deputies_of(session, {person})).get(person)


async def deputies_of(session: AsyncSession, people: Collection[str]) -> dict[str, str]:
    """Return who has agreed to stand in for each of these people."""
    rows = await session.execute(
        select(Deputy.person_id, Deputy.deputy_id).where(
            Deputy.person_id.in_(people), Deputy.agreed_at.is_not(None)
        )
    )
    return {row.person_id: row.deputy_id for row in rows}
