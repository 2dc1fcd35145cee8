"""A village with a machine that listens, on both databases. Only WeChat carries voices."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from tests.databases import clear_at
from tests.village import Village, open_village
from tests.voices.endpoint import Endpoint


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    async with TestServer(endpoint.application()) as server:
        endpoint.url = str(server.make_url("/v1"))
        yield endpoint
        endpoint.awake.set()


@pytest.fixture
async def village(
    database_url: str, tmp_path: Path, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Village]:
    monkeypatch.setenv("SHOUWANG_HEARING__TRANSCRIBER", "http")
    monkeypatch.setenv("SHOUWANG_HEARING__URL", endpoint.url)
    monkeypatch.setenv("SHOUWANG_HEARING__MODEL", "an-invented-model")
    monkeypatch.setenv("SHOUWANG_HEARING__SECONDS", "0.5")
    await clear_at(database_url)
    async with open_village(database_url, tmp_path, "wechat") as village:
        await village.settle()
        await village.until("07:00")
        yield village
