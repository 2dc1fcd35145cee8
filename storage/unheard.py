"""Sentences we did not understand, and such as a leader says we should have: to learn from."""

import random
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, BigId
from storage.sealing import Sealed

LONGEST = 60


class Unheard(Base):
    __tablename__ = "unheard"
    __table_args__ = (Index(None, "village_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    village_id: Mapped[int] = mapped_column(ForeignKey("villages.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]
    words: Mapped[str] = mapped_column(Sealed)
    reported: Mapped[bool] = mapped_column(default=False)
    """A leader says that this was a call we did not hear (漏报)."""


def keep(
    session: AsyncSession, village: int, person: str, words: str, now: datetime, *, reported: bool
) -> None:
    session.add(
        Unheard(
            village_id=village, person_id=person, at=now, words=words[:LONGEST], reported=reported
        )
    )


async def sample(
    session: AsyncSession, village: int, since: datetime, until: datetime, most: int
) -> Sequence[str]:
    """Return a few of the village's sentences, those reported first, without who said them.

    The same day gives the same sample, however often it is asked.
    """
    rows = (
        await session.execute(
            select(Unheard.words, Unheard.reported)
            .where(Unheard.village_id == village, Unheard.at >= since, Unheard.at < until)
            .order_by(Unheard.id)
        )
    ).all()
    reported = list(dict.fromkeys(row.words for row in rows if row.reported))
    others = list(dict.fromkeys(row.words for row in rows if not row.reported))
    chosen = random.Random(since.isoformat()).sample(others, min(most, len(others)))  # noqa: S311
    return (reported + chosen)[:most]
