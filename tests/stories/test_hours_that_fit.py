"""Other hours are suggested, never imposed: only her own 改, or her leader's word, moves them."""

from datetime import datetime, time

import pytest
from sqlalchemy import select, update

from storage.checkins import Expectation, Plan
from storage.hours import HourChange, Suggestion
from storage.letters import Letter, LetterState
from storage.people import Identity
from storage.rules import VILLAGE_TIME, village_day
from tests.habits import used_to_write
from tests.village import Village

ASKED = "王奶奶，您常常9点半才起。以后等到10点，行就回：改"
MOVED = "王奶奶，好，明早起等您到10点。"


async def hours_of(village: Village, elder: str) -> tuple[time, time]:
    async with village.database.reading() as session:
        plan = await session.get_one(Plan, (elder, "day"))
    return plan.opens, plan.closes


async def changes(village: Village) -> list[tuple[str, str, time, time]]:
    async with village.database.reading() as session:
        found = await session.scalars(select(HourChange).order_by(HourChange.id))
        return [(one.elder_id, one.said_by, one.from_closes, one.to_closes) for one in found]


async def closes_today(village: Village, elder: str) -> time:
    async with village.database.reading() as session:
        closes_at: datetime | None = await session.scalar(
            select(Expectation.closes_at).where(
                Expectation.elder_id == elder, Expectation.day == village_day(village.clock.now())
            )
        )
    assert closes_at is not None
    return closes_at.astimezone(VILLAGE_TIME).time()


@pytest.fixture
async def late_riser(village: Village) -> Village:
    """Let Wang be heard at half past nine every day, and well today; at three she is asked."""
    await used_to_write(village, "wang", time(9, 30))
    await village.all_well_but()
    await village.until("15:01")
    return village


async def test_who_is_usually_heard_after_her_window_is_asked_in_the_afternoon(
    late_riser: Village,
) -> None:
    assert late_riser.heard("wang") == [ASKED]
    assert await hours_of(late_riser, "wang") == (time(6), time(9))


async def test_her_yes_moves_her_hours_from_tomorrow_on(late_riser: Village) -> None:
    assert await late_riser.says("wang", "改") == MOVED
    assert await hours_of(late_riser, "wang") == (time(6), time(10))
    assert await closes_today(late_riser, "wang") == time(9)
    assert await changes(late_riser) == [("wang", "wang", time(9), time(10))]
    await late_riser.until("05:00")
    assert await closes_today(late_riser, "wang") == time(10)
    await late_riser.until("09:29")
    assert late_riser.heard("wang") == [ASKED]
    await late_riser.until("09:31")
    assert "早上好" in late_riser.heard("wang")[-1]


@pytest.mark.parametrize("words", ["行", "可以", "好的，行", "行，改吧"])
async def test_a_short_yes_right_after_the_question_is_one(late_riser: Village, words: str) -> None:
    assert await late_riser.says("wang", words) == MOVED


async def test_a_bare_one_never_moves_a_window(late_riser: Village) -> None:
    for words in ("1", "好", "平安"):
        reply = await late_riser.says("wang", words)
        assert reply == "王奶奶，记下了，您今天平安。要改时间请回：改"
    await late_riser.until("07:00")
    for words in ("1", "好", "平安"):
        assert await late_riser.says("wang", words) == "王奶奶，记下了，您今天平安。"
    assert await hours_of(late_riser, "wang") == (time(6), time(9))
    assert await changes(late_riser) == []


async def test_the_next_morning_a_short_yes_is_of_the_morning(late_riser: Village) -> None:
    await late_riser.until("07:00")
    for words in ("行", "可以"):
        assert await late_riser.says("wang", words) == "王奶奶，记下了，您今天平安。"
    assert await changes(late_riser) == []
    assert await late_riser.says("wang", "改") == MOVED  # that word has only one meaning
    assert await closes_today(late_riser, "wang") == time(9)


async def test_who_never_got_the_question_does_not_answer_it(late_riser: Village) -> None:
    async with late_riser.database.writing() as session:
        await session.execute(
            update(Letter).where(Letter.kind == "suggestion").values(state=LetterState.FAILED)
        )
    for words in ("行", "可以"):
        assert await late_riser.says("wang", words) == "王奶奶，记下了，您今天平安。"
    assert await changes(late_riser) == []


async def test_a_yes_said_twice_moves_her_hours_once(late_riser: Village) -> None:
    await late_riser.says("wang", "改")
    await late_riser.says("wang", "改")
    assert len(await changes(late_riser)) == 1


async def test_pain_after_the_question_is_pain(late_riser: Village) -> None:
    assert "120" in await late_riser.says("wang", "不舒服")
    assert await changes(late_riser) == []


async def days_later(village: Village, days: int, hour: time = time(9, 30)) -> None:
    """Let days go by on which she was heard late, and ring the round that reckons."""
    village.clock.move(days=days)
    await used_to_write(village, "wang", hour, until=village.clock.now())
    async with village.database.writing() as session:
        await session.execute(
            update(Expectation)
            .where(Expectation.elder_id == "wang")
            .values(day=village_day(village.clock.now()))
        )
    _, reckon = village.house.rounds["habits"]
    await reckon(village.clock.now())


async def asked(village: Village) -> int:
    async with village.database.reading() as session:
        return len((await session.scalars(select(Suggestion))).all())


async def test_after_a_no_she_is_left_alone_for_sixty_days(late_riser: Village) -> None:
    assert await late_riser.says("wang", "不用") == "王奶奶，好，还跟以前一样。"
    assert await hours_of(late_riser, "wang") == (time(6), time(9))
    await days_later(late_riser, 59)
    assert await asked(late_riser) == 1
    await days_later(late_riser, 2)
    assert await asked(late_riser) == 2


