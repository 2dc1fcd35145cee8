"""Every story of a call is lived on both channels and both databases, and its books are whole."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.calls.town import Town, open_town
from tests.databases import clear_at


@pytest.fixture(params=[("sqlite_url", "wechat"), ("postgres_url", "simulator")], ids="-".join)
def home(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A database and a channel."""
    database, channel = request.param
    return request.getfixturevalue(database), channel


@pytest.fixture
async def town(home: tuple[str, str], tmp_path: Path) -> AsyncIterator[Town]:
    """The village of the stories at noon, with volunteers; at the end its books add up."""
    url, channel = home
    await clear_at(url)
    async with open_town(url, tmp_path, channel) as town:
        yield town
        assert await town.faults() == []
