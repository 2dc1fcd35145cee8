"""What somebody may do for an elder to whom he is tied, and how often in a day.

Whoever leads or coordinates acts by his office, under a limit of its own. An alarm has none.
"""

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage import authority
from storage.database import Base
from storage.people import Caller, Tie, TieKind
from storage.rules import ProxyRules


class Deed(StrEnum):
    WELL = "well"
    HOLD = "hold"
    REQUEST = "request"


class ProxyDay(Base):
    """How often somebody has acted for others on a day."""

    __tablename__ = "proxy_days"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    acts: Mapped[int]


async def may(
    session: AsyncSession, caller: Caller, elder: str, act: Deed, rules: ProxyRules
) -> bool:
    """Tell whether what ties him to her lets him do this; an office lets him do all."""
    kinds = set(
        await session.scalars(
            select(Tie.kind).where(Tie.person_id == caller.id, Tie.elder_id == elder)
        )
    )
    if not kinds or await authority.allows(session, caller, authority.Act.ARRANGE, elder):
        return True
    return any(act in rules.acts_of(TieKind(kind)) for kind in kinds)


async def count(session: AsyncSession, person: str, day: date, limit: int) -> bool:
    """Count one act; False, and nothing counted, where the day is used up."""
    dialect = session.get_bind().dialect.name
    into = sqlite.insert(ProxyDay) if dialect == "sqlite" else postgresql.insert(ProxyDay)
    counted = await session.scalar(
        into.values(person_id=person, day=day, acts=1)
        .on_conflict_do_update(
            index_elements=["person_id", "day"],
            set_={"acts": ProxyDay.acts + 1},
            where=ProxyDay.acts < limit,
        )
        .returning(ProxyDay.acts)
    )
    return counted is not None
