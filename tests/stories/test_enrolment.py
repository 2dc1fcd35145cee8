"""A leader takes an elder in by a talk: 登记."""

import re
from pathlib import Path

from sqlalchemy import select

from storage.checkins import Plan
from storage.enrolments import Enrolment
from storage.people import Person, PersonRole, Tie
from tests.databases import clear_at
from tests.village import Village, open_village

NEW = "new_phone"


async def enrolled(village: Village, name: str) -> list[Person]:
    async with village.database.reading() as session:
        found = await session.scalars(select(Person).where(Person.name == name))
        return list(found)


async def answer(village: Village, leader: str, *answers: str) -> str:
    """Let a leader answer one question after the other, and return what is said at the end."""
    replies = [await village.says(leader, words) for words in answers]
    return replies[-1]


async def until_read_back(village: Village, leader: str, name: str, *group: str) -> str:
    return await answer(
        village, leader, "登记", name, "女", "1941", "没有", *group, "行", "一般", "没有"
    )


async def test_from_the_first_question_to_the_first_morning(village: Village) -> None:
    asked = [
        await village.says("dashan", words)
        for words in ("登记", "钱桂香", "女", "一九四一", "1941", "139 0000 0000", "7点起", "体弱")
    ]
    assert asked == [
        "登记新老人，随时可回：上一步，或：不登了。老人叫什么名字？请回全名。",
        "钱桂香是男是女？请回：男，或：女",
        "钱桂香哪年生的？比如回：1941，不清楚回：不知道",
        "没听明白。钱桂香哪年生的？比如回：1941，不清楚回：不知道",
        "钱桂香的电话是多少？没有请回：没有",
        "早上几点等她报平安？6点到9点请回：行，别的请回：7点到10点",
        "她身体怎样？请回：体弱、一般，或：硬朗",
        "谁是她的家人或邻居？比如回：女儿 王小梅，没登记的回：没有",
    ]
    assert await village.says("dashan", "邻居刘翠花") == (
        "名字：钱桂香，女\n哪年生：1941\n电话：13900000000\n组：东头\n钟点：7点到10点\n"
        "身体：体弱\n邻居：刘翠花\n都对请回：对。不对就回，比如：改 名字 王秀英"
    )
    assert not await enrolled(village, "钱桂香"), "nothing is written before 对"
    done = await village.says("dashan", "对")
    found = re.search(r"钱桂香登记好了，11月23日起等她报平安。配对数字：(\d{3}) (\d{3})", done)
    assert found is not None, done
    welcome = await village.says(NEW, found[1] + found[2])
    assert welcome.startswith("钱奶奶，您好。这个号帮您报平安，不是120。急事打120。")
    (qian,) = await enrolled(village, "钱桂香")
    await village.ring()
    assert await village.expectation(qian.id) == "pending"
    async with village.database.reading() as session:
        (tie,) = await session.scalars(select(Tie).where(Tie.elder_id == qian.id))
    assert (tie.person_id, tie.kind) == ("liushen", "neighbour")


async def test_at_noon_she_is_waited_for_from_the_next_morning_on(village: Village) -> None:
    await village.sleep_until("12:00")
    await until_read_back(village, "dashan", "钱桂香")
    assert "11月24日起等她报平安" in await village.says("dashan", "对")
    (qian,) = await enrolled(village, "钱桂香")
    await village.ring()
    assert await village.expectation(qian.id) == "none"
    await village.sleep_until("05:00")
    assert await village.expectation(qian.id) == "pending"


