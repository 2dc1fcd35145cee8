"""A village's week, counted by hand and counted by the house."""

from collections.abc import Sequence
from datetime import date, datetime, time

import pytest

from storage import downtimes, roster, village_weeks
from storage.checkins import State
from storage.database import Base, Database
from storage.downtimes import Outage
from storage.incidents import IncidentKind
from storage.people import Role
from storage.rules import VILLAGE_TIME, CheckinRules, DigestRules
from storage.village_weeks import VillageWeek, due_week, week_of
from storage.villages import Village
from tests.storage.settlers import settler
from tests.weeks import MONDAY, NOW, at, called_for, expected, promised

RULES = CheckinRules()
WEEK = week_of(MONDAY, RULES)
PEOPLE = [
    settler("wang", "王秀英", Role.ELDER),
    settler("chen", "陈德福", Role.ELDER),
    settler("dashan", "李大山", Role.LEADER),
    settler("liushen", "刘翠花", Role.VOLUNTEER),
]


async def live(database: Database, rows: Sequence[Base]) -> VillageWeek:
    async with database.writing() as session:
        await roster.enrol(session, PEOPLE, NOW)
        session.add_all(rows)
    return await look(database)


async def look(database: Database) -> VillageWeek:
    async with database.reading() as session:
        village = await session.get_one(Village, 1)
        return await village_weeks.of_village(session, village, WEEK, NOW, RULES)


async def test_two_false_alarms_and_a_true_one_are_one_in_three_and_she_is_named(
    database: Database,
) -> None:
    week = await live(
        database,
        [
            *(expected("wang", number, State.MISSED) for number in (1, 2, 3)),
            *(expected("wang", number, State.MET, "07:00") for number in (4, 5, 6, 7)),
            called_for(1, "wang", 1, "忘了", by="dashan"),
            called_for(2, "wang", 2, "忘了", by="liushen", closed="09:50"),
            called_for(3, "wang", 3, "住院", by="dashan", closed="11:30"),
        ],
    )
    figures = week.figures()
    assert (figures["expected"], figures["heard"], figures["missed"]) == (7, 4, 3)
    assert (figures["needed"], figures["closed"], figures["false"]) == (1, 3, 2)
    assert figures["results"] == {"忘了": 2, "住院": 1}
    assert figures["outcome_minutes"] == 30  # of 30, 20 and 120
    (named,) = week.false_alarms
    assert (named.elder, named.alerts, named.number, named.usual) == ("王秀英", 3, 2, "忘了")
    assert week.as_detail()["named"] == [{"name": "王秀英", "cause": "忘了", "times": 2}]


async def test_how_soon_somebody_answered_and_what_became_of_promises(database: Database) -> None:
    week = await live(
        database,
        [
            called_for(1, "wang", 1, "平安", by="dashan", closed="10:10"),
            promised(1, "dashan", 1, "09:34", "kept"),
            called_for(2, "wang", 2, "外出", by="liushen", closed="11:00"),
            promised(2, "dashan", 2, "09:40", "broken"),
            promised(2, "liushen", 2, "10:30", "kept"),
            called_for(3, "chen", 2, "报平安", by="chen", closed="09:32"),
            called_for(4, "chen", 3, "手机坏", by="dashan", closed="09:36"),
        ],
    )
    figures = week.figures()
    # answered after 4 and 10 minutes, and the fourth by its outcome after 6; she herself is none
    assert figures["answer_minutes"] == 6
    assert figures["outcome_minutes"] == 23  # of 40, 90, 2 and 6
    assert figures["broken"] == 1
    hands = {one.name: (one.kept, one.broken, one.minutes) for one in week.promisers}
    assert hands == {"李大山": (1, 1, 36), "刘翠花": (1, 0, 30)}
    assert [one.answered_by for one in week.alerts] == ["李大山", "李大山", "", "李大山"]


