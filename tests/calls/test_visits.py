"""The visit: who came, with her word for it, who left, who forgot, and who never came."""

from tests.calls.town import Town

CLEANING = "明天上午想请人来打扫屋子"
URGENT = "家里停水了，找个人来修"


async def given_to(town: Town, volunteer: str, words: str = CLEANING) -> int:
    """Let somebody be the one who goes; returns the number of the call."""
    number = await town.asks("wang", words)
    await town.live(minutes=40)
    await town.says(volunteer, f"接单 {number}")
    assert await town.state(number) == "assigned"
    return number


async def at_her_hour(town: Town, number: int, minutes: int = 0) -> None:
    call = await town.call(number)
    await town.live(seconds=(call.begins - town.clock.now()).total_seconds() + 60 * minutes)


async def test_with_her_code_he_is_there_and_she_is_heard(town: Town) -> None:
    number = await given_to(town, "liushen")
    await at_her_hour(town, number)
    code = (await town.call(number)).code
    wrong = "1111" if code != "1111" else "2222"
    assert "服务码对不上" in await town.says("liushen", f"到了 {number} {wrong}")
    assert await town.state(number) == "assigned"
    assert "记下了，您到了" in await town.says("liushen", f"到了 {number} {code}")
    assert await town.state(number) == "in_service"
    assert await town.signs_of("wang", "liushen") == 1


async def test_without_it_he_may_begin_and_tell_it_later(town: Town) -> None:
    number = await given_to(town, "liushen")
    await at_her_hour(town, number)
    assert "老人的服务码问到了" in await town.says("liushen", f"到了 {number}")
    code = (await town.call(number)).code
    assert "记下了" in await town.says("liushen", f"到了 {number} {code}")
    (visit,) = await town.visits(number)
    assert visit.has_code


async def test_after_five_wrong_codes_no_more_are_tried(town: Town) -> None:
    number = await given_to(town, "liushen")
    await at_her_hour(town, number)
    code = (await town.call(number)).code
    for guess in [str(int(code) % 9000 + 1000 + extra) for extra in range(1, 6)]:
        await town.says("liushen", f"到了 {number} {guess}")
    assert "办事要紧" in await town.says("liushen", f"到了 {number} 9999")
    await town.says("liushen", f"到了 {number}")
    assert "记着呢" in await town.says("liushen", f"到了 {number} {code}")
    (visit,) = await town.visits(number)
    assert not visit.has_code


async def test_too_early_is_too_early(town: Town) -> None:
    number = await given_to(town, "liushen")
    assert await town.says("liushen", f"到了 {number}") == (
        f"{number}号是明天上午9点。到时候再回：到了 {number}"
    )
    assert await town.state(number) == "assigned"


async def test_done_without_having_come_is_not_done(town: Town) -> None:
    number = await given_to(town, "liushen")
    await at_her_hour(town, number)
    assert "还没听到您到" in await town.says("liushen", f"完成 {number}")
    assert await town.state(number) == "assigned"


async def test_minutes_are_real_ones_up_to_the_grace(town: Town) -> None:
    number = await given_to(town, "liushen")
    await at_her_hour(town, number)
    await town.says("liushen", f"到了 {number} {(await town.call(number)).code}")
    await town.live(minutes=145)
    assert "记下120分钟" in await town.says("liushen", f"完成 {number}")  # 90 and 30


async def test_who_forgets_to_say_done_is_asked_and_then_it_is_closed_without_extra_time(
    town: Town,
) -> None:
    number = await given_to(town, "liushen")
    await at_her_hour(town, number)
    await town.says("liushen", f"到了 {number} {(await town.call(number)).code}")
    await town.live(minutes=152)
    assert f"王秀英那里办完了吗？办完请回：完成 {number}" in town.heard("liushen")
    await town.live(minutes=61)
    assert await town.state(number) == "awaiting_confirm"
    (visit,) = await town.visits(number)
    assert (visit.minutes, visit.has_checkout) == (90, False)


async def test_who_does_not_come_is_replaced_and_everybody_knows(town: Town) -> None:
    number = await given_to(town, "liushen")
    await at_her_hour(town, number, minutes=31)
    assert await town.state(number) == "open"
    assert f"{number}号没等到您，另找人了。下回去不了请早说：退单 {number}" in town.heard("liushen")
    assert "王奶奶，刘翠花来不了了。我马上另找人。" in town.heard("wang")
    assert any(f"指派 {number} 姓名" in words for words in town.heard("dashan"))
    assert "liushen" not in await town.asked(number)
    assert "就托付给您了" in await town.says("mingyue", f"接单 {number}")
    assert await town.kept(number) == 120


async def test_a_word_taken_back_in_time_is_no_shame_and_others_are_asked(town: Town) -> None:
    number = await given_to(town, "liushen")
    assert (
        await town.says("liushen", f"退单 {number}")
        == f"好，{number}号我马上另找人。谢谢您告诉我！"
    )
    assert await town.state(number) == "open"
    await town.live(seconds=10)
    assert len(await town.asked(number)) == 3
    assert "liushen" not in await town.asked(number)


async def test_taken_back_late_she_is_told_at_once_also_at_night(town: Town) -> None:
    number = await given_to(town, "liushen", "明天早上六点想请人来打扫屋子")
    await town.live(hours=16)  # it is half past four
    await town.says("xiaomei", f"取消 {number}")
    await town.live(seconds=5)
    assert any("不用去了" in words for words in town.heard("liushen"))


