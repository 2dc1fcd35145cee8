"""名单 未报 详情: each sees how those stand whom he looks after, and nobody else's."""

from datetime import time

import pytest
from sqlalchemy import update

import storage.villages
from handlers.message import Kind
from storage.people import Person, PersonRole, Role
from storage.villages import Group
from tests.habits import let_live_here, reckon, used_to_write
from tests.village import Village

NOBODY = "没找到“{}”。请先回：名单，再回：详情 号码"


@pytest.fixture
async def morning(village: Village) -> Village:
    await village.until("07:02")
    return village


async def test_a_leader_sees_his_group_with_one_mark_for_each(morning: Village) -> None:
    await morning.says("wang", "1")
    await morning.sends("chen", Kind.STICKER)
    await morning.says("dashan", "请假 赵桂兰 3天")
    assert await morning.says("dashan", "名单") == (
        "名单3位：\n1 陈德福 听到\n2 王秀英 平安\n3 赵桂兰 请假到11月25日\n细看请回：详情 号码"
    )


async def test_a_coordinator_sees_the_village_and_a_daughter_her_mother(morning: Village) -> None:
    assert (await morning.says("zhang", "名单")).startswith("名单5位：\n")
    assert await morning.says("xiaomei", "名单") == (
        "名单1位：\n1 王秀英 还没报\n细看请回：详情 号码"
    )


async def test_not_heard_means_the_late_and_the_frail_first(village: Village) -> None:
    await used_to_write(village, "wang", time(5, 30))
    await reckon(village)
    await village.until("07:00")
    assert await village.says("dashan", "未报") == (
        "未报3位：\n1 王秀英 比平时晚\n2 陈德福 还没报\n3 赵桂兰 还没报\n细看请回：详情 号码"
    )
    for words in ("代 王秀英 平安", "代 陈德福 平安", "代 赵桂兰 平安"):
        await village.says("dashan", words)
    assert await village.says("dashan", "未报") == "都有回音了，没有未报的。"


