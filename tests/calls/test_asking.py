"""How a wish becomes a call: her own words, her family's, every week, and what is missing."""

import pytest

from handlers.calls.when import day_in
from tests.calls.town import Town


@pytest.mark.parametrize(
    ("words", "when"),
    [
        ("后天下午想找人打扫一下屋子", "11月25日下午3点"),
        ("礼拜五上午十点想请人来打扫屋子", "11月27日上午10点"),
        ("想请人三点来打扫屋子", "11月23日下午3点"),
    ],
)
async def test_she_says_what_and_when_and_nothing_is_asked_back(
    town: Town, words: str, when: str
) -> None:
    assert "打扫" in await town.says("wang", words)
    call = await town.call()
    assert (call.category, call.state) == ("助洁", "open")
    assert when in (await town.says("wang", "我的事"))


async def test_without_a_day_she_is_asked_once_and_tomorrow_will_do(town: Town) -> None:
    assert await town.says("wang", "想请人理个发") == "王奶奶，哪天理发好？比如说：明天上午"
    assert (await town.call()).state == "draft"
    assert await town.says("wang", "随便") == "王奶奶，记下了，明天上午9点理发。找到人告诉您。"
    assert (await town.call()).state == "open"


async def test_without_a_kind_she_is_asked_what_and_then_when(town: Town) -> None:
    assert await town.says("wang", "3") == "王奶奶，要帮什么忙？比如说：理发、打扫、跑腿"
    assert await town.says("wang", "理发") == "王奶奶，哪天理发好？比如说：明天上午"
    assert "后天上午9点理发" in await town.says("wang", "后天")
    assert (await town.call()).number == 1001


async def test_said_twice_it_is_asked_twice_and_stays_one_draft(town: Town) -> None:
    await town.says("wang", "3")
    assert "要帮什么忙" in await town.says("wang", "3")
    await town.says("wang", "理发")
    assert "哪天理发好" in await town.says("wang", "想请人理个发")
    assert "后天上午9点理发" in await town.says("wang", "后天上午想请人理个发")
    assert [one.number for one in await town.calls()] == [1001]


async def test_a_one_in_between_stays_her_check_in(town: Town) -> None:
    await town.says("wang", "想请人理个发")
    assert await town.says("wang", "1") == "王奶奶，记下了，您今天平安。"
    assert (await town.call()).state == "draft"


async def test_where_she_does_not_answer_the_leader_asks_her(town: Town) -> None:
    await town.says("wang", "想请人理个发")
    await town.live(minutes=31)
    assert (await town.call()).state == "void"
    assert "王秀英想请人理发，没说清什么时候。请您问问。" in town.heard("dashan")


async def test_the_same_wish_twice_is_one_call(town: Town) -> None:
    await town.says("wang", "明天上午想请人来给我理个发")
    said = await town.says("wang", "明天想请人来理发")
    assert said == "王奶奶，理发记着呢，正在找人。有消息告诉您。"
    assert (await town.call()).number == 1001
    await town.says("wang", "后天上午想请人来给我理个发")
    assert (await town.call()).number == 1002


async def test_the_daughter_and_the_leader_ask_for_her_others_not(town: Town) -> None:
    said = await town.says("xiaomei", "请人 王秀英 理发 明天上午")
    assert said == "王小梅，记下了：王秀英明天上午9点理发，1001号。找到人告诉您。"
    said = await town.says("dashan", "帮赵桂兰找人打扫屋子，后天上午")
    assert said == "李大山，记下了：赵桂兰后天上午9点打扫，1002号。找到人告诉您。"
    assert "没找到您能代说的" in await town.says("xiaomei", "请人 陈德福 理发 明天")
    assert "哪天理发好" in await town.says("dashan", "请人 陈德福 理发")
    assert "陈德福明天下午3点理发" in await town.says("dashan", "明天下午")


async def test_every_week_a_call_is_made_seven_days_ahead_and_once(town: Town) -> None:
    said = await town.says("wang", "每周三上午想请人来打扫屋子")
    assert said == "王奶奶，记下了，每周三打扫。不要了就说一声。"
    for _ in range(3):
        await town.ring()
    calls = await town.calls()
    assert [one.cause.split(":")[-1] for one in calls] == ["2026-11-25"]
    await town.live(days=3)
    calls = await town.calls()
    assert [one.cause.split(":")[-1] for one in calls] == ["2026-11-25", "2026-12-02"]
    assert await town.says("wang", "每周打扫不用了") == "王奶奶，好，每周打扫停了。"
    await town.live(days=7)
    assert len(await town.calls()) == 2


