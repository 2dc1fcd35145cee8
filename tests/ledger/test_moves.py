"""Calls, teams, estates: what minutes do in a village, on both databases."""

import pytest

from storage import ledger_members
from storage.ledger import (
    ESTATE,
    ISSUER,
    POOL,
    REDEEM,
    Account,
    IllegalMoveError,
    NotEnoughError,
    OtherContentError,
)
from storage.ledger_moves import SecondPersonError, Service, Spender
from tests.ledger.bank import COORDINATOR, DAY, LIU, NOON, WANG, XIAOMEI, Bank, visit


async def _fill_pool(bank: Bank, minutes: int) -> None:
    async with bank.book() as book:
        await book.grant("pool", POOL, minutes, actor=COORDINATOR, reason="fund")


async def test_the_pool_pays_what_a_frail_elder_has_not(whole: Bank) -> None:
    await whole.give(WANG, 45)
    await _fill_pool(whole, 300)
    async with whole.book() as book:
        await book.hold_for("r1", Spender(account=WANG, tier=1), 120, actor=WANG)
    assert await whole.balance(WANG) == 0
    assert await whole.balance(POOL) == 225


async def test_what_is_not_used_goes_back_to_the_pool_first(whole: Bank) -> None:
    await whole.give(WANG, 45)
    await _fill_pool(whole, 300)
    async with whole.book() as book:
        await book.hold_for("r1", Spender(account=WANG, is_poor=True), 120, actor=WANG)
    await whole.settle("r1", LIU, 60)
    assert await whole.release("r1") == 60
    assert await whole.balance(WANG) == 0
    assert await whole.balance(POOL) == 285


async def test_a_sturdy_elder_pays_herself(whole: Bank) -> None:
    await whole.give(WANG, 45)
    await _fill_pool(whole, 300)
    async with whole.book() as book:
        with pytest.raises(NotEnoughError):
            await book.hold_for("r1", Spender(account=WANG, tier=3), 120, actor=WANG)
    assert await whole.balance(POOL) == 300


async def test_asking_again_keeps_once_whoever_has_paid(whole: Bank) -> None:
    await whole.give(WANG, 45)
    await _fill_pool(whole, 300)
    elder = Spender(account=WANG, tier=1)
    for _ in range(2):
        async with whole.book() as book:
            await book.hold_for("r1", elder, 120, actor=WANG)
        await whole.give(WANG, 60, "later")
    assert await whole.balance("hold:r1") == 120
    with pytest.raises(OtherContentError):
        async with whole.book() as book:
            await book.hold_for("r1", elder, 90, actor=WANG)


async def test_a_visit_that_took_longer_is_topped_up(whole: Bank) -> None:
    await whole.give(WANG, 300)
    await whole.hold("r1", WANG, 60)
    with pytest.raises(NotEnoughError):
        await whole.settle("r1", LIU, 90)
    await whole.hold("r1", WANG, 30, attempt=2)
    await whole.settle("r1", LIU, 90)
    assert await whole.release("r1") == 0
    assert await whole.is_closed("hold:r1")


async def test_two_volunteers_of_one_call_are_paid_each(whole: Bank) -> None:
    await whole.give(WANG, 300)
    await whole.hold("r1", WANG, 240)
    await whole.settle("r1", LIU, 110, slot=1)
    await whole.settle("r1", XIAOMEI, 95, slot=2)
    assert await whole.release("r1") == 45
    assert (await whole.balance(LIU), await whole.balance(XIAOMEI)) == (105, 90)


async def test_a_payment_taken_back_names_what_it_undoes_and_is_made_anew(whole: Bank) -> None:
    await whole.give(WANG, 300)
    await whole.hold("r1", WANG, 120)
    await whole.settle("r1", LIU, 120)
    await whole.release("r1")
    async with whole.book() as book:
        for _ in range(2):
            await book.reverse_settlement("r1", 1, 1, actor=COORDINATOR, reason="wrong-person")
    assert (await whole.balance(LIU), await whole.balance("hold:r1")) == (0, 120)
    await whole.settle("r1", XIAOMEI, 60, attempt=2)
    assert await whole.release("r1", attempt=2) == 60
    assert await whole.balance(XIAOMEI) == 60
    with pytest.raises(IllegalMoveError, match="a reversal is not reversed"):
        async with whole.book() as book:
            await book.reverse("correct:settle:r1:1:1", actor=COORDINATOR, reason="typo")


