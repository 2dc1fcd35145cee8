"""Credentials: the papers a volunteer has (培训 承诺书 保险 执照), and until when each is good."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.authority import Act, may
from storage.database import Base, BigId, insert_new
from storage.people import Caller, Person


class Credential(Base):
    """One paper. A renewed one is a row of its own: what was valid on a day stays known."""

    __tablename__ = "credentials"
    __table_args__ = (
        UniqueConstraint("person_id", "kind", "valid_until"),
        CheckConstraint("valid_from <= valid_until", name="days"),
        CheckConstraint("kind IN ('培训', '承诺书', '保险', '执照')", name="kind"),
        Index(None, "valid_until"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(String(3))
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    """The last day on which it counts."""
    document: Mapped[str] = mapped_column(String(128), default="")
    """The number on the paper, or where its picture is kept."""
    noted_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    noted_at: Mapped[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCredential:
    person_id: str
    kind: str
    valid_from: date
    valid_until: date
    noted_by: str
    document: str = ""


async def note(session: AsyncSession, paper: NewCredential, now: datetime) -> None:
    """Keep a paper; the same one again is already there."""
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


@dataclass(frozen=True, slots=True)
class Ending:
    name: str
    kind: str
    valid_until: date


async def ending(session: AsyncSession, caller: Caller, today: date, days: int) -> list[Ending]:
    """Return whose papers end within so many days and have not been renewed, the next first."""
    later = Credential.__table__.alias()
    renewed = (
        select(later.c.id)
        .where(
            later.c.person_id == Credential.person_id,
            later.c.kind == Credential.kind,
            later.c.valid_until > Credential.valid_until,
        )
        .exists()
    )
    rows = await session.execute(
        select(Person.name, Credential.kind, Credential.valid_until)
        .join(Person, Person.id == Credential.person_id)
        .where(
            may(caller, Act.ASSIGN),
            Credential.valid_until.between(today, today + timedelta(days=days)),
            ~renewed,
        )
        .order_by(Credential.valid_until, Person.name)
    )
    return [Ending(*row) for row in rows]
