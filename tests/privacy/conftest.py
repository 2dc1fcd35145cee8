"""A database whose village has keys."""

from collections.abc import AsyncIterator

import pytest

from storage.database import Database
from storage.sealing import Keyring, make_key
from tests.databases import clear_at
from tests.stories.conftest import home, village

__all__ = ["home", "village"]  # the same houses as the stories'

OLD, NEW = make_key(), make_key()


@pytest.fixture
async def url(database_url: str) -> str:
    await clear_at(database_url)
    return database_url


@pytest.fixture
async def sealed(url: str) -> AsyncIterator[Database]:
    opened = Database(url, Keyring([NEW]))
    yield opened
    await opened.dispose()
