"""Half of all elders have no phone: the leader's morning list, and the sheet in the evening."""

import pytest
from sqlalchemy import delete, func, select, update

from storage.checkins import Plan, SignOfLife
from storage.letters import Letter
from storage.people import Identity, Person, PersonRole, Role, Tie, TieKind
from storage.villages import Village as Settlement
from tests.village import NAMES, Village

MORNING = "早上好，没手机的老人请您看看："
BOTH = f"{MORNING}2 王秀英、3 赵桂兰。见到的请回号码，如：2号 3号。都好请回：全好"


async def without_phone(village: Village, *elders: str) -> None:
    """Let elders have no phone, beside 赵桂兰 who has none."""
    async with village.database.writing() as session:
        await session.execute(delete(Identity).where(Identity.person_id.in_(elders)))


async def signs(village: Village, elder: str) -> list[tuple[str, str]]:
    """Return what is kept of her: the kind of each sign of life, and whose word it was."""
    async with village.database.reading() as session:
        found = await session.execute(
            select(SignOfLife.kind, SignOfLife.actor_id)
            .where(SignOfLife.elder_id == elder)
            .order_by(SignOfLife.id)
        )
        return [(kind, actor) for kind, actor in found]


async def test_the_leader_gets_one_list_and_answers_by_numbers(village: Village) -> None:
    await without_phone(village, "wang")
    await village.until("07:01")
    assert village.heard("dashan") == [BOTH]
    reply = await village.says("dashan", "2 3")
    assert reply == "记下了：王秀英、赵桂兰平安。名单上的都有回音了，谢谢您！"
    assert await village.expectation("wang") == await village.expectation("zhao") == "met"
    assert await signs(village, "zhao") == [("proxy", "dashan")]
    await village.until("09:40")
    assert len(village.heard("dashan")) == 1 + len(await village.incidents("chen"))


async def test_who_is_heard_or_away_or_spoken_for_is_not_on_it(village: Village) -> None:
    await without_phone(village, "wang", "chen")
    await village.until("06:30")
    await village.says("dashan", "请假 陈德福 3天")
    await village.says("liushen", "代 王秀英 平安")
    await village.until("07:01")
    assert village.heard("dashan") == [f"{MORNING}3 赵桂兰。见到了请回：3号平安"]


async def test_when_nobody_is_left_there_is_no_list(village: Village) -> None:
    await village.until("06:30")
    await village.says("dashan", "代 赵桂兰 平安")
    await village.until("08:40")
    assert village.heard("dashan") == []


async def test_answered_twice_each_is_taken_down_once(village: Village) -> None:
    await without_phone(village, "wang")
    await village.until("07:01")
    first = await village.says("dashan", "3")
    assert first == "记下了：赵桂兰平安。还没见到：王秀英。"
    assert await village.says("dashan", "3号") == first
    assert await signs(village, "zhao") == [("proxy", "dashan")]


async def test_a_number_nobody_has_is_said_and_the_others_count(village: Village) -> None:
    await without_phone(village, "wang")
    await village.until("07:01")
    reply = await village.says("dashan", "3、9")
    assert reply == "记下了：赵桂兰平安。没有9号。还没见到：王秀英。"
    assert await village.expectation("zhao") == "met"


@pytest.mark.parametrize(
    "words", ["全好", "都好", "大家都平安", "2号和3号都好", "二、三", "平安 2 3"]
)
async def test_all_are_well_in_many_words(village: Village, words: str) -> None:
    await without_phone(village, "wang")
    await village.until("07:01")
    assert "王秀英、赵桂兰平安" in await village.says("dashan", words)


@pytest.mark.parametrize("words", ["除了2都好", "都好，除了2号", "2没见到，其他都好"])
async def test_all_but_one_are_well(village: Village, words: str) -> None:
    await without_phone(village, "wang")
    await village.until("07:01")
    reply = await village.says("dashan", words)
    assert reply == "记下了：赵桂兰平安。王秀英没见到，先不记，请再去看看。"
    assert await village.expectation("zhao") == "met"
    assert await village.expectation("wang") == "pending"


async def test_all_well_is_only_said_of_those_he_was_asked_after(village: Village) -> None:
    await village.until("07:01")
    await village.says("dashan", "全好")
    assert await village.expectation("zhao") == "met"
    assert await village.expectation("wang") == "pending"  # she has a phone, and reports herself
    assert await village.says("zhang", "都好") == "收到了。想知道能做什么，请回：帮助"


