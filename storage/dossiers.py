"""Everything that is kept of one person, for herself: each row in which she stands.

Of rows that are somebody else's she sees that she stands in them, and none of their words.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from storage import audit, ledger_members, roster_out
from storage.belongings import BY_ADDRESS, GOES, STAYS, Belonging
from storage.database import Base
from storage.ledger import Transfer
from storage.ledger_members import Member
from storage.people import Identity, Person
from storage.roster_out import Stated
from storage.rules import VILLAGE_TIME
from storage.sealing import Sealed, SealedJson

Values = dict[str, Any]

SECRET = frozenset({"code", "scene", "prev_hash", "hash"})
"""What would open something, or says nothing."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """`stated` is how the people file names her, `kept` are rows by the name of their table."""

    stated: Stated
    kept: dict[str, list[Values]] = field(default_factory=dict)


async def gather(session: AsyncSession, person_id: str) -> Dossier | None:
    """Return what is kept of somebody; None where there is nobody of this id."""
    stated = await roster_out.state(session, {person_id})
    if not stated:
        return None
    kept = {name: rows async for name, rows in _kept(session, person_id)}
    return Dossier(stated[0], {name: rows for name, rows in kept.items() if rows})


async def _kept(session: AsyncSession, person: str) -> AsyncIterator[tuple[str, list[Values]]]:
    for belonging in (Belonging(Person, ["id"]), *GOES, *STAYS):
        if belonging.model is not Member:
            yield belonging.model.__tablename__, await _rows(session, belonging, person)
    yield "ledger_transfers", await _transfers(session, person)
    async for name, rows in _by_address(session, person):
        yield name, rows
    looks = await audit.about(session, person)
    yield (
        "audit_rows",
        [{"at": _plain(one.at), "act": one.act, "actor": one.actor} for one in looks],
    )


async def _rows(session: AsyncSession, belonging: Belonging, person: str) -> list[Values]:
    table = belonging.model.__table__
    rows = await session.execute(
        select(*table.columns, belonging.is_of(person).label("is_hers"))
        .where(belonging.mentions(person))
        .order_by(*table.primary_key)
    )
    return [_values(belonging.model, row, is_hers=row["is_hers"]) for row in rows.mappings()]


def _values(model: type[Base], row: Any, *, is_hers: bool) -> Values:
    return {
        column.name: _plain(row[column.name])
        for column in model.__table__.columns
        if column.name not in SECRET
        and (is_hers or not isinstance(column.type, Sealed | SealedJson))
        and row[column.name] not in (None, "")
    }


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: a moment by the village's clock."""
    if isinstance(value, datetime):
        return value.astimezone(VILLAGE_TIME).isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date | time) else value


async def _transfers(session: AsyncSession, person: str) -> list[Values]:
    """Return the movements of her account: what came, and what went."""
    account = await ledger_members.find_account(session, person)
    if account is None:
        return []
    found = await session.scalars(
        select(Transfer)
        .where(or_(Transfer.debit == account, Transfer.credit == account))
        .order_by(Transfer.seq)
    )
    return [
        {
            "at": _plain(one.at),
            "kind": one.kind,
            "minutes": one.minutes if one.credit == account else -one.minutes,
        }
        for one in found
    ]


async def _by_address(
    session: AsyncSession, person: str
) -> AsyncIterator[tuple[str, list[Values]]]:
    rows = await session.execute(
        select(Identity.channel, Identity.address).where(Identity.person_id == person)
    )
    addresses = [tuple(row) for row in rows]
    for model in BY_ADDRESS:
        columns = model.__table__.c
        found = await session.execute(
            select(*columns).where(tuple_(columns.channel, columns.address).in_(addresses))
        )
        yield model.__tablename__, [_values(model, row, is_hers=True) for row in found.mappings()]
