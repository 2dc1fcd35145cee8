"""An elder goes to her son, or to hospital: nobody waits for her word, nobody is alarmed."""

import pytest

from tests.village import Village


async def test_three_days_at_her_sons_and_nobody_is_alarmed(village: Village) -> None:
    await village.expect_only("wang")
    reply = await village.says("wang", "我去儿子家3天")
    assert reply == "王奶奶，记下了，11月26日再等您报平安。路上慢点。"
    assert await village.expectation("wang") == "met"  # she was heard today
    for _ in (24, 25):
        await village.until("05:00")
        await village.until("11:00")
        assert await village.expectation("wang") == "excused"
    assert not any("王秀英" in words for words in village.heard("dashan"))
    assert not any("回个1" in words for words in village.heard("wang"))


async def test_on_the_last_day_she_is_greeted_and_then_expected_again(village: Village) -> None:
    await village.expect_only("wang")
    await village.says("wang", "明天去闺女家住一天")
    await village.until("05:00")
    await village.until("09:02")
    assert village.heard("wang")[-1] == "王奶奶，您明天回来，又等您报平安了。没回来也说一声。"
    await village.until("05:00")
    assert await village.expectation("wang") == "pending"


async def test_coming_back_early_ends_it(village: Village) -> None:
    await village.expect_only("wang")
    await village.says("wang", "去儿子家住半个月")
    await village.until("15:00")
    assert await village.says("wang", "我回来了") == "王奶奶，回来就好。明早又等您报平安了。"
    await village.until("05:00")
    assert await village.expectation("wang") == "pending"


async def test_of_two_holds_the_longer_one_counts(village: Village) -> None:
    await village.expect_only("wang")
    await village.says("wang", "去儿子家住两天")
    await village.says("wang", "去闺女家住一个礼拜")
    for _ in range(5):
        await village.until("05:00")
        await village.until("09:30")
        assert await village.expectation("wang") == "excused"
    assert not any("明天回来" in words for words in village.heard("wang"))


async def test_that_she_is_not_here_is_said_of_herself_and_with_an_end(village: Village) -> None:
    assert (await village.says("wang", "我不在 3天")).startswith("王奶奶，记下了，11月26日")
    assert "记下了" not in await village.says("sun", "老伴不在三天了")


async def test_she_does_not_say_how_long_and_is_asked_once(village: Village) -> None:
    await village.expect_only("wang")
    assert await village.says("wang", "我去儿子家住") == "王奶奶，您去几天？请回：去3天"
    assert "11月28日再等您" in await village.says("wang", "五天")


@pytest.mark.parametrize("words", ["今天去儿子家吃饭", "去亲戚家坐坐", "出门晒太阳"])
async def test_an_errand_is_no_hold(village: Village, words: str) -> None:
    await village.expect_only("wang")
    await village.says("wang", words)
    await village.until("05:00")
    assert await village.expectation("wang") == "pending"


async def test_in_hospital_she_is_not_waited_for(village: Village) -> None:
    await village.expect_only("wang")
    assert (await village.says("wang", "住院了")).endswith("好好养着。")
    await village.until("05:00")
    assert await village.expectation("wang") == "excused"


async def test_the_daughter_and_the_leader_may_say_it_for_her_others_not(village: Village) -> None:
    await village.until("07:00")
    assert await village.says("xiaomei", "请假 王秀英 3天") == (
        "记下了：王秀英请假到11月25日。提前回来请回：王秀英回来了"
    )
    assert await village.expectation("wang") == "excused"
    assert await village.says("dashan", "请假 赵桂兰 一个礼拜") == (
        "记下了：赵桂兰请假到11月29日。提前回来请回：赵桂兰回来了"
    )
    assert "没找到" in await village.says("xiaomei", "请假 陈德福 3天")
    assert await village.expectation("chen") == "pending"


async def test_the_daughters_word_ends_the_alarm_and_all_who_were_told_hear_it(
    village: Village,
) -> None:
    await village.all_well_but("wang")
    await village.until("09:47")
    await village.says("xiaomei", "请假 王秀英 2天")
    await village.until("09:50")
    assert village.heard("dashan")[-2:] == [
        "王秀英平安，外出了。王小梅看过了。",
        "王小梅说，王秀英出门了，11月25日前不等报平安。",
    ]