async def test_the_daughter_asks_for_every_week_and_ends_it(town: Town) -> None:
    said = await town.says("xiaomei", "请人 王秀英 每周三上午打扫屋子")
    assert said == "王小梅，记下了，每周三打扫。不要了就说一声。"
    await town.ring()
    assert len(await town.calls()) == 1
    assert await town.says("xiaomei", "停 王秀英 每周打扫") == "王小梅，好，每周打扫停了。"
    await town.live(days=8)
    assert len(await town.calls()) == 1


async def test_urgent_help_is_sought_at_once_without_a_question(town: Town) -> None:
    assert (await town.says("wang", "家里停水了，找个人来修")).startswith(
        "王奶奶，记下了，正在找人来"
    )
    await town.live(minutes=1)
    call = await town.call()
    assert (call.category, call.is_urgent) == ("助急", True)
    assert len(await town.asked(call.number)) == 5  # all there are: seven would be asked
    assert any(words.startswith("【急】") for words in town.heard("liushen"))


async def test_what_a_neighbour_needs_the_leader_hears(town: Town) -> None:
    assert "李大山会来问您" in await town.says("wang", "隔壁老陈想请人理个发")
    assert (await town.call()).state == "void"


async def test_a_bath_is_looked_at_first_and_the_leader_may_say_no(town: Town) -> None:
    said = await town.says("wang", "明天上午想请人帮我洗个澡")
    assert said == "王奶奶，帮洗澡记下了。村里看过就安排，会告诉您。"
    await town.live(minutes=1)
    number = (await town.call()).number
    assert any(f"行请回：同意 {number}" in words for words in town.heard("dashan"))
    await town.says("laosi", f"同意 {number}")  # he leads another group
    assert await town.state(number) == "review"
    assert await town.says("dashan", f"不同意 {number}") == f"好，{number}号不办了，告诉她家了。"
    await town.live(minutes=1)
    assert town.heard("wang")[-1] == "王奶奶，这次帮洗澡没办成。李大山跟您说。"
    assert await town.state(number) == "void"


async def test_a_review_that_nobody_looks_at_reaches_the_coordinator(town: Town) -> None:
    number = await town.asks("wang", "明天上午想请人帮我洗个澡")
    await town.live(minutes=121)
    assert any(f"同意 {number}" in words for words in town.heard("zhang"))
    await town.live(hours=20)
    assert await town.state(number) == "unfilled"
    assert any("还没找到人" in words for words in town.heard("xiaomei"))


async def test_taken_back_in_time_nobody_goes_and_nothing_is_kept(town: Town) -> None:
    number = await town.asks("wang", "明天上午想请人来给我理个发")
    await town.live(minutes=1)
    await town.says("liushen", f"接单 {number}")
    await town.live(minutes=31)
    assert await town.kept(number) == 75
    assert await town.says("wang", f"取消 {number}") == "王奶奶，好，理发那次取消了。"
    await town.live(minutes=1)
    assert await town.kept(number) == 0
    assert f"11月24日上午9点的理发（{number}号）不用去了。谢谢您！" in town.heard("liushen")
    assert await town.state(number) == "cancelled"


async def test_without_a_number_where_it_can_only_be_one(town: Town) -> None:
    number = await town.asks("wang", "明天上午想请人来给我理个发")
    assert await town.says("wang", "不用来了") == "王奶奶，好，理发那次取消了。"
    assert await town.state(number) == "cancelled"
    await town.asks("wang", "明天上午想请人来给我理个发")
    await town.asks("wang", "后天上午想请人来打扫屋子")
    assert "取消 1003" in await town.says("wang", "不用来了")


async def test_only_her_own_people_take_a_call_back(town: Town) -> None:
    number = await town.asks("wang", "明天上午想请人来给我理个发")
    await town.live(minutes=1)
    assert await town.says("liushen", f"取消 {number}") == f"{number}号要请别人来说。谢谢您！"
    assert await town.says("xiaomei", f"取消 {number}") == "王小梅，好，理发那次取消了。"
    await town.live(seconds=5)
    assert "王奶奶，理发那次取消了。" in town.heard("wang")


def test_the_last_day_of_a_paper_in_many_ways() -> None:
    assert str(day_in("2027-03-01")) == "2027-03-01"
    assert str(day_in("2027年3月1日")) == "2027-03-01"
    assert str(day_in("2027年2月")) == "2027-02-28"
    assert day_in("2027-02-30") is None
    assert day_in("明年") is None
