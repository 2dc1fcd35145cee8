"""Pairing: how a phone becomes somebody's, by a 6-digit code on paper or a QR scene.

A code is used once, lives 24 hours, and is handed over in person. Whoever guesses is shut
out after five tries, and where many addresses guess, codes wait for everybody until the hour
is over; a scene, which nobody guesses, goes on (the numbers are in the configuration).

A code is compared with every live one, in constant time. Looking it up by a digest would do as
well only under a key, for of six digits every digest can be made beforehand; and the live
codes of a house are few.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    and_,
    case,
    delete,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, BigId, Instant, insert_new
from storage.rules import PairingRules

_UNUSED = text("used_at IS NULL")


class Pairing(Base):
    __tablename__ = "pairings"
    __table_args__ = (
        Index(
            "ix_pairings_code", "code", unique=True, sqlite_where=_UNUSED, postgresql_where=_UNUSED
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    code: Mapped[str] = mapped_column(String(6))
    scene: Mapped[str] = mapped_column(String(64), unique=True)
    issued_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class WrongTry(Base):
    """How often an address has named a code that does not exist, since the first time."""

    __tablename__ = "wrong_tries"

    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    address: Mapped[str] = mapped_column(String(64), primary_key=True)
    since: Mapped[datetime]
    tries: Mapped[int]


class GuessedHour(Base):
    """How many wrong codes the house was told in an hour, from whatever address."""

    __tablename__ = "guessed_hours"

    hour: Mapped[datetime] = mapped_column(primary_key=True)
    tries: Mapped[int]


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is handed over: the code to type, and the scene of the QR code to scan."""

    code: str
    scene: str


async def issue(
    session: AsyncSession, person_id: str, issued_by: str | None, now: datetime, rules: PairingRules
) -> Ticket:
    """Give a person a new ticket; an unused older one is void from now on."""
    await session.execute(
        delete(Pairing).where(Pairing.person_id == person_id, Pairing.used_at.is_(None))
    )
    ticket = Ticket(await _fresh_code(session, now), secrets.token_urlsafe(24))
    session.add(
        Pairing(
            person_id=person_id,
            code=ticket.code,
            scene=ticket.scene,
            issued_by=issued_by,
            issued_at=now,
            expires_at=now + timedelta(hours=rules.code_hours),
        )
    )
    return ticket


async def _fresh_code(session: AsyncSession, now: datetime) -> str:
    await session.execute(
        delete(Pairing).where(Pairing.used_at.is_(None), Pairing.expires_at <= now)
    )
    while True:
        code = f"{secrets.randbelow(1_000_000):06d}"
        taken = select(Pairing.id).where(Pairing.code == code, Pairing.used_at.is_(None))
        if await session.scalar(taken) is None:
            return code


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A ticket that was used up: whose it is, and who handed it out."""

    id: int
    person_id: str
    issued_by: str | None


async def redeem(
    session: AsyncSession, now: datetime, *, code: str = "", scene: str = ""
) -> Redeemed | None:
    """Use up a ticket and return it; None where there is no such ticket."""
    named = Pairing.id == await _with_code(session, code, now) if code else Pairing.scene == scene
    used = await session.execute(
        update(Pairing)
        .where(named, _is_live(now))
        .values(used_at=now)
        .returning(Pairing.id, Pairing.person_id, Pairing.issued_by)
    )
    row = used.first()
    return Redeemed(*row) if row else None


async def _with_code(session: AsyncSession, code: str, now: datetime) -> int | None:
    """Return which live ticket has this code. All are compared, whichever it is."""
    rows = await session.execute(select(Pairing.id, Pairing.code).where(_is_live(now)))
    said = code.encode()
    meant = [row.id for row in rows if hmac.compare_digest(row.code.encode(), said)]
    return meant[0] if meant else None


def _is_live(now: datetime) -> ColumnElement[bool]:
    return and_(Pairing.used_at.is_(None), Pairing.expires_at > now)


async def handing_out(session: AsyncSession, now: datetime) -> list[str]:
    """Return who has handed out codes that are still waited for."""
    found = await session.scalars(
        select(Pairing.issued_by)
        .where(_is_live(now), Pairing.issued_by.is_not(None))
        .distinct()
        .order_by(Pairing.issued_by)
    )
    return [person for person in found if person is not None]


class Gate(StrEnum):
    """Whether a code is looked at that somebody names."""

    OPEN = "open"
    SHUT = "shut"  # for this address: it has guessed too often
    WAITING = "waiting"  # for everybody, until the hour is over


async def gate(
    session: AsyncSession, address: tuple[str, str], now: datetime, rules: PairingRules
) -> Gate:
    tries = await session.scalar(
        select(WrongTry.tries).where(_is_of(address), ~_is_over(now, rules))
    )
    if tries is not None and tries >= rules.tries:
        return Gate.SHUT
    guessed = await session.scalar(select(GuessedHour.tries).where(GuessedHour.hour == _hour(now)))
    return Gate.WAITING if guessed is not None and guessed >= rules.house_tries else Gate.OPEN


@dataclass(frozen=True, slots=True)
class Wrong:
    """How many tries an address has left, and whether with this one codes begin to wait."""

    left: int
    fills_the_hour: bool


async def was_wrong(
    session: AsyncSession, address: tuple[str, str], now: datetime, rules: PairingRules
) -> Wrong:
    """Count a wrong code. Each of the house's tries is counted once, whichever node it reaches."""
    tries = await _count_for(session, address, now, rules)
    guessed = await _count_in(session, _hour(now))
    return Wrong(max(rules.tries - tries, 0), guessed == rules.house_tries)


async def _count_for(
    session: AsyncSession, address: tuple[str, str], now: datetime, rules: PairingRules
) -> int:
    channel, name = address
    row = {"channel": channel, "address": name, "since": now, "tries": 0}
    await insert_new(session, WrongTry, [], [row])
    begins_anew = _is_over(now, rules)
    tries = await session.scalar(
        update(WrongTry)
        .where(_is_of(address))
        .values(
            tries=case((begins_anew, 1), else_=WrongTry.tries + 1),
            since=case((begins_anew, literal(now, Instant())), else_=WrongTry.since),
        )
        .returning(WrongTry.tries)
    )
    return tries or 0


async def _count_in(session: AsyncSession, hour: datetime) -> int:
    await insert_new(session, GuessedHour, [], [{"hour": hour, "tries": 0}])
    tries = await session.scalar(
        update(GuessedHour)
        .where(GuessedHour.hour == hour)
        .values(tries=GuessedHour.tries + 1)
        .returning(GuessedHour.tries)
    )
    return tries or 0


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def _is_of(address: tuple[str, str]) -> ColumnElement[bool]:
    return and_(WrongTry.channel == address[0], WrongTry.address == address[1])


def _is_over(now: datetime, rules: PairingRules) -> ColumnElement[bool]:
    return WrongTry.since <= now - timedelta(hours=rules.code_hours)


async def expires_at(session: AsyncSession, scene: str, now: datetime) -> datetime | None:
    """Return until when a scene can be used; None where it cannot."""
    return await session.scalar(
        select(Pairing.expires_at).where(Pairing.scene == scene, _is_live(now))
    )
