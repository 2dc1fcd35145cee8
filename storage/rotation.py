"""Seals everything anew under the newest key: what was plain, and what older keys closed.

A batch is a transaction, and finds only what is not sealed under the newest key yet: so it can
be cut off anywhere and begun again, beside a house that is awake.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, Text, cast, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage import keys_in_use, volunteers
from storage.database import Base, Database
from storage.people import Person
from storage.sealing import Keyring, Sealed, SealedJson, is_readable, unseal

BATCH = 500

_MARKS: Mapping[Any, Any] = {Person.__table__.c.phone: Person.__table__.c.phone_mark}
"""What is marked anew with what is sealed anew."""


class NoKeysError(Exception):
    """There is nothing to seal with."""


@dataclass(slots=True)
class Rotated:
    sealed: int = 0
    unreadable: int = 0
    """How many values no key of ours opens; they stay as they are."""


async def rotate(
    database: Database, progress: Callable[[str, int], None] = lambda _table, _rows: None
) -> Rotated:
    """Seal everything under the newest key, and then forget the others. Raises NoKeysError."""
    if database.keyring is None:
        raise NoKeysError
    found = Rotated()
    for column in sealed_columns():
        await _rotate_column(database, database.keyring, column, found)
        progress(f"{column.table.name}.{column.name}", found.sealed)
    async with database.writing() as session:
        await volunteers.keep_up(session)
    if not found.unreadable:
        await keys_in_use.retire_others(database)
    return found


def sealed_columns() -> Iterator[Column[Any]]:
    """Return every column in which people's words or numbers are."""
    for table in Base.metadata.sorted_tables:
        yield from (one for one in table.columns if isinstance(one.type, Sealed | SealedJson))


async def _rotate_column(
    database: Database, keyring: Keyring, column: Column[Any], found: Rotated
) -> None:
    last: Any = None
    while True:
        async with database.writing() as session:
            rows = await _batch(session, column, keyring, last)
            for key, kept in rows:
                await _reseal(session, column, keyring, key, kept, found)
        if len(rows) < BATCH:
            return
        last = rows[-1][0]


async def _batch(
    session: AsyncSession, column: Column[Any], keyring: Keyring, last: Any
) -> list[tuple[Any, str]]:
    """Return the next rows that are not sealed under the newest key, as they are kept."""
    key, kept = _key(column.table), cast(column, Text)
    begins = f'"{keyring.newest}%' if isinstance(column.type, SealedJson) else f"{keyring.newest}%"
    statement = (
        select(key, kept)
        .where(column.is_not(None), kept != "", kept.not_like(begins))
        .order_by(key)
        .limit(BATCH)
        .with_for_update()
    )
    rows = await session.execute(statement if last is None else statement.where(key > last))
    return [(row[0], row[1]) for row in rows]


def _key(table: Table) -> Column[Any]:
    (key,) = table.primary_key.columns
    return key


async def _reseal(
    session: AsyncSession,
    column: Column[Any],
    keyring: Keyring,
    key: Any,
    kept: str,
    found: Rotated,
) -> None:
    is_json = isinstance(column.type, SealedJson)
    value = json.loads(kept) if is_json else kept
    if isinstance(value, str) and not is_readable(value, keyring):
        found.unreadable += 1
        return
    opened = unseal(value, keyring) if isinstance(value, str) else value
    if is_json and isinstance(value, str):
        opened = json.loads(opened)
    values: dict[Any, Any] = {column: opened}
    if column in _MARKS:
        values[_MARKS[column]] = opened
    await session.execute(update(column.table).where(_key(column.table) == key).values(values))
    found.sealed += 1
