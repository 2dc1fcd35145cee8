"""A village on each database, spoken to on the channel that is really used."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from tests.databases import clear_at
from tests.village import Village, open_village


@pytest.fixture
async def empty_database_url(database_url: str) -> str:
    if database_url.startswith("postgresql"):
        await clear_at(database_url)
    return database_url


@pytest.fixture
async def empty_postgres_url(postgres_url: str) -> str:
    await clear_at(postgres_url)
    return postgres_url


@pytest.fixture
async def village(empty_database_url: str, tmp_path: Path) -> AsyncIterator[Village]:
    async with open_village(empty_database_url, tmp_path, "wechat") as village:
        await village.settle()
        yield village


@pytest.fixture(autouse=True)
def _only_the_worst_is_logged() -> Iterator[None]:
    """What goes wrong here does so on purpose; a full report of each would take seconds."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
    yield
    structlog.reset_defaults()
