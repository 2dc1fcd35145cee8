"""The database: SQLite in one file for a village, PostgreSQL where a county needs more.

On SQLite one connection writes and the others only read; a transaction begins with
BEGIN IMMEDIATE, so that nothing read in it can be stale when it is written. On PostgreSQL
any number of nodes write, and the rows they move are locked.
"""

import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, ClassVar

import asyncpg
from sqlalchemy import (
    BigInteger,
    CursorResult,
    DateTime,
    Dialect,
    Executable,
    Integer,
    MetaData,
    Row,
    Select,
    event,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from storage import sqlite_driver
from storage.sealing import KEYRING, Keyring
from storage.sqlite_driver import Here as Here

SAFE_WAL = (3, 51, 3)
"""Before this SQLite, two connections that write or checkpoint at once can corrupt a WAL."""

READERS = 4

BUSY_SECONDS = 30.0

CHECKPOINT_PAGES = 8_000
"""How long the log grows, in pages of 4 KB, before it is carried over into the file: a morning
writes the same pages over and over, and the longer it waits the fewer are carried."""

CACHE_KILOBYTES = 16_000

_HERE = "shouwang_here"

_LAST = "shouwang_last"

MOMENTS = 256
"""How many moments are remembered as they stand in rows."""


class DatabaseInUseError(Exception):
    """Another process already has this SQLite file."""


class DatabaseSilentError(Exception):
    """The database cannot be opened."""


class Instant(TypeDecorator[datetime]):
    """A moment, aware on both sides, kept as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be kept")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """One moment goes into thousands of rows: it is written out once."""
        written = super().bind_processor(dialect)
        return lru_cache(MOMENTS)(written) if written else None

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None] | None:
        """And where one moment stands in thousands of rows, it is read once."""
        read = super().result_processor(dialect, coltype)
        return lru_cache(MOMENTS)(read) if read else None

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer(), "sqlite")
"""A row number that grows by itself on both databases."""


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Instant()}


def driver_url(url: str) -> URL:
    """Return the address with the driver we speak: aiosqlite or asyncpg."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return parsed.set(drivername="sqlite+aiosqlite")
    return parsed.set(drivername="postgresql+asyncpg")


class Database:
    """Hands out sessions: `writing()` is one transaction, `reading()` changes nothing.

    With keys, what people said is sealed on its way in.
    """

    def __init__(self, url: str, keyring: Keyring | None = None) -> None:
        self.keyring = keyring
        self.url = driver_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._lock = _FileLock(Path(str(self.url.database))) if self.is_sqlite else None
        if self.is_sqlite:
            self._writer = _sqlite_engine(self.url, 1, "BEGIN IMMEDIATE", query_only=False)
            self._reader = _sqlite_engine(self.url, READERS, "BEGIN", query_only=True)
        else:
            self._writer = self._reader = create_async_engine(
                self.url, pool_size=10, pool_pre_ping=True, hide_parameters=True
            )
        for engine in (self._writer, self._reader):
            setattr(engine.dialect, KEYRING, keyring)
        self._write = async_sessionmaker(self._writer, expire_on_commit=False)
        self._read = async_sessionmaker(self._reader, expire_on_commit=False, autoflush=False)

    @property
    def engine(self) -> AsyncEngine:
        """The engine that writes; for migrations and bulk loads."""
        return self._writer

    @property
    def warning(self) -> str:
        """What an operator should know about the database in force, "" where nothing."""
        if self.is_sqlite and sqlite3.sqlite_version_info < SAFE_WAL:
            return (
                f"SQLite {sqlite3.sqlite_version} can corrupt its log when two connections write "
                "at once; Shouwang writes through one, so no other program may open this file"
            )
        return ""

    @asynccontextmanager
    async def writing(self, here: Here = Here.NOTHING) -> AsyncIterator[AsyncSession]:
        """Write in one transaction.

        On SQLite it may be run right `here`, where it is brief: ALL that moves few rows, found
        by their keys, and READS of many whose writing takes long.
        """
        async with self._write.begin() as session:
            if here is not Here.NOTHING:
                await session.connection(execution_options={_HERE: here})
            session.info[_LAST] = []
            yield session
            for do in session.info[_LAST]:
                await do(session)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        async with self._read() as session:
            yield session

    async def knock(self) -> None:
        """Open a first connection. Raises DatabaseSilentError, without a password in it."""
        try:
            async with self._writer.connect():
                pass
        except (OSError, SQLAlchemyError, asyncpg.PostgresError, sqlite3.Error) as error:
            where = self.url.set(username=None, password=None, query={}).render_as_string()
            why = getattr(error, "orig", None) or error  # the driver's words, without a link
            raise DatabaseSilentError(f"the database {where} cannot be opened: {why}") from None

    async def dispose(self) -> None:
        await self._reader.dispose()
        await self._writer.dispose()
        if self._lock:
            self._lock.release()


def at_last(session: AsyncSession, do: Callable[[AsyncSession], Awaitable[None]]) -> None:
    """Do something as the last thing of a transaction: what it locks, others wait for briefly.

    Raises LookupError in a session that only reads.
    """
    session.info[_LAST].append(do)


async def run(
    session: AsyncSession, statement: Executable, values: Mapping[str, Any]
) -> CursorResult[*tuple[Any, ...]]:
    """Run a statement that is built once and run often, in the session's transaction.

    It goes past the session's own bookkeeping, which costs more than most of our statements.
    """
    await session.flush()
    connection = await session.connection()
    return await connection.execute(statement, values)


async def fetch(
    session: AsyncSession, statement: Executable, values: Mapping[str, Any]
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Run such a statement and return its rows all at once, which saves the calls for each."""
    return (await run(session, statement, values)).all()


async def run_many(
    session: AsyncSession, statement: Executable, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Run one statement for many rows in one call."""
    if rows:
        await session.flush()
        connection = await session.connection()
        await connection.execute(statement, rows)


async def insert_new(
    session: AsyncSession,
    model: type[Base],
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]] | Select[Any],
) -> None:
    """Insert the rows whose key is not there yet, and leave the others as they are."""
    dialect = session.get_bind().dialect.name
    into = sqlite.insert(model) if dialect == "sqlite" else postgresql.insert(model)
    if isinstance(rows, Select):
        # "WHERE true" keeps SQLite from reading ON CONFLICT as a join condition
        statement = into.from_select(columns, rows.where(true())).on_conflict_do_nothing()
        await session.execute(statement)
    elif rows:
        await run_many(session, into.on_conflict_do_nothing(), rows)


