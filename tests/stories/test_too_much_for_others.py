"""Whoever acts for an elder does so within bounds: what is one too many is for her leader."""

import pytest

from tests.village import Village


@pytest.fixture(autouse=True)
def bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOUWANG_PROXY__TIED_A_DAY", "2")
    monkeypatch.setenv("SHOUWANG_PROXY__NEIGHBOUR", '["well"]')


async def test_one_too_many_is_not_done_and_not_lost(village: Village) -> None:
    await village.until("07:00")
    await village.says("xiaomei", "代 王秀英 平安")
    await village.says("liushen", "代 王秀英 平安")
    await village.says("xiaomei", "代 王秀英 平安")
    assert await village.says("xiaomei", "请假 王秀英 3天") == (
        "今天您代办满2次了。王秀英的这件，请李大山来办。"
    )
    assert await village.expectation("wang") == "met"
    await village.ring()
    assert "王小梅今天代办太多了，这句没记：“请假 王秀英 3天”。请您看看王秀英。" in village.told(
        "dashan"
    )
    assert await village.says("liushen", "代 王秀英 平安") == "好，记下了：王秀英平安。"
    assert "120" in await village.says("xiaomei", "王秀英摔倒了")


async def test_each_tie_has_its_own_acts(village: Village) -> None:
    await village.until("07:00")
    assert await village.says("liushen", "代 王秀英 平安") == "好，记下了：王秀英平安。"
    assert await village.says("liushen", "请假 王秀英 3天") == (
        "王秀英的这件事，要请家里人或组长来说。"
    )
    assert (await village.says("xiaomei", "请假 王秀英 3天")).startswith("记下了：王秀英请假")
