"""Who is asked, in which order, who goes, and what is said when nobody does."""

import pytest
from sqlalchemy import select, update

from storage import ledger
from storage.letters import Letter
from storage.offers import Offer
from storage.requests import Request
from storage.villages import Village
from storage.volunteers import Volunteer
from tests.calls.town import HELPERS, Town

HAIRCUT = "明天上午想请人来给我理个发"
CLEANING = "明天上午想请人来打扫屋子"


async def test_three_are_asked_her_own_group_first_and_why_is_kept(town: Town) -> None:
    number = await town.asks("wang", CLEANING)
    await town.live(minutes=1)
    assert (await town.asked(number))[:3] == ["liushen", "mingyue", "xiaohu"]
    assert len(await town.asked(number)) == 3
    async with town.database.reading() as session:
        parts = (await session.scalars(select(Offer.parts).limit(1))).one()
    nothing = dict.fromkeys(("continuity", "distance", "load", "absent"), 0)
    assert parts == {**nothing, "group": 20, "waited": 60}


async def test_a_no_is_replaced_at_once_and_a_silence_after_an_hour(town: Town) -> None:
    number = await town.asks("wang", CLEANING)
    await town.live(minutes=1)
    await town.says("xiaohu", f"不接 {number}")
    await town.live(seconds=10)
    assert (await town.asked(number))[:2] == ["liushen", "mingyue"]
    assert len(await town.offers(number)) == 4
    await town.live(minutes=62)
    offers = await town.offers(number)
    assert list(offers.values()).count("open") == 1  # five there are, and two were silent
    assert list(offers.values()).count("timed_out") == 3


async def test_the_best_who_said_yes_within_half_an_hour_is_picked(town: Town) -> None:
    number = await town.asks("wang", HAIRCUT)
    await town.live(minutes=1)
    await town.says("jianguo", f"接单 {number}")
    await town.live(minutes=10)
    await town.says("mingyue", f"接单 {number}")
    await town.live(minutes=25)
    (visit,) = await town.visits(number)
    assert visit.volunteer_id == "mingyue"  # of her own group
    assert f"{number}号已经有人去了。谢谢您愿意帮忙！" in town.heard("jianguo")


async def test_after_the_half_hour_the_first_yes_goes(town: Town) -> None:
    number = await town.asks("wang", HAIRCUT)
    await town.live(minutes=40)
    assert "就托付给您了" in await town.says("jianguo", f"接单 {number}")
    assert await town.says("mingyue", f"接单 {number}") == (
        f"{number}号已经有人去了。谢谢您愿意帮忙！"
    )


async def test_where_it_is_urgent_the_first_yes_goes_at_once(town: Town) -> None:
    number = await town.asks("wang", "家里停水了，找个人来修")
    await town.live(seconds=10)
    assert "就托付给您了" in await town.says("xiaohu", f"接单 {number}")
    await town.live(seconds=10)
    assert any(words.startswith("王奶奶，陈小虎") for words in town.heard("wang"))


async def test_a_bare_yes_is_enough_where_he_is_asked_about_one_thing(town: Town) -> None:
    number = await town.asks("wang", CLEANING)
    await town.live(minutes=1)
    assert await town.says("liushen", "接单") == f"好，{number}号记下您了。定下谁去，马上告诉您。"
    assert await town.says("xiaohu", "不接") == f"好，{number}号我再问别人。谢谢您回话！"
    await town.asks("chen", "后天上午想请人来打扫屋子")
    await town.live(minutes=1)
    assert "请回：接单" in await town.says("mingyue", "接单")


async def test_nobody_of_her_family_and_nobody_she_does_not_want(town: Town) -> None:
    assert await town.says("wang", "不要刘翠花来") == "王奶奶，好，记下了，不安排刘翠花。"
    assert await town.says("xiaohu", "不去王秀英家") == "陈小虎，好，记下了，不安排王秀英。"
    number = await town.asks("wang", CLEANING)
    await town.says("dashan", "请人 赵桂兰 打扫 明天上午")
    other = (await town.call()).number
    await town.live(minutes=1)
    await town.all_refuse(number)
    assert set(await town.offers(number)) == {"mingyue", "jianguo", "qiaoyun"}
    assert "qiaoyun" not in await town.offers(other)  # her daughter
    assert "说好了不安排您去这家" in await town.says("xiaohu", f"接单 {number}")
    assert "自家人不算志愿服务" in await town.says("qiaoyun", f"接单 {other}")