async def test_after_a_yes_her_hours_stand_for_half_a_year(late_riser: Village) -> None:
    """Else who answers the reminder would be asked to move on with it again and again."""
    await late_riser.says("wang", "改")
    await days_later(late_riser, 179, time(9, 50))
    assert await asked(late_riser) == 1
    await days_later(late_riser, 2, time(9, 50))
    assert await asked(late_riser) == 2


async def test_without_an_answer_nothing_changes_and_she_is_asked_after_thirty_days(
    late_riser: Village,
) -> None:
    await days_later(late_riser, 29)
    assert await asked(late_riser) == 1
    await days_later(late_riser, 2)
    assert await asked(late_riser) == 2
    assert await hours_of(late_riser, "wang") == (time(6), time(9))


async def test_the_round_rung_again_asks_nobody_again(late_riser: Village) -> None:
    _, reckon = late_riser.house.rounds["habits"]
    await reckon(late_riser.clock.now())
    await late_riser.until("17:00")
    assert late_riser.heard("wang") == [ASKED]
    assert await asked(late_riser) == 1


async def test_a_frail_early_bird_need_not_be_waited_for_until_nine(village: Village) -> None:
    await used_to_write(village, "chen", time(6, 10))
    await village.all_well_but()
    await village.until("15:01")
    assert village.heard("chen") == ["陈爷爷，您常常6点就起。以后等到7点半，行就回：改"]
    await village.says("chen", "改")
    assert await hours_of(village, "chen") == (time(6), time(7, 30))


async def test_whose_hours_fit_nobody_is_asked(village: Village) -> None:
    await used_to_write(village, "wang", time(7, 0))
    await village.all_well_but()
    await village.until("15:01")
    assert await asked(village) == 0


async def test_of_whom_nothing_reaches_her_leader_is_asked(village: Village) -> None:
    await used_to_write(village, "wang", time(9, 30))
    await village.all_well_but()
    async with village.database.writing() as session:
        await session.execute(
            update(Identity).where(Identity.person_id == "wang").values(reachable=False)
        )
    await village.until("15:01")
    assert village.heard("dashan")[-1] == (
        "王秀英常常9点半才起。行请回：改时间 王秀英 6点到10点。不用请回：不改 王秀英"
    )
    assert await village.says("laosi", "不改 王秀英") == (
        "没找到您能改的“王秀英”。请写全名，比如：改时间 王秀英 7点到10点"
    )
    assert await village.says("dashan", "不改 王秀英") == "记下了：王秀英还跟以前一样。"
    async with village.database.reading() as session:
        assert await session.scalar(select(Suggestion.state)) == "declined"


@pytest.mark.parametrize(
    "words", ["改时间 王秀英 7点到10点", "改时间 王秀英 七点到十点", "改时间王秀英7:00-10:00"]
)
async def test_her_leader_moves_her_hours_and_she_hears_of_it(village: Village, words: str) -> None:
    await village.until("07:00")
    assert await village.says("dashan", words) == "记下了：王秀英明早起7点到10点报平安。"
    assert await hours_of(village, "wang") == (time(7), time(10))
    assert await closes_today(village, "wang") == time(9)
    await village.until("07:01")
    assert village.heard("wang") == ["王奶奶，明早起等您到10点。"]
    assert await village.says("zhang", words) == "王秀英已经是7点到10点了。"
    assert await changes(village) == [("wang", "dashan", time(9), time(10))]


CANNOT_BE = {
    "改时间 王秀英 4点半到8点": "最早5点，最晚12点。",
    "改时间 王秀英 8点到13点": "最早5点，最晚12点。",
    "改时间 王秀英 8点到8点半": "至少要等60分钟。",
    "改时间 陈德福 6点到11点": "陈德福体弱，最多等4个小时。",
    "改时间 王秀英 10点到7点": "请这样写：",
    "改时间 王秀英 早点": "请这样写：",
    "改时间": "请这样写：",
    "改时间 孙老根 7点到10点": "没找到您能改的“孙老根”。",
    "改时间 王小明 7点到10点": "没找到您能改的“王小明”。",
}


async def test_what_cannot_be_is_said_and_changes_nothing(village: Village) -> None:
    await village.until("07:00")
    for words, reply in CANNOT_BE.items():
        assert (await village.says("dashan", words)).startswith(reply), words
    assert await changes(village) == []


async def test_a_daughter_does_not_move_her_mothers_hours(village: Village) -> None:
    await village.until("07:00")
    await village.says("xiaomei", "改时间 王秀英 7点到10点")
    assert await hours_of(village, "wang") == (time(6), time(9))


async def test_what_was_asked_lapses_when_her_leader_moves_her_hours(late_riser: Village) -> None:
    await late_riser.says("dashan", "改时间 王秀英 7点到11点")
    await late_riser.says("wang", "改")
    assert await hours_of(late_riser, "wang") == (time(7), time(11))


async def test_a_leader_who_is_old_herself_asks_how_and_agrees_to_nothing(
    village: Village,
) -> None:
    await used_to_write(village, "laosi", time(9, 30))
    await village.all_well_but()
    await village.until("15:01")
    assert village.heard("laosi") == ["周爷爷，您常常9点半才起。以后等到10点，行就回：改"]
    assert (await village.says("laosi", "改时间")).startswith("请这样写：")
    assert await changes(village) == []


async def test_half_past_seven_is_no_fall(village: Village) -> None:
    """半到 sounds like 绊倒."""
    await village.until("07:00")
    await village.says("laosi", "改时间 孙老根 七点半到十点")
    assert await hours_of(village, "sun") == (time(7, 30), time(10))
    assert await village.incidents("sun") == await village.incidents("laosi") == []
