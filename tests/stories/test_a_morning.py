"""An ordinary morning, and a silent one: from the first word to the last all-clear."""

import pytest

from handlers.message import Kind
from tests.village import Village


async def test_she_says_she_is_well_and_hears_her_name(village: Village) -> None:
    await village.until("06:10")
    assert await village.says("wang", "平安") == "王奶奶，记下了，您今天平安。"
    assert await village.expectation("wang") == "met"
    await village.until("10:00")
    assert village.heard("wang") == []
    assert village.heard("xiaomei") == []


@pytest.mark.parametrize(
    "words", ["1", "好", "吃了", "没事。", "１", " 好的！ ", "[强][强]", "👍", "🌹🌹"]
)
async def test_ok_in_many_words(village: Village, words: str) -> None:
    await village.until("06:10")
    assert "记下了" in await village.says("wang", words)
    assert await village.expectation("wang") == "met"


@pytest.mark.parametrize("kind", [Kind.VOICE, Kind.PICTURE, Kind.STICKER])
async def test_whatever_she_sends_she_is_alive(village: Village, kind: Kind) -> None:
    await village.until("06:10")
    assert (await village.sends("wang", kind)).startswith("王奶奶")
    assert await village.expectation("wang") == "met"


async def test_words_nobody_understands_are_a_sign_of_life_and_one_question(
    village: Village,
) -> None:
    await village.until("06:10")
    reply = await village.says("wang", "俺家老母鸡又下了俩蛋")
    assert reply == "王奶奶，听到您了。平安请回1，不舒服回2，要帮忙回3。"
    assert await village.expectation("wang") == "met"


async def test_only_the_silent_are_reminded_and_a_reminder_helps(village: Village) -> None:
    await village.until("07:00")
    await village.says("sun", "好")
    await village.until("08:31")
    assert village.heard("wang") == ["王奶奶，早上好，您今天好吗？好就回个1。"]
    assert village.heard("sun") == []
    await village.says("wang", "1")
    await village.until("10:30")
    assert len(village.heard("wang")) == 1
    assert await village.incidents("wang") == []


