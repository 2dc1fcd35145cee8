"""Every story of the ledger is told on both databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database
from tests.databases import clear_at
from tests.ledger.bank import COORDINATOR, LIU, NOON, WANG, XIAOMEI, Bank
from tests.village import Village, open_village


@pytest.fixture
async def bank(database: Database) -> Bank:
    """An open bank."""
    bank = Bank(database)
    await bank.open(WANG, LIU, XIAOMEI, COORDINATOR, "m:leader")
    return bank


@pytest.fixture
async def whole(bank: Bank) -> AsyncIterator[Bank]:
    """An open bank whose books must be whole at the end, whatever was done to it."""
    yield bank
    verdict = await bank.verify()
    assert verdict.faults == []


@pytest.fixture(params=["wechat", "simulator"])
def channel(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
async def village(database_url: str, tmp_path: Path, channel: str) -> AsyncIterator[Village]:
    """The village of the stories, at noon of a quiet Monday."""
    await clear_at(database_url)
    async with open_village(database_url, tmp_path, channel) as village:
        await village.settle()
        village.clock.move_to(NOON)
        yield village
