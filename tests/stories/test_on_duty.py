"""Who is on duty is called first; nobody is forgotten, and nothing waits for who is away."""

from sqlalchemy import delete

from storage.people import Identity, Person, PersonRole, Role
from tests.village import Village


async def with_a_second_coordinator(village: Village) -> None:
    """Let 李副主任 coordinate beside 张主任."""
    async with village.database.writing() as session:
        zhang = await session.get_one(Person, "zhang")
        session.add(
            Person(
                id="li", name="李副主任", gender="male", village_id=zhang.village_id, group_id=None
            )
        )
        await session.flush()
        session.add(PersonRole(person_id="li", role=Role.COORDINATOR))
        session.add(
            Identity(
                channel=village.channel,
                address="li",
                person_id="li",
                paired_at=village.clock.now(),
            )
        )
    village.platform.wrote_earlier("li", village.clock.now())
    await village.says("li", "帮助")


def called(village: Village, person: str, about: str = "王秀英") -> int:
    """Count how often somebody was called to her."""
    return len([words for words in village.heard(person) if about in words and "我去" in words])


async def test_who_is_off_duty_is_not_called_at_first_but_with_everybody(village: Village) -> None:
    await with_a_second_coordinator(village)
    assert await village.says("zhang", "值班 周一 张主任") == "记下了：周一张主任值班。"
    await village.all_well_but("wang")
    await village.until("09:50")
    assert (called(village, "zhang"), called(village, "li")) == (1, 0)
    await village.until("10:05")
    assert called(village, "li") == 1


async def test_to_an_emergency_both_are_called_whatever_the_rota_says(village: Village) -> None:
    await with_a_second_coordinator(village)
    await village.says("zhang", "值班 每天 张主任")
    await village.until("07:00")
    await village.says("wang", "我摔倒了，起不来")
    await village.until("07:01")
    assert (called(village, "zhang"), called(village, "li")) == (1, 1)


async def test_silence_that_turns_into_an_emergency_calls_who_was_let_rest(
    village: Village,
) -> None:
    await with_a_second_coordinator(village)
    await village.says("zhang", "值班 每天 张主任")
    await village.all_well_but("wang")
    await village.until("09:50")
    assert called(village, "li") == 0
    (incident,) = await village.incidents("wang")
    await village.says("liushen", f"我去 {incident.number}")
    await village.says("liushen", f"出事 {incident.number}")
    await village.until("09:51")
    assert called(village, "li") == 1
    assert len([words for words in village.heard("zhang") if "【急】" in words]) == 1


async def test_a_rota_that_names_only_who_is_away_falls_back_on_the_others(
    village: Village,
) -> None:
    await with_a_second_coordinator(village)
    await village.says("zhang", "值班 周一 张主任")
    await village.says("zhang", "我出差到周五")
    await village.all_well_but("wang")
    await village.until("09:50")
    assert (called(village, "zhang"), called(village, "li")) == (0, 1)
    await village.until("10:05")
    assert called(village, "zhang") == 1  # with everybody


async def test_where_only_people_who_are_away_are_called_the_next_step_is_called_at_once(
    village: Village,
) -> None:
    """孙老根 has neither neighbour nor family here: his leader, and then the village."""
    async with village.database.writing() as session:
        await session.execute(
            delete(PersonRole).where(
                PersonRole.person_id == "dashan", PersonRole.role == Role.LEADER
            )
        )
    await village.says("laosi", "我去儿子家3天")
    await village.says("zhang", "我不在 3天")
    await village.all_well_but("sun")
    await village.until("09:31")
    assert called(village, "sheng", "孙老根") == 1
    assert called(village, "zhang", "孙老根") >= 1


async def test_said_twice_it_is_one_duty_and_cancelled_it_is_none(village: Village) -> None:
    await with_a_second_coordinator(village)
    for _ in range(2):
        assert await village.says("zhang", "值班 周六 8点到18点 李副主任") == (
            "记下了：周六8点到18点李副主任值班。"
        )
    assert await village.says("zhang", "值班 周六 张主任") == (
        "记下了：周六张主任值班。同一天还有：李副主任。"
    )
    assert await village.says("zhang", "值班 周六 取消") == ("周六的值班取消了：李副主任、张主任。")
    assert await village.says("zhang", "值班 周六 取消") == "周六本来就没有排值班。"


