"""When it was we who were away, nobody is paged for it; but the frail are not kept waiting."""

from datetime import time, timedelta

import pytest
from sqlalchemy import select

from storage.downtimes import Downtime, Outage
from storage.inbox import Handled
from storage.rules import at_village
from tests.village import MONDAY, Village

RE_ASK = "王奶奶，刚才系统故障，请再报一次平安，回个1就行。"


async def downtimes(village: Village) -> list[tuple[str, float]]:
    """Return what is known of our outages: which, and how many minutes."""
    async with village.database.reading() as session:
        found = await session.scalars(select(Downtime).order_by(Downtime.id))
        return [
            (one.kind, ((one.ended_at or one.began_at) - one.began_at) / timedelta(minutes=1))
            for one in found
        ]


async def test_after_a_morning_asleep_she_is_asked_again_and_nobody_is_called(
    village: Village,
) -> None:
    await village.until("06:10")
    await village.sleep_until("09:40")
    assert await downtimes(village) == [(Outage.ASLEEP, 210)]
    assert await village.expectation("wang") == "unknown"
    assert village.heard("wang") == [RE_ASK]
    await village.says("wang", "1")
    assert await village.expectation("wang") == "met"
    await village.until("11:30")
    assert await village.incidents("wang") == []
    assert not any("王秀英" in words for words in village.heard("liushen"))


async def test_what_we_lost_she_gets_back_and_then_the_village_is_called_once(
    village: Village,
) -> None:
    await village.until("06:10")
    await village.sleep_until("09:40")
    await village.says("sun", "1")
    await village.says("laosi", "1")
    await village.until("12:00")
    assert village.heard("wang") == [RE_ASK]
    assert [words for words in village.heard("zhang") if "王秀英" in words] == []
    await village.until("12:29")
    told = [words for words in village.heard("zhang") if "王秀英" in words]
    assert len(told) == 1
    assert told[0].startswith("李家沟还有2位老人没报平安：王秀英、赵桂兰。刚才系统故障，请看看。")
    assert village.heard("dashan")[-1] == told[0]
    assert await village.incidents("wang") == []


async def test_the_frail_are_called_for_one_by_one_and_at_once(village: Village) -> None:
    await village.until("06:10")
    await village.sleep_until("09:40")
    await village.until("09:51")
    (incident,) = await village.incidents("chen")
    assert incident.kind == "missed"
    assert any("陈德福今天还没报平安" in words for words in village.heard("liushen"))
    assert await village.incidents("wang") == []


async def test_where_the_whole_window_was_lost_she_is_asked_all_the_same(village: Village) -> None:
    """We fell asleep before the day was opened, and woke when every window was over."""
    await village.sleep_until("10:00")
    await village.ring()
    assert village.heard("wang") == [RE_ASK]
    assert await village.expectation("wang") == "unknown"
    await village.says("wang", "好")
    assert await village.expectation("wang") == "met"
    await village.until("10:12")
    assert [one.kind for one in await village.incidents("chen")] == ["missed"]


async def test_the_reminders_that_we_slept_over_are_not_sent_after_it(village: Village) -> None:
    """We wrote the reminder, and fell asleep before it was carried."""
    await village.until("08:29")
    village.clock.move(minutes=1)
    _, wait_for_elders = village.house.rounds["expecting"]
    await wait_for_elders(village.clock.now())
    await village.sleep_until("09:20")
    await village.until("09:30")
    assert village.heard("wang") == [RE_ASK]


async def test_a_short_outage_costs_her_one_question_and_nobody_a_call(village: Village) -> None:
    await village.until("07:00")
    await village.sleep_until("07:20")
    await village.until("08:31")
    assert village.heard("wang") == [RE_ASK]  # in the place of the reminder
    await village.says("wang", "1")
    await village.until("10:30")
    assert await village.incidents("wang") == []


async def test_a_pause_of_two_minutes_is_no_outage(village: Village) -> None:
    await village.until("07:00")
    await village.sleep_until("07:02")
    assert await downtimes(village) == []


async def test_after_a_day_asleep_yesterday_is_let_go_and_today_is_watched(
    village: Village,
) -> None:
    await village.until("08:45")
    await village.sleep_until("08:10")  # of the next day
    await village.until("08:31")
    assert [words for words in village.heard("wang") if "故障" in words] == [RE_ASK]
    assert await village.expectation("wang") == "unknown"
    await village.until("11:00")
    assert await village.incidents("wang") == []


async def test_an_outage_into_the_night_wakes_nobody(village: Village) -> None:
    await village.until("08:45")
    await village.sleep_until("21:30")
    await village.until("23:00")
    assert village.heard("wang")[-1] != RE_ASK
    assert village.heard("zhang") == [] or "故障" not in village.heard("zhang")[-1]
    assert [one.kind for one in await village.incidents("chen")] == ["missed"]


