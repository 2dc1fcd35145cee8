"""In the evening the leader brings in what stands on his paper sheet."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from storage.checkins import Expectation, SignOfLife, State
from storage.rules import VILLAGE_TIME, village_day
from tests.village import MONDAY, Village

TUESDAY = MONDAY.date() + timedelta(days=1)


async def later(village: Village, hour: str) -> None:
    """Come back at an hour: the house was awake, and nothing happened but what is due now."""
    hours, minutes = map(int, hour.split(":"))
    now = village.clock.now().astimezone(VILLAGE_TIME)
    then = now.replace(hour=hours, minute=minutes)
    village.clock.move_to(then if then >= now else then + timedelta(days=1))
    await village.have_watched()
    await village.ring()


async def missed_all_day(village: Village, hour: str = "19:00") -> None:
    """Let 赵桂兰, who has no phone, be missed in the morning, and nobody go to her all day."""
    await village.until("07:01")
    for elder in ("wang", "chen", "sun", "laosi"):
        await village.says(elder, "1")
    await village.until("09:31")
    assert [one.stage for one in await village.incidents("zhao")] == ["open"]
    await later(village, hour)


async def state_on(village: Village, elder: str, day: object) -> str | None:
    async with village.database.reading() as session:
        return await session.scalar(
            select(Expectation.state).where(Expectation.elder_id == elder, Expectation.day == day)
        )


async def days_heard(village: Village, elder: str) -> list[str]:
    """Return the days and kinds of what is kept of her."""
    async with village.database.reading() as session:
        found = await session.execute(
            select(SignOfLife.at, SignOfLife.kind).where(SignOfLife.elder_id == elder)
        )
        return sorted(f"{at.astimezone(VILLAGE_TIME):%m-%d %H} {kind}" for at, kind in found)


async def test_it_ends_what_was_missed_and_who_was_told_hears_that_she_is_well(
    village: Village,
) -> None:
    await missed_all_day(village)
    reply = await village.says("dashan", "晚录 3")
    assert reply == "记下了：赵桂兰平安。名单上的都有回音了，谢谢您！"
    (incident,) = await village.incidents("zhao")
    assert (incident.stage, incident.result, incident.closed_by) == ("closed", "平安", "dashan")
    await later(village, "19:02")
    assert [one.recipient_id for one in await village.letters("clear")] == ["zhang"]
    assert "赵桂兰平安。李大山看过了。" in village.heard("zhang")


async def test_it_meets_what_is_still_open_and_twice_is_once(village: Village) -> None:
    await village.until("08:40")
    reply = await village.says("dashan", "晚录 都好除了2")
    assert reply == "记下了：陈德福、赵桂兰平安。王秀英没见到，先不记，请再去看看。"
    assert await village.says("dashan", "晚录 都好除了2") == reply
    assert await village.expectation("chen") == await village.expectation("zhao") == "met"
    assert await village.expectation("wang") == "reminded"
    assert await days_heard(village, "zhao") == ["11-23 08 proxy"]


async def test_it_never_ends_an_emergency(village: Village) -> None:
    await village.until("07:01")
    await village.says("dashan", "3号摔倒了")
    await later(village, "18:30")
    assert "急事还没完" in await village.says("dashan", "晚录 1 2 3")
    (emergency,) = [one for one in await village.incidents("zhao") if one.kind == "emergency"]
    assert emergency.stage == "open"


async def test_the_coordinator_names_the_group(village: Village) -> None:
    await later(village, "18:00")
    assert await village.says("zhang", "晚录 1 2") == (
        "请写上组名：东头、西头。比如：晚录 东头 1 3 5"
    )
    assert (await village.says("zhang", "晚录 西头 1 2")).startswith("记下了：周老四、孙老根平安。")
    assert (await village.says("zhang", "晚录东头3")).startswith("记下了：赵桂兰平安。")


async def test_a_leader_brings_in_no_other_group_and_a_neighbour_none(village: Village) -> None:
    await later(village, "18:00")
    reply = await village.says("dashan", "晚录 西头 1")
    assert reply == "请照日报表的号码写，比如：晚录 1 3 5，或者：晚录 都好除了4"
    assert await days_heard(village, "laosi") == []
    assert (await village.says("liushen", "晚录 1 3")).startswith("晚录由组长和村里来做。")
    assert await days_heard(village, "zhao") == []


async def test_a_leader_who_is_an_elder_brings_in_a_single_number(village: Village) -> None:
    await later(village, "18:00")
    assert (await village.says("laosi", "晚录 2")).startswith("记下了：孙老根平安。")
    assert await days_heard(village, "sun") == ["11-23 18 proxy"]


async def test_after_midnight_it_is_still_the_evening_before(village: Village) -> None:
    await missed_all_day(village, "01:30")
    assert (await village.says("dashan", "晚录 3")).startswith("记下了：赵桂兰平安。")
    assert [one.stage for one in await village.incidents("zhao")] == ["closed"]
    await village.until("05:00")
    assert await village.expectation("zhao") == "pending"


@pytest.mark.parametrize("day", ["昨天", "11-23", "11月23日", "2026-11-23"])
async def test_an_earlier_day_is_filled_in_and_nothing_of_today_moves(
    village: Village, day: str
) -> None:
    await missed_all_day(village, "23:00")
    async with village.database.writing() as session:
        zhao = await session.get_one(Expectation, ("zhao", MONDAY.date(), "day"))
        zhao.state = State.UNKNOWN
    await later(village, "07:30")
    reply = await village.says("dashan", f"晚录 {day} 2 3")
    assert reply == "11月23日，记下了：王秀英、赵桂兰平安。"
    assert await days_heard(village, "zhao") == ["11-23 21 proxy"]
    assert await state_on(village, "zhao", MONDAY.date()) == "met"
    assert await state_on(village, "zhao", TUESDAY) == "pending"
    assert [one.stage for one in await village.incidents("zhao")] == ["open"]


async def test_what_befell_her_yesterday_calls_nobody_and_says_how_to(village: Village) -> None:
    await village.until("07:01")
    await later(village, "05:30")
    reply = await village.says("dashan", "晚录 昨天 3摔倒了")
    assert "赵桂兰那天的事没叫人。现在要人去，请回：赵桂兰出事了" in reply
    assert not any("【急】" in words for words in village.heard("zhang"))


@pytest.mark.parametrize("words", ["晚录", "晚录 都不好", "晚录 13-45 1", "晚录 1 3 好像"])
async def test_what_is_not_understood_is_asked_for_and_nothing_is_kept(
    village: Village, words: str
) -> None:
    await later(village, "18:00")
    reply = await village.says("dashan", words)
    assert reply == "请照日报表的号码写，比如：晚录 1 3 5，或者：晚录 都好除了4"
    assert await days_heard(village, "chen") == []


async def test_a_day_to_come_is_refused(village: Village) -> None:
    await later(village, "18:00")
    tomorrow = village_day(village.clock.now()) + timedelta(days=1)
    reply = await village.says("dashan", f"晚录 {tomorrow.isoformat()} 1 3")
    assert reply == "那天还没到，请写今天或以前的日子。"


async def test_who_is_away_is_not_among_all_the_others(village: Village) -> None:
    await village.until("06:30")
    await village.says("dashan", "请假 陈德福 3天")
    await later(village, "18:00")
    assert (await village.says("dashan", "晚录 全好")).startswith("记下了：王秀英、赵桂兰平安。")
    assert await days_heard(village, "chen") == []