async def test_taken_back_when_he_is_on_the_way_he_is_paid_for_it(town: Town) -> None:
    number = await given_to(town, "liushen")
    await at_her_hour(town, number, minutes=-20)
    assert await town.says("wang", f"取消 {number}") == (
        "王奶奶，好，打扫那次取消了。人已动身，付了15分钟。"
    )
    await town.live(seconds=5)
    assert f"11月24日上午9点的打扫（{number}号）不用去了。您已动身，记下15分钟。" in town.heard(
        "liushen"
    )
    assert (await town.balance("liushen"), await town.kept(number)) == (15, 0)
    assert "现在用不上" in await town.says("wang", f"取消 {number}")
    assert await town.balance("liushen") == 15


async def test_missed_while_somebody_is_with_her_he_is_asked_first(town: Town) -> None:
    number = await given_to(town, "liushen", "明天早上八点想请人来打扫屋子")
    await at_her_hour(town, number)
    await town.says("liushen", f"到了 {number}")  # without her code: that would be her word
    await town.is_missed("wang")
    await town.house.rounds["expecting"][1](town.clock.now())
    await town.live(seconds=5)
    asked = "王秀英今天还没报平安。您正在她家，她好吗？好请回：代 王秀英 平安"
    assert asked in town.heard("liushen")
    assert not any("还没报平安" in words for words in town.heard("dashan"))
    assert await town.says("liushen", "代 王秀英 平安") == "好，记下了：王秀英平安。"
    await town.live(minutes=11)
    await town.house.rounds["expecting"][1](town.clock.now())
    assert await town.incidents("wang") == []


async def test_where_he_does_not_answer_the_ladder_begins_ten_minutes_later(town: Town) -> None:
    number = await given_to(town, "liushen", "明天早上八点想请人来打扫屋子")
    await at_her_hour(town, number)
    await town.says("liushen", f"到了 {number}")
    await town.is_missed("wang")
    await town.house.rounds["expecting"][1](town.clock.now())
    assert await town.incidents("wang") == []
    await town.live(minutes=11)
    await town.house.rounds["expecting"][1](town.clock.now())
    (incident,) = await town.incidents("wang")
    assert incident.kind == "missed"


async def with_bath_papers(town: Town) -> None:
    for person in ("liushen", "mingyue", "xiaohu", "qiaoyun"):
        await town.has_papers(person, "培训", "承诺书", "保险")


async def bath(town: Town) -> int:
    await with_bath_papers(town)
    number = await town.asks("wang", "明天上午想请人帮我洗个澡")
    await town.says("dashan", f"同意 {number}")
    await town.live(minutes=1)
    return number


async def test_a_bath_takes_two_women_with_papers_for_her(town: Town) -> None:
    number = await bath(town)
    assert set(await town.offers(number)) == {"liushen", "mingyue", "qiaoyun"}
    await town.live(minutes=35)
    assert "定下谁去" in await town.says("liushen", f"接单 {number}")
    assert await town.state(number) == "open"
    assert "同性别" in await town.says("xiaohu", f"接单 {number}")
    assert "就托付给您了" in await town.says("qiaoyun", f"接单 {number}")
    assert [one.volunteer_id for one in await town.visits(number)] == ["liushen", "qiaoyun"]
    await town.live(seconds=5)
    assert any("两个人一起" in words for words in town.heard("liushen"))
    await at_her_hour(town, number)
    code = (await town.call(number)).code
    await town.says("liushen", f"到了 {number} {code}")
    await town.says("qiaoyun", f"到了 {number} {code}")
    await town.live(minutes=60)
    await town.says("liushen", f"完成 {number}")
    assert await town.state(number) == "in_service"
    await town.says("qiaoyun", f"完成 {number}")
    assert await town.state(number) == "awaiting_confirm"
    await town.says("wang", f"好 {number}")
    assert (await town.balance("liushen"), await town.balance("qiaoyun")) == (60, 60)


async def test_where_only_one_of_two_says_yes_the_leader_hears_in_time(town: Town) -> None:
    number = await bath(town)
    await town.says("liushen", f"接单 {number}")
    await town.all_refuse(number)
    await town.live(minutes=31)
    assert await town.state(number) == "open"
    assert any(f"指派 {number} 姓名" in words for words in town.heard("dashan"))
    assert "两边都告诉了" in await town.says("dashan", f"指派 {number} 林巧云")
    assert [one.volunteer_id for one in await town.visits(number)] == ["liushen", "qiaoyun"]


async def test_where_only_one_of_two_comes_to_a_bath_the_leader_is_called(town: Town) -> None:
    number = await bath(town)
    await town.live(minutes=35)
    await town.says("liushen", f"接单 {number}")
    await town.says("qiaoyun", f"接单 {number}")
    await at_her_hour(town, number)
    await town.says("liushen", f"到了 {number} {(await town.call(number)).code}")
    await town.live(minutes=32)
    assert any("别让一个人办" in words for words in town.heard("dashan"))
    assert [one.state for one in await town.visits(number)] == ["arrived", "absent"]


async def test_one_of_two_takes_his_word_back_and_the_other_keeps_hers(town: Town) -> None:
    number = await bath(town)
    await town.live(minutes=35)
    await town.says("liushen", f"接单 {number}")
    await town.says("qiaoyun", f"接单 {number}")
    await town.says("qiaoyun", f"退单 {number}")
    assert await town.state(number) == "open"
    await town.live(seconds=5)
    assert await town.asked(number) == ["mingyue"]
    await town.live(minutes=31)
    assert "就托付给您了" in await town.says("mingyue", f"接单 {number}")
    states = {one.volunteer_id: one.state for one in await town.visits(number)}
    assert states == {"liushen": "assigned", "qiaoyun": "withdrawn", "mingyue": "assigned"}
