"""Consents: what an elder lets us do with what we know of her, purpose by purpose.

Each yes is a row, and taking it back ends the row; a new yes is a new row. A no to what was
never given is a row that has only an end. So all that she ever said stays to be read.

That she is waited for, and that her family hears how she is, goes on until she says no
(`ASSUMED`): a row that is missing must never leave an elder unwatched. All else needs her yes.
"""

from collections.abc import Collection
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
    exists,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage import audit
from storage.database import Base, BigId, insert_new

TEXT_VERSION = 1
"""Of the words in which she is asked. A new meaning is a new version."""


class Purpose(StrEnum):
    """What something of hers may be used for."""

    CHECKIN = "checkin"
    """Her word is waited for each morning."""
    HEALTH = "health"
    """That she is unwell is told, in her words where it helps."""
    LOCATION = "location"
    """A place she sends is kept."""
    PHOTO = "photo"
    """A picture she sends, or that is taken of her, is kept and shown."""
    FAMILY = "family"
    """Her family sees each day how she is."""
    PUBLIC = "public"
    """Her name stands where the whole village reads it."""


ASSUMED = frozenset({Purpose.CHECKIN, Purpose.FAMILY})
"""What the village enrols its elders for. It holds until she says no."""


class How(StrEnum):
    """How an answer reached us."""

    TAP = "tap"
    """Written, or a button."""
    VOICE = "voice"
    WITNESS = "witness"
    ROSTER = "roster"
    """The village named her, and nobody has said otherwise."""


class Standing(StrEnum):
    """How a purpose stands with somebody."""

    GIVEN = "given"
    REFUSED = "refused"
    UNASKED = "unasked"


_STANDING = text("withdrawn_at IS NULL")