async def test_only_leaders_and_coordinators_are_put_on_duty_and_by_coordinators(
    village: Village,
) -> None:
    assert await village.says("zhang", "值班 周一 刘翠花") == (
        "刘翠花不是组长，也不是协调员，不能排值班。"
    )
    assert await village.says("zhang", "值班 周一 赵六子") == (
        "村里没找到“赵六子”，或者有两位同名的。请写全名再说一次。"
    )
    assert "请这样写" in await village.says("zhang", "值班 哪天都行")
    assert "由协调员来排" in await village.says("dashan", "值班 周一 李大山")
    assert await village.says("zhang", "值班 周一到周五 李大山") == (
        "记下了：周一到周五李大山值班。"
    )


async def test_two_coordinators_one_night(village: Village) -> None:
    await village.all_well_but()
    await with_a_second_coordinator(village)
    await village.says("zhang", "值班 周一 20点到8点 张主任、李副主任")
    await village.says("zhang", "值班 周二 8点到20点 李副主任")
    await village.until("21:30")
    assert await village.says("zhang", "值班") == (
        "李家沟：现在李副主任、张主任；今晚李副主任、张主任；"
        "明天6点到8点李副主任、张主任，8点到20点李副主任，20点到21点没有人。"
    )
    await village.says("wang", "救命")
    await village.until("21:31")
    assert (called(village, "zhang"), called(village, "li")) == (1, 1)


async def test_a_date_goes_before_the_weekly_pattern(village: Village) -> None:
    await with_a_second_coordinator(village)
    await village.says("zhang", "值班 每天 张主任")
    await village.says("zhang", "值班 11-23 8点到12点 李副主任")
    await village.until("07:00")
    assert "现在张主任" in await village.says("zhang", "值班")
    await village.until("09:00")
    assert "现在李副主任" in await village.says("zhang", "值班")
    await village.until("12:00")
    assert "现在张主任" in await village.says("zhang", "值班")


async def test_leaders_and_supervisors_may_ask_too_and_nobody_else(village: Village) -> None:
    assert await village.says("dashan", "值班") == (
        "李家沟：现在张主任；今晚张主任；明天张主任。\n东头：现在李大山；今晚李大山；明天李大山。"
    )
    assert "现在张主任" in await village.says("sheng", "谁值班")
    assert "张主任" not in await village.says("xiaomei", "值班")


async def test_an_hour_without_anybody_is_told_once_the_day_before(village: Village) -> None:
    await with_a_second_coordinator(village)
    await village.says("zhang", "值班 周二 6点到12点 张主任")
    await village.says("zhang", "值班 周二 14点到21点 李副主任")
    await village.all_well_but()
    await village.until("16:59")
    for person in ("zhang", "li"):
        await village.says(person, "帮助")
        assert village.heard(person) == [] or "没人值班" not in village.heard(person)[-1]
    await village.until("17:00")
    await village.ring()
    await village.until("20:00")
    for person in ("zhang", "li"):
        told = [words for words in village.heard(person) if "没人值班" in words]
        assert told == ["明天12点到14点没人值班。请安排：值班 11-24 姓名"]


async def test_who_is_on_duty_and_away_leaves_his_hours_uncovered(village: Village) -> None:
    await village.says("zhang", "值班 周二 李大山、张主任、周老四")
    await village.all_well_but()
    await village.says("laosi", "明天去闺女家住一天")
    await village.says("dashan", "我明天不在")
    await village.until("16:59")
    await village.says("zhang", "帮助")
    await village.until("17:01")
    (told,) = [words for words in village.heard("zhang") if "没人值班" in words]
    assert told == "明天东头6点到21点、西头6点到21点没人值班。请安排：值班 11-24 姓名"


async def test_without_a_coordinator_the_supervisors_hear_of_the_hour(village: Village) -> None:
    await village.says("zhang", "值班 周二 8点到12点 张主任")
    await village.all_well_but()
    async with village.database.writing() as session:
        await session.execute(delete(Identity).where(Identity.person_id == "zhang"))
    await village.until("16:59")
    await village.says("sheng", "帮助")
    await village.until("17:01")
    assert [words for words in village.heard("sheng") if "没人值班" in words] == [
        "明天6点到21点没人值班。请安排：值班 11-24 姓名"
    ]


async def test_alarms_and_the_all_clear_go_out_in_the_quiet_hours(village: Village) -> None:
    await village.all_well_but()
    await village.until("23:00")
    await village.says("wang", "我摔倒了，起不来")
    await village.until("23:01")
    assert called(village, "dashan") == 1
    (incident,) = await village.incidents("wang")
    await village.says("dashan", f"我去 {incident.number}")
    await village.says("dashan", f"平安 {incident.number}")
    await village.until("23:02")
    assert village.heard("zhang")[-1] == "王秀英平安。李大山看过了。"
