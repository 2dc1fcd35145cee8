"""Whoever takes the database into his own hands is found out: each planted fault, by `verify`.

A fault is planted and looked for in one transaction, which is then taken back: the database of
the test server serves other stories as well.
"""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage import ledger, ledger_audit, ledger_guards
from storage.database import Database
from storage.ledger import HASHED, ChainHead, Head, Transfer, chain_hash
from storage.ledger_audit import Verdict
from tests.ledger.bank import COORDINATOR, LIU, NOON, WANG, Bank

Plant = Callable[[AsyncSession], Awaitable[None]]


async def _a_life(bank: Bank) -> None:
    await bank.give(WANG, 300)
    await bank.hold("r1", WANG, 120)
    await bank.settle("r1", LIU, 90)
    await bank.release("r1")


async def _with(bank: Bank, plant: Plant, printed: tuple[ChainHead, ...] = ()) -> Verdict:
    async with bank.database.writing() as session:
        await plant(session)
        verdict = await ledger_audit.verify(session, printed)
        await session.rollback()
    return verdict


async def _off(session: AsyncSession) -> None:
    """Take the guards away, as the owner of the database can."""
    if _is_sqlite(session):
        await _run(session, *(f"DROP TRIGGER {name}" for name in ledger_guards.SQLITE_1))
    else:
        await _run(
            session,
            *(
                f"ALTER TABLE {table} DISABLE TRIGGER USER"
                for table in ("ledger_transfers", "ledger_accounts", "ledger_head")
            ),
        )


async def _on(session: AsyncSession) -> None:
    if _is_sqlite(session):
        await _run(session, *ledger_guards.SQLITE_1.values())
    else:
        await _run(
            session,
            *(
                f"ALTER TABLE {table} ENABLE TRIGGER USER"
                for table in ("ledger_transfers", "ledger_accounts", "ledger_head")
            ),
        )