async def test_a_payment_is_taken_back_whole_or_not_at_all(whole: Bank) -> None:
    """One part went to the pool and is there, the other was given away: neither comes back."""
    await whole.give(WANG, 400)
    await whole.hold("r1", WANG, 300)
    await whole.settle("r1", LIU, 300)
    await whole.release("r1")
    async with whole.book() as book:
        await book.gift("g1", LIU, XIAOMEI, 30)
        with pytest.raises(NotEnoughError):
            await book.reverse_settlement(
                "r1", 1, 1, actor=COORDINATOR, second="m:leader", reason="typo"
            )
        await book.gift("g2", LIU, XIAOMEI, 30)
    assert await whole.balance(POOL) == 60
    assert await whole.balance("hold:r1") == 0
    assert await whole.is_closed("hold:r1"), "a refusal opens nothing either"


async def test_to_undo_one_part_of_a_payment_undoes_both(whole: Bank) -> None:
    await whole.give(WANG, 400)
    await whole.hold("r1", WANG, 300)
    await whole.settle("r1", LIU, 300)
    async with whole.book() as book:
        for _ in range(2):
            assert await book.undo("settle:r1:1:1", actor=COORDINATOR, reason="typo") == [
                "correct:overflow:r1:1:1",
                "correct:settle:r1:1:1",
            ]
    assert await whole.balances() == {ISSUER: -400, WANG: 100, "hold:r1": 300}


async def test_the_two_parts_of_a_payment_count_together_for_the_second_person(
    whole: Bank,
) -> None:
    await whole.give(WANG, 900)
    await whole.hold("r1", WANG, 600)
    await whole.settle("r1", LIU, 600)
    undo: dict[str, str] = {"actor": COORDINATOR, "reason": "typo"}
    async with whole.book() as book:
        with pytest.raises(SecondPersonError, match="600 minutes"):
            await book.reverse_settlement("r1", 1, 1, **undo)
        await book.reverse_settlement("r1", 1, 1, second="m:leader", **undo)
    assert await whole.balance("hold:r1") == 600


async def test_a_call_that_cannot_be_paid_opens_no_hold(whole: Bank) -> None:
    await whole.give(WANG, 30)
    async with whole.book() as book:
        with pytest.raises(NotEnoughError):
            await book.hold("r1", [(WANG, 60)], actor=WANG)
    async with whole.database.reading() as session:
        assert await session.get(Account, "hold:r1") is None


async def test_what_found_no_room_is_not_put_back_into_a_closed_call(whole: Bank) -> None:
    await whole.open("m:full", ceiling=300)
    await whole.give("m:full", 300)
    await whole.hold("r1", "m:full", 120)
    await whole.give("m:full", 120, "more")
    await whole.release("r1")
    async with whole.book() as book:
        with pytest.raises(IllegalMoveError, match="a hold ends by"):
            await book.reverse("overflow:r1:1:back:1", actor=COORDINATOR, reason="typo")
    assert await whole.balance(POOL) == 120


async def test_what_was_spent_cannot_be_taken_back_and_somebody_has_to_decide(whole: Bank) -> None:
    await whole.give(WANG, 300)
    await _fill_pool(whole, 120)
    await whole.hold("r1", WANG, 120)
    await whole.settle("r1", LIU, 120)
    async with whole.book() as book:
        await book.donate("d1", LIU, 120, to=POOL)
        with pytest.raises(NotEnoughError):
            await book.reverse_settlement("r1", 1, 1, actor=COORDINATOR, reason="typo")
        await book.adjust("verdict-1", POOL, WANG, 120, actor=COORDINATOR, reason="refund")
    assert await whole.balance(WANG) == 300


