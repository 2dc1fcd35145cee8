"""Many hands at once: nobody spends what another has spent, and nobody waits for ever."""

import asyncio
import random

from storage.database import Database
from storage.ledger import NotEnoughError
from tests.ledger.bank import WANG, Bank


async def test_of_forty_spends_ten_succeed_where_ten_can_be_paid(whole: Bank) -> None:
    await whole.give(WANG, 10 * 30)

    async def spend(number: int) -> bool:
        try:
            await whole.hold(f"r{number}", WANG, 30)
        except NotEnoughError:
            return False
        return True

    done = await asyncio.gather(*(spend(number) for number in range(40)))
    assert sum(done) == 10
    assert await whole.balance(WANG) == 0
    assert await whole.count() == 11


async def test_the_same_spend_from_forty_places_is_one_spend(whole: Bank) -> None:
    await whole.give(WANG, 300)
    await asyncio.gather(*(whole.hold("r1", WANG, 30) for _ in range(40)))
    assert await whole.balance(WANG) == 270
    assert await whole.count() == 2


async def test_six_hundred_opposite_transfers_never_lock_each_other(
    whole: Bank, database_url: str
) -> None:
    """Four accounts give to each other both ways at once; on PostgreSQL from two nodes."""
    four = [f"m:{name}" for name in ("a", "b", "c", "d")]
    for account in four:
        await whole.give(account, 1_000)
    nodes = [whole]
    if not whole.database.is_sqlite:
        nodes.append(Bank(Database(database_url)))
    chosen = random.Random(7)  # noqa: S311 - a story told the same way every time
    pairs = [chosen.sample(four, 2) for _ in range(600)]

    async def give(number: int, giver: str, to: str) -> None:
        async with nodes[number % len(nodes)].book() as book:
            await book.gift(f"g{number}", giver, to, 1)

    await asyncio.gather(*(give(number, *pair) for number, pair in enumerate(pairs)))
    assert await whole.count() == 604
    balances = await whole.balances()
    assert sum(balances[account] for account in four) == 4_000
    for node in nodes[1:]:
        await node.database.dispose()


async def test_of_rows_that_follow_the_same_one_the_database_takes_one(bank: Bank) -> None:
    """Also where somebody writes past our queue, the chain has one end."""
    await bank.give(WANG, 300)
    rows = [await bank.next_row(id=f"forged:{number}") for number in range(8)]
    outcomes = await asyncio.gather(*(bank.tamper(row) for row in rows), return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 1
    assert await bank.balance(WANG) == 285