def _is_sqlite(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "sqlite"


async def _run(session: AsyncSession, *statements: str) -> None:
    connection = await session.connection()
    for statement in statements:
        await connection.exec_driver_sql(statement)


def _quietly(*statements: str) -> Plant:
    """Take the guards away, do it, and put them back: the clever thief."""

    async def plant(session: AsyncSession) -> None:
        await _off(session)
        await _run(session, *statements)
        await _on(session)

    return plant


async def _rehash(session: AsyncSession, until: int) -> None:
    """Give changed rows, up to one of them, the hashes that they should have."""
    rows = (await session.execute(select(*HASHED).order_by(HASHED[0]))).all()
    last = ledger.GENESIS
    connection = await session.connection()
    change = (
        update(Transfer)
        .where(HASHED[0] == bindparam("row"))
        .values(prev_hash=bindparam("prev"), hash=bindparam("own"))
    )
    for row in rows[:until]:
        own = chain_hash([*row[:-1], last])
        await connection.execute(change, {"row": row.seq, "prev": last, "own": own})
        last = own
    if until == len(rows):
        await session.execute(update(Head).values(hash=last))


async def _one_row_hashed_again(session: AsyncSession) -> None:
    await _off(session)
    await _run(session, "UPDATE ledger_transfers SET minutes = 75 WHERE seq = 3")
    await _rehash(session, until=3)
    await _on(session)


async def _all_of_it_hashed_again(session: AsyncSession) -> None:
    """The perfect crime: rows, balances, hashes and head all say the same lie."""
    await _off(session)
    await _run(
        session,
        "UPDATE ledger_transfers SET credit = 'm:xiaomei', on_behalf_of = 'm:xiaomei'"
        " WHERE seq = 3",
        "UPDATE ledger_accounts SET balance = 0 WHERE id = 'm:liu'",
        "UPDATE ledger_accounts SET balance = 90 WHERE id = 'm:xiaomei'",
    )
    await _rehash(session, until=4)
    await _on(session)


async def _trigger_dropped(session: AsyncSession) -> None:
    on = "" if _is_sqlite(session) else " ON ledger_transfers"
    await _run(session, f"DROP TRIGGER ledger_transfers_apply{on}")


async def _guard_dropped(session: AsyncSession) -> None:
    on = "" if _is_sqlite(session) else " ON ledger_accounts"
    await _run(session, f"DROP TRIGGER ledger_accounts_guard{on}")


async def _guard_hollowed(session: AsyncSession) -> None:
    if _is_sqlite(session):
        await _run(
            session,
            "DROP TRIGGER ledger_accounts_guard",
            "CREATE TRIGGER ledger_accounts_guard BEFORE UPDATE ON ledger_accounts"
            " BEGIN SELECT 1; END",
        )
        return
    await _run(
        session,
        "CREATE OR REPLACE FUNCTION ledger_accounts_guard() RETURNS trigger"
        " LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$",
    )


async def _switched_off(session: AsyncSession) -> None:
    await _off(session)


@pytest.mark.parametrize(
    ("plant", "found"),
    [
        (
            _quietly("UPDATE ledger_accounts SET balance = 999 WHERE id = 'm:liu'"),
            "m:liu says 999 minutes, its transfers say 90",
        ),
        (_quietly("UPDATE ledger_transfers SET minutes = 60 WHERE seq = 2"), "2 was changed"),
        (_quietly("UPDATE ledger_transfers SET reason = 'x' WHERE seq = 2"), "2 was changed"),
        (_quietly("UPDATE ledger_transfers SET hash = 'x' WHERE seq = 2"), "2 was changed"),
        (_quietly("DELETE FROM ledger_transfers WHERE seq = 3"), "between transfers 2 and 4"),
        (_quietly("DELETE FROM ledger_transfers WHERE seq = 4"), "the head says 4"),
        (_quietly("UPDATE ledger_head SET seq = 9"), "the head says 9"),
        (_one_row_hashed_again, "transfer 4 does not follow"),
        (_trigger_dropped, "guard ledger_transfers_apply is missing"),
        (_guard_dropped, "guard ledger_accounts_guard is missing"),
        (_guard_hollowed, "guard ledger_accounts_guard is missing or was changed"),
        (_switched_off, "guard ledger_transfers_keep is missing"),
    ],
)
async def test_verify_finds(bank: Bank, plant: Plant, found: str) -> None:
    await _a_life(bank)
    assert (await bank.verify()).faults == []
    assert found in "\n".join((await _with(bank, plant)).faults)


async def test_minutes_that_a_dropped_trigger_did_not_move_are_found(bank: Bank) -> None:
    async def plant(session: AsyncSession) -> None:
        await _trigger_dropped(session)
        head = await ledger.chain_head(session)
        await session.execute((await bank.next_row(debit=WANG)).values(seq=head.seq + 1))

    await _a_life(bank)
    faults = "\n".join((await _with(bank, plant)).faults)
    assert "m:wang says 210 minutes, its transfers say 195" in faults


async def test_only_a_printed_head_convicts_who_rewrote_everything(bank: Bank) -> None:
    await _a_life(bank)
    async with bank.database.reading() as session:
        printed = await ledger.chain_head(session)
    assert (await _with(bank, _all_of_it_hashed_again)).faults == []
    verdict = await _with(bank, _all_of_it_hashed_again, (printed,))
    assert verdict.faults == ["transfer 4 is not the one that was sealed or printed"]


async def test_so_does_the_seal_of_last_night(bank: Bank) -> None:
    await _a_life(bank)
    async with bank.database.writing() as session:
        await ledger_audit.seal(session, await ledger.chain_head(session), NOON)
    assert (await bank.verify()).faults == []
    verdict = await _with(bank, _all_of_it_hashed_again)
    assert verdict.faults == ["transfer 4 is not the one that was sealed or printed"]


async def test_a_ledger_that_was_emptied_does_not_have_its_printed_head(bank: Bank) -> None:
    printed = ChainHead(7, "a" * 64)
    async with bank.database.reading() as session:
        verdict = await ledger_audit.verify(session, [printed])
    assert verdict.faults == ["transfer 7 was sealed or printed, and is gone"]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE ledger_transfers SET minutes = 60.5 WHERE seq = 2", "no whole minutes"),
        (
            "INSERT OR REPLACE INTO ledger_transfers SELECT seq, id, at, kind, debit, credit, 90,"
            " service_minutes, day, request, slot, attempt, actor, on_behalf_of, second, reason,"
            " reverses, policy, prev_hash, hash FROM ledger_transfers WHERE seq = 2",
            "transfer 2 was changed",
        ),
    ],
)
async def test_verify_finds_what_only_sqlite_lets_happen(
    sqlite_url: str, statement: str, found: str
) -> None:
    bank = Bank(Database(sqlite_url))
    await bank.open(LIU, COORDINATOR)
    await _a_life(bank)
    await bank.tamper("PRAGMA ignore_check_constraints = ON")
    verdict = await _with(bank, _quietly(statement))
    assert found in "\n".join(verdict.faults)
    await bank.database.dispose()


async def test_a_dropped_constraint_is_found(bank: Bank) -> None:
    async def plant(session: AsyncSession) -> None:
        await session.execute(
            text("ALTER TABLE ledger_accounts DROP CONSTRAINT ck_ledger_accounts_floor")
        )

    if bank.database.is_sqlite:
        pytest.skip("SQLite cannot drop a constraint")
    verdict = await _with(bank, plant)
    assert verdict.faults == ["guard ck_ledger_accounts_floor is missing or was changed"]
