"""The migrations make exactly what the models say, and an old schema is not served."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

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


async def test_what_an_older_house_remembered_is_still_there(tmp_path: Path) -> None:
    """SQLite rebuilds a table to change its checks; what refers to its rows must not notice."""
    database = Database(f"sqlite:///{tmp_path}/older.sqlite3")
    await migrate(database, to="0003")
    async with database.engine.begin() as connection:
        for statement in OLDER:
            await connection.exec_driver_sql(statement)
    await migrate(database)
    async with database.engine.begin() as connection:
        rows = await connection.exec_driver_sql(
            "SELECT i.number, i.elder_id, l.kind FROM letters l JOIN incidents i"
            " ON i.id = l.incident_id"
        )
        assert [tuple(row) for row in rows] == [(7, "wang", "alarm")]
        with pytest.raises(IntegrityError, match="FOREIGN KEY"):
            await connection.exec_driver_sql("DELETE FROM incidents")
    await database.dispose()


OLDER = (
    "INSERT INTO villages (id, name, last_number) VALUES (1, '李家沟', 7)",
    "INSERT INTO people (id, name, gender, born, phone, village_id, skills)"
    " VALUES ('wang', '王秀英', 'female', '', '', 1, '')",
    "INSERT INTO incidents (id, cause, number, village_id, elder_id, kind, stage, step, lap,"
    " policy, opened_at) VALUES (1, 'missed:wang', 7, 1, 'wang', 'missed', 'closed', 0, 0, '{}',"
    " '2026-11-23 01:30:00.000000')",
    "INSERT INTO letters (key, kind, urgency, recipient_id, incident_id, media, state, written_at,"
    " due_at, tries, repeated, way, far_id, reason) VALUES ('1:0:0:wang', 'alarm', 1, 'wang', 1,"
    " '', 'sent', '2026-11-23 01:30:00.000000', '2026-11-23 01:30:00.000000', 1, 0, '', '', '')",
)
