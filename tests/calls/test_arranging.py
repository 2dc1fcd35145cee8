"""What leaders and coordinators see and arrange in chat."""

from datetime import date, timedelta

from handlers.message import Kind
from storage.people import Tie, TieKind
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
        "记下了：刘翠花的承诺书，到2026年12月10日。有照片请现在发来。"
    )
    assert "请这样回" in await town.says("dashan", "证件 刘翠花 驾照 2026年12月10日")
    assert await town.says("zhang", "快到期") == (
        "快到期的证件：\n刘翠花 承诺书 2026年12月10日到期"
    )
    await _tell_ending(town)
    told = "快到期的证件：\n刘翠花 承诺书 2026年12月10日到期"
    assert [town.heard(one).count(told) for one in ("dashan", "zhang", "laosi")] == [1, 1, 0]
    own = "刘翠花，您的承诺书2026年12月10日到期。换了新的，请告诉组长。"
    assert town.heard("liushen").count(own) == 1
    await town.has_papers("liushen", "承诺书", until=date(2027, 12, 10))
    assert await town.says("zhang", "快到期") == "近期没有要到期的证件。"


async def _tell_ending(town: Town) -> None:
    """Twice, as everything that may happen twice does."""
    for _ in range(2):
        await town.house.rounds["papers"][1](town.clock.now())
    await town.live(minutes=3)


async def test_a_paper_has_its_picture_and_is_looked_at(town: Town) -> None:
    assert await town.says("dashan", "证件 刘翠花") == "刘翠花还没有记下证件。"
    await town.says("dashan", "证件 刘翠花 健康证 2027-05-01 第7号")
    assert await town.sends("dashan", Kind.PICTURE) == "照片收到了，记在刘翠花的健康证上。"
    assert "照片收到了" not in await town.sends("dashan", Kind.PICTURE)
    seen = "刘翠花的证件：\n健康证 第7号 2027年5月1日到期，有照片"
    assert await town.says("zhang", "证件 刘翠花") == seen
    assert await town.says("liushen", "我的证件") == seen
    town.clock.move_to(town.clock.now() + timedelta(days=200))
    assert "2027年5月1日已到期" in await town.says("zhang", "证件 刘翠花")


async def test_papers_are_for_those_who_serve_him_and_never_of_his_own_house(town: Town) -> None:
    for said in ("证件 刘翠花", "证件 刘翠花 健康证 2027-05-01"):
        assert await town.says("laosi", said) == "村里没找到“刘翠花”。请写全名再回一次。"
        assert "刘翠花" not in await town.says("xiaohu", said)
    async with town.database.writing() as session:
        session.add(Tie(elder_id="zhang", person_id="liushen", kind=TieKind.FAMILY))
    assert "没找到" in await town.says("zhang", "证件 刘翠花 健康证 2027-05-01")


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