async def test_a_clock_put_forward_is_an_outage_to_her(village: Village) -> None:
    await village.until("06:10")
    village.clock.move(hours=3)
    await village.ring()
    assert await downtimes(village) == [(Outage.ASLEEP, 180)]
    assert village.heard("wang") == [RE_ASK]


async def test_when_the_clock_is_put_back_no_ladder_waits_for_it(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("09:31")
    assert not any("王秀英" in words for words in village.heard("xiaomei"))
    village.clock.move(minutes=-90)
    await village.ring()
    await village.until("08:17")
    assert any("王秀英" in words for words in village.heard("xiaomei"))


async def test_who_answers_that_she_is_away_is_not_waited_for(village: Village) -> None:
    await village.until("06:10")
    await village.sleep_until("09:40")
    await village.says("dashan", "请假 王秀英 3天")
    await village.until("12:40")
    assert await village.expectation("wang") == "excused"
    assert not any("王秀英" in words for words in village.heard("zhang"))


async def used_to_write(
    village: Village, hours: range, messages: int, days_ago: range = range(1, 8)
) -> None:
    """Remember of these days that so many messages came in every hour."""
    async with village.database.writing() as session:
        session.add_all(
            Handled(
                channel=village.channel,
                key=f"{days}-{hour}-{number}",
                received_at=at_village(MONDAY.date() - timedelta(days=days), time(hour, number)),
            )
            for days in days_ago
            for hour in hours
            for number in range(messages)
        )


async def notice_each_minute(village: Village, until: str) -> None:
    """Live on to an hour, and let it be examined on the way whether we hear and are heard."""
    _, examine = village.house.rounds["noticing"]
    hours, minutes = map(int, until.split(":"))
    while village.clock.now() < at_village(MONDAY.date(), time(hours, minutes)):
        village.clock.move(minutes=5)
        await village.have_watched()
        await examine(village.clock.now())
        await village.ring()


async def test_when_nothing_reaches_us_nobody_is_taken_to_be_silent(village: Village) -> None:
    """The platform calls us in vain: a county that writes every morning cannot all be silent."""
    await used_to_write(village, range(6, 10), 30)
    await village.until("06:05")
    await village.says("sun", "1")
    await notice_each_minute(village, "09:40")
    assert [kind for kind, _ in await downtimes(village)] == [Outage.DEAF]
    assert await village.expectation("wang") == "unknown"
    assert [one.kind for one in await village.incidents("chen")] == ["missed"]
    await village.says("laosi", "1")  # the first word that gets through again
    await notice_each_minute(village, "09:55")
    assert village.heard("wang")[-1] == RE_ASK
    await village.says("wang", "1")
    await village.until("11:30")
    assert await village.incidents("wang") == []


async def test_what_could_not_be_heard_in_our_sleep_is_no_deafness(village: Village) -> None:
    """A county that writes every morning has written in vain: we were not there to hear it."""
    await used_to_write(village, range(6, 10), 30)
    await village.until("06:05")
    await village.says("sun", "1")
    await village.sleep_until("09:40")
    await village.ring()
    assert [kind for kind, _ in await downtimes(village)] == [Outage.ASLEEP]
    assert village.heard("wang") == [RE_ASK]


async def test_a_day_as_quiet_as_others_of_the_week_is_no_deafness(village: Village) -> None:
    """Much was written on two days of the week, which says nothing of what is usual."""
    await used_to_write(village, range(6, 10), 1)
    await used_to_write(village, range(14, 20), 55, days_ago=range(2, 4))
    await village.until("06:05")
    await village.says("sun", "1")
    await village.until("09:40")
    village.clock.move(hours=10)
    await village.have_watched()
    _, examine = village.house.rounds["noticing"]
    await examine(village.clock.now())
    assert await downtimes(village) == []


async def test_a_quiet_morning_is_no_deafness(village: Village) -> None:
    await used_to_write(village, range(4, 10), 2)
    await village.until("06:05")
    await village.says("sun", "1")
    await notice_each_minute(village, "09:40")
    assert await downtimes(village) == []
    assert [one.kind for one in await village.incidents("wang")] == ["missed"]


async def test_when_nothing_leaves_us_she_is_asked_as_soon_as_it_does(village: Village) -> None:
    if village.channel != "wechat":
        pytest.skip("only the platform can refuse")
    await village.until("08:29")
    village.platform.refuse("message/custom/send", -1, None)
    village.platform.refuse("message/template/send", -1, None)
    await notice_each_minute(village, "09:12")
    assert village.heard("wang") == []
    assert [kind for kind, _ in await downtimes(village)] == [Outage.MUTE]
    assert await village.expectation("wang") == "unknown"
    village.platform.heal()
    await notice_each_minute(village, "09:30")
    assert "刚才系统故障" in village.heard("wang")[-1]
    await village.says("wang", "1")
    await village.until("11:30")
    assert await village.incidents("wang") == []
