"""Brings a database to the newest schema, and tells whether it is there."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from storage.database import Database
from storage.schema import metadata


class OldSchemaError(Exception):
    """The database is not at the schema that this program speaks."""


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


def _upgrade(connection: Connection) -> None:
    command.upgrade(_config(connection), "head")


async def migrate(database: Database) -> None:
    """Bring the database to the newest schema; a second time changes nothing.

    Raises NewSchemaError.
    """
    await database.knock()
    scripts = ScriptDirectory.from_config(_config())
    async with database.engine.begin() as connection:
        found = await connection.run_sync(_revision)
        if found and found not in {script.revision for script in scripts.walk_revisions()}:
            raise NewSchemaError(found, scripts.get_current_head())
        await connection.run_sync(_upgrade)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _is_empty(connection: Connection) -> bool:
    return not inspect(connection).get_table_names()


async def check_schema(database: Database) -> None:
    """Raise OldSchemaError or NewSchemaError where the schema is not the one of this program.

    An empty database is made.
    """
    await database.knock()
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    async with database.engine.begin() as connection:
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
