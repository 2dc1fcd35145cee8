"""Every story is lived on both channels and both databases: crossed, so that it is quick."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.sealing import make_key
from tests.databases import clear_at
from tests.village import Village, open_village


@pytest.fixture(params=[("sqlite_url", "wechat"), ("postgres_url", "simulator")], ids="-".join)
def home(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A database and a channel."""
    database, channel = request.param
    return request.getfixturevalue(database), channel


@pytest.fixture
async def village(
    home: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Village]:
    """The house of these stories; on PostgreSQL the village has a key."""
    url, channel = home
    await clear_at(url)
    if "postgresql" in url:
        monkeypatch.setenv("SHOUWANG_PRIVACY__KEYS", make_key())
    async with open_village(url, tmp_path, channel) as village:
        await village.settle()
        yield village
