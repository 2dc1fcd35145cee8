"""The program itself, on a loopback port, with a simulated platform at the far end."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database
from tests.durability.serving import MORNING, Street, open_street, settle


@pytest.fixture
async def street(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Street]:
    async with open_street(sqlite_url, tmp_path) as street:
        database = Database(sqlite_url)
        await settle(database, street.platform, MORNING)
        await database.dispose()
        yield street
