"""What people ask of us about their own record: to have it on paper, or to have it gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    false,
    select,
    text,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, BigId, insert_new
from storage.people import Caller, Person, Role
from storage.villages import Village

_OPEN = text("done_at IS NULL")


class WishKind(StrEnum):
    EXPORT = "export"
    ERASE = "erase"


class PrivacyWish(Base):
    """One wish; said again while it is open, it is the same."""

    __tablename__ = "privacy_wishes"
    __table_args__ = (
        CheckConstraint("kind IN ('export', 'erase')", name="kind"),
        Index(
            "uq_privacy_wishes_open",
            "person_id",
            "kind",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(String(6))
    asked_at: Mapped[datetime]
    agreed_at: Mapped[datetime | None]
    """From when on it is to be done: at once, or when a person has spoken with her."""
    agreed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    done_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class OpenWish:
    id: int
    person_id: str
    name: str
    village: str
    kind: WishKind
    asked_at: datetime


async def wish(session: AsyncSession, person: str, kind: WishKind, now: datetime) -> int:
    """Keep a wish until somebody fulfils it; returns its number."""
    row = {"person_id": person, "kind": kind, "asked_at": now}
    await insert_new(session, PrivacyWish, [], [row])
    return (await session.execute(select(PrivacyWish.id).where(*_open(person, kind)))).scalar_one()


async def agree(session: AsyncSession, person: str, kind: WishKind, by: str, now: datetime) -> None:
    """Let it be done; who agreed first is remembered."""
    await session.execute(
        update(PrivacyWish)
        .where(*_open(person, kind), PrivacyWish.agreed_at.is_(None))
        .values(agreed_at=now, agreed_by=by)
    )


async def wants_to_be_erased(session: AsyncSession, caller: Caller, name: str) -> str | None:
    """Return the one person of this name who asked for it, where the caller may agree.

    A coordinator agrees in the village he serves, a supervisor anywhere, nobody for himself.
    """
    is_served = Person.village_id == caller.village_id if caller.is_a(Role.COORDINATOR) else false()
    found = (
        await session.scalars(
            select(Person.id)
            .join(PrivacyWish, PrivacyWish.person_id == Person.id)
            .where(
                PrivacyWish.kind == WishKind.ERASE,
                PrivacyWish.done_at.is_(None),
                Person.name == name,
                Person.id != caller.id,
                true() if caller.is_a(Role.SUPERVISOR) else is_served,
            )
            .limit(2)
        )
    ).all()
    return found[0] if len(found) == 1 else None


async def agreed(session: AsyncSession) -> Sequence[tuple[str, str | None]]:
    """Return who is to be erased, and who agreed, the oldest wish first."""
    rows = await session.execute(
        select(PrivacyWish.person_id, PrivacyWish.agreed_by)
        .where(
            PrivacyWish.kind == WishKind.ERASE,
            PrivacyWish.done_at.is_(None),
            PrivacyWish.agreed_at.is_not(None),
        )
        .order_by(PrivacyWish.id)
    )
    return [(row[0], row[1]) for row in rows]


async def done(session: AsyncSession, person: str, kind: WishKind, now: datetime) -> None:
    await session.execute(update(PrivacyWish).where(*_open(person, kind)).values(done_at=now))


async def open_wishes(session: AsyncSession) -> Sequence[OpenWish]:
    """Return what nobody has fulfilled yet, the oldest first."""
    rows = await session.execute(
        select(
            PrivacyWish.id,
            PrivacyWish.person_id,
            Person.name,
            Village.name,
            PrivacyWish.kind,
            PrivacyWish.asked_at,
        )
        .join(Person, Person.id == PrivacyWish.person_id)
        .join(Village, Village.id == Person.village_id)
        .where(PrivacyWish.done_at.is_(None))
        .order_by(PrivacyWish.id)
    )
    return [OpenWish(*row[:4], WishKind(row[4]), row[5]) for row in rows]


def _open(person: str, kind: WishKind) -> tuple[ColumnElement[bool], ...]:
    return (
        PrivacyWish.person_id == person,
        PrivacyWish.kind == kind,
        PrivacyWish.done_at.is_(None),
    )
