"""What the ledger's care costs: transfers per second with triggers and chain, and without.

The same rows go into the ledger through `ledger.post`, and into a twin of its table with the
same columns, checks and indexes but no trigger, no chain and nobody who looks first. Both in
one run, in turns, one transfer a transaction and fifty, as the desk commits them. Then a chain
of a million transfers is laid and `verify` walks it, in a process of its own.

Prints two tables and, last, `ledger ratio: X`: ours over the floor, the smallest of all.
"""

import asyncio
import os
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import Constraint, Index, Insert, MetaData, Table, insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.sql.elements import quoted_name

from benchmarks._report import conclude, table
from storage import ledger, ledger_audit, ledger_guards
from storage.database import Base, Database, run_many
from storage.ledger import ISSUER, Account, Kind, Move, Transfer, hold_of
from storage.migrate import migrate

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
DAY = NOW.date()
POLICY = "village-default@1"
PEOPLE = 1_000
ROUNDS = 3
SIZES = {1: 600, 50: 6_000}
"""Transfers in a slice, by how many share a transaction."""

LONG = int(os.environ.get("SHOUWANG_BENCH_TRANSFERS", "1000000"))
LOCAL_POSTGRES = "postgresql://postgres@127.0.0.1:5432/postgres"
ALLOWED_SECONDS = 60
ALLOWED_MB = 300
COORDINATOR = "m:coordinator"


def member(number: int) -> str:
    return f"m:{number:020d}"


def requests(first: int, count: int) -> list[Move]:
    """Return `count` movements: an hour kept for a call, three quarters paid, the rest back."""
    moves: list[Move] = []
    number = first
    while len(moves) < count:
        moves += _call(number)
        number += 1
    return moves[:count]


