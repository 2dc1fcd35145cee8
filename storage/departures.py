"""Departures: that somebody left, moved away or died, and what she was before.

asked → done → back, or declined. Whoever has gone has no roles, so that nothing of the house
is about her; what she was is kept in the row, for people come back, and mistakes are made.
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    bindparam,
    exists,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, BigId, fetch, insert_new


class Why(StrEnum):
    LEFT = "left"
    MOVED = "moved"
    DIED = "died"


class DepartureState(StrEnum):
    ASKED = "asked"  # she wants to leave, and nobody has spoken with her yet
    DONE = "done"
    DECLINED = "declined"
    BACK = "back"


_STANDING = text("state IN ('asked', 'done')")


class Departure(Base):
    """At most one stands for each person: a wish to leave, or that she has gone."""

    __tablename__ = "departures"
    __table_args__ = (
        CheckConstraint("why IN ('left', 'moved', 'died')", name="why"),
        CheckConstraint("state IN ('asked', 'done', 'declined', 'back')", name="state"),
        Index(
            "ix_departures_standing",
            "person_id",
            unique=True,
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    why: Mapped[str] = mapped_column(String(6))
    state: Mapped[str] = mapped_column(String(8))
    asked_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[datetime]
    settled_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    settled_at: Mapped[datetime | None]
    """When she was gone, or stayed, or came back."""
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Her roles, hours and ties, by ids."""


def has_gone(person: Any) -> ColumnElement[bool]:
    """Be true of a person, a column or an id, who is not here any more."""
    return exists().where(Departure.person_id == person, Departure.state == DepartureState.DONE)


async def gone_among(session: AsyncSession, people: Collection[str]) -> set[str]:
    return set(await let_go_by(session, people))


async def let_go_by(session: AsyncSession, people: Collection[str]) -> dict[str, str]:
    """Return of those of these people who have gone, who let them go."""
    rows = await session.execute(
        select(Departure.person_id, Departure.settled_by).where(
            Departure.person_id.in_(people), Departure.state == DepartureState.DONE
        )
    )
    return {row.person_id: row.settled_by or row.person_id for row in rows}


_DEAD = select(Departure.person_id).where(
    Departure.person_id.in_(bindparam("people", expanding=True)),
    Departure.state == DepartureState.DONE,
    Departure.why == Why.DIED,
)


async def dead_among(session: AsyncSession, people: Collection[str]) -> set[str]:
    """Return who of these has died: nothing is said about them by a machine."""
    return {person for (person,) in await fetch(session, _DEAD, {"people": list(people)})}


async def ask(session: AsyncSession, person: str, now: datetime) -> Departure | None:
    """Keep somebody's wish to leave; None where it stands already."""
    row = {
        "person_id": person,
        "why": Why.LEFT,
        "state": DepartureState.ASKED,
        "asked_by": person,
        "asked_at": now,
    }
    if await standing(session, person) is not None:
        return None
    await insert_new(session, Departure, [], [row])
    return await standing(session, person)


async def standing(session: AsyncSession, person: str) -> Departure | None:
    return await session.scalar(
        select(Departure).where(
            Departure.person_id == person,
            Departure.state.in_((DepartureState.ASKED, DepartureState.DONE)),
        )
    )


async def settle(
    session: AsyncSession,
    departure: Departure,
    to: DepartureState,
    by: str,
    now: datetime,
    **values: Any,
) -> bool:
    """Move a departure on; False where another was quicker."""
    moved = await session.scalar(
        update(Departure)
        .where(Departure.id == departure.id, Departure.state == departure.state)
        .values(state=to, settled_by=by, settled_at=now, **values)
        .returning(Departure.id)
        .execution_options(synchronize_session=False)
    )
    return moved is not None


async def begin(
    session: AsyncSession, person: str, why: Why, by: str, now: datetime
) -> Departure | None:
    """Return the departure to be done; None where she has gone already."""
    asked = await standing(session, person)
    if asked is not None:
        return asked if asked.state == DepartureState.ASKED else None
    row = {
        "person_id": person,
        "why": why,
        "state": DepartureState.ASKED,
        "asked_by": by,
        "asked_at": now,
    }
    await insert_new(session, Departure, [], [row])
    return await standing(session, person)
