"""A drill is a real incident on the real ladder, and nobody can take it for true."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

from handlers.drill.words import lasts
from storage import drill_reports, drills, windows
from storage.drill_reports import DrillReport
from storage.drills import NewDrill
from storage.incidents import Incident
from storage.letters import Letter
from storage.people import Identity, Person
from tests.durability.test_rounds_twice import ring_again, rows
from tests.village import CAST, NAMES, Village

MARK = "【演练】"
CALLED = ("liushen", "dashan", "xiaomei", "zhang", "laosi", "sheng")
"""Everybody whom the whole ladder calls for Wang Xiuying, in its order."""


async def begin(village: Village, words: str = "演练 王秀英") -> None:
    """Let everybody be well, and the coordinator begin a drill at half past six."""
    await village.all_well_but()
    await begin_now(village, words)


async def begin_now(village: Village, words: str = "演练 王秀英") -> None:
    assert "会叫到6个人" in await village.says("zhang", words)
    assert (await village.says("zhang", "开始演练")).startswith(MARK)
    village.clock.move(seconds=4)
    await village.have_watched()
    await village.ring()


async def settle(village: Village, *, rings: int = 3) -> None:
    """Let what was just said be carried, and the report be written."""
    for _ in range(rings):
        village.clock.move(seconds=1)
        await village.have_watched()
        await village.ring()


async def drill(village: Village) -> Incident:
    async with village.database.reading() as session:
        found = await session.scalars(select(Incident).where(Incident.kind == "drill"))
        return found.one()


async def of_the_drill(village: Village) -> Sequence[Letter]:
    incident = await drill(village)
    async with village.database.reading() as session:
        found = await session.scalars(
            select(Letter).where(Letter.incident_id == incident.id).order_by(Letter.id)
        )
        return found.all()


async def report(village: Village) -> DrillReport:
    async with village.database.reading() as session:
        held = await drill_reports.latest(session)
        assert held is not None
        return await drill_reports.report(session, held, village.house.config.drill)


def drilled(village: Village, person: str) -> list[str]:
    """Return what somebody heard of a drill; each of it says first that it is one."""
    heard = [words for words in village.heard(person) if "演练" in words]
    assert all(
        words.startswith(f"{MARK}这是练习，没有人出事。") or "对象：演练：" in words
        for words in heard
    ), heard
    return heard


# --- a whole drill


async def test_a_whole_drill_from_the_yes_to_the_report(village: Village) -> None:
    await begin(village)
    assert drilled(village, "dashan") == [
        f"{MARK}这是练习，没有人出事。王秀英今天还没报平安。您能去看看吗？能去请回：我去 1"
    ]
    village.clock.move(seconds=90)
    assert await village.says("liushen", "我去") == (
        f"{MARK}好，王秀英就托付给您了。见到她请回：平安 1"
    )
    village.clock.move(minutes=8)
    await village.have_watched()
    await village.ring()
    assert drilled(village, "dashan")[1:] == [
        f"{MARK}这是练习，没有人出事。刘翠花去看王秀英了，有消息马上告诉您。"
    ]
    assert await village.says("liushen", "平安 1") == (
        f"{MARK}记下了：王秀英的演练结束。都告诉大家了，谢谢您！"
    )
    await settle(village)
    assert drilled(village, "dashan")[-1] == f"{MARK}这是练习，没有人出事。演练结束了，谢谢您！"
    assert village.heard("zhang")[-1] == "\n".join(
        [
            f"{MARK}这是练习，没有人出事。合格：1分30秒有人应，最慢0秒送出。",
            "1号演练：王秀英没报平安。",
            "第1批，一开始：刘翠花、李大山，最慢0秒送出。",
            "刘翠花先应，1分30秒。9分30秒后刘翠花说平安，结束。",
        ]
    )
    assert len(await village.letters("drill_report")) == 1


async def test_nobody_answers_and_it_ends_by_itself_after_the_last_step(village: Village) -> None:
    await begin(village)
    await village.until("07:20")
    await village.says("zhang", "帮助")  # his reply window is open again: no card for the report
    await village.until("07:40")
    incident = await drill(village)
    assert (incident.stage, incident.result, incident.lap) == ("closed", "没回音", 0)
    assert incident.closed_at == incident.opened_at + timedelta(minutes=60)
    shown = await report(village)
    assert [(one.step, one.after / 60) for one in shown.steps] == [
        (0, 0),
        (1, 15),
        (2, 30),
        (3, 45),
    ]
    for person in CALLED:
        assert "演练结束了" in "".join(drilled(village, person))
    words = village.heard("zhang")[-1]
    assert "没合格：没有人应。" in words
    assert words.endswith("没有人应。1小时后自己结束。")
    assert len(words.split("\n")) <= 10


async def test_a_fall_is_played_with_both_steps_at_once(village: Village) -> None:
    await begin(village, "演练 王秀英 出事")
    for person in ("liushen", "dashan", "xiaomei", "zhang"):
        assert drilled(village, person) == [
            f"{MARK}这是练习，没有人出事。【急】王秀英出事了，快去看看！要去请回：我去 1"
        ]
    assert not await village.incidents("wang")


async def test_a_drill_may_climb_five_times_as_fast(village: Village) -> None:
    await village.all_well_but()
    async with village.database.writing() as session:
        person = await session.get_one(Person, "wang")
        asked = NewDrill(
            cause="drill:here",
            village_id=person.village_id,
            elder_id="wang",
            kind="missed",
            pace=5,
        )
        assert await drills.ask(session, asked, village.clock.now())
    await village.until("07:00")
    shown = await report(village)
    assert [one.after / 60 for one in shown.steps] == [0, 3, 6, 9]
    assert shown.ended_after == 12 * 60
    assert not await village.letters("drill_report")  # nobody of the village asked for it


async def test_a_promise_runs_out_as_in_earnest_and_the_ladder_climbs(village: Village) -> None:
    await begin(village)
    await village.says("liushen", "我去 1")
    await village.until("06:59")
    assert not drilled(village, "xiaomei")
    await village.until("07:01")
    assert drilled(village, "xiaomei")
    assert any("还没回音" in words for words in drilled(village, "dashan"))
    assert any("见到了吗" in words for words in drilled(village, "liushen"))


async def test_who_began_it_stops_it_and_exactly_those_who_were_told_hear_it(
    village: Village,
) -> None:
    await begin(village)
    assert await village.says("sheng", "演练结束") == "现在没有您开始的演练。"
    assert (await village.says("zhang", "演练结束")).startswith(f"{MARK}王秀英的演练停了")
    await settle(village)
    told = [person for person, *_ in CAST if drilled(village, person)]
    assert sorted(told) == ["dashan", "liushen", "zhang"]
    cleared = {one.recipient_id for one in await village.letters("clear")}
    assert cleared == {"dashan", "liushen"}
    assert "没做完：还没人应就停了。" in village.heard("zhang")[-1]
    assert await village.says("zhang", "演练结束") == "现在没有您开始的演练。"


async def test_a_drill_stopped_before_it_began_calls_nobody(village: Village) -> None:
    await village.all_well_but()
    await village.says("zhang", "演练 王秀英")
    await village.says("zhang", "开始演练")
    await village.says("zhang", "演练结束")
    await settle(village)
    assert not drilled(village, "dashan")
    assert "会叫到" in await village.says("zhang", "演练 王秀英")


# --- who may, and how it is asked


@pytest.mark.parametrize("person", ["dashan", "xiaomei", "liushen", "laosi"])
async def test_nobody_else_may_begin_one(village: Village, person: str) -> None:
    assert "演练" not in await village.says(person, "演练 王秀英")
    assert "演练" not in await village.says(person, "开始演练")
    await settle(village)
    assert not drilled(village, "dashan")


async def test_it_is_asked_what_cannot_be_guessed(village: Village) -> None:
    await village.all_well_but()
    assert "没找到" in await village.says("zhang", "演练 王大锤")
    assert "现在没有要开始的演练" in await village.says("zhang", "开始演练")
    assert "会叫到" in await village.says("sheng", "演练 李家沟 王秀英 出事")
    await village.says("sheng", "开始演练")
    assert "一次只能有一场" in await village.says("zhang", "演练 陈德福")


async def test_an_elder_who_is_looked_for_is_not_drilled(village: Village) -> None:
    await village.says("wang", "摔倒了起不来")
    assert "真的在找人" in await village.says("zhang", "演练 王秀英")


async def test_at_night_it_says_that_it_is_night_and_its_letters_go_at_once(
    village: Village,
) -> None:
    await village.all_well_but()
    await village.until("21:30")
    assert (await village.says("zhang", "演练 王秀英")).startswith("现在是夜里，")
    await village.says("zhang", "开始演练")
    await village.ring()
    assert drilled(village, "dashan")
    await village.says("dashan", "平安 1")
    await settle(village)
    assert "演练结束了" in drilled(village, "liushen")[-1]
    assert not any("合格" in words for words in village.heard("zhang"))  # that can wait
    await village.until("06:35")
    assert any("合格" in words for words in village.heard("zhang"))


# --- it is nobody's distress


async def test_the_elder_hears_nothing_and_her_word_does_not_end_it(village: Village) -> None:
    await begin(village)
    before = village.heard("wang")
    assert await village.expectation("wang") == "met"
    await village.says("wang", "我好着呢")
    await village.says("wang", "1")
    await settle(village)
    assert (await drill(village)).stage == "open"
    assert village.heard("wang") == before


async def test_her_own_morning_goes_on_beside_a_drill(village: Village) -> None:
    await village.all_well_but("wang")
    await begin_now(village)
    assert await village.expectation("wang") == "pending"
    await village.until("09:31")
    assert await village.expectation("wang") == "missed"
    (incident,) = await village.incidents("wang")
    assert (incident.kind, incident.number) == ("missed", 2)


async def test_a_real_silence_in_the_middle_goes_first(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("09:25")
    await begin_now(village)
    await village.until("09:31")
    alarms = village.heard("liushen")
    assert alarms[-1] == "王秀英今天还没报平安。您能去看看吗？能去请回：我去 2"
    assert alarms[-2].startswith(MARK)
    assert await village.says("liushen", "我去") == "好，王秀英就托付给您了。见到她请回：平安 2"
    assert await village.says("dashan", "我去") == "刘翠花已经去看王秀英了。谢谢您！"
    assert (await village.says("dashan", "我去 1")).startswith(f"{MARK}好，王秀英就托付给您了。")
    asked = await village.says("dashan", "平安")
    assert "2 王秀英，1 王秀英（演练）" in asked.replace("没报平安", "")
    assert [one.stage for one in await village.incidents("wang")] == ["promised"]
    await village.says("wang", "1")
    assert [one.result for one in await village.incidents("wang")] == ["报平安"]
    assert (await drill(village)).stage == "promised"
    assert (await village.says("dashan", "平安")).startswith(MARK)


async def test_the_named_one_is_the_real_one(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("09:25")
    await begin_now(village)
    await village.until("09:31")
    assert "平安 2" in await village.says("liushen", "我去看王秀英")
    await village.says("liushen", "王秀英平安")
    assert [one.result for one in await village.incidents("wang")] == ["平安"]
    assert (await drill(village)).stage == "open"


async def test_what_may_be_true_in_a_drill_is_said_again_in_earnest(village: Village) -> None:
    await begin(village)
    assert await village.says("dashan", "出事 1") == (
        f"{MARK}王秀英的是演练，没记出事。要是真的，快打120！请回：王秀英出事了"
    )
    assert (await drill(village)).stage == "open"
    assert "快打120" in await village.says("dashan", "王秀英出事了")
    (real,) = await village.incidents("wang")
    assert (real.kind, real.number) == ("emergency", 2)
    await settle(village)
    assert village.heard("liushen")[-1].startswith("【急】王秀英")


# --- twice, and on cards


async def test_every_round_rung_twice_is_the_same_drill(village: Village) -> None:
    await begin(village)
    for hour in ("06:31", "06:46", "07:01", "07:16", "07:31"):
        await village.until(hour)
        await village.platform.at_rest()
        await settle(village, rings=2)
        before = await rows(village)
        await ring_again(village)
        assert await rows(village) == before, hour
    assert (await drill(village)).result == "没回音"
    assert len(await village.letters("drill_report")) == 1


async def test_on_a_card_both_fields_are_marked(village: Village) -> None:
    if village.channel != "wechat":
        pytest.skip("there are no cards here")
    await village.all_well_but()
    async with village.database.writing() as session:
        people = [(village.channel, person) for person, *_, phone in CAST if phone]
        await windows.shut(session, people)
    await begin_now(village)
    await village.says("dashan", "平安 1")
    await settle(village)
    alarm, end = (words for words in village.heard("liushen") if "演练" in words)
    assert "对象：演练：王秀英" in alarm
    assert "事项：演练：请去看看，能去回：我去 1" in alarm
    assert end.split("\n")[0] == "平安通知"
    assert "事项：演练：结束了，谢谢您" in end


# --- the figures


async def test_the_figures_are_those_of_the_clock(village: Village) -> None:
    await village.all_well_but()
    async with village.database.writing() as session:
        for person in ("xiaomei", "liushen"):
            identity = await session.get_one(Identity, (village.channel, person))
            identity.reachable = False
    await village.says("zhang", "演练 王秀英")
    await village.says("zhang", "开始演练")
    village.clock.move(seconds=9)
    delivery = village.house.rounds.pop("alarms")
    await village.ring()
    village.house.rounds["alarms"] = delivery
    village.clock.move(seconds=12)
    await village.ring()
    village.clock.move(minutes=20)
    await village.have_watched()
    await village.ring()
    await village.says("zhang", "我去 1")
    shown = await report(village)
    assert shown.to_incident == 9
    assert [(one.name, one.seconds) for one in shown.steps[0].calls] == [("李大山", 12)]
    assert [one.after for one in shown.steps] == [0, 12 + 20 * 60]
    assert [one.late for one in shown.steps] == [0, 12 + 5 * 60]
    assert shown.acknowledged is not None
    assert (shown.acknowledged.name, shown.acknowledged.after) == ("张主任", 12 + 20 * 60)
    assert shown.without_phone == ["刘翠花", "王小梅"]
    assert not shown.is_passed
    await village.says("zhang", "平安 1")
    await settle(village)
    words = village.heard("zhang")[-1]
    assert "没合格：9秒才开始叫人，第2批晚了5分12秒，最慢12秒才送出，20分12秒才有人应。" in words
    assert "没有手机：刘翠花、王小梅。" in words
    assert await village.says("zhang", "演练报告") == words.replace("这是练习，没有人出事。", "")


async def test_who_was_called_and_has_no_letter_is_named(village: Village) -> None:
    if village.channel != "wechat":
        pytest.skip("the other channel loses nothing")
    await village.all_well_but()
    async with village.database.writing() as session:
        await windows.shut(session, [(village.channel, "liushen")])
    village.platform.template_outcome("liushen", "failed:user block")
    await begin_now(village)
    await village.platform.at_rest()
    shown = await report(village)
    assert shown.never_reached == [NAMES["liushen"]]
    assert shown.in_vain == 1


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0秒"), (8, "8秒"), (60, "1分"), (123, "2分3秒"), (3600, "1小时"), (3900, "1小时5分")],
)
def test_how_long_it_took_is_said_as_one_says_it(seconds: float, words: str) -> None:
    assert lasts(seconds) == words
