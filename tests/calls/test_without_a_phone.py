"""An elder without a phone is a full member: others ask, hear and answer for her."""

from tests.calls.test_visits import at_her_hour
from tests.calls.town import Town


async def test_the_leader_asks_hears_the_code_and_says_how_it_was(town: Town) -> None:
    assert "1001号" in await town.says("dashan", "请人 赵桂兰 打扫 明天上午")
    await town.live(minutes=40)
    await town.says("liushen", "接单 1001")
    await town.live(seconds=5)
    code = (await town.call(1001)).code
    coming = f"赵桂兰的打扫：刘翠花11月24日上午9点去。服务码{code}，见面告诉来的人。"
    assert coming in town.heard("dashan")
    await at_her_hour(town, 1001)
    await town.says("liushen", f"到了 1001 {code}")
    await town.live(minutes=45)
    await town.says("liushen", "完成 1001")
    await town.live(seconds=5)
    how = "赵桂兰的打扫，刘翠花去过了。好请回：好 1001；不好回：不对 1001"
    assert how in town.heard("dashan")
    assert await town.says("dashan", "好 1001") == "李大山，记下了。想谢谢人家，就说：五朵花"
    assert await town.balance("liushen") == 45


async def test_the_family_hears_too_where_it_asked(town: Town) -> None:
    await town.says("xiaomei", "请人 王秀英 理发 明天上午")
    await town.live(minutes=40)
    await town.says("liushen", "接单 1001")
    await town.live(seconds=5)
    assert any(words.startswith("王奶奶，刘翠花") for words in town.heard("wang"))
    assert any(words.startswith("王秀英的理发：刘翠花") for words in town.heard("xiaomei"))


async def test_nobody_who_is_asked_learns_whose_door_it_is_before_he_goes(town: Town) -> None:
    number = await town.asks("wang", "明天上午想请人来给我理个发")
    await town.live(minutes=5)
    for volunteer in await town.asked(number):
        heard = " ".join(town.heard(volunteer))
        assert "王秀英" not in heard
        assert "13800000001" not in heard
    for letter in await town.letters("call_offer"):
        assert letter.about_id is None