async def test_who_is_missed_has_the_number_under_which_one_goes(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("09:32")
    (incident,) = await village.incidents("wang")
    assert f"王秀英 没报 {incident.number}号" in await village.says("dashan", "未报")
    assert await village.says("dashan", "详情 1") == (
        f"王秀英（东头）：没报 {incident.number}号\n还没人去看，能去请回：我去 {incident.number}"
    )
    await village.says("liushen", "我去")
    assert "刘翠花去看了" in await village.says("dashan", "详情 王秀英")
    await village.says("liushen", f"忘了 {incident.number}")
    told = await village.says("dashan", "详情 王秀英")
    assert told == "王秀英（东头）：看过\n以前：11月23日忘了"


async def test_her_daughter_has_no_number_before_she_is_called(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("09:32")
    assert await village.says("xiaomei", "详情 王秀英") == "王秀英（东头）：没报"
    await village.until("09:46")
    assert "我去" in await village.says("xiaomei", "详情 王秀英")


async def test_of_one_elder_the_leader_hears_when_and_how_and_her_usual_time(
    village: Village,
) -> None:
    await used_to_write(village, "wang", time(7, 0))
    await reckon(village)
    await village.until("07:02")
    await village.says("wang", "我家老母鸡又下了俩蛋")
    assert await village.says("dashan", "详情 王秀英") == (
        "王秀英（东头）：听到\n今天7点02发来消息\n平时7点左右"
    )
    await village.says("dashan", "代 赵桂兰 平安")
    assert await village.says("zhang", "详情 赵桂兰") == (
        "赵桂兰（东头）：平安\n今天7点02李大山代报"
    )


async def test_a_daughter_hears_a_summary_and_never_her_words(village: Village) -> None:
    await used_to_write(village, "wang", time(7, 0))
    await reckon(village)
    await village.until("07:02")
    await village.says("wang", "头晕")
    assert await village.says("xiaomei", "详情 王秀英") == (
        "王秀英（东头）：要去看\n今天7点02有回音"
    )


async def test_unwell_and_weary_of_life_look_the_same_to_who_was_not_called(
    morning: Village,
) -> None:
    async with morning.database.writing() as session:
        session.add(PersonRole(person_id="liushen", role=Role.DOCTOR))
    await morning.says("wang", "头晕")
    await morning.says("sun", "不想活了")
    (crisis,) = await morning.incidents("sun")
    of_the_unwell = await morning.says("zhang", "详情 王秀英")
    of_the_weary = await morning.says("zhang", "详情 孙老根")
    assert of_the_unwell.replace("王秀英（东头）", "") == of_the_weary.replace("孙老根（西头）", "")
    assert "孙老根 要去看\n" in await morning.says("zhang", "名单")
    await morning.says("laosi", f"我去 {crisis.number}")
    assert "周老四" not in await morning.says("zhang", "详情 孙老根")
    assert f"要去看 {crisis.number}号" in await morning.says("laosi", "详情 孙老根")
    await morning.says("laosi", f"平安 {crisis.number}")
    assert "以前" not in await morning.says("zhang", "详情 孙老根")


async def test_in_hospital_says_so_to_who_serves_her(morning: Village) -> None:
    await morning.says("xiaomei", "请假 王秀英 住院")
    assert await morning.says("dashan", "详情 王秀英") == ("王秀英（东头）：请假到11月29日\n在住院")


async def test_of_somebody_elses_elder_one_hears_what_one_hears_of_nobody(
    morning: Village,
) -> None:
    for person, name in (("dashan", "孙老根"), ("xiaomei", "陈德福"), ("laosi", "王秀英")):
        await morning.says(person, "名单")
        assert await morning.says(person, f"详情 {name}") == NOBODY.format(name)
        assert await morning.says(person, "详情 王小明") == NOBODY.format("王小明")
        assert await morning.says(person, "详情 9") == NOBODY.format("9")


async def test_a_coordinator_of_another_village_learns_nothing(morning: Village) -> None:
    async with morning.database.writing() as session:
        other = storage.villages.Village(name="张家湾")
        session.add(other)
        await session.flush()
        group = Group(village_id=other.id, name="河边")
        session.add(group)
        await session.flush()
        await session.execute(
            update(Person)
            .where(Person.id == "zhang")
            .values(village_id=other.id, group_id=group.id)
        )
    asked = ("详情 {}", "名单 {}", "改时间 {} 7点到10点", "不改 {}")
    real, invented = [
        [await morning.says("zhang", words.format(name)) for words in asked]
        for name in ("王秀英", "王小明")
    ]
    same = [one.replace("“王秀英”", "“王小明”") for one in real]
    assert same == invented
    assert await morning.says("zhang", "名单") == await morning.says("zhang", "未报")
    assert "王秀英" not in await morning.says("zhang", "名单")


async def test_who_looks_after_nobody_is_answered_as_ever(morning: Village) -> None:
    ever = await morning.says("liushen", "今天天气真好")
    for words in ("名单", "未报", "详情 王秀英", "详情 王小明"):
        assert await morning.says("liushen", words) == ever
    assert "王秀英" not in await morning.says("stranger", "名单")


async def test_long_lists_come_in_pieces_and_numbers_hold(morning: Village) -> None:
    await let_live_here(
        morning, {f"hill{nth:02d}": f"赵{'甲乙丙丁'[nth % 4]}{nth}" for nth in range(22)}
    )
    await morning.ring()
    async with morning.database.writing() as session:
        await session.execute(update(storage.villages.Village).values(opened_day=None))
    await morning.ring()
    first = await morning.says("dashan", "未报")
    assert first.startswith("未报25位：\n1 陈德福 还没报\n")
    assert first.endswith("后面的请回：未报 2")
    assert first.count("\n") == 21
    await morning.says("dashan", "代 陈德福 平安")
    second = await morning.says("dashan", "未报 2")
    assert second.splitlines()[1].startswith("21 ")
    assert second.endswith("细看请回：详情 号码")
    assert len({*first.splitlines()[1:-1], *second.splitlines()[1:-1]}) == 25
    assert (await morning.says("dashan", "详情 1")).startswith("陈德福（东头）：平安")
    assert await morning.says("dashan", "未报 3") == "没有这一页了。从头看请回：未报"


async def test_the_numbers_of_a_list_are_forgotten_after_two_hours(morning: Village) -> None:
    assert await morning.says("dashan", "详情 1") == NOBODY.format("1")
    await morning.says("dashan", "名单")
    await morning.until("09:00")
    assert (await morning.says("dashan", "详情 1")).startswith("陈德福")
    await morning.until("09:03")
    assert await morning.says("dashan", "详情 1") == NOBODY.format("1")


async def test_an_elder_who_leads_asks_for_page_two_and_is_not_unwell(morning: Village) -> None:
    await morning.says("laosi", "未报 2")
    assert "周老四 听到" in await morning.says("laosi", "名单")