async def test_who_is_off_duty_or_has_no_time_is_not_asked(town: Town) -> None:
    assert (await town.says("liushen", "下岗")).startswith("好，您歇着")
    assert await town.says("mingyue", "有空 周一到周五 14点到18点") == (
        "记下了：周一二三四五14点到18点有空，去邻村也行。要改随时说。"
    )
    assert (await town.says("jianguo", "范围 本组")).startswith("记下了，您去本组")
    number = await town.asks("wang", CLEANING)
    await town.live(minutes=1)
    assert set(await town.offers(number)) == {"xiaohu", "qiaoyun"}
    await town.says("liushen", "上岗")
    await town.live(minutes=1)
    await town.says("xiaohu", f"不接 {number}")
    await town.live(seconds=10)
    assert "liushen" in await town.offers(number)


async def test_nobody_is_asked_for_two_places_at_once(town: Town) -> None:
    one = await town.asks("wang", HAIRCUT)
    await town.live(minutes=40)
    await town.says("liushen", f"接单 {one}")
    two = await town.asks("chen", CLEANING)
    await town.live(minutes=1)
    await town.all_refuse(two, but=("jianguo",))
    assert "liushen" not in await town.offers(two)
    assert "这个时候您有别的事" in await town.says("liushen", f"接单 {two}")


async def test_the_next_village_is_asked_when_her_own_said_no(town: Town) -> None:
    async with town.database.writing() as session:
        other = Village(name="赵家坡")
        session.add(other)
        await session.flush()
        await session.execute(
            update(Volunteer)
            .where(Volunteer.person_id == "qiaoyun")
            .values(village_id=other.id, group_id=None)
        )
    assert (await town.says("zhang", "邻村 赵家坡")).startswith("好，和赵家坡互相帮忙")
    number = await town.asks("wang", HAIRCUT.replace("理个发", "打扫屋子"))
    await town.live(seconds=5)
    assert "qiaoyun" not in await town.offers(number)


async def test_nobody_takes_it_leader_coordinator_and_then_an_honest_word(town: Town) -> None:
    number = await town.asks("wang", CLEANING)
    await town.live(seconds=5)
    await town.all_refuse(number)
    untaken = f"王秀英11月24日上午9点要打扫，问了5位都去不了。请您找人，回：指派 {number} 姓名"
    assert untaken in town.heard("dashan")
    assert untaken not in town.heard("zhang")
    await town.live(minutes=61)
    assert untaken in town.heard("zhang")
    assert await town.state(number) == "open"
    await town.live(minutes=61)
    assert await town.state(number) == "unfilled"
    assert town.heard("wang")[-1] == "王奶奶，对不住，打扫没找到人。组长知道了。"
    assert any("请您也想想办法" in words for words in town.heard("xiaomei"))


async def test_even_then_the_leader_may_find_somebody(town: Town) -> None:
    number = await town.asks("wang", CLEANING)
    await town.live(seconds=5)
    await town.all_refuse(number)
    await town.live(minutes=125)
    assert await town.state(number) == "unfilled"
    assert await town.says("dashan", f"指派 {number} 胡明月") == (
        f"好，{number}号请胡明月去，两边都告诉了。"
    )
    await town.live(seconds=5)
    assert any(words.startswith("请您11月24日上午9点去") for words in town.heard("mingyue"))
    assert await town.kept(number) == 120


async def test_where_nobody_can_be_asked_her_leader_hears_just_that(town: Town) -> None:
    for helper in HELPERS:
        await town.says(helper, "下岗")
    number = await town.asks("wang", CLEANING)
    await town.live(seconds=5)
    told = f"王秀英11月24日上午9点要打扫，没有能问的志愿者。请您找人，回：指派 {number} 姓名"
    assert told in town.heard("dashan")


async def test_in_the_night_nobody_is_asked_for_what_can_wait(town: Town) -> None:
    await town.live(hours=10)
    number = await town.asks("wang", "后天上午想请人来打扫屋子")
    await town.live(hours=1)
    assert await town.offers(number) == {}
    await town.live(hours=8)
    assert len(await town.offers(number)) == 3


async def test_whom_no_way_reaches_is_replaced_at_once(town: Town) -> None:
    number = await town.asks("wang", CLEANING)
    await town.live(seconds=1)
    async with town.database.writing() as session:
        await session.execute(
            update(Letter)
            .where(Letter.kind == "call_offer", Letter.recipient_id == "liushen")
            .values(state="failed")
        )
    await town.ring()
    offers = await town.offers(number)
    assert offers["liushen"] == "timed_out"
    assert list(offers.values()).count("open") == 3


