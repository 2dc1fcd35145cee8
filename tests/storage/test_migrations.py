"""The migrations make exactly what the models say, and an old schema is not served."""

import pytest
from sqlalchemy import text

from storage.database import Database, DatabaseInUseError
from storage.migrate import OldSchemaError, check_schema, differences, migrate


async def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_twice_changes_nothing(database: Database) -> None:
    await migrate(database)
    await check_schema(database)


async def test_an_old_schema_is_refused_by_name(database: Database) -> None:
    async with database.engine.begin() as connection:
        newest = await connection.scalar(text("SELECT version_num FROM alembic_version"))
        await connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(OldSchemaError, match="shouwang migrate"):
        await check_schema(database)
    async with database.engine.begin() as connection:
        restore = text("UPDATE alembic_version SET version_num = :newest")
        await connection.execute(restore, {"newest": newest})


async def test_a_second_process_on_the_same_file_is_refused(sqlite_url: str) -> None:
    first = Database(sqlite_url)
    with pytest.raises(DatabaseInUseError, match="in use by another Shouwang"):
        Database(sqlite_url)
    await first.dispose()
    second = Database(sqlite_url)
    await second.dispose()
