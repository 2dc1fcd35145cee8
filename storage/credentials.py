"""Credentials: the papers a volunteer has (培训 健康证 保险 …), and until when each is good."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    exists,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, BigId, insert_new
from storage.people import Person
from storage.pictures import Picture
from storage.sealing import Sealed


class Credential(Base):
    """One paper. A renewed one is a row of its own: what was valid on a day stays known."""

    __tablename__ = "credentials"
    __table_args__ = (
        UniqueConstraint("person_id", "kind", "valid_until"),
        CheckConstraint("valid_from <= valid_until", name="days"),
        CheckConstraint("kind IN ('培训', '承诺书', '保险', '执照', '健康证')", name="kind"),
        Index(None, "valid_until"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(String(3))
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    """The last day on which it counts."""
    document: Mapped[str] = mapped_column(Sealed, default="")
    """The number on the paper; of its picture a reference is kept beside it."""
    noted_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    noted_at: Mapped[datetime]
    told_on: Mapped[date | None]
    """The day on which it was told that it ends soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCredential:
    person_id: str
    kind: str
    valid_from: date
    valid_until: date
    noted_by: str
    document: str = ""


async def note(session: AsyncSession, paper: NewCredential, now: datetime) -> int:
    """Keep a paper and return its id; the same one again is already there."""
    row = {
        "person_id": paper.person_id,
        "kind": paper.kind,
        "valid_from": paper.valid_from,
        "valid_until": paper.valid_until,
        "document": paper.document,
        "noted_by": paper.noted_by,
        "noted_at": now,
    }
    await insert_new(session, Credential, [], [row])
    found = await session.scalars(
        select(Credential.id).where(
            Credential.person_id == paper.person_id,
            Credential.kind == paper.kind,
            Credential.valid_until == paper.valid_until,
        )
    )
    return found.one()


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as it is shown; of its picture only that there is one."""

    kind: str
    valid_until: date
    document: str
    has_picture: bool


async def of_person(session: AsyncSession, person: str) -> list[Paper]:
    """Return the newest paper of each kind that somebody has, by kind."""
    rows = await session.execute(
        select(
            Credential.kind,
            Credential.valid_until,
            Credential.document,
            exists().where(Picture.credential_id == Credential.id),
        )
        .where(Credential.person_id == person, ~_is_renewed())
        .order_by(Credential.kind)
    )
    return [Paper(kind, until, document, bool(seen)) for kind, until, document, seen in rows]


async def pictures_of(session: AsyncSession, person: str, kind: str) -> list[Picture]:
    """Return the pictures of somebody's papers of a kind, the newest paper's first."""
    found = await session.scalars(
        select(Picture)
        .join(Credential, Credential.id == Picture.credential_id)
        .where(Credential.person_id == person, Credential.kind == kind)
        .order_by(Credential.valid_until.desc(), Picture.id.desc())
    )
    return list(found)


@dataclass(frozen=True, slots=True)
class Ending:
    """A paper that ends soon. `id` and `person_id` are for us, and shown to nobody."""

    id: int
    person_id: str
    name: str
    kind: str
    valid_until: date


async def ending(
    session: AsyncSession, among: ColumnElement[bool], today: date, days: int
) -> list[Ending]:
    """Return whose papers end within so many days and have not been renewed, the next first."""
    rows = await session.execute(
        select(Credential.id, Person.id, Person.name, Credential.kind, Credential.valid_until)
        .join(Person, Person.id == Credential.person_id)
        .where(
            among,
            Credential.valid_until.between(today, today + timedelta(days=days)),
            ~_is_renewed(),
        )
        .order_by(Credential.valid_until, Person.name)
    )
    return [Ending(*row) for row in rows]


async def note_told(session: AsyncSession, papers: Collection[int], today: date) -> None:
    await session.execute(update(Credential).where(Credential.id.in_(papers)).values(told_on=today))


def _is_renewed() -> ColumnElement[bool]:
    later = Credential.__table__.alias()
    return (
        select(later.c.id)
        .where(
            later.c.person_id == Credential.person_id,
            later.c.kind == Credential.kind,
            later.c.valid_until > Credential.valid_until,
        )
        .exists()
    )