async def test_while_the_books_are_frozen_calls_wait_and_others_go_on(town: Town) -> None:
    one = await town.asks("wang", CLEANING)
    await town.live(minutes=40)
    await town.says("liushen", f"接单 {one}")
    async with town.database.writing() as session:
        await ledger.freeze(session, "a story", town.clock.now())
    assert "时间账正在核对" in await town.says("wang", f"取消 {one}")
    two = await town.asks("chen", "明天下午想请人来打扫屋子")
    await town.live(minutes=40)
    assert (
        await town.says("mingyue", f"接单 {two}") == f"好，{two}号记下您了。定下谁去，马上告诉您。"
    )
    assert await town.state(one) == "assigned"
    assert await town.state(two) == "open"
    async with town.database.writing() as session:
        await ledger.thaw(session)
    await town.live(minutes=11)
    assert await town.state(two) == "assigned"


async def test_who_is_picked_while_the_books_are_frozen_goes_when_they_are_not(
    town: Town,
) -> None:
    number = await town.asks("wang", CLEANING)
    await town.live(minutes=1)
    await town.says("mingyue", f"接单 {number}")
    async with town.database.writing() as session:
        await ledger.freeze(session, "a story", town.clock.now())
    await town.live(minutes=35)
    assert await town.state(number) == "open"
    async with town.database.writing() as session:
        await ledger.thaw(session)
    await town.live(minutes=11)
    assert await town.state(number) == "assigned"


@pytest.mark.parametrize("is_assigned", [False, True])
async def test_for_her_who_died_while_the_books_were_frozen_nobody_is_sought(
    town: Town, *, is_assigned: bool
) -> None:
    number = await town.asks("wang", CLEANING)
    await town.live(minutes=1)
    if is_assigned:
        await town.says("liushen", f"接单 {number}")
        await town.live(minutes=40)
    async with town.database.writing() as session:
        await ledger.freeze(session, "a story", town.clock.now())
    await town.says("dashan", "王秀英走了")
    await town.says("dashan", "确认")
    await town.live(minutes=1)
    told = {one: len(town.heard(one)) for one in HELPERS}
    await town.live(hours=3)
    async with town.database.writing() as session:
        await ledger.thaw(session)
    await town.live(minutes=11)
    assert await town.state(number) == "cancelled"
    assert "open" not in (await town.offers(number)).values()
    assert {one: len(town.heard(one)) for one in HELPERS} == told


async def test_one_bad_call_does_not_spoil_its_neighbours(town: Town) -> None:
    bad = await town.asks("wang", CLEANING)
    good = await town.asks("chen", CLEANING)
    async with town.database.writing() as session:
        await session.execute(update(Request).where(Request.number == bad).values(terms={}))
    await town.live(seconds=5)
    assert await town.offers(bad) == {}
    assert len(await town.offers(good)) == 3
    rests = (await town.call(bad)).next_at
    assert rests is not None
    assert rests > town.clock.now()


async def test_a_volunteer_sees_where_he_is_to_go(town: Town) -> None:
    number = await town.asks("wang", CLEANING)
    await town.live(minutes=40)
    await town.says("liushen", f"接单 {number}")
    assert await town.says("liushen", "我的事") == (
        f"刘翠花，您的事：\n{number} 打扫 11月24日上午9点（有人去了）"
    )


async def test_without_hours_the_village_gives_and_beyond_that_a_coordinator_says_yes(
    town: Town,
) -> None:
    for day in ("明天", "后天"):
        number = await town.asks("wang", f"{day}上午想请人来打扫屋子")
        await town.live(minutes=40)
        await town.says("liushen", f"接单 {number}")
        assert await town.state(number) == "assigned"
    said = await town.says("wang", "大后天上午想请人来打扫屋子")
    assert said == "王奶奶，打扫记下了。村里看过就安排，会告诉您。"
    third = (await town.call()).number
    await town.live(seconds=5)
    assert any("公共时间出120分钟" in words for words in town.heard("zhang"))
    assert "要请别人来说" in await town.says("dashan", f"同意 {third}")
    assert await town.says("zhang", f"同意 {third}") == f"好，{third}号去找人了。"
    await town.live(minutes=40)
    await town.says("liushen", f"接单 {third}")
    assert await town.kept(third) == 120