async def test_who_was_not_seen_is_missed_and_called_for_in_time(village: Village) -> None:
    await village.until("07:01")
    assert await village.says("dashan", "3没见到") == "赵桂兰没见到，先不记，请再去看看。"
    for elder in ("wang", "chen", "sun", "laosi"):
        await village.says(elder, "1")
    await village.until("08:31")
    assert village.heard("dashan")[-1] == "还没报平安：3 赵桂兰。见到了请回：3号平安"
    await village.until("09:31")
    assert [one.kind for one in await village.incidents("zhao")] == ["missed"]


async def test_whoever_named_the_wrong_one_takes_it_back_and_she_is_waited_for(
    village: Village,
) -> None:
    await without_phone(village, "wang")
    await village.until("07:01")
    await village.says("dashan", "3号")
    assert await village.says("dashan", "3没见到") == (
        "赵桂兰刚才记的平安取消了，请快去看看。还没见到：王秀英。"
    )
    assert await village.expectation("zhao") == "pending"
    assert await signs(village, "zhao") == [("taken_back", "dashan")]
    await village.until("08:31")
    assert "3 赵桂兰" in village.heard("dashan")[-1]


async def test_a_call_ended_by_a_word_taken_back_is_made_anew(village: Village) -> None:
    await village.until("07:01")
    for elder in ("wang", "chen", "sun", "laosi"):
        await village.says(elder, "1")
    await village.until("09:31")
    await village.says("dashan", "3号平安")
    assert "取消了" in await village.says("dashan", "3号没见到")
    assert [one.stage for one in await village.incidents("zhao")] == ["closed", "open"]
    assert "已经有回音了" in await village.says("dashan", "2没见到")
    assert await village.expectation("wang") == "met"


async def test_the_later_reminder_has_the_same_numbers(village: Village) -> None:
    await without_phone(village, "wang")
    await village.until("07:01")
    await village.says("dashan", "2号")
    await village.until("08:31")
    assert village.heard("dashan")[-1] == "还没报平安：3 赵桂兰。见到了请回：3号平安"
    assert "赵桂兰平安" in await village.says("dashan", "3号平安")


async def test_unwell_her_daughter_and_the_coordinator_hear_it(village: Village) -> None:
    await without_phone(village, "wang")
    await village.until("07:01")
    reply = await village.says("dashan", "2头晕，3好")
    assert reply == "王秀英不舒服，告诉王小梅、张主任了。厉害就打120。记下了：赵桂兰平安。"
    await village.until("07:03")
    told = "李大山说王秀英不舒服。请您打个电话或去看看。"
    assert village.heard("xiaomei") == [told]
    assert told in village.heard("zhang")
    assert await signs(village, "wang") == [("care", "dashan")]
    assert await village.expectation("wang") == "met"


@pytest.mark.parametrize("words", ["3出事", "3号出事了", "3摔倒了"])
async def test_harmed_people_are_called_to_her_at_once(village: Village, words: str) -> None:
    await village.until("07:01")
    assert await village.says("dashan", words) == "赵桂兰的事，叫了张主任。快打120！"
    (incident,) = await village.incidents("zhao")
    assert incident.kind == "emergency"
    await village.until("07:03")
    assert any("【急】赵桂兰" in heard for heard in village.heard("zhang"))


async def test_an_emergency_is_not_closed_by_a_number(village: Village) -> None:
    await village.until("07:01")
    await village.says("dashan", "3摔倒了")
    (incident,) = await village.incidents("zhao")
    reply = await village.says("dashan", "3号 1号")
    assert f"赵桂兰的急事还没完，安顿好请回：平安 {incident.number}。" in reply
    (incident,) = await village.incidents("zhao")
    assert incident.stage == "open"


async def number_of(village: Village, elder: str) -> str:
    """Return the number that stands beside a name in the last letter to a leader."""
    *_, letter = [words for words in village.heard("laosi") if NAMES[elder] in words]
    return letter.split(f" {NAMES[elder]}")[0][-1]


async def lead_by_an_elder(village: Village) -> None:
    """Let 周老四, an elder, lead a third elder who has no phone: 安大妈, number 1 of 西头."""
    async with village.database.writing() as session:
        laosi = await session.get_one(Person, "laosi")
        session.add(
            Person(
                id="an",
                name="安大妈",
                gender="female",
                village_id=laosi.village_id,
                group_id=laosi.group_id,
            )
        )
        await session.flush()
        session.add(PersonRole(person_id="an", role=Role.ELDER))
        plan = await session.get_one(Plan, ("laosi", "day"))
        session.add(Plan(elder_id="an", opens=plan.opens, closes=plan.closes, tier=2))