async def test_silence_reaches_neighbour_and_leader_after_the_grace(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("09:01")
    assert village.heard("wang")[-1] == "王奶奶，还没听到您，您在吗？回个1就行。"
    await village.until("09:29")
    assert await village.incidents("wang") == []
    await village.until("09:31")
    assert await village.expectation("wang") == "missed"
    (incident,) = await village.incidents("wang")
    call = f"王秀英今天还没报平安。您能去看看吗？能去请回：我去 {incident.number}"
    assert call in village.heard("liushen")
    assert call in village.heard("dashan")
    assert village.heard("xiaomei") == []


async def test_for_the_frail_ten_minutes_are_enough(village: Village) -> None:
    await village.until("09:11")
    assert await village.expectation("chen") == "missed"
    assert await village.expectation("wang") == "late"


async def test_silence_reaches_the_daughter_when_nobody_answers(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("09:46")
    assert any("王秀英" in words for words in village.heard("xiaomei"))
    assert any("王秀英" in words for words in village.heard("zhang"))
    assert not any("王秀英" in words for words in village.heard("sheng"))
    await village.until("10:17")
    assert any("王秀英" in words for words in village.heard("sheng"))


async def test_a_promise_stops_the_ladder_and_the_others_hear_who_goes(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("09:31")
    (incident,) = await village.incidents("wang")
    reply = await village.says("dashan", f"我去 {incident.number}")
    assert reply == f"好，王秀英就托付给您了。见到她请回：平安 {incident.number}"
    await village.until("09:50")
    assert "李大山去看王秀英了，有消息马上告诉您。" in village.heard("liushen")
    assert not any("王秀英" in words for words in village.heard("xiaomei"))


async def test_the_outcome_closes_it_and_the_all_clear_goes_to_exactly_those_told(
    village: Village,
) -> None:
    await village.all_well_but("wang")
    await village.until("09:31")
    (incident,) = await village.incidents("wang")
    await village.says("dashan", f"我去 {incident.number}")
    await village.until("09:40")
    reply = await village.says("dashan", f"手机坏 {incident.number}")
    assert reply == "记下了：王秀英平安，手机坏了。都告诉大家了，谢谢您！"
    await village.until("09:42")
    clear = "王秀英平安，手机坏了。李大山看过了。"
    assert village.heard("liushen")[-1] == clear
    for other in ("xiaomei", "laosi", "sheng", "dashan"):
        assert clear not in village.heard(other)


async def test_her_own_late_word_ends_it_and_everybody_told_can_rest(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("09:48")
    await village.says("wang", "忘了手机了")
    await village.until("09:50")
    for told in ("liushen", "dashan", "xiaomei", "zhang"):
        assert village.heard(told)[-1] == "放心吧，王秀英自己报平安了。"
    assert "放心吧，王秀英自己报平安了。" not in village.heard("sheng")
    (incident,) = await village.incidents("wang")
    assert (incident.stage, incident.result) == ("closed", "报平安")


async def test_a_promise_without_an_outcome_reopens_and_climbs(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("09:31")
    (incident,) = await village.incidents("wang")
    await village.says("dashan", f"我去 {incident.number}")
    await village.until("10:02")
    ask = f"您说去看王秀英，见到了吗？请回：平安 {incident.number}"
    assert ask in village.heard("dashan")
    gone_quiet = f"李大山去看王秀英还没回音。您能去吗？请回：我去 {incident.number}"
    assert gone_quiet in village.heard("liushen")
    assert any("王秀英今天还没报平安" in words for words in village.heard("xiaomei"))


async def test_the_last_step_repeats_and_never_stops(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("12:30")
    (incident,) = await village.incidents("wang")
    assert (incident.step, incident.lap) == (3, 3)
    calls = [words for words in village.heard("sheng") if "王秀英" in words]
    assert len(calls) == 4


async def test_an_empty_step_falls_through_at_once_and_says_so(village: Village) -> None:
    """Leader Zhou is an elder himself: he has no neighbour, no family, and no other leader."""
    await village.all_well_but("laosi")
    await village.until("09:31")
    (incident,) = await village.incidents("laosi")
    assert incident.step == 1
    assert village.heard("zhang") == [
        "周老四今天还没报平安（邻居和组长都通知不到）。"
        f"您能去看看吗？能去请回：我去 {incident.number}"
    ]


async def test_whoever_went_and_found_her_in_need_calls_everybody(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("09:31")
    (incident,) = await village.incidents("wang")
    await village.says("dashan", f"我去 {incident.number}")
    reply = await village.says("dashan", f"出事 {incident.number}")
    assert reply.startswith("快打120！")
    await village.until("09:33")
    assert f"【急】王秀英出事了，快去看看！要去请回：我去 {incident.number}" in village.heard(
        "xiaomei"
    )
    assert any("李大山在身边" in words for words in village.heard("liushen"))
    await village.says("wang", "平安")
    (incident,) = await village.incidents("wang")
    assert (incident.kind, incident.stage) == ("emergency", "promised")
    await village.says("dashan", f"住院 {incident.number}")
    await village.until("09:36")
    assert village.heard("xiaomei")[-1] == "王秀英住院了，有人照看。李大山看过了。"


async def test_the_leader_is_asked_after_those_who_have_no_phone(village: Village) -> None:
    await village.until("08:31")
    assert "还没报平安：3 赵桂兰。见到了请回：3号平安" in village.heard("dashan")
    assert await village.says("dashan", "代 赵桂兰 平安") == "好，记下了：赵桂兰平安。"
    assert await village.expectation("zhao") == "met"
    assert "没找到" in await village.says("laosi", "代 赵桂兰 平安")


async def test_when_all_is_well_the_coordinator_hears_one_line(village: Village) -> None:
    await village.all_well_but()
    await village.until("09:46")
    assert village.heard("zhang") == ["今日平安：李家沟5位老人都好。"]


async def test_the_digest_tells_who_is_missing_and_who_was_seen(village: Village) -> None:
    await village.all_well_but("chen", "zhao")
    await village.until("09:35")
    (chen,) = await village.incidents("chen")
    (zhao,) = await village.incidents("zhao")
    await village.says("dashan", f"忘了 {chen.number}")
    await village.says("zhang", "帮助")  # her window is open again: nothing comes as a card
    await village.until("09:45")
    (digest,) = [words for words in village.heard("zhang") if "应报" in words]
    assert digest == (
        "李家沟：应报5位，平安3位，没报1位，看过1位。\n"
        f"没报：{zhao.number} 赵桂兰（还在找人）。\n"
        "已看过：陈德福（忘了，李大山看的）。"
    )


async def test_who_speaks_before_the_day_is_opened_has_spoken(village: Village) -> None:
    await village.says("wang", "1")
    assert await village.expectation("wang") == "none"
    await village.until("10:30")
    assert await village.expectation("wang") == "met"
    assert not any("王秀英" in words for words in village.heard("dashan"))
