"""Who wants to be left in peace is, but never of an alarm, and the watch goes on."""

import pytest

from storage import windows
from storage.letters import NewLetter, Urgency, write
from tests.village import Village


async def shut(village: Village, person: str) -> None:
    async with village.database.writing() as session:
        await windows.shut(session, [(village.channel, person)])


async def notice(village: Village, key: str, to: str) -> None:
    async with village.database.writing() as session:
        letter = NewLetter(
            key=key,
            kind="needs_word",
            urgency=Urgency.NOTICE,
            recipient_id=to,
            about_id="wang",
            detail={"need": "request"},
        )
        await write(session, [letter], village.clock.now())


async def state_of(village: Village, key: str) -> str:
    return next(one.state for one in await village.letters("needs_word") if one.key == key)


@pytest.fixture
async def village(village: Village) -> Village:
    if village.channel != "wechat":
        pytest.skip("there are no cards here")
    await village.until("07:00")
    return village


async def test_no_card_comes_but_alarms_do(village: Village) -> None:
    reply = await village.says("liushen", "退订")
    assert reply == "刘翠花，好，少打扰您，急事还会找您。想恢复请回：恢复提醒"
    await shut(village, "liushen")
    await notice(village, "one", "liushen")
    await village.until("07:05")
    assert await state_of(village, "one") == "failed"
    await village.says("wang", "我摔倒了")
    await village.ring()
    assert any("王秀英" in words for words in village.heard("liushen"))


async def test_an_elder_who_wants_peace_is_still_watched_over(village: Village) -> None:
    assert (await village.says("wang", "别发了")).startswith("王奶奶，好，少打扰您")
    assert await village.expectation("wang") == "met"
    await village.says("wang", "恢复提醒")
    await shut(village, "wang")
    await notice(village, "one", "wang")
    await village.until("07:05")
    assert await state_of(village, "one") in ("sent", "delivered")


async def test_more_than_three_cards_a_day_nobody_gets_unasked(village: Village) -> None:
    await shut(village, "liushen")
    for number in range(5):
        await notice(village, f"n{number}", "liushen")
    await village.until("07:30")
    states = [await state_of(village, f"n{number}") for number in range(5)]
    assert [one in ("sent", "delivered") for one in states] == [True, True, True, False, False]
    await village.says("chen", "我摔倒了")
    await village.ring()
    assert any("陈德福" in words for words in village.heard("liushen"))
