"""She speaks, and a machine writes it down: it may raise the alarm, and never lowers it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.transcribers import make_transcriber
from bot.transcribers.wechat_media import WechatMedia
from handlers.hearing import Hearing
from schedules.listening import Listening
from storage import voices
from storage.rules import Rules
from storage.schema import metadata
from storage.voices import Voice
from tests.databases import clear_at
from tests.village import Village, open_village
from tests.voices.endpoint import Endpoint, spoken

FALL = "救命，我摔倒了，起不来"


async def speaks(village: Village, person: str, words: str) -> str:
    """Let somebody speak into her phone, and return what is said back at once."""
    return (await village.platform.voice(person, sound=spoken(words))).reply


async def ring_twice(village: Village) -> None:
    """Let voices be heard, and the letters about them be carried."""
    await village.ring()
    await village.ring()


async def voice_state(village: Village) -> str:
    async with village.database.reading() as session:
        return (await session.scalars(select(Voice.state))).one()


def played_to(village: Village, person: str) -> int:
    """Return how many voices somebody was sent to listen to."""
    sent = village.platform.sent("message/custom/send")
    return sum(one["touser"] == person and one["msgtype"] == "voice" for one in sent)


async def test_a_voice_that_cries_for_help_calls_everybody(village: Village) -> None:
    assert await speaks(village, "wang", FALL) == "王奶奶，收到了。"
    assert await village.expectation("wang") == "met"
    assert await village.incidents("wang") == []
    await ring_twice(village)
    (incident,) = await village.incidents("wang")
    assert (incident.kind, incident.stage, incident.step) == ("emergency", "open", 1)
    for person in ("liushen", "dashan", "xiaomei", "zhang"):
        (call,) = village.told(person)
        assert call.startswith("【急】王秀英出事了")
    assert await village.expectation("wang") == "met"


async def test_she_hears_by_letter_who_comes_and_whom_to_call(village: Village) -> None:
    await speaks(village, "wang", FALL)
    await ring_twice(village)
    assert village.told("wang")[-1] == "王奶奶，别怕，叫了刘翠花、李大山、王小梅。快打120！"


async def test_a_voice_that_says_all_is_well_changes_nothing(village: Village) -> None:
    await speaks(village, "wang", "我很好，放心吧")
    await ring_twice(village)
    assert await voice_state(village) == "heard"
    assert await village.incidents("wang") == []
    assert village.told("wang") == ["王奶奶，收到了。"]
    assert village.told("dashan") == []


async def test_no_voice_ends_an_emergency(village: Village) -> None:
    await village.says("wang", FALL)
    await speaks(village, "wang", "没事了，我很好")
    await ring_twice(village)
    (incident,) = await village.incidents("wang")
    assert incident.stage == "open"


async def test_written_and_spoken_it_is_one_emergency(village: Village) -> None:
    await village.says("wang", FALL)
    await speaks(village, "wang", FALL)
    await ring_twice(village)
    assert len(await village.incidents("wang")) == 1
    assert len(village.told("liushen")) == 1


async def test_a_spoken_wish_to_die_stays_among_a_few(village: Village) -> None:
    await speaks(village, "wang", "喂完鸡坐那儿想，活着真没啥意思，不想活了")
    await ring_twice(village)
    (incident,) = await village.incidents("wang")
    assert incident.kind == "crisis"
    assert village.told("wang")[-1].startswith("王奶奶，我听着呢，李大山马上来陪您")
    assert "12356" in village.told("wang")[-1]
    assert village.told("dashan")[0].startswith("【保密】")
    assert village.told("xiaomei") == []


async def test_how_she_feels_is_told_to_the_leader(village: Village) -> None:
    await speaks(village, "wang", "我头晕得很")
    await ring_twice(village)
    (letter,) = village.told("dashan")
    assert "王秀英说不舒服" in letter
    assert "告诉李大山了" in village.told("wang")[-1]
    assert await village.incidents("wang") == []


async def test_what_she_asks_for_aloud_becomes_a_call(village: Village) -> None:
    await speaks(village, "wang", "想请人来给我理个发")
    await ring_twice(village)
    assert village.heard("wang")[-1] == "王奶奶，哪天理发好？比如说：明天上午"
    assert (await village.says("wang", "明天下午三点")).startswith(
        "王奶奶，记下了，明天下午3点理发"
    )


async def test_a_voice_about_a_neighbour_calls_people_to_the_neighbour(village: Village) -> None:
    await speaks(village, "wang", "陈德福摔倒了，快来人")
    await ring_twice(village)
    assert await village.incidents("wang") == []
    (incident,) = await village.incidents("chen")
    assert incident.kind == "emergency"
    assert village.told("wang")[-1].startswith("陈爷爷的事，叫了")


async def test_a_voice_that_says_she_goes_away_is_only_asked_back(village: Village) -> None:
    await speaks(village, "wang", "我去儿子家住三天")
    await ring_twice(village)
    asked = "王奶奶，您出门，11月26日再报平安，是吗？请打字回：对"
    assert village.heard("wang")[-1] == asked
    assert await village.says("wang", "对") == "王奶奶，记下了，11月26日再等您报平安。路上慢点。"


async def test_where_it_is_not_clear_who_is_meant_she_is_asked(village: Village) -> None:
    await speaks(village, "wang", "老马摔倒了，快来人")
    await ring_twice(village)
    assert village.told("wang")[-1].startswith("是谁出事了？")
    assert "没说清是谁" in village.told("dashan")[0]
    await village.says("wang", "陈德福")
    assert len(await village.incidents("chen")) == 1


async def test_a_busy_endpoint_is_asked_again(village: Village, endpoint: Endpoint) -> None:
    endpoint.mood = "failing"
    await speaks(village, "wang", FALL)
    await village.ring()
    assert await voice_state(village) == "waiting"
    endpoint.mood = "well"
    await village.ring()
    assert len(endpoint.asked) == 1
    village.clock.move(seconds=10)
    await village.ring()
    assert len(await village.incidents("wang")) == 1


@pytest.mark.parametrize("mood", ["failing", "hanging", "dying"])
async def test_where_the_machine_cannot_hear_the_leader_listens(
    village: Village, endpoint: Endpoint, mood: Any
) -> None:
    endpoint.mood = mood
    await speaks(village, "wang", FALL)
    await village.ring()
    village.clock.move(seconds=10)
    await village.ring()
    assert await voice_state(village) == "waiting"
    village.clock.move(seconds=60)
    await ring_twice(village)
    assert await voice_state(village) == "left"
    assert len(endpoint.asked) == 3
    assert "王秀英发来语音，请您听一听。" in village.told("dashan")
    assert played_to(village, "dashan") == 1


async def test_a_voice_that_cannot_be_fetched_now_is_fetched_later(
    village: Village, endpoint: Endpoint
) -> None:
    village.platform.http_error("media/get", 500)
    await speaks(village, "wang", FALL)
    await village.ring()
    assert endpoint.asked == []
    village.clock.move(seconds=10)
    await village.ring()
    assert len(await village.incidents("wang")) == 1


async def test_when_the_voice_is_gone_the_leader_asks_her(
    village: Village, endpoint: Endpoint
) -> None:
    await speaks(village, "wang", FALL)
    village.clock.move(days=3)
    await ring_twice(village)
    assert await voice_state(village) == "left"
    assert endpoint.asked == []
    (letter,) = await village.letters("needs_word")
    assert (letter.recipient_id, letter.detail) == ("dashan", {"need": "word"})


async def test_whoever_died_listening_is_followed_by_another_and_it_is_heard_once(
    village: Village,
) -> None:
    await speaks(village, "wang", FALL)
    async with village.database.writing() as session:
        await voices.claim(session, village.clock.now(), 1, timedelta(seconds=60))
    await village.ring()
    assert await village.incidents("wang") == []
    village.clock.move(seconds=60)
    for _ in range(3):
        await village.ring()
        village.clock.move(minutes=1)
    assert len(await village.incidents("wang")) == 1
    assert len(await village.letters("voice_heard")) == 1


async def test_a_voice_that_kills_its_listeners_is_left_to_the_leader(
    village: Village, endpoint: Endpoint
) -> None:
    await speaks(village, "wang", FALL)
    for _ in range(3):
        async with village.database.writing() as session:
            await voices.claim(session, village.clock.now(), 1, timedelta(seconds=60))
        village.clock.move(seconds=60)
    await ring_twice(village)
    assert endpoint.asked == []
    assert played_to(village, "dashan") == 1


async def listener(village: Village, session: ClientSession) -> Listening:
    """Return one more pair of ears at the same database: it hears out what takes long."""
    rules = Rules(hearing=replace(village.house.config.hearing, seconds=30.0))
    transcriber = make_transcriber(rules.hearing, session)
    assert transcriber is not None
    media = WechatMedia(village.house.wechat)
    return Listening(village.database, rules, Hearing.load(), media, transcriber, patience=1.0)


async def test_who_wakes_up_late_adds_nothing(village: Village, endpoint: Endpoint) -> None:
    endpoint.mood = "hanging"
    await speaks(village, "wang", FALL)
    async with ClientSession() as session:
        slow, quick = await listener(village, session), await listener(village, session)
        assert await slow.listen(village.clock.now()) == 1
        endpoint.mood = "well"
        village.clock.move(minutes=2)
        assert await quick.listen(village.clock.now()) == 1
        endpoint.awake.set()
        await slow.close()
        await quick.close()
    assert len(endpoint.asked) == 2
    assert len(await village.incidents("wang")) == 1
    assert len(await village.letters("voice_heard")) == 1


async def test_a_slow_machine_keeps_neither_the_bell_nor_the_other_voices(
    village: Village, endpoint: Endpoint
) -> None:
    endpoint.mood = "hanging"
    await speaks(village, "wang", "今天腌了萝卜")
    async with ClientSession() as session:
        ears = await listener(village, session)
        assert await ears.listen(village.clock.now()) == 1
        endpoint.mood = "well"
        await speaks(village, "sun", "我摔倒了，起不来")
        assert await ears.listen(village.clock.now()) == 1
        assert len(await village.incidents("sun")) == 1
        endpoint.mood = "hanging"
        await ears.close()


async def test_a_house_that_closes_hears_later_what_it_was_hearing(
    village: Village, endpoint: Endpoint
) -> None:
    endpoint.mood = "hanging"
    await speaks(village, "wang", FALL)
    async with ClientSession() as session:
        ears = await listener(village, session)
        await ears.listen(village.clock.now())
        await asyncio.wait_for(ears.close(), timeout=5)
    assert await voice_state(village) == "listening"
    endpoint.mood = "well"
    village.clock.move(minutes=2)
    await village.ring()
    assert len(await village.incidents("wang")) == 1


async def test_what_she_said_is_neither_kept_nor_logged(
    village: Village, endpoint: Endpoint
) -> None:
    with capture_logs() as logs:
        await speaks(village, "wang", "我的芦花鸡丢了，我摔倒了")
        endpoint.mood = "failing"
        await village.ring()
        endpoint.mood = "well"
        village.clock.move(seconds=10)
        await ring_twice(village)
    assert len(await village.incidents("wang")) == 1
    assert [one["event"] for one in logs if "voice" in one["event"]] == ["voice_not_heard"]
    assert "芦花鸡" not in str(logs)
    async with village.database.reading() as session:
        for table in metadata.tables.values():
            rows = (await session.execute(select(table))).all()
            assert "芦花鸡" not in str(rows)


async def test_the_endpoint_is_asked_as_it_expects(village: Village, endpoint: Endpoint) -> None:
    await speaks(village, "wang", "吃了")
    await village.ring()
    (asked,) = endpoint.asked
    assert asked.voice == spoken("吃了")
    assert asked.filename == "voice.wav"
    assert asked.fields == {
        "model": "an-invented-model",
        "language": "zh",
        "response_format": "json",
    }


async def test_without_a_machine_the_leader_receives_the_voice_itself(
    database_url: str, tmp_path: Path
) -> None:
    await clear_at(database_url)
    async with open_village(database_url, tmp_path, "wechat") as village:
        await village.settle()
        await village.until("07:00")
        assert await speaks(village, "wang", FALL) == "王奶奶，收到了。"
        await village.ring()
        assert "listening" not in village.house.rounds
        assert village.told("dashan")[0] == "王秀英发来语音，请您听一听。"
        assert played_to(village, "dashan") == 1
        async with village.database.reading() as session:
            assert (await session.scalars(select(Voice.id))).all() == []
        (letter,) = await village.letters("listen")
        assert letter.media


async def test_what_the_platform_wrote_down_itself_is_heard_at_once(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOUWANG_HEARING__TRANSCRIBER", "wechat")
    await clear_at(database_url)
    async with open_village(database_url, tmp_path, "wechat") as village:
        await village.settle()
        await village.until("07:00")
        reply = (await village.platform.voice("wang", recognition="我衰倒了，就命啊")).reply
        assert "快打120" in reply
        assert "listening" not in village.house.rounds
        assert len(await village.incidents("wang")) == 1


async def test_who_is_after_her_money_is_told_of_as_if_she_had_written(village: Village) -> None:
    await speaks(village, "wang", "有人打电话，叫我转钱")
    await ring_twice(village)
    assert village.told("wang")[-1].startswith("王奶奶，别转钱！先给李大山、王小梅打电话")
    (letter,) = village.told("dashan")
    assert "有人向王秀英要钱" in letter


async def test_a_voice_for_her_daughter_that_cries_for_help_calls_everybody(
    village: Village,
) -> None:
    await village.says("xiaomei", "传话 妈，在家吗")
    await ring_twice(village)
    assert await speaks(village, "wang", FALL) == "王奶奶，好，传给王小梅了。"
    await ring_twice(village)
    assert played_to(village, "xiaomei") == 1
    (incident,) = await village.incidents("wang")
    assert incident.kind == "emergency"
