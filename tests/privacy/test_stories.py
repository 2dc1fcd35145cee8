"""Somebody asks for her record in chat: to have it, or to have it gone."""

from sqlalchemy import select

from storage.checkins import Plan
from storage.people import Identity, Person
from tests.village import Village


async def is_erased(village: Village, person: str) -> bool:
    async with village.database.reading() as session:
        found = await session.get_one(Person, person)
        address = await session.scalar(select(Identity).where(Identity.person_id == person))
        return found.name == "已注销" and address is None


async def test_her_record_is_brought_to_her_by_a_person(village: Village) -> None:
    await village.until("07:00")
    assert "确定要资料" in await village.says("wang", "导出我的资料")
    assert await village.says("wang", "确定要资料") == "王奶奶，记下了。张主任会把资料当面给您。"
    assert "请回：我的资料" in await village.says("wang", "确定要资料")
    await village.until("08:00")
    told = [words for words in village.heard("zhang") if "要看守望里自己的资料" in words]
    assert len(told) == 1
    assert told[0].startswith("王秀英")


async def test_a_daughter_is_gone_at_once_and_somebody_knows(village: Village) -> None:
    await village.until("07:00")
    assert "真要删" in await village.says("xiaomei", "删除我的资料")
    assert "这就删" in await village.says("xiaomei", "确定删除")
    await village.until("07:10")
    assert await is_erased(village, "xiaomei")
    assert any("王秀英身边少了一位亲友" in words for words in village.heard("zhang"))


async def test_an_elders_watch_ends_only_when_a_person_has_agreed(village: Village) -> None:
    await village.until("07:00")
    assert "早上就没人等您" in await village.says("wang", "删除我的资料")
    assert "张主任先跟您当面说" in await village.says("wang", "确定删除")
    await village.until("08:00")
    assert not await is_erased(village, "wang")
    assert any("同意删除 王秀英" in words for words in village.heard("zhang"))
    assert "没找到" in await village.says("zhang", "同意删除 陈德福")
    assert "这就删" not in await village.says("dashan", "同意删除 王秀英")
    assert "这就删" in await village.says("zhang", "同意删除 王秀英")
    await village.until("08:10")
    assert await is_erased(village, "wang")
    async with village.database.reading() as session:
        assert await session.get(Plan, ("wang", "day")) is None
    for one in ("xiaomei", "dashan"):
        assert any("一位老人不用守望了" in words for words in village.heard(one)), one
    assert any("删好了" in words for words in village.heard("zhang"))


async def test_whoever_is_looked_for_is_erased_when_she_is_found(village: Village) -> None:
    await village.until("06:30")
    await village.says("wang", "删除我的资料")
    await village.says("wang", "确定删除")
    await village.says("wang", "我摔倒了")
    assert "还有没了结的事" in await village.says("zhang", "同意删除 王秀英")
    await village.until("06:40")
    assert not await is_erased(village, "wang")
    await village.says("dashan", "我去")
    await village.says("dashan", "平安")
    await village.until("06:50")
    assert await is_erased(village, "wang")


async def test_who_was_not_asked_is_not_taken_at_a_word(village: Village) -> None:
    assert "请回：删除我的资料" in await village.says("xiaomei", "确定删除")
    await village.until("06:00")
    assert not await is_erased(village, "xiaomei")
