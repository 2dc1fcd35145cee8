"""Where the account has no card for reminders, nobody falls out of reach without a word."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from storage import windows
from storage.windows import MESSAGE, Opened
from tests.village import Village, open_village


@pytest.fixture
async def village(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Village]:
    """A village whose account has no template for reminders."""
    async with open_village(sqlite_url, tmp_path, "wechat", bare=True) as village:
        await village.settle()
        yield village


async def last_wrote(village: Village, person: str, hours_ago: float) -> None:
    """Let her window stand as it does after a message so long ago."""
    closes = village.clock.now() + timedelta(hours=48 - hours_ago)
    async with village.database.writing() as session:
        await windows.open_windows(session, [Opened("wechat", person, MESSAGE, closes, 5)])


async def test_in_the_evening_the_leader_learns_who_fades_tomorrow_and_when(
    village: Village,
) -> None:
    await village.until("06:30")
    for elder in ("chen", "sun", "laosi"):
        await village.says(elder, "1")
    for name in ("王秀英", "赵桂兰"):
        await village.says("dashan", f"代 {name} 平安")
    await last_wrote(village, "wang", 34)  # half past eight, the evening before last
    await village.until("20:01")
    (told,) = [words for words in village.heard("dashan") if "收不到" in words]
    assert told.splitlines() == [
        "今晚请留心：",
        "王秀英到20:30就收不到我们的微信了，请让她回个1报平安。",
    ]
    assert not any("收不到" in words for words in village.heard("laosi"))


async def test_in_the_morning_her_neighbour_is_asked_to_let_her_write_a_word(
    village: Village,
) -> None:
    async with village.database.writing() as session:
        await windows.shut(session, [("wechat", "wang")])
    await village.until("07:01")
    nudges = [words for words in village.heard("liushen") if "收不到" in words]
    assert nudges == ["王秀英的微信收不到我们的话了。您见到她，请让她回个1报平安。"]
    await village.says("wang", "1")
    await village.until("08:00")
    assert len([words for words in village.heard("liushen") if "收不到" in words]) == 1


async def test_who_is_away_is_not_spoken_of(village: Village) -> None:
    await village.says("dashan", "请假 王秀英 3天")
    async with village.database.writing() as session:
        await windows.shut(session, [("wechat", "wang")])
    await village.until("07:01")
    assert not any("收不到" in words for words in village.heard("liushen"))
    assert village.house.config.rules.letters.only_in_windows == ("wechat",)
