"""The rounds of the calls may be rung twice, in turn or at once: the second changes nothing."""

import asyncio

from sqlalchemy import select

from storage.schema import metadata
from tests.calls.test_visits import URGENT
from tests.calls.town import ROUNDS, Town

TABLES = (
    "requests",
    "offers",
    "visits",
    "weekly_calls",
    "volunteers",
    "letters",
    "ledger_transfers",
    "ledger_accounts",
)


async def rows(town: Town) -> dict[str, list[tuple[object, ...]]]:
    found = {}
    async with town.database.reading() as session:
        for table in (metadata.tables[name] for name in TABLES):
            every = await session.execute(select(table).order_by(*table.primary_key))
            found[table.name] = [tuple(row) for row in every]
    return found


async def ring_again(town: Town) -> None:
    now = town.clock.now()
    rounds = [town.house.rounds[name][1] for name in ROUNDS]
    for round_ in rounds:
        await round_(now)
        await round_(now)
    await asyncio.gather(*(round_(now) for round_ in [*rounds, *rounds]))


async def test_three_days_of_calls_rung_again_at_every_step_are_the_same_days(town: Town) -> None:
    await town.says("wang", "每周三上午想请人来打扫屋子")
    await town.says("wang", "明天上午想请人来给我理个发")
    await town.says("chen", "明天上午想请人来打扫屋子")
    await town.says("sun", URGENT)
    await town.says("wang", "后天上午想请人帮我洗个澡")
    steps: list[tuple[float, str, str]] = [
        (1, "liushen", "接单 1001"),
        (31, "mingyue", "不接 1002"),
        (20, "jianguo", "接单 1003"),
        (60, "xiaohu", "不接 1002"),
        (60 * 6, "dashan", "不同意 1004"),
        (60 * 13, "liushen", "到了 1001"),
        (60, "liushen", "完成 1001"),
        (60 * 24, "wang", "好 1001"),
        (60 * 24, "wang", "五朵花 1001"),
    ]
    for minutes, person, words in steps:
        await town.live(minutes=minutes)
        await town.says(person, words)
        await town.ring()
        await town.platform.at_rest()
        before = await rows(town)
        await ring_again(town)
        assert await rows(town) == before, words


async def test_rung_at_once_they_tell_the_same_as_in_turn(town: Town) -> None:
    number = await town.asks("wang", "明天上午想请人来打扫屋子")
    for minutes in (0, 61, 61, 61, 61):
        town.clock.move(minutes=minutes)
        await ring_again(town)
    offers = await town.letters("call_offer")
    assert len(offers) == len({one.key for one in offers}) == 5
    assert [one.repeated for one in offers] == [False] * 5
    untaken = await town.letters("call_untaken")
    assert len({one.key for one in untaken}) == len(untaken)
    assert await town.state(number) in ("open", "unfilled")
