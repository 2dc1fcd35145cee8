"""The sheet for the meeting: last week in figures, on Monday, and whenever it is asked for."""

import asyncio
from datetime import timedelta

from sqlalchemy import select

from handlers.digest import words
from schedules import reporting
from storage.checkins import State
from storage.digests import Digest, Slot
from storage.people import Person, PersonRole, Role
from storage.villages import Village as Home
from tests.village import Village
from tests.weeks import MONDAY, called_for, day, expected, promised

SHEET = """\
李家沟一周（11月16日到11月22日）：
报平安8/11次，72%，比上周少28%。问过才报1次。请假1次，没问成1次，另算。
没报3次，叫人3次：忘了2，住院1。
叫人真有事：1/3，上周0/1。
一般6分钟有人应，30分钟有结果。
答应了没去成：1次。
白跑多的：王秀英忘了×2（窗口晚点）。"""


async def live_last_week(village: Village) -> None:
    """Two false alarms of one elder and a true one; the week before, a single one of another."""
    async with village.database.writing() as session:
        session.add_all(
            [
                *(expected("wang", number, State.MISSED) for number in (1, 2, 3)),
                *(expected("wang", number, State.MET, "07:00") for number in (4, 5)),
                *(expected("chen", number, State.MET, "06:30") for number in (1, 2, 3, 4, 5)),
                expected("chen", 6, State.EXCUSED),
                expected("sun", 1, State.MET, "08:40"),
                expected("sun", 2, State.UNKNOWN),
                expected("sun", -6, State.MET, "07:00"),
                called_for(1, "sun", -6, "没电", by="dashan"),
                called_for(2, "wang", 1, "忘了", by="dashan"),
                called_for(3, "wang", 2, "忘了", by="liushen", closed="09:50"),
                called_for(4, "wang", 3, "住院", by="dashan", closed="11:30"),
            ]
        )
        await session.flush()
        session.add_all(
            [
                promised(2, "dashan", 1, "09:34", "kept"),
                promised(3, "liushen", 2, "09:36", "kept"),
                promised(4, "liushen", 3, "09:40", "broken"),
                promised(4, "dashan", 3, "10:45", "kept"),
            ]
        )


async def read_on_monday(village: Village, person: str) -> list[str]:
    await village.until("07:59")
    await village.says(person, "帮助")
    known = len(village.heard(person))
    await village.until("08:02")
    return village.heard(person)[known:]


async def test_on_monday_the_coordinator_reads_last_week(village: Village) -> None:
    await live_last_week(village)
    assert await read_on_monday(village, "zhang") == [SHEET]
    assert len(SHEET.encode()) <= 1200


async def test_on_monday_the_supervisor_reads_all_villages_the_worst_first(
    village: Village,
) -> None:
    await live_last_week(village)
    async with village.database.writing() as session:
        session.add(Home(id=2, name="王家坪"))
        await session.flush()
        session.add(Person(id="far", name="何秀兰", village_id=2))
        await session.flush()
        session.add(PersonRole(person_id="far", role=Role.ELDER))
        quiet = expected("far", 1, State.MET, "07:00")
        quiet.village_id = 2
        session.add(quiet)
    assert await read_on_monday(village, "sheng") == [
        "2个村一周（11月16日到11月22日）：报平安75%，比上周少25%，没报3，真有事1/3，没去成1。\n"
        "李家沟：72%，没报3，真有事1/3，没去成1。\n"
        "王家坪：100%，没报0，真有事0/0。"
    ]


async def test_a_week_nobody_was_called_for_is_said_in_two_lines(village: Village) -> None:
    async with village.database.writing() as session:
        session.add(expected("wang", 1, State.MET, "07:00"))
    assert await read_on_monday(village, "zhang") == [
        "李家沟一周（11月16日到11月22日）：\n报平安1/1次，100%。\n没有叫过人。"
    ]


async def test_of_a_week_before_anybody_lived_here_nothing_is_said(village: Village) -> None:
    assert await read_on_monday(village, "zhang") == []
    assert await village.says("zhang", "周报") == "还没有上周的周报。"
    assert await village.says("sheng", "周报") == "还没有上周的周报。"


async def test_zhoubao_says_it_again(village: Village) -> None:
    await live_last_week(village)
    await village.until("08:02")
    assert await village.says("zhang", "周报") == SHEET
    assert (await village.says("sheng", "上周周报")).startswith("1个村一周（11月16日到11月22日）")


async def test_the_weeks_rung_twice_and_at_once_are_written_once(village: Village) -> None:
    await live_last_week(village)
    await village.until("08:02")
    now, rules = village.clock.now(), village.house.config.rules
    assert await reporting.write_weeks(village.database, now, rules) == 0
    later = now + timedelta(days=2)
    rounds = [reporting.write_weeks(village.database, later, rules) for _ in range(2)]
    assert sum(await asyncio.gather(*rounds)) == 0
    async with village.database.reading() as session:
        weeks = await session.scalars(
            select(Digest.day).where(Digest.slot == Slot.WEEK).order_by(Digest.day)
        )
        assert list(weeks) == [day(-6), MONDAY]  # before eight the older one was due
    for kind, reader in (("week_sheet", "zhang"), ("county_sheet", "sheng")):
        letters = await village.letters(kind)
        assert [(one.detail or {})["monday"] for one in letters] == [str(day(-6)), str(MONDAY)]
        assert {one.recipient_id for one in letters} == {reader}


async def test_what_was_said_last_week_is_what_this_week_is_compared_with(
    village: Village,
) -> None:
    """An incident closed after its week was told does not change what had been said."""
    await live_last_week(village)
    await village.until("08:02")
    async with village.database.writing() as session:
        session.add(called_for(5, "chen", 3, "住院", by="dashan"))
        session.add(expected("chen", 9, State.MET, "07:00"))
    now, rules = village.clock.now() + timedelta(days=7), village.house.config.rules
    assert await reporting.write_weeks(village.database, now, rules) == 1
    before = ((await village.letters("week_sheet"))[-1].detail or {})["before"]
    assert (before["needed"], before["closed"]) == (1, 3)


def test_a_county_is_read_on_one_screen() -> None:
    figures = {"expected": 3962, "heard": 3500, "missed": 462, "needed": 12, "closed": 450}
    one = {"village": "大石板沟上村", **figures, "broken": 31}
    detail = {
        "monday": "2026-11-16", "villages": 445, **figures, "broken": 31, "before": figures,
        "outages": 2, "outage_minutes": 220, "worst": [one] * 10,
    }  # fmt: skip
    said = words.county_week(detail)
    assert len(said.splitlines()) <= 12
    assert len(said.encode()) <= 1200
