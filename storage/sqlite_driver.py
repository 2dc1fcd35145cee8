"""SQLite in a thread of its own, asked once for each statement.

aiosqlite crosses to its thread to make a cursor, to execute, to fetch and to close, and waits
each time. For SQLAlchemy, which always does all four, one crossing is enough: it brings the
rows along. Nothing here can be read row by row from a statement that is still running.

Where a transaction asks for it not even that crossing is made: for few rows found by their keys
it costs several times what the statement does, and for many rows each of them is handed over
from a thread that waits for the other. What waits for the disk crosses always: the commit.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, NoReturn

import aiosqlite

Run = Callable[[str, Any], sqlite3.Cursor]


class Here(StrEnum):
    """What is run where it is asked, and keeps everybody else waiting meanwhile."""

    NOTHING = "nothing"
    READS = "reads"
    ALL = "all"


def _refuse(moment: datetime) -> NoReturn:
    """The driver would write down a moment as it is, in whatever time zone it stands."""
    raise TypeError(f"a moment reached SQLite without its type: {moment.tzinfo}")


sqlite3.register_adapter(datetime, _refuse)


class Cursor(aiosqlite.Cursor):
    """Has all the rows of a statement as soon as it was executed."""

    def __init__(self, connection: "Connection", cursor: sqlite3.Cursor) -> None:
        super().__init__(connection, cursor)
        self._ours = connection
        self._rows: deque[Any] = deque()

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> "Cursor":
        await self._where_it_is_cheapest(self._cursor.execute, sql, parameters or ())
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> "Cursor":
        await self._where_it_is_cheapest(self._cursor.executemany, sql, parameters)
        return self

    async def _where_it_is_cheapest(self, how: Run, sql: str, parameters: Iterable[Any]) -> None:
        here = self._ours.here
        if here is Here.ALL or (here is Here.READS and sql.startswith("SELECT")):
            self._run(how, sql, parameters)
        else:
            await self._execute(self._run, how, sql, parameters)  # type: ignore[no-untyped-call]

    def _run(self, how: Run, sql: str, parameters: Iterable[Any]) -> None:
        self._rows = deque(how(sql, parameters).fetchall())

    async def fetchone(self) -> Any:
        return self._rows.popleft() if self._rows else None

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        wanted = min(size or self.arraysize, len(self._rows))
        return [self._rows.popleft() for _ in range(wanted)]

    async def fetchall(self) -> deque[Any]:
        rows, self._rows = self._rows, deque()
        return rows

    async def close(self) -> None:
        """Let go: a statement whose rows were all fetched holds nothing open."""


class Connection(aiosqlite.Connection):
    here = Here.NOTHING
    """What of the transaction under way is run where it is asked."""

    def cursor(self) -> Cursor:  # type: ignore[override]  # SQLAlchemy enters the cursor itself
        return Cursor(self, self._conn.cursor())

    async def rollback(self) -> None:
        """Roll back where there is something to: every connection is asked on its return."""
        if self.in_transaction:
            await super().rollback()


async def connect(path: str, seconds: float) -> Connection:
    """Open a file; a statement waits so many seconds for another program's lock."""
    opened = Connection(
        partial(sqlite3.connect, path, timeout=seconds, check_same_thread=False),
        iter_chunk_size=64,
    )
    opened._thread.daemon = True  # noqa: SLF001  as SQLAlchemy does: no lost engine keeps us alive
    await opened
    return opened
