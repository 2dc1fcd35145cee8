"""Brings a database to the newest schema, and tells whether it is there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.keys_in_use import check_keys
from storage.schema import metadata


class OldSchemaError(Exception):
    """The database is not at the schema that this program speaks."""


class BrokenReferenceError(Exception):
    """A migration would leave rows that refer to nothing; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("the migration would break references between rows; nothing was changed")


class NewSchemaError(Exception):
    """The database is at a schema of which this program has never heard."""

    def __init__(self, found: str, newest: str | None) -> None:
        super().__init__(
            f"the database has schema {found}, which this program does not know: "
            f"it ends at {newest}, and a newer Shouwang is needed"
        )


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection, to: str = "head") -> None:
    command.upgrade(_config(connection), to)


async def migrate(database: Database, to: str = "head") -> None:
    """Bring the database to a schema, else the newest; a second time changes nothing.

    Raises NewSchemaError.
    """
    await database.knock()
    scripts = ScriptDirectory.from_config(_config())
    async with _rebuilding(database) as connection:
        found = await connection.run_sync(_revision)
        if found and found not in {script.revision for script in scripts.walk_revisions()}:
            raise NewSchemaError(found, scripts.get_current_head())
        await connection.run_sync(_upgrade, to)


@asynccontextmanager
async def _rebuilding(database: Database) -> AsyncIterator[AsyncConnection]:
    """Open a transaction in which SQLite lets tables be rebuilt that others refer to.

    Foreign keys are switched off outside of it, as SQLite asks, and checked before it ends.
    """
    async with database.engine.connect() as connection:
        if not database.is_sqlite:
            async with connection.begin():
                yield connection
            return
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.execute("PRAGMA foreign_keys=OFF")
        try:
            async with connection.begin():
                yield connection
                if (await connection.exec_driver_sql("PRAGMA foreign_key_check")).first():
                    raise BrokenReferenceError()
        finally:
            await driver.execute("PRAGMA foreign_keys=ON")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _is_empty(connection: Connection) -> bool:
    return not inspect(connection).get_table_names()


async def check_schema(database: Database) -> None:
    """Raise OldSchemaError or NewSchemaError where the schema is not the one of this program.

    An empty database is made. Raises LostKeyError where something is sealed under a key that we
    do not have.
    """
    await _check_revision(database)
    await check_keys(database)


async def _check_revision(database: Database) -> None:
    await database.knock()
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    async with _rebuilding(database) as connection:
        if await connection.run_sync(_is_empty):
            await connection.run_sync(_upgrade)
            return
        found = await connection.run_sync(_revision)
    if found and newest and found > newest:
        raise NewSchemaError(found, newest)
    if found != newest:
        raise OldSchemaError(
            f"the database has schema {found or 'none'}, this program needs {newest}: "
            "say `shouwang migrate`"
        )


def differences(connection: Connection) -> list[object]:
    """Return what the migrated database lacks of the models, or has beyond them."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


def write_revision(connection: Connection, number: str, message: str) -> None:
    """Write the next migration from the difference between the database and the models."""
    command.revision(_config(connection), message=message, rev_id=number, autogenerate=True)
