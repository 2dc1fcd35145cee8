"""Somebody leaves, moves away, or dies; and some come back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from storage import ledger, ledger_members, letters
from storage.audit import AuditRow
from storage.checkins import Plan
from storage.ledger_moves import Book
from storage.letters import Letter, NewLetter, Urgency
from storage.people import Tie
from storage.requests import Request
from storage.visits import Visit
from tests.village import Village

DIED = "您是说王秀英（女）过世了，对吗？请回：确认 王秀英"


async def about(village: Village, person: str) -> list[Letter]:
    """Return what has been said of somebody or to her, or is still to be said."""
    async with village.database.reading() as session:
        found = await session.scalars(
            select(Letter)
            .where((Letter.about_id == person) | (Letter.recipient_id == person))
            .order_by(Letter.id)
        )
        return list(found)


async def is_waited_for(village: Village, elder: str) -> bool:
    async with village.database.reading() as session:
        return await session.scalar(select(Plan.tier).where(Plan.elder_id == elder)) is not None


async def passes_away(village: Village, by: str = "dashan") -> str:
    assert await village.says(by, "王秀英走了") == DIED
    return await village.says(by, "确认")


async def with_minutes(village: Village, person: str, minutes: int) -> None:
    policy = village.house.config.timebank.preset
    async with village.database.writing() as session:
        account = await ledger_members.account_of(session, person, policy)
        book = Book(session, village.clock.now(), policy)
        await book.grant(person, account, minutes, actor="system", reason="story")


async def minutes_of(village: Village, person: str) -> int:
    async with village.database.reading() as session:
        account = await ledger_members.find_account(session, person)
        return await ledger.balance(session, account) if account else 0


# --- she leaves of her own will


async def test_she_wants_to_leave_and_is_waited_for_until_her_leader_has_seen_her(
    village: Village,
) -> None:
    await village.until("06:30")
    assert await village.says("wang", "退出") == "王奶奶，您是不想再报平安了吗？真不报了请回：对"
    assert await is_waited_for(village, "wang")
    assert "照常等您报平安" in await village.says("wang", "对")
    await village.ring()
    assert any("同意退出 王秀英" in words for words in village.heard("dashan"))
    assert await is_waited_for(village, "wang")
    assert "没有等您点头" in await village.says("laosi", "同意退出 王秀英"), "not his to say"
    assert (await village.says("dashan", "同意退出 王秀英")).startswith("记下了：王秀英不再")
    assert not await is_waited_for(village, "wang")
    assert await village.expectation("wang") in ("excused", "met")
    await village.ring()
    assert any("王秀英退出了" in words for words in village.heard("xiaomei"))
    assert any("往后不再等您报平安了" in words for words in village.heard("wang"))
    assert "您已经退出了" in await village.says("wang", "今天吃了饺子")


async def test_an_elder_leaves_and_comes_back(village: Village) -> None:
    await village.says("wang", "退出")
    await village.says("wang", "对")
    await village.says("dashan", "同意退出 王秀英")
    assert "没找到" in await village.says("dashan", "请假 王秀英 3天")
    assert await village.says("dashan", "王秀英回来了") == (
        "记下了：王秀英还在这里，11月23日起等她报平安。"
    )
    await village.ring()
    assert await village.expectation("wang") == "met", "she has spoken this morning"
    assert await is_waited_for(village, "wang")
    async with village.database.reading() as session:
        ties = await session.scalars(select(Tie.person_id).where(Tie.elder_id == "wang"))
        assert sorted(ties) == ["liushen", "xiaomei"]
        acts = await session.scalars(select(AuditRow.act).order_by(AuditRow.seq))
        assert [act for act in acts if act.startswith("departure")] == [
            "departure.left",
            "departure.back",
        ]


@pytest.mark.parametrize("words", ["不", "算了"])
async def test_she_only_tried_the_word(village: Village, words: str) -> None:
    await village.says("wang", "我不想报平安了")
    assert await village.says("wang", words) == "王奶奶，好，一切照常。"
    await village.ring()
    assert not await village.letters("leave_wish")


async def test_who_is_called_for_in_distress_is_not_let_go(village: Village) -> None:
    await village.says("wang", "退出")
    await village.says("wang", "对")
    await village.says("wang", "我摔倒了")
    assert "还没了结" in await village.says("dashan", "同意退出 王秀英")
    assert await is_waited_for(village, "wang")


async def test_a_daughter_leaves_and_hears_nothing_more(village: Village) -> None:
    assert "老人的事就不告诉您了" in await village.says("xiaomei", "退出")
    assert await village.says("xiaomei", "对") == "王小梅，您退出了，谢谢您。想回来请找组长。"
    async with village.database.reading() as session:
        ties = await session.scalars(select(Tie.person_id).where(Tie.elder_id == "wang"))
        assert list(ties) == ["liushen"]
    assert "先跟村里交接" in await village.says("dashan", "退出")


async def test_moved_away_is_asked_back_before_it_counts(village: Village) -> None:
    assert "搬走了，对吗" in await village.says("zhang", "孙老根搬走了")
    assert await village.says("zhang", "不对") == "好，什么都没改。"
    await village.says("zhang", "孙老根搬走了")
    await village.says("zhang", "确认")
    assert not await is_waited_for(village, "sun")


# --- she has died


async def test_death_in_the_middle_of_an_open_incident(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("09:32")
    (incident,) = await village.incidents("wang")
    assert incident.stage == "open"
    said = await passes_away(village)
    assert said == (
        "愿王秀英安息。这里不再等，也不给亲友邻居发消息。请您或家里人当面告诉：刘翠花、王小梅。"
    )
    before = {person: village.heard(person) for person in ("liushen", "xiaomei", "sheng", "wang")}
    await village.until("10:30")
    for person, heard in before.items():
        assert village.heard(person) == heard, "nobody hears a word of it from us"
    (incident,) = await village.incidents("wang")
    assert (incident.stage, incident.result) == ("closed", "离开")
    assert {one.state for one in await about(village, "wang")} <= {"sent", "delivered", "withdrawn"}
    of_her = [words for words in village.heard("zhang") if "王秀英" in words]
    assert of_her == ["李大山说，王秀英过世了。弄错了，请一天内回：王秀英还在"]


async def test_of_the_dead_nothing_is_written_whatever_is_said(village: Village) -> None:
    await passes_away(village)
    for person, words in (
        ("xiaomei", "我妈住院了"),
        ("liushen", "王秀英摔倒了"),
        ("dashan", "代 王秀英 平安"),
        ("zhang", "配对 王秀英"),
    ):
        await village.says(person, words)
    late = NewLetter(
        key="late", kind="call_how", urgency=Urgency.ALARM, recipient_id="xiaomei", about_id="wang"
    )
    async with village.database.writing() as session:
        await letters.write(session, [late], village.clock.now())
    await village.ring()
    assert not await village.incidents("wang")
    assert all(one.state == "withdrawn" for one in await about(village, "wang"))
    assert "还没登记" in await village.says("wang", "1"), "her phone is nobody's"


async def test_a_mistake_is_taken_back_within_a_day_by_the_coordinator(village: Village) -> None:
    await passes_away(village)
    assert "一天内" in await village.says("dashan", "王秀英还在")
    assert await village.says("zhang", "王秀英还在") == (
        "记下了：王秀英还在这里，11月23日起等她报平安。手机请重新配对，回：配对 王秀英"
    )
    await village.until("06:30")
    assert await village.expectation("wang") == "pending"
    assert not any("过世" in words for words in village.heard("zhang")), "it was withdrawn in time"


async def test_after_a_day_it_stands(village: Village) -> None:
    await passes_away(village, by="zhang")
    village.clock.move(hours=24, seconds=1)
    assert "过了请重新登记" in await village.says("zhang", "王秀英还在")
    assert not await is_waited_for(village, "wang")


async def test_it_is_asked_with_her_full_name_and_only_confirm_confirms(village: Village) -> None:
    assert await village.says("dashan", "王秀英过世了") == DIED
    assert await village.says("dashan", "确认 陈德福") == DIED
    await village.says("dashan", "好")
    assert await is_waited_for(village, "wang")
    for person in ("xiaomei", "laosi", "liushen", "wang"):
        assert await village.says(person, "王秀英走了") != DIED


async def test_her_minutes_go_to_the_heir_who_is_named_and_not_before_a_day(
    village: Village,
) -> None:
    await with_minutes(village, "wang", 90)
    await passes_away(village)
    words = "王秀英的时间币 给 王小梅"
    assert "过几天再定" in await village.says("zhang", words)
    village.clock.move(hours=25)
    assert await village.says("zhang", words) == "记下了：王秀英的时间币1.5给了王小梅。"
    assert await minutes_of(village, "xiaomei") == 90
    assert "时间币0给了" in await village.says("zhang", words), "given once"
    assert await minutes_of(village, "xiaomei") == 90


async def test_her_minutes_go_to_the_village_where_there_is_no_heir(village: Village) -> None:
    await with_minutes(village, "wang", 90)
    await passes_away(village)
    (asked,) = await village.letters("leave_estate")
    assert asked.due_at - village.clock.now() == timedelta(days=7)
    village.clock.move(hours=25)
    async with village.database.reading() as session:
        before = await ledger.balance(session, ledger.POOL)
    await village.says("zhang", "王秀英的时间币给村里")
    async with village.database.reading() as session:
        assert await ledger.balance(session, ledger.POOL) == before + 90
        assert await ledger.balance(session, ledger.ESTATE) == 0


async def test_a_call_of_hers_ends_and_who_would_have_come_is_on_the_list(
    village: Village,
) -> None:
    await village.says("dashan", "请人 王秀英 打扫 明天上午10点")
    async with village.database.reading() as session:
        (call,) = await session.scalars(select(Request))
    await village.ring()
    assert "刘翠花" in await village.says("zhang", f"指派 {call.number} 刘翠花")
    await village.ring()
    assert "刘翠花" in await passes_away(village)
    await village.ring()
    async with village.database.reading() as session:
        (call,) = await session.scalars(select(Request))
        (visit,) = await session.scalars(select(Visit))
    assert (call.state, visit.state) == ("cancelled", "cancelled")
    assert {one.state for one in await about(village, "wang")} == {"withdrawn"}


async def test_a_dead_helper_is_expected_nowhere_and_his_elder_is_called_for_again(
    village: Village,
) -> None:
    """What concerns the living goes on: she whom he promised to look after is not forgotten."""
    await village.all_well_but("chen")
    await village.until("09:12")
    await village.says("liushen", "我去")
    await village.says("zhang", "刘翠花过世了")
    said = await village.says("zhang", "确认 刘翠花")
    assert "陈德福" in said
    assert "王秀英" in said
    (incident,) = await village.incidents("chen")
    assert incident.stage == "open"
    async with village.database.reading() as session:
        assert not (await session.scalars(select(Tie).where(Tie.person_id == "liushen"))).all()


async def test_her_wish_is_not_left_lying_and_is_withdrawn_when_she_stays(
    village: Village,
) -> None:
    await village.says("wang", "以后不用了")
    await village.says("wang", "对")
    (waits,) = await village.letters("leave_waits")
    assert (waits.recipient_id, waits.due_at - waits.written_at) == ("zhang", timedelta(days=3))
    assert await village.says("dashan", "留下 王秀英") == "好，王秀英留下，照常等报平安。"
    (waits,) = await village.letters("leave_waits")
    assert waits.state == "withdrawn"
    assert await is_waited_for(village, "wang")


async def test_of_a_dead_volunteer_nobody_hears_that_she_does_not_come(village: Village) -> None:
    await village.says("dashan", "请人 王秀英 打扫 明天上午10点")
    async with village.database.reading() as session:
        (call,) = await session.scalars(select(Request))
    await village.ring()
    await village.says("zhang", f"指派 {call.number} 刘翠花")
    await village.says("zhang", "刘翠花过世了")
    assert "王秀英" in await village.says("zhang", "确认")
    async with village.database.reading() as session:
        (call,) = await session.scalars(select(Request))
    assert call.state == "open", "somebody else is looked for"
    assert {one.state for one in await village.letters("call_gone")} == {"withdrawn"}
