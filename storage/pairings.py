"""Pairing: how a phone becomes somebody's, by a 6-digit code on paper or a QR scene.

A code is used once, lives 24 hours, and is handed over in person. Whoever guesses is shut
out after five tries (the numbers are in the configuration).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, BigId
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


async def redeem(
    session: AsyncSession, now: datetime, *, code: str = "", scene: str = ""
) -> str | None:
    """Use up a ticket and return whose it is; None where there is no such ticket."""
    named = Pairing.code == code if code else Pairing.scene == scene
    return await session.scalar(
        update(Pairing)
        .where(named, Pairing.used_at.is_(None), Pairing.expires_at > now)
        .values(used_at=now)
        .returning(Pairing.person_id)
    )


async def may_try(
    session: AsyncSession, address: tuple[str, str], now: datetime, rules: PairingRules
) -> bool:
    row = await session.get(WrongTry, address)
    return row is None or row.tries < rules.tries or _is_over(row, now, rules)


async def was_wrong(
    session: AsyncSession, address: tuple[str, str], now: datetime, rules: PairingRules
) -> int:
    """Count a wrong code and return how many tries are left."""
    row = await session.get(WrongTry, address)
    if row is None:
        row = WrongTry(channel=address[0], address=address[1], since=now, tries=0)
        session.add(row)
    elif _is_over(row, now, rules):
        row.since, row.tries = now, 0
    row.tries += 1
    return max(rules.tries - row.tries, 0)


def _is_over(row: WrongTry, now: datetime, rules: PairingRules) -> bool:
    return now >= row.since + timedelta(hours=rules.code_hours)


async def expires_at(session: AsyncSession, scene: str, now: datetime) -> datetime | None:
    """Return until when a scene can be used; None where it cannot."""
    return await session.scalar(
        select(Pairing.expires_at).where(
            Pairing.scene == scene, Pairing.used_at.is_(None), Pairing.expires_at > now
        )
    )
