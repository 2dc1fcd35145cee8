"""What coordinators, leaders and supervisors are told of a day, and what changed within it."""

from datetime import time

import pytest
from sqlalchemy import select, update

from handlers.digest import words
from schedules import reporting
from storage import holds, people
from storage.checkins import Plan
from storage.digests import Digest
from storage.holds import AWAY, NewHold
from storage.people import Person, PersonRole, Role
from storage.rules import village_day
from storage.today import Standing
from storage.villages import Group
from tests.village import MONDAY, Village

WELL = "今日平安：李家沟5位老人都好。"


async def read_again(village: Village, person: str, hour: str) -> list[str]:
    """Let somebody write shortly before, so that nothing comes as a card, and read what comes."""
    known = len(village.heard(person))
    await village.until(hour)
    await village.says(person, "帮助")
    village.clock.move(minutes=2)
    await village.have_watched()
    await village.ring()
    return village.heard(person)[known:]


async def digest(village: Village, person: str, before: str) -> str:
    """Return the digest that comes within two minutes of an hour."""
    found = [words for words in await read_again(village, person, before) if "李家沟" in words]
    return found[-1]


async def wait_for_sun_until_noon(village: Village) -> None:
    async with village.database.writing() as session:
        await session.execute(
            update(Plan).where(Plan.elder_id == "sun").values(closes=time(12, 0), tier=2)
        )


async def test_the_evening_tells_what_became_of_the_morning(village: Village) -> None:
    await wait_for_sun_until_noon(village)
    await village.all_well_but("wang", "zhao", "sun")
    assert await digest(village, "zhang", "09:44") == (
        "李家沟：应报5位，平安2位，没报2位，还在等1位。\n"
        "没报：1 王秀英（还在找人），2 赵桂兰（还在找人）。"
    )
    await village.says("wang", "1")
    await village.says("dashan", "我去 2")
    await village.until("10:00")
    await village.says("dashan", "忘了 2")
    await village.until("19:50")
    await village.says("laosi", "我去 3")
    assert await digest(village, "zhang", "19:59") == (
        "李家沟：应报5位，平安2位，没报1位，看过2位。\n"
        "比今早：又有1位没报，又看过1位，又有1位听到了。\n"
        "没报：3 孙老根（周老四去了）。\n"
        "已看过：王秀英（报平安），赵桂兰（忘了，李大山看的）。"
    )
    assert "今晚请留心：\n孙老根还没回音，周老四去了。" in village.heard("laosi")
    assert not any("今晚请留心" in words for words in village.heard("dashan"))


async def test_the_morning_tells_what_changed_overnight(village: Village) -> None:
    await village.all_well_but("sun")
    await village.until("20:30")
    await village.says("laosi", "外出 1")
    await village.all_well_but()
    assert await digest(village, "zhang", "09:44") == (
        "李家沟：应报5位，平安5位。\n比昨晚：又看过1位。\n已看过：孙老根（外出，周老四看的）。"
    )


async def test_all_well_twice_are_two_lines_of_one_line(village: Village) -> None:
    await village.all_well_but()
    assert await digest(village, "zhang", "09:44") == WELL
    assert await digest(village, "zhang", "19:59") == WELL
    assert not any("今晚" in words for words in village.heard("dashan"))


async def test_after_an_outage_over_the_morning_the_evening_compares_with_yesterday(
    village: Village,
) -> None:
    await village.all_well_but("wang")
    await village.until("20:01")
    await village.says("dashan", "忘了 1")
    await village.until("04:10")
    await village.sleep_until("20:02")
    letters = await village.letters("digest")
    assert [(one.detail or {})["slot"] for one in letters] == ["morning", "evening", "evening"]
    assert ((letters[-1].detail or {})["changes"])["slot"] == "evening"
    assert ((letters[-1].detail or {})["changes"])["days_ago"] == 1
    assert (letters[-1].detail or {})["changes"]["counts"]["seen"] == 1