def _call(number: int) -> list[Move]:
    """Return one call. Everybody calls once a day, and helps once."""
    elder, volunteer = member(number % PEOPLE), member((number + 1) % PEOPLE)
    request = f"r{number}"
    hold = hold_of(request)
    return [
        _move(f"hold:{request}:1:1", Kind.HOLD, elder, hold, 60, request),
        _settle(request, volunteer, DAY + timedelta(days=number // PEOPLE)),
        _move(f"release:{request}:1:1", Kind.RELEASE, hold, elder, 15, request),
    ]


def _move(key: str, kind: Kind, debit: str, credit: str, minutes: int, request: str) -> Move:
    return Move(
        id=key,
        kind=kind,
        debit=debit,
        credit=credit,
        minutes=minutes,
        request=request,
        slot=1,
        attempt=1,
        actor=COORDINATOR,
    )


def _settle(request: str, volunteer: str, day: date) -> Move:
    move = _move(f"settle:{request}:1:1", Kind.SETTLE, hold_of(request), volunteer, 45, request)
    return replace(move, service_minutes=45, day=day)


def twin(name: str) -> Table:
    """Return a table as the ledger's own, which no trigger guards."""
    metadata = MetaData(naming_convention=Base.metadata.naming_convention)
    Account.metadata.tables["ledger_accounts"].to_metadata(metadata)
    copy_of = "ledger_transfers"
    copy = Transfer.metadata.tables[copy_of].to_metadata(metadata, name=name)
    named: list[Index | Constraint] = [*copy.indexes, *copy.constraints]
    for one in named:
        one.name = quoted_name(str(one.name).replace(copy_of, name), None)
    return copy


async def prepare(database: Database, plain: Table) -> None:
    """Open the accounts, and give everybody enough to spend."""
    await migrate(database)
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda sync: plain.metadata.create_all(sync, tables=[plain]))
    async with database.writing() as session:
        await ledger.take_head(session)
        people = [member(number) for number in range(PEOPLE)]
        await ledger.open_accounts(session, [*people, COORDINATOR])
        grants = [_move(f"grant:{one}", Kind.GRANT, ISSUER, one, 100_000, "") for one in people]
        await ledger.post(session, grants, NOW, POLICY)


async def open_holds(database: Database, moves: Sequence[Move]) -> None:
    async with database.writing() as session:
        holds = {hold_of(move.request) for move in moves}
        await ledger.open_accounts(session, holds)


async def ours(database: Database, moves: Sequence[Move], at_once: int) -> float:
    began = time.perf_counter()
    for first in range(0, len(moves), at_once):
        async with database.writing() as session:
            await ledger.post(session, moves[first : first + at_once], NOW, POLICY)
    return len(moves) / (time.perf_counter() - began)


async def floor(
    database: Database, into: Insert, rows: Sequence[dict[str, Any]], at_once: int
) -> float:
    began = time.perf_counter()
    for first in range(0, len(rows), at_once):
        async with database.writing() as session:
            await run_many(session, into, rows[first : first + at_once])
    return len(rows) / (time.perf_counter() - began)


def plain_rows(moves: Sequence[Move], first: int) -> list[dict[str, Any]]:
    return [
        {
            **asdict(move),
            "kind": str(move.kind),
            "seq": seq,
            "at": NOW,
            "policy": POLICY,
            "prev_hash": ledger.GENESIS,
            "hash": ledger.GENESIS,
        }
        for seq, move in enumerate(moves, first)
    ]


async def compare(database: Database) -> dict[int, tuple[float, float]]:
    """Return (ours, floor) in transfers a second, the best of each, by transaction size."""
    plain = twin("plain_transfers")
    await prepare(database, plain)
    best = dict.fromkeys(SIZES, (0.0, 0.0))
    made = 1_000
    for _ in range(ROUNDS):
        for size, count in SIZES.items():
            moves = requests(made, count)
            await open_holds(database, moves)
            rows = plain_rows(moves, made * 10)
            speed = await ours(database, moves, size)
            least = await floor(database, insert(plain), rows, size)
            best[size] = (max(best[size][0], speed), max(best[size][1], least))
            made += count
    return best


@dataclass(frozen=True, slots=True)
class Walk:
    seconds: float
    megabytes: float


async def lay_long_chain(database: Database) -> None:
    """Lay a chain of a million by bulk: with the guards off, and whole all the same."""
    await migrate(database)
    async with database.writing() as session:
        await ledger.take_head(session)
        await ledger.open_accounts(session, [member(number) for number in range(PEOPLE)])
    await _guards_off(database)
    balances: dict[str, int] = {}
    last = ledger.GENESIS
    for page in _pages():
        rows = []
        for seq, move in page:
            row = {**asdict(move), "kind": str(move.kind), "seq": seq}
            row |= {"at": NOW + timedelta(seconds=seq), "policy": POLICY, "prev_hash": last}
            row["hash"] = last = ledger.chain_hash([row[one.key] for one in ledger.HASHED])
            balances[move.debit] = balances.get(move.debit, 0) - move.minutes
            balances[move.credit] = balances.get(move.credit, 0) + move.minutes
            rows.append(row)
        await _lay(database, rows)
    await _finish(database, balances, ledger.ChainHead(LONG, last))
    await _guards_on(database)


def _pages() -> Iterator[list[tuple[int, Move]]]:
    """Return grants, and then calls on ever new days, five thousand at once."""
    page: list[tuple[int, Move]] = []
    for seq, move in enumerate(_long_life(), 1):
        page.append((seq, move))
        if len(page) == 5_000 or seq == LONG:
            yield page
            page = []
        if seq == LONG:
            return


def _long_life() -> Iterator[Move]:
    for number in range(PEOPLE):
        yield _move(f"grant:{number}", Kind.GRANT, ISSUER, member(number), 10**6, "")
    number = 0
    while True:
        number += 1
        yield from _call(number)


async def _lay(database: Database, rows: list[dict[str, Any]]) -> None:
    holds = sorted({hold_of(row["request"]) for row in rows if row["request"]})
    async with database.writing() as session:
        await ledger.open_accounts(session, holds)
        if database.is_sqlite:
            await run_many(session, insert(Transfer), rows)
            return
        connection: Any = await (await session.connection()).get_raw_connection()
        columns = list(rows[0])
        await connection.driver_connection.copy_records_to_table(
            "ledger_transfers", records=[tuple(row.values()) for row in rows], columns=columns
        )


async def _finish(database: Database, balances: dict[str, int], head: ledger.ChainHead) -> None:
    async with database.writing() as session:
        await run_many(
            session,
            text("UPDATE ledger_accounts SET balance = :balance WHERE id = :id"),
            [{"id": one, "balance": minutes} for one, minutes in balances.items() if minutes],
        )
        await session.execute(text("UPDATE ledger_head SET seq = :seq, hash = :hash"), asdict(head))


async def _guards_off(database: Database) -> None:
    async with database.engine.begin() as connection:
        if database.is_sqlite:
            for name in ledger_guards.SQLITE_1:
                await connection.exec_driver_sql(f"DROP TRIGGER {name}")
            return
        for name in ("ledger_transfers", "ledger_accounts", "ledger_head"):
            await connection.exec_driver_sql(f"ALTER TABLE {name} DISABLE TRIGGER USER")


async def _guards_on(database: Database) -> None:
    async with database.engine.begin() as connection:
        if database.is_sqlite:
            for statement in ledger_guards.SQLITE_1.values():
                await connection.exec_driver_sql(statement)
            return
        for name in ("ledger_transfers", "ledger_accounts", "ledger_head"):
            await connection.exec_driver_sql(f"ALTER TABLE {name} ENABLE TRIGGER USER")
        await connection.exec_driver_sql("ANALYZE")


async def walk(url: str) -> Walk:
    """Verify the long chain, and say how long it took and how much memory."""
    database = Database(url)
    began = time.perf_counter()
    async with database.reading() as session:
        verdict = await ledger_audit.verify(session)
    seconds = time.perf_counter() - began
    await database.dispose()
    assert verdict.is_whole, verdict.faults[:3]
    assert verdict.transfers == LONG
    return Walk(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def walk_apart(url: str) -> Walk:
    """Verify in a process of its own: what it needs is then its own."""
    said = subprocess.run(  # noqa: S603 - this very program
        [sys.executable, __file__, "walk", url], capture_output=True, text=True, check=True
    ).stdout.split()
    return Walk(float(said[0]), float(said[1]))


async def on(url: str, long_url: str) -> tuple[dict[int, tuple[float, float]], Walk]:
    database = Database(url)
    speeds = await compare(database)
    await database.dispose()
    long = Database(long_url)
    await lay_long_chain(long)
    await long.dispose()
    return speeds, walk_apart(long_url)


async def postgres_databases() -> list[str]:
    """Make two databases on the server that answers; none where none does."""
    server = os.environ.get("SHOUWANG_TEST_POSTGRES_URL", LOCAL_POSTGRES)
    try:
        connection = await asyncpg.connect(server, timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return []
    names = [f"shouwang_bench_{secrets.token_hex(4)}" for _ in range(2)]
    for name in names:
        await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
    return [make_url(server).set(database=one).render_as_string(False) for one in names]


async def drop(urls: Sequence[str]) -> None:
    for url in urls:
        name = make_url(url).database
        server = os.environ.get("SHOUWANG_TEST_POSTGRES_URL", LOCAL_POSTGRES)
        connection = await asyncpg.connect(server)
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await connection.close()


async def measure() -> dict[str, tuple[dict[int, tuple[float, float]], Walk]]:
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        files = [f"sqlite:///{Path(folder) / name}" for name in ("short.sqlite3", "long.sqlite3")]
        found["sqlite"] = await on(*files)
    servers = await postgres_databases()
    if servers:
        try:
            found["postgresql"] = await on(*servers)
        finally:
            await drop(servers)
    return found


def report(found: dict[str, tuple[dict[int, tuple[float, float]], Walk]]) -> None:
    rows = [
        (name, size, round(mine), round(least), mine / least)
        for name, (speeds, _) in found.items()
        for size, (mine, least) in speeds.items()
    ]
    table(("database", "in one transaction", "ledger /s", "plain /s", "ratio"), rows)
    print()
    walks = [(name, LONG, one.seconds, one.megabytes) for name, (_, one) in found.items()]
    table(("verify", "transfers", "seconds", "MB"), walks)
    for name, _, seconds, megabytes in walks:
        met = seconds < ALLOWED_SECONDS and megabytes < ALLOWED_MB
        print(f"{name}: verify {'keeps' if met else 'breaks'} 60 s and 300 MB")
    if "postgresql" not in found:
        print("no PostgreSQL answered: measured on SQLite alone")
    conclude("ledger", min(row[-1] for row in rows), {"speeds": rows, "verify": walks})


def main() -> None:
    if sys.argv[1:2] == ["walk"]:
        one = asyncio.run(walk(sys.argv[2]))
        print(one.seconds, one.megabytes)
        return
    report(asyncio.run(measure()))


if __name__ == "__main__":
    main()