class Consent(Base):
    """An answer of an elder. `given_at` is None where she never said yes."""

    __tablename__ = "consents"
    __table_args__ = (
        CheckConstraint(
            "purpose IN ('checkin', 'health', 'location', 'photo', 'family', 'public')",
            name="purpose",
        ),
        CheckConstraint("how IN ('tap', 'voice', 'witness', 'roster')", name="how"),
        CheckConstraint("given_at IS NOT NULL OR withdrawn_at IS NOT NULL", name="answered"),
        Index(
            "ix_consents_standing",
            "person_id",
            "purpose",
            unique=True,
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        ),
        Index(None, "person_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    cause: Mapped[str] = mapped_column(String(220), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    purpose: Mapped[str] = mapped_column(String(8))
    text_version: Mapped[int]
    how: Mapped[str] = mapped_column(String(8))
    said_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    """She herself, or whoever was with her as she said it."""
    witness_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    """A second one who was there."""
    media: Mapped[str] = mapped_column(String(128), default="")
    """Her voice, by the id under which the platform keeps it."""
    given_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """An answer as it is said; `cause` is the natural key of its being said."""

    cause: str
    person_id: str
    purpose: Purpose
    how: How
    said_by: str
    witness_id: str | None = None
    media: str = ""


def given(person: Any, purpose: Purpose) -> ColumnElement[bool]:
    """Be true of a person, a column or an id, from whom we may take this for granted."""
    stands = _stands(person, purpose)
    return or_(stands, ~_answered(person, purpose)) if purpose in ASSUMED else stands


def refused(person: Any, purpose: Purpose) -> ColumnElement[bool]:
    """Be true of who has said no, or no more; not of who was never asked."""
    return _answered(person, purpose) & ~_stands(person, purpose)


def _stands(person: Any, purpose: Purpose) -> ColumnElement[bool]:
    return exists().where(
        Consent.person_id == person,
        Consent.purpose == purpose,
        Consent.withdrawn_at.is_(None),
    )


def _answered(person: Any, purpose: Purpose) -> ColumnElement[bool]:
    return exists().where(Consent.person_id == person, Consent.purpose == purpose)


async def has(session: AsyncSession, person_id: str, purpose: Purpose) -> bool:
    return bool(await session.scalar(select(given(person_id, purpose))))


async def has_refused(session: AsyncSession, person_id: str, purpose: Purpose) -> bool:
    return bool(await session.scalar(select(refused(person_id, purpose))))


async def refusing(session: AsyncSession, people: Collection[str], purpose: Purpose) -> set[str]:
    """Return who of these people has said no."""
    found = await session.scalars(
        select(Consent.person_id)
        .where(
            Consent.person_id.in_(people),
            Consent.purpose == purpose,
            ~_has_a_later_yes(purpose),
        )
        .distinct()
    )
    return set(found)


def _has_a_later_yes(purpose: Purpose) -> ColumnElement[bool]:
    other = Consent.__table__.alias()
    return exists().where(
        other.c.person_id == Consent.person_id,
        other.c.purpose == purpose,
        other.c.withdrawn_at.is_(None),
    )


async def standings(session: AsyncSession, person_id: str) -> dict[Purpose, Standing]:
    """Return how every purpose stands with her; what is assumed counts as given."""
    rows = await session.execute(
        select(Consent.purpose, Consent.withdrawn_at).where(Consent.person_id == person_id)
    )
    found = {
        purpose: Standing.GIVEN if purpose in ASSUMED else Standing.UNASKED for purpose in Purpose
    }
    ends: dict[Purpose, list[datetime | None]] = {}
    for purpose, withdrawn_at in rows:
        ends.setdefault(Purpose(purpose), []).append(withdrawn_at)
    for purpose, of_it in ends.items():
        found[purpose] = Standing.GIVEN if None in of_it else Standing.REFUSED
    return found


async def never_answered(session: AsyncSession, person_id: str) -> list[Purpose]:
    """Return what she was never asked, in the order in which we ask. For the watch she is here."""
    answered = set(
        await session.scalars(select(Consent.purpose).where(Consent.person_id == person_id))
    )
    return [one for one in _IN_ORDER if one not in answered]


_IN_ORDER = (
    Purpose.FAMILY,
    Purpose.HEALTH,
    Purpose.PHOTO,
    Purpose.LOCATION,
    Purpose.PUBLIC,
)


async def give(session: AsyncSession, word: Word, now: datetime) -> bool:
    """Keep a yes. False where it had been said before, and stands."""
    await insert_new(session, Consent, [], [_row(word, given_at=now)])
    kept = select(Consent.id).where(Consent.cause == word.cause)
    if await session.scalar(kept) is None:
        return False
    await _note(session, word, now, "yes")
    return True


async def withdraw(session: AsyncSession, word: Word, now: datetime) -> bool:
    """Keep a no, and end the yes before it. False where she had said no before."""
    ended = await session.scalar(
        update(Consent)
        .where(
            Consent.person_id == word.person_id,
            Consent.purpose == word.purpose,
            Consent.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now, withdrawn_by=word.said_by)
        .returning(Consent.id)
    )
    if ended is None:
        if await has_refused(session, word.person_id, word.purpose):
            return False
        never = _row(word) | {"withdrawn_at": now, "withdrawn_by": word.said_by}
        await insert_new(session, Consent, [], [never])
    await _note(session, word, now, "no")
    return True


async def _note(session: AsyncSession, word: Word, now: datetime, answer: str) -> None:
    act = f"consent:{answer}"
    await audit.note(
        session, act, now, actor=word.said_by, subject=word.person_id, reason=word.purpose
    )


def _row(word: Word, given_at: datetime | None = None) -> dict[str, Any]:
    return {
        "cause": word.cause,
        "person_id": word.person_id,
        "purpose": word.purpose,
        "text_version": TEXT_VERSION,
        "how": word.how,
        "said_by": word.said_by,
        "witness_id": word.witness_id,
        "media": word.media,
        "given_at": given_at,
        "withdrawn_at": None,
        "withdrawn_by": None,
    }