async def test_a_leader_who_is_an_elder_says_one_and_means_himself(village: Village) -> None:
    await lead_by_an_elder(village)
    await village.until("07:01")
    assert village.heard("laosi") == [f"{MORNING}1 安大妈。见到了请回：1号平安"]
    reply = await village.says("laosi", "1")
    assert reply == "周爷爷，记下了，您平安。要是说安大妈，请回：1号平安"
    assert await village.expectation("laosi") == "met"
    assert await village.expectation("an") == "pending"
    assert "安大妈平安" in await village.says("laosi", "1号平安")
    assert await village.expectation("an") == "met"
    assert await village.says("laosi", "1") == "周爷爷，记下了，您今天平安。"


async def test_his_all_well_is_he_and_all_on_the_list_are_said_otherwise(village: Village) -> None:
    await lead_by_an_elder(village)
    await village.until("07:01")
    reply = await village.says("laosi", "都好")
    assert reply == "周爷爷，记下了，您平安。要是说名单上的，请回：全好"
    assert await village.expectation("an") == "pending"
    await village.says("laosi", "全好")
    assert await village.expectation("an") == "met"


async def test_two_and_three_of_an_elder_are_never_the_list(village: Village) -> None:
    await without_phone(village, "sun")
    await village.until("07:01")
    assert await number_of(village, "sun") == "2"
    assert "告诉张主任了" in await village.says("laosi", "2")
    assert "要帮什么忙" in await village.says("laosi", "3")
    assert await village.expectation("sun") == "pending"


async def test_what_a_leader_says_of_another_is_not_written_down_of_himself(
    village: Village,
) -> None:
    await without_phone(village, "sun")
    await village.until("07:01")
    await village.says("laosi", "2号头晕")
    assert await signs(village, "sun") == [("care", "laosi")]
    assert await signs(village, "laosi") == [("of_another", "laosi")]


async def test_where_no_leader_is_reached_the_neighbour_is_asked(village: Village) -> None:
    await without_phone(village, "dashan")
    async with village.database.writing() as session:
        session.add(Tie(elder_id="zhao", person_id="liushen", kind=TieKind.NEIGHBOUR))
    await village.until("07:01")
    assert village.heard("liushen") == [f"{MORNING}3 赵桂兰。见到了请回：3号平安"]
    assert "赵桂兰平安" in await village.says("liushen", "3")
    assert await village.expectation("zhao") == "met"
    assert "平安" not in await village.says("liushen", "2号")  # 王秀英 is not on her list


async def test_where_there_is_no_neighbour_either_the_coordinator_is(village: Village) -> None:
    await without_phone(village, "dashan", "laosi", "sun")
    await village.until("07:01")
    (words,) = village.heard("zhang")
    assert words.startswith(f"{MORNING}东头3 赵桂兰、西头1 周老四、西头2 孙老根。")
    assert "孙老根、赵桂兰平安" in await village.says("zhang", "2号 3号")


async def silent_until(village: Village, hour: str, number: int) -> None:
    """Let 陈德福 and 赵桂兰 be silent, and the first call of the village have a number."""
    async with village.database.writing() as session:
        await session.execute(update(Settlement).values(last_number=number - 1))
    await village.until("07:01")
    for elder in ("wang", "sun", "laosi"):
        await village.says(elder, "1")
    await village.until(hour)
    (incident,) = await village.incidents("chen")
    assert incident.number == number


async def test_where_a_number_is_hers_and_an_incidents_he_is_asked(village: Village) -> None:
    await silent_until(village, "09:12", number=3)
    reply = await village.says("dashan", "3号平安")
    assert reply == "3号是谁？赵桂兰请回：代 赵桂兰 平安。陈德福请回：平安 3"
    assert await village.expectation("zhao") == "late"
    assert (await village.incidents("chen"))[0].stage == "open"
    assert "陈德福平安" in await village.says("dashan", "3平安")
    assert (await village.incidents("chen"))[0].stage == "closed"
    assert await village.expectation("zhao") == "late"


async def test_what_befell_her_to_whom_he_was_called_is_told_of_her(village: Village) -> None:
    await silent_until(village, "09:12", number=3)
    assert await village.says("dashan", "3摔倒了") == "陈德福的事，叫了刘翠花、张主任。快打120！"
    assert [one.kind for one in await village.incidents("chen")] == ["emergency"]
    assert await village.incidents("zhao") == []
    assert await village.incidents("dashan") == []


async def test_the_list_is_written_once_however_often_it_rings(village: Village) -> None:
    await village.until("07:01")
    _, write_lists = village.house.rounds["listing"]
    assert await write_lists(village.clock.now()) == 0
    async with village.database.reading() as session:
        assert (
            await session.scalar(
                select(func.count()).select_from(Letter).where(Letter.kind == "morning_list")
            )
            == 1
        )