async def test_what_our_outage_caused_is_ours_and_not_hers(database: Database) -> None:
    async with database.writing() as session:
        await downtimes.note(session, Outage.ASLEEP, at(1, "06:10"), at(1, "09:40"))
        await downtimes.note(session, Outage.DEAF, at(1, "09:00"), at(1, "09:50"))
        await downtimes.note(session, Outage.ASLEEP, at(8, "06:00"), at(8, "07:00"))  # next week
    week = await live(
        database,
        [
            expected("wang", 1, State.MISSED, tier=1),
            expected("wang", 2, State.MISSED, tier=1),
            expected("chen", 1, State.UNKNOWN),
            expected("chen", 2, State.MET, "08:45"),
            called_for(1, "wang", 1, "忘了", by="dashan"),
            called_for(2, "wang", 2, "没电", by="dashan"),
            called_for(3, "wang", 1, "报平安", kind=IncidentKind.VILLAGE, cause="outage"),
            called_for(4, "chen", 1, "平安", by="dashan", opened="13:00", closed="13:20"),
        ],
    )
    figures = week.figures()
    assert (figures["heard"], figures["missed"], figures["unknown"]) == (1, 1, 2)
    assert (figures["alerts"], figures["closed"], figures["ours"]) == (1, 1, 2)
    assert (figures["outages"], figures["outage_minutes"], figures["silences"]) == (2, 220, 0)
    assert [(one.elder, one.causes) for one in week.false_alarms] == [("王秀英", {"没电": 1})]
    assert figures["asked"] == 1


async def test_who_was_heard_only_after_we_had_asked(database: Database) -> None:
    week = await live(
        database,
        [
            expected("wang", 1, State.MET, "08:29"),
            expected("wang", 2, State.MET, "08:30"),
            expected("wang", 3, State.MET, "09:05"),
            expected("wang", 4, State.EXCUSED),
        ],
    )
    figures = week.figures()
    assert (figures["heard"], figures["asked"], figures["excused"]) == (3, 2, 1)
    assert figures["expected"] == 3


async def test_an_emergency_proves_need_only_by_its_outcome_or_after_silence(
    database: Database,
) -> None:
    emergency = IncidentKind.EMERGENCY
    week = await live(
        database,
        [
            called_for(1, "wang", 1, "平安", by="dashan", kind=emergency),  # silent before
            called_for(2, "wang", 2, "平安", by="dashan", kind=emergency, cause="distress"),
            called_for(3, "chen", 2, "出事", by="dashan", kind=emergency, cause="distress"),
            called_for(4, "chen", 3, "平安", by="dashan", kind=IncidentKind.CRISIS, cause="crisis"),
            called_for(5, "chen", 4),
        ],
    )
    figures = week.figures()
    assert (figures["needed"], figures["closed"], figures["alerts"]) == (2, 3, 4)
    assert week.false_alarms == []


async def test_a_week_without_an_alert_has_no_medians(database: Database) -> None:
    week = await live(database, [expected("wang", 1, State.MET, "07:00")])
    figures = week.figures()
    assert figures["answer_minutes"] is figures["outcome_minutes"] is None
    assert (figures["alerts"], figures["closed"]) == (0, 0)


@pytest.mark.parametrize(
    ("weekday", "now", "monday"),
    [
        (1, "2026-11-23 08:00", date(2026, 11, 16)),
        (1, "2026-11-23 07:59", date(2026, 11, 9)),
        (1, "2026-11-29 23:00", date(2026, 11, 16)),
        (5, "2026-11-27 08:00", date(2026, 11, 16)),
        (5, "2026-11-26 08:00", date(2026, 11, 9)),
        (7, "2026-11-29 08:00", date(2026, 11, 16)),
    ],
)
def test_the_sheet_is_about_the_week_before_its_day(weekday: int, now: str, monday: date) -> None:
    rules = DigestRules(weekly_day=weekday, weekly_at=time(8))
    moment = datetime.fromisoformat(now).replace(tzinfo=VILLAGE_TIME)
    assert due_week(moment, rules, RULES).monday == monday
