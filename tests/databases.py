"""What every test does with a database before it begins."""

from sqlalchemy import text

from storage.database import Database
from storage.schema import metadata

_HOLDS_ROWS = " UNION ALL ".join(
    f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\")"  # noqa: S608  our own names
    for table in metadata.tables
)
_LOCK_ALL = f"LOCK TABLE {', '.join(metadata.tables)} IN ACCESS EXCLUSIVE MODE"
_COUNT_ANEW = """SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)
    FROM pg_sequences WHERE last_value IS NOT NULL"""


async def clear(database: Database) -> None:
    """Empty a PostgreSQL that others used before; an SQLite file is always a fresh copy.

    Only what holds rows is emptied, past the triggers that keep the ledger: truncating every
    table would take longer than most tests. As truncating would, it waits for whoever is still
    writing: a server that was killed may have a transaction under way.
    """
    if database.is_sqlite:
        return
    async with database.engine.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text(_LOCK_ALL))
        for table in (await connection.scalars(text(_HOLDS_ROWS))).all():
            await connection.execute(metadata.tables[table].delete())
        await connection.execute(text(_COUNT_ANEW))


async def clear_at(url: str) -> None:
    database = Database(url)
    await clear(database)
    await database.dispose()
