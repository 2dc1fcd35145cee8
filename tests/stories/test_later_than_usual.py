"""An early bird who is not heard is marked before her window ends; nobody is alarmed by it."""

import asyncio
from datetime import time

import pytest
from sqlalchemy import select, update

from storage.checkins import Plan
from storage.incidents import Cause, IncidentKind, begin
from storage.people import Identity, Person
from tests.habits import let_live_here, reckon, used_to_write
from tests.village import Village

CHEN_IS_LATE = "陈德福今天比平时晚，还没报平安。请您方便时问一声。"


@pytest.fixture
async def early(village: Village) -> Village:
    """Let the frail Chen be heard at half past five, and Wang at six, every day."""
    await used_to_write(village, "chen", time(5, 30))
    await used_to_write(village, "wang", time(6, 0))
    await reckon(village)
    return village


def lines(village: Village, person: str) -> list[str]:
    return [words for words in village.heard(person) if "比平时晚" in words]


async def test_a_frail_early_bird_is_named_to_her_leader_and_nobody_is_called(
    early: Village,
) -> None:
    await early.until("06:29")
    assert lines(early, "dashan") == []
    await early.until("06:31")
    assert lines(early, "dashan") == [CHEN_IS_LATE]
    assert await early.incidents("chen") == []
    assert await early.expectation("chen") == "pending"
    assert lines(early, "liushen") == lines(early, "zhang") == lines(early, "laosi") == []


async def test_of_the_sturdy_he_hears_at_eight_and_the_frail_come_first(early: Village) -> None:
    async with early.database.writing() as session:
        await session.execute(update(Plan).where(Plan.elder_id == "sun").values(tier=1))
    await used_to_write(early, "sun", time(6, 10))
    await reckon(early)
    await early.until("04:40")
    await early.says("chen", "1")
    await early.until("07:04")
    assert lines(early, "dashan") == lines(early, "laosi") == []
    await early.until("07:31")
    assert lines(early, "laosi") == ["孙老根今天比平时晚，还没报平安。请您方便时问一声。"]
    await early.until("07:59")
    assert lines(early, "dashan") == []
    await early.until("08:01")
    assert lines(early, "dashan") == ["王秀英今天比平时晚，还没报平安。请您方便时问一声。"]


async def test_in_one_line_the_frail_are_named_before_the_sturdy(early: Village) -> None:
    await used_to_write(early, "wang", time(4, 30), days=26)  # the earlier of the two
    await reckon(early)
    await early.until("06:45")
    (line,) = lines(early, "dashan")
    assert line.startswith("陈德福、王秀英今天比平时晚")


async def test_the_line_is_written_once_however_often_the_round_rings(early: Village) -> None:
    await early.until("06:31")
    _, tell = early.house.rounds["later"]
    await tell(early.clock.now())
    await asyncio.gather(*(tell(early.clock.now()) for _ in range(4)))
    await early.until("08:20")
    assert len(await early.letters("later")) == 1
    assert lines(early, "dashan") == [CHEN_IS_LATE]


async def test_who_is_heard_in_time_is_not_marked(early: Village) -> None:
    await early.until("06:05")
    await early.says("chen", "1")
    await early.says("wang", "1")
    await early.until("08:20")
    assert await early.letters("later") == []


async def test_the_line_is_worthless_once_her_window_has_closed(early: Village) -> None:
    await early.until("06:31")
    (letter,) = await early.letters("later")
    async with early.database.reading() as session:
        plan = await session.get_one(Plan, ("chen", "day"))
    assert letter.expires_at is not None
    assert (letter.expires_at.hour + 8) % 24 == plan.closes.hour


async def test_nothing_is_said_before_ten_of_her_days_are_known(village: Village) -> None:
    await used_to_write(village, "chen", time(5, 30), days=9)
    await reckon(village)
    await village.until("08:30")
    assert await village.letters("later") == []


async def test_in_hospital_nobody_is_later_than_usual(early: Village) -> None:
    await early.until("04:40")
    await early.says("xiaomei", "请假 王秀英 3天")
    await early.says("dashan", "请假 陈德福 住院")
    await early.until("08:30")
    assert await early.expectation("chen") == "excused"
    assert await early.letters("later") == []
    assert "比平时晚" not in await early.says("dashan", "名单")


async def test_after_an_outage_of_ours_nobody_is_marked(early: Village) -> None:
    await early.until("06:00")
    await early.sleep_until("06:20")
    await early.until("08:20")
    assert await early.letters("later") == []
    assert "比平时晚" not in await early.says("dashan", "名单")


HILLS = {
    f"hill{nth}": f"{family}大娘" for nth, family in enumerate("赵钱孙李周吴郑王冯陈褚卫蒋沈韩")
}


async def test_where_all_are_later_than_usual_only_the_frail_are_named(early: Village) -> None:
    """So many at once have no habit broken: they have no power, or it is a holiday."""
    await let_live_here(early, HILLS)
    for elder in HILLS:
        await used_to_write(early, elder, time(6, 0))
    await reckon(early)
    await early.until("08:20")
    assert lines(early, "dashan") == [CHEN_IS_LATE]
    assert "王秀英 还没报" in await early.says("dashan", "未报")


async def test_where_the_village_is_called_for_nobody_is_merely_late(early: Village) -> None:
    async with early.database.writing() as session:
        village = await session.scalar(select(Person.village_id).where(Person.id == "wang")) or 0
        silent = Cause("silent:wang", IncidentKind.VILLAGE, "", village, place="李家沟")
        await begin(session, [silent], early.clock.now(), early.house.config.ladder)
    await early.until("06:45")
    assert await early.letters("later") == []


async def test_three_of_seventeen_are_each_of_them(early: Village) -> None:
    await let_live_here(early, HILLS)
    for elder in HILLS:
        await used_to_write(early, elder, time(6, 0))
    await reckon(early)
    await early.until("04:40")
    await early.says("wang", "1")
    for elder in list(HILLS)[2:]:
        await early.says("dashan", f"代 {HILLS[elder]} 平安")
    await early.until("08:20")
    (line,) = lines(early, "dashan")
    assert line.startswith("陈德福、赵大娘、钱大娘今天比平时晚")
    shown = await early.says("dashan", "未报")
    assert "1 陈德福 比平时晚\n2 赵大娘 比平时晚\n3 钱大娘 比平时晚" in shown


async def test_for_whom_people_are_called_already_she_is_not_merely_late(early: Village) -> None:
    await early.until("06:10")
    await early.says("liushen", "陈德福摔倒了")
    await early.until("06:45")
    assert [one.kind for one in await early.incidents("chen")] == ["emergency"]
    assert await early.letters("later") == []


async def test_who_speaks_for_her_gives_her_no_habit(village: Village) -> None:
    await used_to_write(village, "zhao", time(5, 30), by="dashan")
    await reckon(village)
    await village.until("08:20")
    assert await village.letters("later") == []


async def test_without_a_leader_who_can_be_reached_nobody_is_told(early: Village) -> None:
    async with early.database.writing() as session:
        await session.execute(
            update(Identity).where(Identity.person_id == "dashan").values(reachable=False)
        )
    await early.until("08:20")
    assert await early.letters("later") == []
