"""The invariants of the time bank, each by its number, on both databases.

8, 9, 12, 13 and 15 belong to volunteer calls and to the desk. Of 9 the ledger keeps its own
part: nobody confirms a payment to herself.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from storage import ledger, ledger_audit, ledger_members, policies
from storage.database import Database
from storage.ledger import (
    ISSUER,
    POOL,
    Account,
    ClosedError,
    FrozenError,
    Head,
    IllegalMoveError,
    LedgerError,
    NotEnoughError,
    OtherContentError,
)
from storage.ledger_audit import Seal
from storage.ledger_moves import Book, GateError, SecondPersonError, Spender
from tests.ledger.bank import COORDINATOR, DAY, LIU, NOON, WANG, XIAOMEI, Bank, visit


async def _a_busy_day(bank: Bank) -> None:
    await bank.give(WANG, 300)
    await bank.hold("r1", WANG, 120)
    await bank.settle("r1", LIU, 90)
    await bank.release("r1")
    async with bank.book() as book:
        await book.gift("g1", LIU, XIAOMEI, 30)
        await book.donate("d1", XIAOMEI, 15)
        await book.redeem("x1", WANG, 60, actor=COORDINATOR)
        await book.unredeem("x1", actor=COORDINATOR, reason="not-to-be-had")


async def test_01_all_balances_sum_to_zero(whole: Bank) -> None:
    await _a_busy_day(whole)
    balances = await whole.balances()
    assert sum(balances.values()) == 0
    assert balances == {ISSUER: -300, WANG: 210, LIU: 60, XIAOMEI: 15, POOL: 15}


async def test_02_a_balance_is_the_sum_of_its_transfers(whole: Bank) -> None:
    await _a_busy_day(whole)
    async with whole.database.reading() as session:
        rows = await session.execute(
            text(
                "SELECT a.id, a.balance,"
                " (SELECT coalesce(sum(minutes), 0) FROM ledger_transfers WHERE credit = a.id)"
                " - (SELECT coalesce(sum(minutes), 0) FROM ledger_transfers WHERE debit = a.id)"
                " FROM ledger_accounts a"
            )
        )
        assert all(balance == computed for _, balance, computed in rows)


async def test_03_only_the_issuer_is_ever_below_zero(whole: Bank) -> None:
    await whole.give(WANG, 60)
    with pytest.raises(NotEnoughError) as refused:
        await whole.hold("r1", WANG, 61)
    assert (refused.value.account, refused.value.has) == (WANG, 60)
    assert await whole.balance(WANG) == 60


async def test_03_the_database_itself_refuses_what_nobody_has(whole: Bank) -> None:
    await whole.give(WANG, 60)
    with pytest.raises(IntegrityError, match="floor"):
        await whole.tamper(await whole.next_row(minutes=61))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_transfers SET minutes = 1",
        "DELETE FROM ledger_transfers",
        "UPDATE ledger_accounts SET balance = balance + 60 WHERE id = 'm:wang'",
        "UPDATE ledger_accounts SET balance = 0, last_seq = last_seq + 1 WHERE id = 'm:wang'",
        "DELETE FROM ledger_accounts WHERE id = 'm:liu'",
        "INSERT INTO ledger_accounts (id, balance, last_seq, is_closed)"
        " VALUES ('m:forger', 600, 0, FALSE)",
        "UPDATE ledger_head SET hash = 'x'",
        "UPDATE ledger_head SET seq = 0",
        "DELETE FROM ledger_head",
        "DELETE FROM ledger_seals",
        "UPDATE ledger_seals SET hash = 'x'",
    ],
)
async def test_04_nothing_is_edited_or_deleted(whole: Bank, statement: str) -> None:
    await whole.give(WANG, 60)
    await whole.tamper(
        "INSERT INTO ledger_seals (seq, hash, at)"
        " SELECT seq, hash, '2026-11-23 00:00:00' FROM ledger_head"
    )
    with pytest.raises(IntegrityError, match="ledger"):
        await whole.tamper(statement)
    assert await whole.balance(WANG) == 60


async def test_04_nothing_is_replaced_where_only_the_conflict_is_new(sqlite_url: str) -> None:
    """Rows that every other guard lets pass: what goes would go without a word."""
    bank = Bank(Database(sqlite_url))
    await bank.open(COORDINATOR)
    await bank.give(WANG, 60)
    async with bank.book() as book:
        await book.reverse("grant:start-m:wang", actor=COORDINATOR, reason="typo")
        await ledger_audit.seal(book.session, await ledger.chain_head(book.session), NOON)
    await bank.give(WANG, 90, "more")
    undone_again = await bank.next_row(
        kind="correct", credit=ISSUER, minutes=60, reverses="grant:start-m:wang", reason="typo"
    )
    statements = [
        undone_again.prefix_with("OR REPLACE"),
        insert(Account).values(id=WANG, balance=0).prefix_with("OR REPLACE"),
        insert(Head).values(id=1).prefix_with("OR REPLACE"),
        insert(Seal).values(seq=2, hash="f" * 64, at=NOON).prefix_with("OR REPLACE"),
    ]
    for statement in statements:
        with pytest.raises(IntegrityError, match="append only"):
            await bank.tamper(statement)
    assert await bank.balances() == {ISSUER: -90, WANG: 90}
    assert (await bank.verify()).faults == []
    await bank.database.dispose()


@pytest.mark.parametrize("conflict", ["REPLACE", "IGNORE"])
async def test_04_insert_or_replace_slips_past_nothing(sqlite_url: str, conflict: str) -> None:
    """A rule for conflicts is handed on to triggers: also then nothing is replaced or left out."""
    bank = Bank(Database(sqlite_url))
    await bank.give(WANG, 60)
    how = f"OR {conflict}"
    await bank.open(LIU)
    statements = [
        (await bank.next_row(seq=1, id="grant:start-m:wang")).prefix_with(how),
        (await bank.next_row(id="grant:start-m:wang")).prefix_with(how),
        (await bank.next_row(minutes=61)).prefix_with(how),
        (await bank.next_row(credit="m:nobody")).prefix_with(how),
        insert(Account).values(id=WANG, balance=999).prefix_with(how),
    ]
    for statement in statements:
        with pytest.raises(IntegrityError):
            await bank.tamper(statement)
    assert await bank.balances() == {ISSUER: -60, WANG: 60}
    assert (await bank.verify()).faults == []
    await bank.database.dispose()


async def test_05_the_same_id_twice_has_one_effect(whole: Bank) -> None:
    for _ in range(3):
        await _a_busy_day(whole)
        whole.wait(hours=1)
    assert (await whole.balances())[WANG] == 210
    assert await whole.count() == 8


async def test_05_the_same_id_with_other_content_is_an_error(whole: Bank) -> None:
    await whole.give(WANG, 300)
    await whole.hold("r1", WANG, 120)
    with pytest.raises(OtherContentError):
        await whole.hold("r1", WANG, 60)
    await whole.settle("r1", LIU, 60)
    with pytest.raises(OtherContentError):
        await whole.settle("r1", XIAOMEI, 60)
    with pytest.raises(OtherContentError):
        await whole.settle("r1", LIU, 75)
    assert await whole.balance(LIU) == 60


async def test_06_a_hold_is_empty_exactly_when_its_request_is_ended(whole: Bank) -> None:
    await whole.give(WANG, 300)
    await whole.hold("r1", WANG, 120)
    assert await whole.balance("hold:r1") == 120
    assert not await whole.is_closed("hold:r1")
    await whole.settle("r1", LIU, 60)
    assert await whole.release("r1") == 60
    assert await whole.balance("hold:r1") == 0
    assert await whole.is_closed("hold:r1")
    with pytest.raises(ClosedError):
        await whole.hold("r1", WANG, 60, attempt=2)


async def test_06_the_database_closes_no_hold_that_has_minutes(whole: Bank) -> None:
    await whole.give(WANG, 300)
    await whole.hold("r1", WANG, 120)
    with pytest.raises(IntegrityError):
        await whole.tamper("UPDATE ledger_accounts SET is_closed = TRUE WHERE id = 'hold:r1'")


async def test_07_paid_and_overflow_and_released_are_what_was_held(whole: Bank) -> None:
    await whole.give(WANG, 900)
    await whole.hold("r1", WANG, 480)
    await whole.settle("r1", LIU, 270, slot=1)  # 4 hours a day are credited
    await whole.settle("r1", XIAOMEI, 100, slot=2)
    await whole.release("r1")
    async with whole.book() as book:
        sums = await book.sums("r1")
    assert (sums.held, sums.paid, sums.overflow, sums.released, sums.left) == (480, 345, 30, 105, 0)


async def test_09_nobody_confirms_her_own_payment(whole: Bank) -> None:
    await whole.give(WANG, 300)
    await whole.hold("r1", WANG, 120)
    with pytest.raises(IllegalMoveError):
        await whole.settle("r1", WANG, 60)
    assert await whole.balance("hold:r1") == 120


async def test_10_what_is_credited_stays_below_the_daily_cap(whole: Bank) -> None:
    await whole.give(WANG, 900)
    await whole.hold("r1", WANG, 600)
    await whole.settle("r1", LIU, 200, slot=1)
    async with whole.book() as book:
        settled = await book.settle(visit("r1", LIU, 100, slot=2))
    assert (settled.service, settled.credited, settled.overflow) == (100, 45, 60)
    assert await whole.balance(LIU) == 240
    assert await whole.balance(POOL) == 60


async def test_10_and_the_database_knows_the_cap_as_well(whole: Bank) -> None:
    await whole.give(WANG, 900)
    await whole.hold("r1", WANG, 600)
    await whole.settle("r1", LIU, 240)
    row = await whole.next_row(
        debit="hold:r1", credit=LIU, minutes=15, kind="settle", request="r1", day=DAY
    )
    with pytest.raises(IntegrityError, match="daily cap"):
        await whole.tamper(row)


async def test_10_and_below_the_ceiling(whole: Bank) -> None:
    await whole.open("m:full", ceiling=60)
    await whole.give(WANG, 300)
    await whole.hold("r1", WANG, 120)
    await whole.settle("r1", "m:full", 90)
    assert await whole.balance("m:full") == 60
    assert await whole.balance(POOL) == 30
    with pytest.raises(ledger.OverCeilingError):
        async with whole.book() as book:
            await book.gift("g1", WANG, "m:full", 15)


async def test_10_an_undone_payment_leaves_the_day_free_again(whole: Bank) -> None:
    await whole.give(WANG, 900)
    await whole.hold("r1", WANG, 600)
    await whole.settle("r1", LIU, 240)
    async with whole.book() as book:
        await book.reverse_settlement("r1", 1, 1, actor=COORDINATOR, reason="wrong-person")
    await whole.settle("r1", LIU, 120, attempt=2)
    assert await whole.balance(LIU) == 120


async def test_11_the_gate_is_asked_when_minutes_are_kept(bank: Bank) -> None:
    shanghai = Bank(bank.database, policies.load("shanghai-2026"))
    await shanghai.give(WANG, 300)
    young = Spender(account=WANG, born="1964-03-01")
    async with shanghai.book() as book:
        with pytest.raises(GateError):
            await book.hold_for("r1", young, 60, actor=WANG)
        await book.hold_for("r2", Spender(account=WANG, born="1964", tier=1), 60, actor=WANG)
        await book.hold_for("r3", Spender(account=WANG, born="1961-01-01"), 60, actor=WANG)
    assert await shanghai.balance(WANG) == 180
    assert (await shanghai.verify()).faults == []


async def test_14_an_illegal_move_changes_nothing(whole: Bank) -> None:
    await whole.give(WANG, 300)
    before = await whole.balances()
    for minutes in (0, -60):
        with pytest.raises(LedgerError):
            async with whole.book() as book:
                await book.gift("g", WANG, LIU, minutes)
    wrongs: list[Callable[[Book], Awaitable[object]]] = [
        lambda book: book.gift("g", WANG, WANG, 60),
        lambda book: book.gift("g", WANG, "m:nobody", 60),
        lambda book: book.reverse("gift:g", actor=COORDINATOR, reason="typo"),
        lambda book: book.adjust("a", WANG, LIU, 60, actor=COORDINATOR, reason=""),
        lambda book: book.adjust("a", WANG, "hold:r1", 60, actor=COORDINATOR, reason="typo"),
        lambda book: book.unredeem("x", actor=COORDINATOR, reason="typo"),
        lambda book: book.settle(visit("r1", LIU, 60)),
    ]
    for wrong in wrongs:
        with pytest.raises(LedgerError):
            async with whole.book() as book:
                await wrong(book)
    assert await whole.balances() == before


async def test_14_a_refusal_does_not_spoil_the_transaction_it_happens_in(whole: Bank) -> None:
    await whole.give(WANG, 60)
    async with whole.book() as book:
        with pytest.raises(NotEnoughError):
            await book.gift("g1", WANG, LIU, 61)
        await book.gift("g2", WANG, LIU, 60)
    assert await whole.balance(LIU) == 60


@pytest.mark.parametrize(
    ("debit", "credit", "kind"),
    [
        ("m:wang", "m:liu", "settle"),
        ("m:wang", "m:liu", "grant"),
        ("pool", "m:liu", "gift"),
        ("issuer", "m:liu", "gift"),
        ("m:wang", "pool", "overflow"),
        ("m:wang", "issuer", "donate"),
        ("m:wang", "m:liu", "stolen"),
        ("m:wang", "m:liu", "correct"),
    ],
)
async def test_14_the_database_knows_which_account_pays_which(
    whole: Bank, debit: str, credit: str, kind: str
) -> None:
    await whole.give(WANG, 300)
    async with whole.book() as book:
        await book.donate("d", WANG, 60)
    with pytest.raises(IntegrityError):
        await whole.tamper(await whole.next_row(debit=debit, credit=credit, kind=kind))


@pytest.mark.parametrize("field", ["actor", "reason", "request", "id"])
async def test_16_no_words_and_no_names_fit_into_a_transfer(whole: Bank, field: str) -> None:
    await whole.give(WANG, 60)
    with pytest.raises(IntegrityError, match="words"):
        await whole.tamper(await whole.next_row(**{field: "王秀英"}))


async def test_16_erasure_cuts_the_tie_and_keeps_the_books(whole: Bank) -> None:
    await _a_busy_day(whole)
    async with whole.book() as book:
        assert await book.close(WANG, actor=COORDINATOR, reason="erased") == 210
        await ledger_members.forget(book.session, "wang")
        assert await ledger_members.people_behind(book.session, [WANG]) == {}
    assert await whole.balance("estate") == 210
    with pytest.raises(ClosedError):
        async with whole.book() as book:
            await book.gift("g9", LIU, WANG, 15)


async def test_a_frozen_ledger_moves_nothing_and_thaws(whole: Bank) -> None:
    await whole.give(WANG, 60)
    async with whole.book() as book:
        assert await ledger.freeze(book.session, "a test", NOON)
        assert not await ledger.freeze(book.session, "again", NOON)
    with pytest.raises(FrozenError):
        await whole.hold("r1", WANG, 30)
    with pytest.raises(IntegrityError, match="frozen"):
        await whole.tamper(await whole.next_row())
    async with whole.book() as book:
        await ledger.thaw(book.session)
    await whole.hold("r1", WANG, 30)


async def test_a_large_entry_by_hand_needs_a_second_person(whole: Bank) -> None:
    await whole.open(WANG)
    async with whole.book() as book:
        with pytest.raises(SecondPersonError):
            await book.grant("g1", WANG, 481, actor=COORDINATOR, reason="start")
        with pytest.raises(IllegalMoveError):
            await book.grant("g1", WANG, 481, actor=COORDINATOR, second=COORDINATOR, reason="start")
        await book.grant("g1", WANG, 481, actor=COORDINATOR, second="m:leader", reason="start")
        await book.grant("g2", WANG, 480, actor=COORDINATOR, reason="start")
    assert await whole.balance(WANG) == 961


async def test_a_float_is_no_number_of_minutes(whole: Bank) -> None:
    await whole.give(WANG, 60)
    half: Any = 1.5
    async with whole.book() as book:
        with pytest.raises(IllegalMoveError):
            await book.gift("half", WANG, LIU, half)


async def test_the_database_of_a_village_takes_no_floats_either(sqlite_url: str) -> None:
    bank = Bank(Database(sqlite_url))
    await bank.give(WANG, 60)
    with pytest.raises(DBAPIError):
        await bank.tamper(await bank.next_row(minutes=1.5))
    await bank.database.dispose()
