"""Questions that wait for a yes before minutes move: 把2小时转给王二丫，对吗？

Each is a row with a number that is said back (确认 4821) and an end. A bare 好 or 1 of an elder
stays her check-in, and ordinary messages cost nothing here.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, BigId


class Confirmation(Base):
    """`cause` is the message that asked; `choice` tells apart what it asked about."""

    __tablename__ = "ledger_confirmations"
    __table_args__ = (
        UniqueConstraint("cause", "choice"),
        CheckConstraint("kind IN ('gift', 'donate')", name="kind"),
        CheckConstraint("minutes > 0", name="minutes"),
        Index(None, "person_id", "number"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    cause: Mapped[str] = mapped_column(String(220))
    choice: Mapped[int]
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    number: Mapped[str] = mapped_column(String(4))
    kind: Mapped[str] = mapped_column(String(6))
    to_person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    minutes: Mapped[int]
    expires_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be confirmed; a donation has nobody it goes to."""

    kind: str
    minutes: int
    to_person_id: str | None = None


async def ask(
    session: AsyncSession,
    cause: str,
    person_id: str,
    questions: list[Question],
    expires_at: datetime,
) -> list[str]:
    """Write the questions down and return their numbers, in the same order.

    They are alternatives: answering one of them ends the others.
    """
    taken = set(
        await session.scalars(
            select(Confirmation.number).where(Confirmation.person_id == person_id)
        )
    )
    numbers = []
    for choice, question in enumerate(questions, 1):
        number = _fresh(taken)
        taken.add(number)
        numbers.append(number)
        session.add(
            Confirmation(
                cause=cause,
                choice=choice,
                person_id=person_id,
                number=number,
                kind=question.kind,
                to_person_id=question.to_person_id,
                minutes=question.minutes,
                expires_at=expires_at,
            )
        )
    return numbers


def _fresh(taken: set[str]) -> str:
    """Return four digits that she was not given lately; they need not be secret."""
    while (number := f"{secrets.randbelow(9_000) + 1_000}") in taken and len(taken) < 8_000:
        continue
    return number


async def find(session: AsyncSession, person_id: str, number: str) -> Confirmation | None:
    """Return her newest question of this number, answered or not."""
    return await session.scalar(
        select(Confirmation)
        .where(Confirmation.person_id == person_id, Confirmation.number == number)
        .order_by(Confirmation.id.desc())
        .limit(1)
    )


async def waiting(session: AsyncSession, person_id: str, now: datetime) -> str:
    """Return the number of her newest question that still waits for an answer, else ""."""
    number = await session.scalar(
        select(Confirmation.number)
        .where(
            Confirmation.person_id == person_id,
            Confirmation.done_at.is_(None),
            Confirmation.expires_at > now,
        )
        .order_by(Confirmation.id.desc())
        .limit(1)
    )
    return number or ""


async def close(session: AsyncSession, question: Confirmation, now: datetime) -> None:
    """End a question, and those that were asked beside it."""
    await session.execute(
        update(Confirmation)
        .where(Confirmation.cause == question.cause, Confirmation.done_at.is_(None))
        .values(done_at=now)
    )