async def test_across_a_restart_with_a_correction(home: tuple[str, str], tmp_path: Path) -> None:
    url, channel = home
    await clear_at(url)
    async with open_village(url, tmp_path, channel) as village:
        await village.settle()
        await answer(village, "dashan", "登记", "钱桂香", "女", "1941")
    async with open_village(url, tmp_path, channel) as village:
        village.clock.move(hours=5)
        for _ in range(4):  # the numbers of the simulated platform begin anew with it
            await village.says("zhang", "帮助")
        assert await village.says("dashan", "登记") == (
            "接着登记钱桂香。钱桂香的电话是多少？没有请回：没有"
        )
        assert "哪年生" in await village.says("dashan", "上一步")
        assert "电话" in await village.says("dashan", "1943")
        assert "电话" in await village.says("dashan", "改 名字 钱桂芳")
        read_back = await answer(village, "dashan", "没有", "行", "一般", "女儿 王小梅")
        assert "名字：钱桂芳，女\n哪年生：1943\n" in read_back
        assert "钟点：6点半到9点半" in await village.says("dashan", "改 钟点 六点半到九点半")
        await village.says("dashan", "对")
        (qian,) = await enrolled(village, "钱桂芳")
        async with village.database.reading() as session:
            plan = (await session.scalars(select(Plan).where(Plan.elder_id == qian.id))).one()
            tie = (await session.scalars(select(Tie).where(Tie.elder_id == qian.id))).one()
            assert not (await session.scalars(select(Enrolment))).all()
        assert (f"{plan.opens:%H:%M}", plan.tier) == ("06:30", 2)
        assert (tie.person_id, tie.kind) == ("xiaomei", "family")
        assert not await enrolled(village, "钱桂香")


async def test_left_in_the_middle_nothing_stays(village: Village) -> None:
    await answer(village, "dashan", "登记", "钱桂香", "女")
    assert await village.says("dashan", "不登了") == "好，不登了，什么都没留。"
    assert "老人叫什么名字" in await village.says("dashan", "登记")
    async with village.database.reading() as session:
        (draft,) = await session.scalars(select(Enrolment))
    assert "name" not in draft.answers


async def test_somebody_of_that_name_is_noticed(village: Village) -> None:
    assert await village.says("dashan", "登记 王秀英") == (
        "东头已有一位王秀英。就是她请回：是她，不是请回：另一位"
    )
    assert "分得清" in await village.says("dashan", "另一位")
    assert "王秀英小是男是女" in await village.says("dashan", "王秀英小")
    await village.says("dashan", "不登了")
    said = await answer(village, "dashan", "登记 王秀英", "是她")
    assert said == "东头的王秀英已经登记过了，不用再登。要配对请回：配对 王秀英"
    assert len(await enrolled(village, "王秀英")) == 1


async def test_who_has_left_is_not_enrolled_anew(village: Village) -> None:
    await answer(village, "zhang", "王秀英搬走了", "确认")
    assert await answer(village, "dashan", "登记 王秀英", "是她") == (
        "王秀英以前退出过。接着报平安不用再登，请回：王秀英回来了"
    )


async def test_a_volunteer_grows_old_and_is_enrolled_as_herself(village: Village) -> None:
    await answer(
        village, "dashan", "登记 刘翠花", "是她", "女", "1958", "没有", "行", "硬朗", "没有"
    )
    await village.says("dashan", "对")
    (liu,) = await enrolled(village, "刘翠花")
    async with village.database.reading() as session:
        roles = await session.scalars(
            select(PersonRole.role).where(PersonRole.person_id == liu.id).order_by(PersonRole.role)
        )
        assert list(roles) == ["elder", "volunteer"]
    assert (liu.id, liu.born) == ("liushen", "1958")


async def test_a_coordinator_says_which_group_and_others_may_not(village: Village) -> None:
    await answer(village, "zhang", "登记", "钱桂香", "女", "85岁", "没有")
    assert "早上几点" in await village.says("zhang", "西头")
    read_back = await answer(village, "zhang", "行", "一般", "没有")
    assert "组：西头" in read_back
    assert "哪年生：1941" in read_back
    for person in ("wang", "xiaomei", "liushen"):
        assert "登记新老人" not in await village.says(person, "登记")


async def test_two_enrol_her_at_once_and_she_is_there_once(village: Village) -> None:
    await until_read_back(village, "dashan", "钱桂香")
    await until_read_back(village, "zhang", "钱桂香", "东头")
    assert "登记好了" in await village.says("dashan", "对")
    assert "已有一位钱桂香" in await village.says("zhang", "对")
    assert "已经登记过了" in await village.says("zhang", "是她")
    assert len(await enrolled(village, "钱桂香")) == 1


async def test_a_call_for_help_in_the_middle_is_no_answer(village: Village) -> None:
    await village.until("06:30")
    await village.says("dashan", "登记")
    assert "120" in await village.says("dashan", "王秀英摔倒了")
    assert len(await village.incidents("wang")) == 1
    assert "老人叫什么名字" in await village.says("dashan", "登记")
