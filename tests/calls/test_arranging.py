"""What leaders and coordinators see and arrange in chat."""

from datetime import date

from tests.calls.test_visits import given_to
from tests.calls.town import Town


async def test_the_calls_that_wait_and_a_hand_that_gives_them(town: Town) -> None:
    number = await town.asks("wang", "明天上午想请人来打扫屋子")
    waiting = f"等人的事：\n{number} 王秀英 打扫 11月24日上午9点（正在找人）"
    assert await town.says("dashan", "等人的") == waiting
    assert await town.says("zhang", "待办") == waiting
    assert await town.says("laosi", "等人的") == "现在没有等人的事。"
    assert await town.says("dashan", f"指派 {number} 刘翠花") == (
        f"好，{number}号请刘翠花去，两边都告诉了。"
    )
    assert await town.state(number) == "assigned"
    assert "用不上" in await town.says("dashan", f"指派 {number} 胡明月")


async def test_another_groups_leader_and_a_volunteer_cannot_give_it(town: Town) -> None:
    number = await town.asks("wang", "明天上午想请人来打扫屋子")
    assert "没找到" in await town.says("laosi", f"指派 {number} 刘翠花")
    assert (
        await town.says("liushen", f"指派 {number} 刘翠花") == "收到了。想知道能做什么，请回：帮助"
    )
    assert await town.state(number) == "open"


async def test_by_hand_nobody_goes_who_may_not(town: Town) -> None:
    number = await town.asks("wang", "明天上午想请人来给我理个发")
    assert await town.says("dashan", f"指派 {number} 林巧云") == (
        f"{number}号不能请林巧云，这件事要会手艺的人去。请换一位。"
    )
    assert "没找到“王秀英”" in await town.says("dashan", f"指派 {number} 王秀英")
    await town.says("dashan", f"指派 {number} 刘翠花")
    other = await town.asks("chen", "明天上午想请人来打扫屋子")
    assert "这个时候刘翠花有别的事" in await town.says("dashan", f"指派 {other} 刘翠花")


async def test_papers_are_noted_counted_and_seen_before_they_end(town: Town) -> None:
    assert await town.says("dashan", "证件 刘翠花 承诺书 2026年12月10日 编号7") == (
        "记下了：刘翠花的承诺书，到2026年12月10日。"
    )
    assert "请这样回" in await town.says("dashan", "证件 刘翠花 驾照 2026年12月10日")
    assert await town.says("zhang", "快到期") == (
        "快到期的证件：\n刘翠花 承诺书 2026年12月10日到期"
    )
    await town.has_papers("liushen", "承诺书", until=date(2027, 12, 10))
    assert await town.says("zhang", "快到期") == "近期没有要到期的证件。"


async def test_the_talents_of_the_village_by_field(town: Town) -> None:
    await town.says("jianguo", "下岗")
    assert await town.says("dashan", "人才 理发") == (
        "会理发的：\n刘翠花 理发\n胡明月 理发、唱戏\n高建国 理发（歇着）"
    )
    assert await town.says("zhang", "谁会 杀猪") == "还没有人会杀猪。"


async def test_who_was_never_asked_and_who_was_and_why(town: Town) -> None:
    assert await town.says("dashan", "没问过的") == (
        "还没问到过：刘翠花、林巧云、胡明月、陈小虎、高建国，共5位。"
    )
    number = await given_to(town, "liushen")
    assert await town.says("dashan", "没问过的") == "还没问到过：林巧云、高建国，共2位。"
    said = await town.says("dashan", f"问过谁 {number}")
    assert "刘翠花（他去）多久没问+60，同组+20" in said