class _FileLock:
    """Keeps a second process from the same SQLite file; the system frees it when we die."""

    def __init__(self, database: Path) -> None:
        path = database.with_name(database.name + "-lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._file, 20, 0).decode() or "unknown"
            os.close(self._file)
            raise DatabaseInUseError(
                f"{database} is in use by another Shouwang (process {holder}); "
                "stop it first, or move to PostgreSQL for several processes"
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        os.close(self._file)


def _sqlite_engine(url: URL, size: int, begin: str, *, query_only: bool) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=size,
        max_overflow=0,
        pool_timeout=60,
        hide_parameters=True,  # an error must not quote a person
        async_creator=partial(sqlite_driver.connect, str(url.database), BUSY_SECONDS),
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late: ours is below
        cursor = connection.cursor()
        for pragma in _pragmas(query_only=query_only):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def open_transaction(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.here = connection.get_execution_options().get(_HERE, Here.NOTHING)
        connection.exec_driver_sql(begin)

    return engine


def _pragmas(*, query_only: bool) -> Iterator[str]:
    yield "journal_mode=WAL"
    yield "synchronous=FULL"
    yield "foreign_keys=ON"
    yield "recursive_triggers=ON"  # without it INSERT OR REPLACE slips past append-only triggers
    yield "mmap_size=0"
    yield f"wal_autocheckpoint={CHECKPOINT_PAGES}"
    yield f"cache_size=-{CACHE_KILOBYTES}"
    if query_only:
        yield "query_only=ON"
