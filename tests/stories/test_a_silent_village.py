"""When a village falls silent it is called for as one; the frail of it each by herself."""

from datetime import time, timedelta

import pytest
from sqlalchemy import func, select, update

from storage.checkins import Expectation, Plan, State
from storage.incidents import Incident, IncidentKind
from storage.people import Person, PersonRole, Role
from storage.rules import village_day
from tests.village import Village

FAMILIES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦"


def hill(number: int) -> str:
    return f"hill{number}"


@pytest.fixture
async def hills(village: Village) -> Village:
    """Let eighteen sturdy elders without a phone live in the east, beside the cast."""
    async with village.database.writing() as session:
        home = (await session.scalars(select(Person).where(Person.id == "wang"))).one()
        for number, family in enumerate(FAMILIES):
            session.add(
                Person(
                    id=hill(number),
                    name=f"{family}大娘",
                    gender="female",
                    village_id=home.village_id,
                    group_id=home.group_id,
                )
            )
        await session.flush()
        for number in range(len(FAMILIES)):
            session.add(PersonRole(person_id=hill(number), role=Role.ELDER))
            session.add(Plan(elder_id=hill(number), opens=time(6), closes=time(9), tier=2))
    return village


async def speak_for(village: Village, first: int) -> None:
    """Let the leader speak for all elders of the hills from this one on."""
    for number in range(first, len(FAMILIES)):
        await village.says("dashan", f"代 {FAMILIES[number]}大娘 平安")


async def the_call(village: Village) -> Incident:
    async with village.database.reading() as session:
        found = await session.scalars(select(Incident).where(Incident.kind == IncidentKind.VILLAGE))
        return found.one()


async def how_many(village: Village, kind: IncidentKind) -> int:
    async with village.database.reading() as session:
        found = await session.scalar(
            select(func.count()).select_from(Incident).where(Incident.kind == kind)
        )
    return found or 0


async def test_a_silent_village_is_one_incident_and_the_frail_of_it_her_own(
    hills: Village,
) -> None:
    await hills.until("09:31")
    call = await the_call(hills)
    assert await how_many(hills, IncidentKind.MISSED) == 1
    (chen,) = await hills.incidents("chen")
    assert chen.kind == IncidentKind.MISSED
    (words,) = [words for words in hills.heard("zhang") if "李家沟" in words]
    assert words.startswith("李家沟还有22位老人没报平安：")
    assert words.endswith(f"等。像停电断网，请看看。能去请回：我去 {call.number}")
    assert words in hills.heard("dashan")


async def test_five_of_twenty_are_five_incidents(hills: Village) -> None:
    await hills.all_well_but()
    await speak_for(hills, 5)
    await hills.until("09:31")
    assert await how_many(hills, IncidentKind.MISSED) == 5
    assert await how_many(hills, IncidentKind.VILLAGE) == 0


async def test_whoever_is_known_to_forget_says_nothing_about_the_village(hills: Village) -> None:
    """Twelve who miss every other day: that they all miss today is no power cut."""
    await hills.until("06:30")
    await _remember_that_they_forget(hills, 12)
    await hills.all_well_but()
    await speak_for(hills, 12)
    await hills.until("09:31")
    assert await how_many(hills, IncidentKind.VILLAGE) == 0
    assert await how_many(hills, IncidentKind.MISSED) == 12


async def _remember_that_they_forget(village: Village, elders: int) -> None:
    today = village_day(village.clock.now())
    async with village.database.writing() as session:
        known = (await session.scalars(select(Expectation).where(Expectation.day == today))).all()
        for one in known:
            for ago in range(1, 29):
                forgot = one.elder_id in {hill(n) for n in range(elders)} and ago % 2
                session.add(
                    Expectation(
                        elder_id=one.elder_id,
                        day=today - timedelta(days=ago),
                        slot=one.slot,
                        village_id=one.village_id,
                        tier=one.tier,
                        state=State.MISSED if forgot else State.MET,
                        opens_at=one.opens_at - timedelta(days=ago),
                        closes_at=one.closes_at - timedelta(days=ago),
                    )
                )


async def test_the_coordinator_goes_and_ends_it_for_all(hills: Village) -> None:
    await hills.until("09:31")
    call = await the_call(hills)
    reply = await hills.says("zhang", f"我去 {call.number}")
    assert reply == f"好，李家沟就托付给您了。都看到了请回：平安 {call.number}"
    assert "没报" not in await hills.says("zhang", f"忘了 {call.number}")
    assert (await the_call(hills)).stage == "promised"
    await hills.until("09:50")
    assert "张主任去看李家沟的老人了，有消息马上告诉您。" in hills.heard("dashan")
    await hills.says("dashan", "帮助")  # his window is open again: nothing comes as a card
    reply = await hills.says("zhang", f"平安 {call.number}")
    assert reply == "记下了：李家沟平安。都告诉大家了，谢谢您！"
    await hills.until("09:52")
    assert hills.heard("dashan")[-1] == "李家沟的老人都平安，张主任看过了。"
    await hills.until("13:30")
    assert await how_many(hills, IncidentKind.MISSED) == 1


async def test_when_all_have_been_heard_it_is_over_by_itself(hills: Village) -> None:
    await hills.until("09:35")
    await speak_for(hills, 0)
    for elder in ("wang", "sun", "laosi"):
        await hills.says(elder, "1")
    assert (await the_call(hills)).stage == "open"
    await hills.says("dashan", "代 赵桂兰 平安")
    await hills.until("09:40")
    assert (await the_call(hills)).stage == "closed"
    assert "李家沟的老人都有回音了。" in hills.heard("zhang")


async def test_no_call_stands_for_them_longer_than_three_hours(hills: Village) -> None:
    await hills.until("09:35")
    await speak_for(hills, 2)
    for elder in ("wang", "sun", "laosi"):
        await hills.says(elder, "1")
    await hills.until("12:32")
    assert (await the_call(hills)).result == "逐一找"
    assert "李家沟还没回音的老人，现在一位一位找人去看。" in hills.heard("zhang")
    for elder in (hill(0), hill(1), "zhao"):
        assert [one.stage for one in await hills.incidents(elder)] == ["open"]


async def test_whoever_is_missed_while_the_village_is_called_for_joins(hills: Village) -> None:
    async with hills.database.writing() as session:
        await session.execute(update(Plan).where(Plan.elder_id == "sun").values(closes=time(10)))
    await hills.until("10:31")
    assert await hills.incidents("sun") == []
    assert "李家沟又有1位没报平安：孙老根。请一起看看。" in hills.heard("zhang")


async def test_nobody_of_the_village_goes_and_it_climbs_like_any_other(hills: Village) -> None:
    await hills.until("10:02")
    assert (await the_call(hills)).step == 3
    assert any("李家沟还有22位" in words for words in hills.heard("sheng"))
