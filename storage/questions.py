"""Questions we asked and are waiting to have answered: one open question for each person."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base

BETTER = "better"
"""Whether she feels better: her answer may be told on, or call people."""
WHO = "who"
"""Who is meant: the answer may be a number, and is nothing else while people wait for it."""

HOW = "call_how"
"""How a visit was: a bare 好 answers it."""


class Question(Base):
    """`about` is what the answer is for; `times` how often it was asked in other words."""

    __tablename__ = "questions"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    about: Mapped[dict[str, Any]] = mapped_column(JSON)
    times: Mapped[int] = mapped_column(default=1)
    asked_at: Mapped[datetime]


# Built once: every batch asks it, and building it anew costs more than asking.
_OPEN = select(Question).where(
    Question.person_id.in_(bindparam("people", expanding=True)),
    Question.asked_at > bindparam("since"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that somebody may be answering now."""

    kind: str
    about: Mapping[str, Any]
    times: int
    asked_at: datetime


async def open_for(
    session: AsyncSession, people: Collection[str], now: datetime, patience: timedelta
) -> dict[str, Asked]:
    """Return the question each of these people was asked, where that is not long ago."""
    rows = await session.execute(_OPEN, {"people": list(people), "since": now - patience})
    return {
        row.person_id: Asked(row.kind, row.about, row.times, row.asked_at) for row in rows.scalars()
    }


async def ask(
    session: AsyncSession,
    person: str,
    kind: str,
    now: datetime,
    *,
    about: Mapping[str, Any] | None = None,
    times: int = 1,
) -> None:
    """Remember what was asked; whatever was asked before is no longer waited for."""
    row = await session.get(Question, person)
    if row is None:
        row = Question(person_id=person)
        session.add(row)
    row.kind, row.about, row.times, row.asked_at = kind, dict(about or {}), times, now


async def ask_the_silent(
    session: AsyncSession,
    people: Collection[str],
    kind: str,
    now: datetime,
    patience: timedelta,
    about: Mapping[str, Any],
) -> None:
    """Ask those of whom nothing else is being asked: a graver question is not pushed aside."""
    asked = await open_for(session, people, now, patience)
    for person in people:
        if person not in asked:
            await ask(session, person, kind, now, about=about)


async def answered(session: AsyncSession, person: str) -> None:
    await session.execute(delete(Question).where(Question.person_id == person))
