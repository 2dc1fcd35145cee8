"""What every test does with a database before it begins."""

from sqlalchemy import text

from storage.database import Database
from storage.schema import metadata


async def clear(database: Database) -> None:
    """Empty a PostgreSQL that others used before; an SQLite file is always a fresh copy."""
    if database.is_sqlite:
        return
    names = ", ".join(f'"{table}"' for table in metadata.tables)
    async with database.engine.begin() as connection:
        await connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


async def clear_at(url: str) -> None:
    database = Database(url)
    await clear(database)
    await database.dispose()
