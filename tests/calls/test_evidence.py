"""What proves a visit, kind by kind: her code, his 完成, and a picture where something is left."""

from handlers.message import Kind
from storage.pictures import Picture
from tests.calls.test_confirming import visited
from tests.calls.test_visits import at_her_hour, given_to
from tests.calls.town import Town

KEPT = "照片收到了，记在{}号上。谢谢您！"


async def test_what_is_missing_is_asked_for_in_one_sentence_and_can_follow(town: Town) -> None:
    number = await given_to(town, "liushen")
    await at_her_hour(town, number)
    await town.says("liushen", f"到了 {number}")
    await town.live(minutes=60)
    assert await town.says("liushen", f"完成 {number}") == (
        "辛苦了！记下60分钟，还差服务码和办好后的照片（别拍人），"
        f"请问老人再回：到了 {number} 加服务码，照片直接发来。"
    )
    code = (await town.call(number)).code
    said = await town.says("liushen", f"到了 {number} {code}")
    assert said == f"{number}号的服务码对上了，记下了。谢谢您！"
    assert "现在用不上" in await town.says("liushen", f"到了 {number} {code}")
    assert await town.sends("liushen", Kind.PICTURE) == KEPT.format(number)
    assert "照片收到了" not in await town.sends("liushen", Kind.PICTURE)  # it is all there
    await town.live(hours=73)
    assert await town.state(number) == "settled"


async def test_without_the_picture_the_clock_does_not_confirm(town: Town) -> None:
    number = await visited(town, picture=False)
    await town.live(hours=25)
    asked = "王秀英那次打扫还差办好后的照片（别拍人），请现在发来。"
    assert town.heard("liushen").count(asked) == 1
    await town.live(hours=46)
    await town.says("dashan", "帮助")  # his reply window is open again
    await town.live(hours=2)
    assert await town.state(number) == "awaiting_confirm"
    assert any("还没人说好，还缺照片。" in words for words in town.heard("dashan"))
    assert await town.sends("liushen", Kind.PICTURE) == KEPT.format(number)
    await town.live(hours=25)
    assert await town.state(number) == "settled"
    assert await town.balance("liushen") == 60


async def test_a_picture_is_kept_by_reference_and_nobody_else_is_sent_it(town: Town) -> None:
    number = await given_to(town, "liushen")
    assert "照片收到了" not in await town.sends("liushen", Kind.PICTURE)  # not there yet
    await at_her_hour(town, number)
    await town.says("liushen", f"到了 {number} {(await town.call(number)).code}")
    assert "照片收到了" not in await town.sends("mingyue", Kind.PICTURE)
    for _ in range(5):
        assert await town.sends("liushen", Kind.PICTURE) == KEPT.format(number)
    assert "照片收到了" not in await town.sends("liushen", Kind.PICTURE)
    (visit,) = await town.visits(number)
    async with town.database.reading() as session:
        kept = [await session.get_one(Picture, one) for one in range(1, 6)]
    assert {(one.sent_by, one.visit_id) for one in kept} == {("liushen", visit.id)}
    assert len({one.media for one in kept}) == 5


async def test_where_nothing_is_left_to_see_no_picture_is_asked_for(town: Town) -> None:
    number = await given_to(town, "liushen", "明天上午想请人来给我理个发")
    await at_her_hour(town, number)
    await town.says("liushen", f"到了 {number} {(await town.call(number)).code}")
    assert "照片收到了" not in await town.sends("liushen", Kind.PICTURE)
    assert "等王秀英说声好就存进去" in await town.says("liushen", f"完成 {number}")
    await town.live(hours=73)
    assert await town.state(number) == "settled"


async def test_whoever_answers_for_the_call_looks_at_its_pictures(town: Town) -> None:
    number = await visited(town)
    assert await town.says("dashan", f"照片 {number}") == f"{number}号的照片这就发给您。"
    await town.live(seconds=5)
    assert town.heard("dashan")[-1] in {"[图片]", f"{number}号的照片，刘翠花发来的："}
    assert f"{number}号的照片，刘翠花发来的：" in town.heard("dashan")
    assert await town.says("zhang", f"照片 {number} 2") == f"{number}号只有1张照片。"
    assert "照片" not in await town.says("xiaomei", f"照片 {number}")
    assert "照片" not in await town.says("mingyue", f"照片 {number}")
    await town.live(days=3)
    assert (
        await town.says("zhang", f"看照片 {number}") == f"{number}号的照片看不到了，微信只留三天。"
    )


async def test_a_paper_is_looked_at_by_who_vouches_for_it(town: Town) -> None:
    await town.says("zhang", "证件 刘翠花 健康证 2027-05-01")
    assert await town.says("zhang", "照片 刘翠花 健康证") == "刘翠花的健康证没有照片。"
    await town.sends("zhang", Kind.PICTURE)
    assert await town.says("dashan", "照片 刘翠花 健康证") == "刘翠花的健康证的照片这就发给您。"
    assert "照片" not in await town.says("laosi", "照片 刘翠花 健康证")
