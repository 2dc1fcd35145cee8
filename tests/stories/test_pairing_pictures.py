"""A leader hands out a picture: whoever scans it is tied to the person, once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.databases import clear_at
from tests.village import Village, open_village


@pytest.fixture
async def village(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Village]:
    monkeypatch.setenv("SHOUWANG_SERVER__PUBLIC_URL", "https://care.example")
    await clear_at(database_url)
    async with open_village(database_url, tmp_path, "wechat") as village:
        await village.settle()
        yield village


async def test_the_picture_is_a_code_that_ties_her_phone_to_her_once(village: Village) -> None:
    await village.until("10:00")
    reply = await village.says("dashan", "配对 赵桂兰")
    scene = reply.rpartition("https://care.example/pair/")[2]
    page = village.platform.webhook_url.replace("/wechat", f"/pair/{scene}")
    async with ClientSession() as session:
        async with session.get(page) as picture:
            assert picture.content_type == "image/png"
            assert (await picture.read()).startswith(b"\x89PNG")
        welcome = (await village.platform.follow("new-phone", scene)).reply
        assert welcome.startswith("赵奶奶，您好。这个号帮您报平安，不是120")
        async with session.get(page) as used:
            assert used.status == 404
    assert (await village.platform.scan("other-phone", scene)).reply.startswith("这个码用过了")
    assert "记下了" in await village.says("new-phone", "平安")


async def test_a_picture_nobody_handed_out_is_not_drawn(village: Village) -> None:
    page = village.platform.webhook_url.replace("/wechat", "/pair/guessed")
    async with ClientSession() as session, session.get(page) as answer:
        assert answer.status == 404
