"""Alive is not yet well: what the coordinator reads in her digest and on the board."""

import re

import aiohttp

from handlers.message import Kind
from storage.today import Standing
from tests.village import Village


async def digest(village: Village) -> str:
    await village.until("09:44")
    await village.says("zhang", "帮助")  # his reply window is open again: nothing comes as a card
    await village.until("09:46")
    return next(words for words in reversed(village.heard("zhang")) if "李家沟" in words)


async def board(village: Village) -> str:
    url = village.platform.webhook_url.replace("/wechat", "/board")
    async with aiohttp.ClientSession() as session, session.get(url) as page:
        return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", await page.text()))


async def test_fallen_weary_of_life_and_unwell_are_not_counted_as_well(village: Village) -> None:
    await village.all_well_but("wang", "sun", "chen")
    await village.says("wang", "摔倒了，起不来")
    await village.says("sun", "不想活了")
    await village.says("chen", "难受")
    words = await digest(village)
    assert "应报5位，平安2位，出事1位，要去看2位。" in words
    assert "出事：1 王秀英（还在找人）。" in words
    assert "要去看：陈德福，孙老根。" in words
    assert "没报" not in words
    seen = await board(village)
    assert "应报 5 位，平安 2，出事 1，要去看 2" in seen
    assert "王秀英 出事" in seen
    assert "孙老根 要去看" in seen
    assert "陈德福 弱 要去看" in seen


async def test_a_crisis_stands_on_the_board_like_any_visit(village: Village) -> None:
    await village.all_well_but("sun")
    await village.says("sun", "不想活了")
    (incident,) = await village.incidents("sun")
    await village.says("laosi", f"我去 {incident.number}")
    seen = await board(village)
    assert "孙老根 要去看" in seen
    assert "周老四去了" not in seen
    assert not re.search("难过|危机|crisis|保密", seen)


async def test_who_was_only_heard_is_heard_and_not_well(village: Village) -> None:
    await village.all_well_but("wang", "chen")
    await village.sends("wang", Kind.STICKER)
    await village.says("chen", "俺家老母鸡又下了俩蛋")
    assert "王秀英 听到了" in await board(village)
    assert await digest(village) == "今日平安：李家沟3位老人说好，2位听到了。"


async def test_a_fall_after_silence_is_no_longer_not_reported(village: Village) -> None:
    await village.all_well_but("chen")
    await village.until("09:40")
    await village.says("chen", "摔倒了，起不来")
    (incident,) = await village.incidents("chen")
    await village.says("dashan", f"我去 {incident.number}")
    assert "陈德福 弱 在处理" in await board(village)
    words = await digest(village)
    assert f"出事：{incident.number} 陈德福（李大山去了）。" in words
    assert "没报" not in words


async def test_the_counts_add_up(village: Village) -> None:
    await village.all_well_but("wang", "sun", "chen", "zhao")
    await village.says("wang", "救命")
    await village.sends("sun", Kind.STICKER)
    await village.until("09:46")
    (letter,) = await village.letters("digest")
    counts = (letter.detail or {})["counts"]
    assert sum(counts.values()) == (letter.detail or {})["expected"] == 5
    assert counts == {
        Standing.HARMED: 1,
        Standing.HEARD: 1,
        Standing.MISSED: 2,
        Standing.WELL: 1,
    }