async def test_a_large_correction_needs_two(whole: Bank) -> None:
    await _fill_pool(whole, 480)
    await whole.open("team:t1")
    await whole.give(WANG, 600)
    async with whole.book() as book:
        with pytest.raises(SecondPersonError):
            await book.adjust("a", WANG, LIU, 481, actor=COORDINATOR, reason="merge")
        await book.adjust("a", WANG, LIU, 481, actor=COORDINATOR, second="m:leader", reason="merge")
    assert await whole.balance(LIU) == 481


async def test_a_team_earns_and_gives(whole: Bank) -> None:
    await whole.give(WANG, 600)
    await whole.hold("r1", WANG, 480)
    async with whole.book() as book:
        team = await ledger_members.team_account(book.session, "t1")
        service = Service(
            request="r1", slot=1, attempt=1, to=team, minutes=400, day=DAY, actor=WANG
        )
        settled = await book.settle(service)
        await book.donate("d1", team, 100)
        assert await book.close(team, actor=COORDINATOR, reason="dissolved") == 305
    assert settled.credited == 405, "a team has many hands: no cap of four hours a day"
    assert await whole.balance(POOL) == 405


async def test_what_an_elder_leaves_goes_to_her_heirs(whole: Bank) -> None:
    await whole.give(WANG, 300)
    await whole.hold("r1", WANG, 60)
    async with whole.book() as book:
        assert await book.close(WANG, actor=COORDINATOR, reason="passed-away") == 240
        await book.inherit("wang-1", XIAOMEI, 240, actor=COORDINATOR)
        await book.inherit("wang-1", XIAOMEI, 240, actor=COORDINATOR)
        await book.release("r1", actor=COORDINATOR)
    assert await whole.balance(XIAOMEI) == 240
    assert await whole.balance(ESTATE) == 0
    assert await whole.balance(POOL) == 60, "her account is closed: the open call's hour is ours"


async def test_what_no_longer_fits_after_a_call_goes_to_the_pool(whole: Bank) -> None:
    await whole.open("m:full", ceiling=300)
    await whole.give("m:full", 300)
    await whole.hold("r1", "m:full", 120)
    await whole.give("m:full", 90, "more")
    assert await whole.release("r1") == 120
    assert await whole.balance("m:full") == 300
    assert await whole.balance(POOL) == 90
    assert await whole.is_closed("hold:r1")


async def test_somebody_too_young_to_earn_helps_for_the_common_good(whole: Bank) -> None:
    await whole.give(WANG, 300)
    await whole.hold("r1", WANG, 60)
    async with whole.book() as book:
        child = Service(
            request="r1",
            slot=1,
            attempt=1,
            to=LIU,
            minutes=60,
            day=DAY,
            actor=WANG,
            born=str(NOON.year - 12),
        )
        settled = await book.settle(child)
    assert (settled.service, settled.credited, settled.overflow) == (60, 0, 60)
    assert await whole.balance(POOL) == 60


async def test_hours_handed_in_come_back_when_the_thing_was_not_to_be_had(whole: Bank) -> None:
    await whole.give(WANG, 300)
    async with whole.book() as book:
        await book.redeem("x1", WANG, 120, actor=COORDINATOR, reason="place-in-a-home")
    assert await whole.balance(REDEEM) == 120
    async with whole.book() as book:
        await book.unredeem("x1", actor=COORDINATOR, reason="full")
        await book.unredeem("x1", actor=COORDINATOR, reason="full")
    assert await whole.balances() == {ISSUER: -300, WANG: 300}


async def test_the_certificate_counts_the_truth_and_not_the_credit(whole: Bank) -> None:
    await whole.give(WANG, 900)
    await whole.hold("r1", WANG, 480)
    async with whole.book() as book:
        long_day = await book.settle(visit("r1", LIU, 301))
    assert (long_day.service, long_day.credited, long_day.overflow) == (301, 240, 60)
