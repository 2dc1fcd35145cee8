"""Tidings (传话): what one of a family lets us tell another, and whether it was heard.

To an elder: sent → read (the letter has gone out) → heard (she said anything), and late where her
leader should have told her and has not said so. From an elder: carried. What speaks of money is
refused. The words are in the letters, and nowhere here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    cast,
    exists,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.checkins import SignOfLife
from storage.database import Base, BigId, insert_new
from storage.letters import Letter, LetterState

TIDING = "tiding"
"""The letter that carries one; its key names the tiding and who gets it."""
AGAIN = "again:"
"""How the key of a letter begins that brings once more what a card could not hold."""


class TidingState(StrEnum):
    SENT = "sent"
    READ = "read"
    HEARD = "heard"
    LATE = "late"
    CARRIED = "carried"
    REFUSED = "refused"


_OPEN = text("state IN ('sent', 'read')")
_NUMBERED = text("number IS NOT NULL")


class Tiding(Base):
    __tablename__ = "tidings"
    __table_args__ = (
        CheckConstraint(
            "state IN ('sent', 'read', 'heard', 'late', 'carried', 'refused')", name="state"
        ),
        Index("ix_tidings_open", "state", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_tidings_number", "number", sqlite_where=_NUMBERED, postgresql_where=_NUMBERED),
        Index(None, "from_id", "sent_at"),
        Index(None, "to_id", "sent_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    cause: Mapped[str] = mapped_column(String(220), unique=True)
    from_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    to_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    state: Mapped[str] = mapped_column(String(8))
    number: Mapped[int | None]
    """What her leader calls it, who is to tell her: 传到了 12. None where she reads herself."""
    sent_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    """When it has gone out to her, or to her leader."""
    heard_at: Mapped[datetime | None]


async def put(
    session: AsyncSession,
    cause: str,
    sender: str,
    recipient: str,
    state: TidingState,
    now: datetime,
) -> Tiding:
    """Keep a tiding, and return it; the same cause keeps one."""
    row = {
        "cause": cause,
        "from_id": sender,
        "to_id": recipient,
        "state": state,
        "sent_at": now,
    }
    await insert_new(session, Tiding, [], [row])
    return (await session.scalars(select(Tiding).where(Tiding.cause == cause))).one()


def letter_key(tiding: int, recipient: str, again: str = "") -> str:
    return f"{TIDING}:{tiding}:{recipient}{again and f':{again}'}"


async def since(
    session: AsyncSession, sender: str, moment: datetime, *, refused: bool = False
) -> int:
    """Return how many tidings of somebody were carried since a moment, or refused."""
    is_refused = Tiding.state == TidingState.REFUSED
    found = await session.scalar(
        select(func.count(Tiding.id)).where(
            Tiding.from_id == sender,
            Tiding.sent_at >= moment,
            is_refused if refused else ~is_refused,
        )
    )
    return found or 0


async def last_to(session: AsyncSession, person: str, since: datetime) -> Tiding | None:
    """Return what was last told to somebody, and not long ago: 回话 answers it."""
    return await session.scalar(
        select(Tiding)
        .where(
            Tiding.to_id == person,
            Tiding.sent_at >= since,
            Tiding.state != TidingState.REFUSED,
        )
        .order_by(Tiding.sent_at.desc(), Tiding.id.desc())
        .limit(1)
    )


TELL_HER = "tell_her"
"""The letter that asks her leader to tell her."""


def asking_key(tiding: int, leader: str, again: str = "") -> str:
    return f"{TELL_HER}:{tiding}:{leader}{again and f':{again}'}"


async def find_numbered(session: AsyncSession, leader: str, number: int) -> Tiding | None:
    """Return the tiding of this number that somebody was asked to tell, held."""
    key = literal(f"{TELL_HER}:").concat(cast(Tiding.id, String)).concat(f":{leader}")
    return await session.scalar(
        select(Tiding)
        .where(Tiding.number == number, exists().where(Letter.key == key))
        .order_by(Tiding.id.desc())
        .limit(1)
        .with_for_update(of=Tiding)
    )


async def to_be_told_by(session: AsyncSession, leader: str, since: datetime) -> list[int]:
    """Return the letters that ask somebody to tell what he has not told yet, the oldest first."""
    found = await session.scalars(
        select(func.min(Letter.id))
        .join(
            Tiding,
            (Tiding.number == Letter.number)
            & (Tiding.to_id == Letter.about_id)
            & (Tiding.from_id == Letter.actor_id),
        )
        .where(
            Letter.recipient_id == leader,
            Letter.kind == TELL_HER,
            Letter.sent_at >= since,
            Tiding.state.in_((TidingState.SENT, TidingState.LATE)),
        )
        .group_by(Tiding.id)
        .order_by(Tiding.id)
    )
    return list(found)


async def carried_to(session: AsyncSession, person: str, kind: str, since: datetime) -> list[int]:
    """Return the letters of this kind that somebody has got since a moment, the oldest first."""
    found = await session.scalars(
        select(Letter.id)
        .where(
            Letter.recipient_id == person,
            Letter.kind == kind,
            Letter.sent_at >= since,
            ~Letter.key.startswith(AGAIN),
        )
        .order_by(Letter.id)
    )
    return list(found)


async def hear(session: AsyncSession, tiding: int, now: datetime) -> bool:
    """Note that she was told, or answered; False where that was known."""
    moved = await session.scalar(
        update(Tiding)
        .where(
            Tiding.id == tiding,
            Tiding.state.in_((TidingState.SENT, TidingState.READ, TidingState.LATE)),
        )
        .values(state=TidingState.HEARD, heard_at=now)
        .returning(Tiding.id)
    )
    return moved is not None


@dataclass(frozen=True, slots=True)
class Moved:
    """A tiding that has come further."""

    id: int
    from_id: str
    to_id: str
    number: int | None


_MOVED = (Tiding.id, Tiding.from_id, Tiding.to_id, Tiding.number)


async def are_under_way(session: AsyncSession) -> bool:
    """Tell whether there is any of which it is not known yet whether it was heard."""
    some = select(Tiding.id).where(_OPEN).limit(1)
    return await session.scalar(some) is not None


async def gone_out(session: AsyncSession, limit: int) -> list[Moved]:
    """Move on what has reached her phone, and return it."""
    sent_at = select(Letter.sent_at).where(Letter.key == _key()).scalar_subquery()
    waits = (Tiding.state == TidingState.SENT) & Tiding.number.is_(None)
    arrived = waits & sent_at.is_not(None)
    return await _move(session, arrived, TidingState.READ, limit, read_at=sent_at)


async def answered(session: AsyncSession, now: datetime, limit: int) -> list[Moved]:
    """Move on what she has read and then said anything, and return it."""
    spoke = exists().where(
        SignOfLife.elder_id == Tiding.to_id,
        SignOfLife.actor_id == Tiding.to_id,
        SignOfLife.at > Tiding.read_at,
    )
    is_read = (Tiding.state == TidingState.READ) & spoke
    return await _move(session, is_read, TidingState.HEARD, limit, heard_at=now)


async def untold(session: AsyncSession, before: datetime, limit: int) -> list[Moved]:
    """Move on what a leader was asked to tell before a moment and has not, and return it."""
    waits = (Tiding.state == TidingState.SENT) & Tiding.number.is_not(None)
    return await _move(session, waits & (Tiding.read_at <= before), TidingState.LATE, limit)


async def _move(
    session: AsyncSession,
    which: ColumnElement[bool],
    to: TidingState,
    limit: int,
    **values: Any,
) -> list[Moved]:
    rows = await session.execute(
        select(*_MOVED)
        .where(which)
        .order_by(Tiding.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Tiding)
    )
    found = [Moved(*row) for row in rows]
    if not found:
        return []
    ids = [one.id for one in found]
    await session.execute(
        update(Tiding)
        .where(Tiding.id.in_(ids))
        .values(state=to, **values)
        .execution_options(synchronize_session=False)
    )
    return found


@dataclass(frozen=True, slots=True)
class Lost:
    """A tiding that could not reach her phone, with the letter that failed."""

    id: int
    from_id: str
    to_id: str
    letter_id: int


async def lost(session: AsyncSession, limit: int) -> Sequence[Lost]:
    """Lock and return what could not reach her: somebody has to tell her."""
    rows = await session.execute(
        select(Tiding.id, Tiding.from_id, Tiding.to_id, Letter.id)
        .join(Letter, Letter.key == _key())
        .where(
            Tiding.state == TidingState.SENT,
            Tiding.number.is_(None),
            Letter.state.in_((LetterState.FAILED, LetterState.EXPIRED)),
        )
        .order_by(Tiding.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Tiding)
    )
    return [Lost(*row) for row in rows]


async def number(session: AsyncSession, tiding: int, number: int, now: datetime) -> None:
    """Give a tiding the number by which her leader knows it; from now on he is waited for."""
    await session.execute(
        update(Tiding).where(Tiding.id == tiding).values(number=number, read_at=now)
    )


async def give_up(session: AsyncSession, tiding: int) -> None:
    """Nobody can tell her: nothing more is waited for."""
    await session.execute(
        update(Tiding)
        .where(Tiding.id == tiding, Tiding.state == TidingState.SENT)
        .values(state=TidingState.LATE)
    )


def _key() -> ColumnElement[str]:
    """How the letter of a tiding is named, as `letter_key` names it."""
    return literal(f"{TIDING}:").concat(cast(Tiding.id, String)).concat(":").concat(Tiding.to_id)
