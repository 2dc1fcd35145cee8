"""Whoever looks at the phones sees every bubble, and never holds anybody up."""

import asyncio

from bot.simulator.phone import Phones
from bot.simulator.platform import Bubble, SimulatedPlatform
from tests.clock import HandMovedClock


async def test_two_who_watch_see_the_same(platform: SimulatedPlatform) -> None:
    with platform.watch() as one, platform.watch() as other:
        await platform.text("wang", "平安")
        await platform.text("li", "1")
        seen = [await anext(one), await anext(one)]
        assert [await anext(other), await anext(other)] == seen
    assert [(bubble.openid, bubble.text) for bubble in seen] == [("wang", "平安"), ("li", "1")]
    assert seen[0].number < seen[1].number


async def test_one_who_falls_behind_is_dropped_and_can_catch_up(clock: HandMovedClock) -> None:
    phones = Phones()
    with phones.watch(size=2) as slow:
        for words in ("一", "二", "三"):
            phones.show("wang", "hers", words, clock.now())
        seen = [bubble.text async for bubble in slow]
    assert seen == ["一", "二"]
    assert [bubble.text for bubble in phones.since(2)] == ["三"]


async def test_the_end_reaches_one_who_waits(clock: HandMovedClock) -> None:
    phones = Phones()

    async def all_of_it() -> list[Bubble]:
        with phones.watch() as watch:
            return [bubble async for bubble in watch]

    waiting = asyncio.create_task(all_of_it())
    await asyncio.sleep(0)
    phones.show("wang", "hers", "平安", clock.now())
    phones.end_watches()
    assert [bubble.text for bubble in await waiting] == ["平安"]
