"""How it was: 好, flowers, the clock, 不对, and a verdict that may be appealed once."""

import pytest

from handlers.message import Kind
from tests.calls.test_visits import at_her_hour, given_to
from tests.calls.town import Town


async def visited(town: Town, *, code: bool = True, picture: bool = True, minutes: int = 60) -> int:
    """Let somebody have cleaned for an hour; her word is waited for."""
    number = await given_to(town, "liushen")
    await at_her_hour(town, number)
    said = f" {(await town.call(number)).code}" if code else ""
    await town.says("liushen", f"到了 {number}{said}")
    await town.live(minutes=minutes)
    if picture:
        await town.sends("liushen", Kind.PICTURE)
    await town.says("liushen", f"完成 {number}")
    assert await town.state(number) == "awaiting_confirm"
    return number


@pytest.mark.parametrize(
    ("words", "flowers"),
    [("好", None), ("好 {}", None), ("三朵花", 3), ("好 {} 五朵花", 5), ("🌹🌹🌹🌹", 4)],
)
async def test_she_says_it_in_her_own_way(town: Town, words: str, flowers: int | None) -> None:
    number = await visited(town)
    await town.says("wang", words.format(number))
    call = await town.call(number)
    assert (call.state, call.flowers) == ("settled", flowers)
    assert await town.balance("liushen") == 60
    assert await town.kept(number) == 0


@pytest.mark.parametrize("words", ["1", "平安", "吃了"])
async def test_her_check_in_stays_her_check_in(town: Town, words: str) -> None:
    number = await visited(town)
    assert "您今天平安" in await town.says("wang", words)
    assert await town.state(number) == "awaiting_confirm"


async def test_hours_later_a_bare_good_is_her_morning_again(town: Town) -> None:
    number = await visited(town)
    await town.live(hours=20)
    assert "您今天平安" in await town.says("wang", "好")
    assert await town.state(number) == "awaiting_confirm"


async def test_few_flowers_reach_the_leader_and_many_the_volunteer(town: Town) -> None:
    number = await visited(town)
    await town.says("wang", f"好 {number} 一朵花")
    await town.live(seconds=5)
    assert "王秀英的打扫只给了1朵花。请您去问问怎么了。" in town.heard("dashan")
    assert not any("1朵花" in words for words in town.heard("liushen"))


async def test_who_was_there_and_his_kin_cannot_say_it_was_well(town: Town) -> None:
    number = await visited(town)
    assert await town.says("liushen", f"好 {number}") == f"{number}号要请别人来说。谢谢您！"
    assert await town.state(number) == "awaiting_confirm"
    assert "记下了" in await town.says("dashan", f"好 {number}")
    assert await town.state(number) == "settled"


async def test_a_neighbour_who_only_asked_for_it_cannot_say_it_was_well(town: Town) -> None:
    await town.says("liushen", "请人 王秀英 打扫 明天上午")  # she is paired with her
    await town.live(minutes=40)
    await town.says("mingyue", "接单 1001")
    await at_her_hour(town, 1001)
    await town.says("mingyue", f"到了 1001 {(await town.call(1001)).code}")
    await town.says("mingyue", "完成 1001")
    assert await town.says("liushen", "好 1001") == "1001号要请别人来说。谢谢您！"
    assert await town.state(1001) == "awaiting_confirm"


async def test_with_complete_evidence_the_clock_confirms_after_three_days(town: Town) -> None:
    number = await visited(town)
    await town.live(hours=25)
    asked = [one for one in town.heard("wang") if one.endswith(f"好就回：好 {number}")]
    assert len(asked) == 2
    await town.live(hours=46)
    assert await town.state(number) == "awaiting_confirm"
    await town.live(hours=2)
    assert await town.state(number) == "settled"
    assert await town.balance("liushen") == 60


async def test_without_her_code_it_never_does_and_the_leader_is_asked(town: Town) -> None:
    number = await visited(town, code=False)
    await town.live(hours=71)
    await town.says("dashan", "帮助")  # his reply window is open again
    await town.live(hours=29)
    assert await town.state(number) == "awaiting_confirm"
    assert any("还没人说好，还缺服务码" in words for words in town.heard("dashan"))
    await town.says("dashan", f"好 {number}")
    assert await town.balance("liushen") == 60


async def test_where_nobody_came_she_only_has_to_say_so(town: Town) -> None:
    number = await visited(town)
    assert "请说说怎么回事" in await town.says("wang", "没人来啊")
    assert await town.state(number) == "disputed"


async def disputed(town: Town) -> int:
    number = await visited(town)
    assert await town.says("wang", f"不对 {number}") == (
        f"王奶奶，记下了。请说说怎么回事：说明 {number} …"
    )
    await town.live(seconds=5)
    return number


async def test_both_sides_are_heard_before_anybody_judges(town: Town) -> None:
    number = await disputed(town)
    assert f"王秀英的打扫有话要说清。请回：说明 {number} 加您的话" in town.heard("liushen")
    assert "两边还没说完" in await town.says("zhang", f"裁决 {number} 付 都说清了")
    await town.says("wang", f"说明 {number} 她没擦窗户")
    await town.says("liushen", f"说明 {number} 下雨没法擦")
    await town.live(seconds=5)
    judged = town.heard("zhang")[-1]
    assert "王秀英说：她没擦窗户\n刘翠花说：下雨没法擦" in judged
    assert not any("擦窗户" in words for words in town.heard("liushen"))


@pytest.mark.parametrize(
    ("verdict", "state", "paid"),
    [("付", "settled", 60), ("部分30", "settled", 30), ("退", "void", 0)],
)
async def test_a_verdict_takes_effect_when_nobody_appeals(
    town: Town, verdict: str, state: str, paid: int
) -> None:
    number = await disputed(town)
    await town.live(hours=25)
    assert await town.says("zhang", f"裁决 {number} {verdict} 问过邻居") == (
        f"好，{number}号断了，两边都告诉了。"
    )
    await town.live(hours=71)
    assert await town.state(number) == "disputed"
    assert await town.kept(number) == 120
    await town.live(hours=2)
    assert await town.state(number) == state
    assert await town.balance("liushen") == paid
    assert await town.kept(number) == 0


async def test_one_appeal_and_the_supervisors_word_is_the_last(town: Town) -> None:
    number = await disputed(town)
    await town.live(hours=25)
    await town.says("zhang", f"裁决 {number} 退 没看见人")
    await town.live(seconds=5)
    assert await town.says("liushen", f"申诉 {number}") == f"好，{number}号请上级再看一次。"
    assert "现在用不上" in await town.says("wang", f"申诉 {number}")
    await town.live(seconds=5)
    assert any(f"裁决 {number}" in words for words in town.heard("sheng"))
    assert "要请别人来说" in await town.says("zhang", f"裁决 {number} 退 还是这样")
    assert "断了" in await town.says("sheng", f"裁决 {number} 付 邻居看见了")
    assert await town.state(number) == "settled"
    assert await town.balance("liushen") == 60


async def test_a_verdict_needs_a_reason_and_somebody_who_is_no_party(town: Town) -> None:
    number = await disputed(town)
    await town.live(hours=25)
    assert "请写上理由" in await town.says("zhang", f"裁决 {number} 付")
    assert "要请别人来说" in await town.says("dashan", f"裁决 {number} 付 挺好的")
    assert await town.state(number) == "disputed"
