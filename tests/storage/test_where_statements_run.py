"""On SQLite a transaction may have its statements run where it asks, or in the driver's thread."""

import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import Database, Here
from storage.villages import Village


@pytest.fixture
async def village(sqlite_url: str) -> AsyncIterator[Database]:
    opened = Database(sqlite_url)
    async with opened.writing() as session:
        session.add(Village(id=1, name="村"))
    yield opened
    await opened.dispose()


async def teach(session: AsyncSession) -> None:
    """Let SQL ask in whose thread it is run."""
    raw: Any = await (await session.connection()).get_raw_connection()
    await raw.driver_connection.create_function("ran_in", 0, threading.get_ident)


@pytest.mark.parametrize(
    ("here", "reads_here", "writes_here"),
    [(Here.NOTHING, False, False), (Here.READS, True, False), (Here.ALL, True, True)],
)
async def test_each_transaction_says_what_is_run_where_it_is_asked(
    village: Database, here: Here, reads_here: bool, writes_here: bool
) -> None:
    ours = threading.get_ident()
    async with village.writing(here) as session:
        await teach(session)
        read_in = await session.scalar(text("SELECT ran_in()"))
        await session.execute(text("UPDATE villages SET name = ran_in()"))
        written_in = await session.scalar(select(Village.name))
    assert (read_in == ours, written_in == str(ours)) == (reads_here, writes_here)


async def test_the_next_transaction_chooses_anew(village: Database) -> None:
    async with village.writing(Here.ALL):
        pass
    async with village.writing() as session:
        await teach(session)
        assert await session.scalar(text("SELECT ran_in()")) != threading.get_ident()