async def test_rung_twice_and_by_two_at_once_it_is_said_once(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("20:00")
    for _ in range(2):
        assert (
            await reporting.write_digests(
                village.database, village.clock.now(), village.house.config.rules
            )
            == 0
        )
    async with village.database.reading() as session:
        kept = await session.execute(
            select(Digest.slot, Digest.readers).where(Digest.day == village_day(MONDAY))
        )
        assert sorted(tuple(row) for row in kept) == [("evening", 1), ("morning", 1)]
    assert len(await village.letters("digest")) == 2
    assert len(await village.letters("tonight")) == 1


async def test_who_was_told_as_missing_is_not_news_in_the_evening(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("20:01")
    (_, evening) = await village.letters("digest")
    changes = (evening.detail or {})["changes"]
    assert changes == {"slot": "morning", "days_ago": 0, "counts": {}}
    assert "比今早" not in words.day(evening.detail or {})
    assert "没报1位" in words.day(evening.detail or {})


async def test_what_was_said_holds_no_names(village: Village) -> None:
    await village.all_well_but("wang", "zhao")
    await village.until("09:46")
    async with village.database.reading() as session:
        figures = await session.scalar(select(Digest.figures).where(Digest.slot == "morning"))
    assert figures is not None
    assert figures["counts"] == {Standing.WELL: 3, Standing.MISSED: 2}
    assert figures["standings"] == {"wang": "missed", "zhao": "missed"}
    assert "王秀英" not in str(figures)


async def test_a_leader_hears_who_is_back_tomorrow_and_only_of_his_own(village: Village) -> None:
    today = village_day(MONDAY)
    async with village.database.writing() as session:
        hold = NewHold(
            cause="test",
            elder_id="sun",
            reason=AWAY,
            first_day=today,
            last_day=today,
            said_by="laosi",
        )
        await holds.put(session, hold, MONDAY)
    await village.all_well_but()
    assert "今晚请留心：\n孙老根明天回来，又等他报平安。" in await read_again(
        village, "laosi", "19:59"
    )
    assert not any("孙老根" in words for words in village.heard("dashan"))


async def test_where_nobody_reads_the_digest_the_supervisor_hears_it_once_a_day(
    village: Village,
) -> None:
    async with village.database.writing() as session:
        await people.lose(session, (village.channel, "zhang"))
    await village.all_well_but()
    told = "李家沟的小结没人看：村里没有联系得上的协调员。请安排一位。"
    assert told in await read_again(village, "sheng", "09:44")
    await village.until("20:05")
    assert len(await village.letters("unread")) == 1
    assert await village.letters("digest") == []
    await village.until("09:46")
    assert len(await village.letters("unread")) == 2


async def test_sentences_are_shown_once_in_the_evening_of_their_day(village: Village) -> None:
    await village.all_well_but()
    await village.says("dashan", "漏报 老王头说身上不得劲")
    assert await digest(village, "zhang", "09:44") == WELL
    assert await digest(village, "zhang", "19:59") == f"{WELL}\n没听懂的话：老王头说身上不得劲"
    await village.all_well_but()
    assert await digest(village, "zhang", "09:44") == WELL


async def test_xiaojie_tells_the_day_again_as_it_is_now(village: Village) -> None:
    await village.all_well_but("wang")
    assert await village.says("sheng", "小结") == "今天的小结09:45出来。"
    await village.until("09:46")
    await village.says("dashan", "忘了 1")
    assert await village.says("zhang", "小结") == (
        "李家沟：应报5位，平安4位，看过1位。\n比今早：又看过1位。\n已看过：王秀英（忘了，李大山看的）。"
    )
    assert await village.says("sheng", "小结") == "今天早上1个村，0个平安。\n李家沟：没报1位。"
    assert "小结" not in (await village.says("wang", "小结"))


async def test_a_village_seen_to_as_one_is_no_longer_missing(village: Village) -> None:
    """Nine more elders who say nothing: with the others they are one silence."""
    async with village.database.writing() as session:
        group = await session.scalar(select(Group.id).where(Group.name == "东头"))
        for number in range(9):
            one = f"e{number}"
            session.add(Person(id=one, name=f"老人{number}", village_id=1, group_id=group))
            await session.flush()
            session.add(PersonRole(person_id=one, role=Role.ELDER))
            session.add(Plan(elder_id=one, opens=time(6), closes=time(9), tier=2))
    await village.all_well_but()
    said = await digest(village, "zhang", "09:44")
    assert "没报9位" in said
    assert "全村没声：1 还有9位（还在找人）。" in said
    await village.says("zhang", "平安 1")
    assert "看过9位" in await digest(village, "zhang", "19:59")
    assert "又看过9位" in village.heard("zhang")[-1]
    assert "没报" not in village.heard("zhang")[-1]


@pytest.mark.parametrize("number", [1, 40])
def test_a_digest_is_read_on_one_screen_however_bad_the_day(number: int) -> None:
    names = [f"{one} 欧阳秀英{one}（令狐翠花去了）" for one in range(number)]
    detail = {
        "village": "大石板沟上村", "is_well": False, "expected": 566, "failed": 31,
        "counts": dict.fromkeys(Standing, 140), "harmed": names, "silences": names[:1],
        "open": names, "to_see": names, "closed": names,
        "results": {"忘了": 20, "外出": 10, "手机坏": 5, "没电": 3, "住院": 1, "平安": 1},
        "changes": {"slot": "morning", "days_ago": 0, "counts": dict.fromkeys(
            ("harmed", "to_see", "missed", "seen", "heard"), 40)},
        "learned": ["俺" * 60] * 3,
    }  # fmt: skip
    assert len(words.day(detail).encode()) <= 1200
    assert words.day(detail).count("去了") <= 10
