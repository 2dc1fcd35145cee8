"""Somebody calls for help, or has no wish to live: people are called before she is answered."""

import pytest

from handlers.message import Kind
from storage import ladder
from storage.ladder import Failed
from storage.letters import Letter, LetterState
from storage.people import Identity, Person, PersonRole, Role
from tests.village import Village


async def test_an_emergency_calls_neighbour_leader_daughter_and_coordinator_at_once(
    village: Village,
) -> None:
    await village.until("07:00")
    reply = await village.says("wang", "我摔倒了，起不来")
    assert reply == "王奶奶，别怕，叫了刘翠花、李大山、王小梅。快打120！"
    (incident,) = await village.incidents("wang")
    assert (incident.kind, incident.stage, incident.step) == ("emergency", "open", 1)
    await village.ring()
    call = f"【急】王秀英摔倒了，快去看看！要去请回：我去 {incident.number}"
    for called in ("liushen", "dashan", "xiaomei", "zhang"):
        assert village.told(called) == [call]
    assert village.heard("sheng") == []


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("摔了一跤", "摔倒了"),
        ("胸口疼得厉害", "胸口不好受"),
        ("家里着火了", "着火或触电"),
        ("流血不止", "流血了"),
        ("煤气味很大，头晕", "可能煤气中毒"),
        ("救命", "出事了"),
    ],
)
async def test_who_is_called_learns_what_it_is_and_so_do_those_called_later(
    village: Village, words: str, what: str
) -> None:
    await village.until("07:00")
    await village.says("wang", words)
    await village.until("07:07")
    for called in ("dashan", "xiaomei", "laosi", "sheng"):
        assert village.told(called)[0].startswith(f"【急】王秀英{what}，快去看看！")


async def test_of_a_man_is_said_he(village: Village) -> None:
    await village.until("07:00")
    await village.says("sun", "摔了一跤")
    assert await village.says("laosi", "我去") == "好，孙老根就托付给您了。见到他请回：平安 1"


async def test_an_emergency_counts_though_she_was_heard_this_morning(village: Village) -> None:
    await village.all_well_but()
    await village.until("15:00")
    await village.says("wang", "胸口疼得厉害，喘不上气")
    (incident,) = await village.incidents("wang")
    assert incident.kind == "emergency"


async def test_her_later_word_does_not_close_an_emergency(village: Village) -> None:
    await village.until("07:00")
    await village.says("wang", "救命")
    assert await village.says("wang", "平安") == (
        "王奶奶，记下了。叫了刘翠花、李大山，马上来看您。"
    )
    (incident,) = await village.incidents("wang")
    assert incident.stage == "open"
    await village.says("dashan", f"平安 {incident.number}")
    (incident,) = await village.incidents("wang")
    assert (incident.stage, incident.result) == ("closed", "平安")


@pytest.mark.parametrize("words", ["1", "早上好", "人来了没"])
async def test_while_people_are_called_she_hears_who_comes(village: Village, words: str) -> None:
    await village.until("07:00")
    await village.says("wang", "救命")
    (incident,) = await village.incidents("wang")
    await village.says("dashan", f"我去 {incident.number}")
    assert await village.says("wang", words) == "王奶奶，记下了。李大山正去看您。"
    assert await village.sends("wang", Kind.VOICE) == "王奶奶，收到了。李大山正去看您。"
    await village.says("dashan", f"平安 {incident.number}")
    assert await village.says("wang", "好") == "王奶奶，记下了，您今天平安。"


async def test_who_has_no_wish_to_live_hears_who_comes_and_not_that_she_is_well(
    village: Village,
) -> None:
    await village.until("07:00")
    await village.says("wang", "不想活了")
    assert await village.says("wang", "好") == "王奶奶，记下了。叫了李大山、张主任，马上来看您。"


async def test_nobody_answers_an_emergency_and_it_climbs_after_three_minutes(
    village: Village,
) -> None:
    await village.until("07:00")
    await village.says("wang", "救命")
    await village.until("07:02")
    assert village.told("laosi") == []
    await village.until("07:04")
    assert any("王秀英" in words for words in village.heard("laosi"))
    await village.until("07:07")
    assert any("王秀英" in words for words in village.heard("sheng"))


async def test_distress_after_silence_turns_the_missed_into_an_emergency(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("09:35")
    reply = await village.says("wang", "摔了一跤，动不了")
    assert "快打120" in reply
    (incident,) = await village.incidents("wang")
    assert (incident.kind, incident.stage) == ("emergency", "open")
    await village.until("09:36")
    assert not any("放心吧" in words for words in village.heard("dashan"))
    call = f"【急】王秀英摔倒了，快去看看！要去请回：我去 {incident.number}"
    assert call in village.heard("xiaomei")
    assert call in village.heard("dashan")


async def test_not_eaten_and_fallen_is_a_fall(village: Village) -> None:
    await village.until("07:00")
    assert "快打120" in await village.says("wang", "没吃饭，摔了")


async def test_fallen_yesterday_and_well_today_calls_nobody(village: Village) -> None:
    await village.until("07:00")
    await village.says("wang", "昨天摔了，今天好了")
    assert await village.incidents("wang") == []


async def test_hens_and_then_no_wish_to_go_on(village: Village) -> None:
    await village.until("07:00")
    reply = await village.says(
        "wang", "俺家那几只老母鸡今儿个下了俩蛋，喂完鸡坐那儿想，活着真没啥意思了"
    )
    assert reply == "王奶奶，我听着呢，李大山马上来陪您。也可以打12356。"
    (incident,) = await village.incidents("wang")
    assert incident.kind == "crisis"
    await village.ring()
    assert village.told("dashan")[0].startswith("【保密】王秀英心里很难过")
    for other in ("liushen", "xiaomei", "sheng", "laosi"):
        assert village.heard(other) == []


async def test_a_crisis_at_night_goes_out_in_quiet_hours(village: Village) -> None:
    await village.all_well_but()
    await village.until("23:10")
    await village.says("wang", "不想活了，拖累孩子们")
    await village.ring()
    assert any("【保密】" in words for words in village.heard("dashan"))
    assert any("【保密】" in words for words in village.heard("zhang"))  # there is no doctor here


async def test_who_is_not_reached_in_a_crisis_is_told_to_no_other_than_the_few(
    village: Village,
) -> None:
    """The doctor has it, the leader cannot be reached: that is no news for the coordinator."""
    await village.until("07:00")
    await _let_doctor_he_live_here(village)
    await village.says("wang", "不想活了")
    await village.ring()
    (letter,) = [one for one in await village.letters("crisis") if one.recipient_id == "dashan"]
    assert letter.incident_id is not None
    async with village.database.writing() as session:
        failed = Failed(letter.id, letter.incident_id, "dashan")
        await ladder.pass_over(session, [failed], village.clock.now())
    told = {one.recipient_id for one in await village.letters("unreached")}
    assert told == {"he"}


async def test_a_crisis_that_reaches_none_of_the_few_calls_the_coordinator(
    village: Village,
) -> None:
    await village.until("07:00")
    await _let_doctor_he_live_here(village)
    await village.says("wang", "不想活了")
    calls = await village.letters("crisis")
    assert {one.recipient_id for one in calls} == {"dashan", "he"}
    for call in sorted(calls, key=lambda one: one.recipient_id):  # the leader first
        assert call.incident_id is not None
        async with village.database.writing() as session:
            letter = await session.get_one(Letter, call.id)
            letter.state = LetterState.FAILED
            await session.flush()
            failed = Failed(call.id, call.incident_id, call.recipient_id)
            await ladder.pass_over(session, [failed], village.clock.now())
    await village.ring()
    assert any("【保密】" in words for words in village.heard("zhang")), village.heard("zhang")
    assert {one.recipient_id for one in await village.letters("unreached")} == {"he"}


async def _let_doctor_he_live_here(village: Village) -> None:
    village.platform.wrote_earlier("he", village.clock.now())
    async with village.database.writing() as session:
        home = await session.get_one(Person, "wang")
        session.add(Person(id="he", name="何医生", village_id=home.village_id))
        await session.flush()
        session.add(PersonRole(person_id="he", role=Role.DOCTOR))
        session.add(
            Identity(
                channel=village.channel, address="he", person_id="he", paired_at=village.clock.now()
            )
        )


async def test_a_crisis_is_in_no_digest_and_in_no_list(village: Village) -> None:
    await village.all_well_but()
    await village.says("wang", "活够了，想去找老伴")
    assert await village.says("laosi", "我去 1") == "现在没有要去看的老人。谢谢您！"
    await village.says("dashan", "我去 1")
    await village.says("dashan", "平安 1")
    await village.until("09:46")
    assert village.heard("zhang")[-1] == "今日平安：李家沟5位老人都好。"


async def test_a_crisis_is_asked_after_again_the_next_day(village: Village) -> None:
    await village.expect_only("wang")
    await village.says("wang", "平安")
    await village.until("10:00")
    await village.says("wang", "不想活了")
    (incident,) = await village.incidents("wang")
    await village.says("dashan", f"我去 {incident.number}")
    await village.says("dashan", f"平安 {incident.number}")
    await village.until("09:59")
    follow_up = "【保密】王秀英这两天好些吗？请再去坐坐，听她说说话。"
    assert follow_up not in village.heard("dashan")
    await village.says("dashan", "帮助")  # his reply window is open again
    await village.until("10:01")
    assert follow_up in village.heard("dashan")


async def test_a_neighbour_reports_a_fall_and_people_are_called_for_her(village: Village) -> None:
    await village.until("07:00")
    reply = await village.says("liushen", "王奶奶摔倒了")
    assert reply == "王奶奶的事，叫了李大山、王小梅、张主任。快打120！"
    (incident,) = await village.incidents("wang")
    assert incident.kind == "emergency"
    assert await village.expectation("wang") == "pending"  # she herself was not heard


async def test_a_daughter_says_mother_and_her_own_mother_is_meant(village: Village) -> None:
    await village.until("07:00")
    await village.says("xiaomei", "我妈说她胸口疼得厉害")
    (incident,) = await village.incidents("wang")
    assert incident.kind == "emergency"


async def test_where_it_is_not_clear_who_one_question_and_the_leader_knows(
    village: Village,
) -> None:
    await village.until("07:00")
    reply = await village.says("liushen", "有个老人摔倒了，起不来")
    assert reply == "是谁出事了？请写全名。急事先打120！"
    await village.ring()
    assert "【急】刘翠花说有人出事，没说清是谁。请马上问问。" in village.heard("dashan")
    await village.says("liushen", "陈德福")
    (incident,) = await village.incidents("chen")
    assert incident.kind == "emergency"


async def test_not_understood_is_asked_twice_in_other_words_then_a_person_asks(
    village: Village,
) -> None:
    await village.until("07:00")
    replies = [await village.says("wang", f"那个那个啥{what}") for what in ("东", "西", "南", "北")]
    assert replies[0] == "王奶奶，听到您了。平安请回1，不舒服回2，要帮忙回3。"
    assert replies[1] == "王奶奶，没听明白。好就按1，难受按2，找人帮忙按3，行吗？"
    assert replies[2] == "王奶奶，我请李大山来问问您。"
    assert replies[3] == "王奶奶，收到了。"
    await village.ring()
    assert village.told("dashan") == ["王秀英说的话没听懂。请您问问她有什么事。"]


async def test_a_flood_is_answered_once_a_minute_and_distress_always(village: Village) -> None:
    await village.until("07:00")
    replies = [await village.says("wang", f"鸡下蛋了{number}") for number in range(20)]
    assert len([reply for reply in replies if reply]) == 5
    assert "快打120" in await village.says("wang", "救命")


async def test_unwell_is_told_to_the_leader_and_asked_after_once(village: Village) -> None:
    await village.until("07:00")
    assert await village.says("wang", "2") == "王奶奶，告诉李大山了。厉害就打120，现在好些吗？"
    await village.ring()
    assert village.told("dashan") == ["王秀英说不舒服。请您打个电话或去看看。"]


@pytest.mark.parametrize("words", ["没好", "没有", "还没", "肚子", "头"])
async def test_no_better_is_told_on_and_nothing_more_is_asked(village: Village, words: str) -> None:
    await village.until("07:00")
    await village.says("wang", "难受")
    assert await village.says("wang", words) == "王奶奶，我再跟李大山说一声。厉害就打120。"
    await village.ring()
    assert village.told("dashan")[-1] == "王秀英说还没好。请您快打个电话或去看看。"


async def test_unwell_and_it_is_her_chest_calls_people(village: Village) -> None:
    await village.until("07:00")
    await village.says("wang", "难受")
    assert "快打120" in await village.says("wang", "胸口")
    (incident,) = await village.incidents("wang")
    assert incident.kind == "emergency"


async def test_a_bare_no_to_nothing_asked_is_not_unwell(village: Village) -> None:
    await village.until("07:00")
    assert "请回1" in await village.says("wang", "没有")
    await village.ring()
    assert village.told("dashan") == []


@pytest.mark.parametrize(
    ("words", "who"),
    [("1", "wang"), ("12", "xguiying"), ("第二个", "xguiying"), ("王秀英", "wang")],
)
async def test_which_of_two_is_said_by_number_place_or_name(
    village: Village, words: str, who: str
) -> None:
    await _another_grandmother_wang(village)
    assert await village.says("dashan", "王奶奶摔倒了") == (
        "是哪一位？请回：11 王秀英，12 王桂英。急事先打120！"
    )
    assert "快打120" in await village.says("dashan", words)
    (incident,) = await village.incidents(who)
    assert incident.kind == "emergency"


async def test_an_answer_nobody_understands_is_asked_again_and_somebody_is_told(
    village: Village,
) -> None:
    await _another_grandmother_wang(village)
    await village.says("dashan", "王奶奶摔倒了")
    assert await village.says("dashan", "就是她啊") == (
        "没听清是谁。王秀英回11，王桂英回12，或者写全名。急事先打120！"
    )
    assert await village.says("dashan", "东头那个") == "我请人马上来问您。急事先打120！"
    await village.ring()
    assert "【急】李大山说有人出事，没说清是谁。请马上问问。" in village.heard("zhang")


async def _another_grandmother_wang(village: Village) -> None:
    await village.until("07:00")
    async with village.database.writing() as session:
        wang = await session.get_one(Person, "wang")
        session.add(
            Person(
                id="xguiying",
                name="王桂英",
                gender="female",
                village_id=wang.village_id,
                group_id=wang.group_id,
            )
        )
        await session.flush()
        session.add(PersonRole(person_id="xguiying", role=Role.ELDER))


async def test_a_request_is_heard_by_its_kind(village: Village) -> None:
    await village.until("07:00")
    assert await village.says("wang", "头发长了，想剃个头") == (
        "王奶奶，哪天理发好？比如说：明天上午"
    )


async def test_without_a_transcriber_the_leader_gets_to_listen(village: Village) -> None:
    await village.until("07:00")
    await village.sends("wang", Kind.VOICE)
    assert await village.expectation("wang") == "met"
    await village.ring()
    assert village.told("dashan")[0] == "王秀英发来语音，请您听一听。"


async def test_a_missed_sentence_is_reported_and_the_coordinator_learns(village: Village) -> None:
    await village.all_well_but()
    await village.until("15:00")
    await village.says("dashan", "漏报 老王头说身上不得劲")
    await village.until("06:00")
    await village.all_well_but()
    await village.says("zhang", "帮助")  # his reply window is open again
    await village.until("09:46")
    assert any("没听懂的话：老王头说身上不得劲" in words for words in village.heard("zhang"))
