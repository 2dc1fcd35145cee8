"""A small bank for stories: named accounts, a moment, and a policy."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Executable, Insert, func, insert, select, text

from storage import ledger, ledger_audit, policies
from storage.database import Database
from storage.ledger import Account, Transfer
from storage.ledger_audit import Verdict
from storage.ledger_moves import Book, Service
from storage.policies import Policy
from storage.rules import VILLAGE_TIME, village_day

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=VILLAGE_TIME)
DAY = village_day(NOON)
COORDINATOR = "m:coordinator"
WANG, LIU, XIAOMEI = "m:wang", "m:liu", "m:xiaomei"


class Bank:
    """The ledger as stories speak of it; each sentence is a transaction of its own."""

    def __init__(self, database: Database, policy: Policy | None = None) -> None:
        self.database = database
        self.policy = policy or policies.load("village-default")
        self.now = NOON

    @asynccontextmanager
    async def book(self) -> AsyncIterator[Book]:
        async with self.database.writing() as session:
            yield Book(session, self.now, self.policy)

    async def open(self, *accounts: str, ceiling: int | None = None, cap: int | None = 240) -> None:
        async with self.database.writing() as session:
            await ledger.take_head(session)
            await ledger.open_accounts(session, accounts, ceiling, cap)

    async def give(self, account: str, minutes: int, cause: str = "") -> None:
        """Let somebody have minutes to begin with."""
        await self.open(account)
        async with self.book() as book:
            await book.grant(
                cause or f"start-{account}",
                account,
                minutes,
                actor=COORDINATOR,
                second="m:leader",
                reason="start",
            )

    async def hold(self, request: str, payer: str, minutes: int, attempt: int = 1) -> None:
        async with self.book() as book:
            await book.hold(request, [(payer, minutes)], actor=payer, attempt=attempt)

    async def settle(self, request: str, to: str, minutes: int, **other: int) -> None:
        async with self.book() as book:
            await book.settle(visit(request, to, minutes, **other))

    async def release(self, request: str, attempt: int = 1) -> int:
        async with self.book() as book:
            return await book.release(request, actor=COORDINATOR, attempt=attempt)

    async def balance(self, account: str) -> int:
        async with self.database.reading() as session:
            return await ledger.balance(session, account)

    async def balances(self) -> dict[str, int]:
        async with self.database.reading() as session:
            rows = await session.execute(select(Account.id, Account.balance))
            return {row.id: row.balance for row in rows if row.balance}

    async def is_closed(self, account: str) -> bool:
        async with self.database.reading() as session:
            row = await session.scalar(select(Account.is_closed).where(Account.id == account))
            return bool(row)

    async def count(self) -> int:
        async with self.database.reading() as session:
            return await session.scalar(select(func.count()).select_from(Transfer)) or 0

    async def verify(self) -> Verdict:
        async with self.database.reading() as session:
            return await ledger_audit.verify(session)

    async def tamper(self, *statements: str | Executable) -> None:
        """Speak SQL past our own code, as somebody with the database in his hands would."""
        async with self.database.engine.begin() as connection:
            for statement in statements:
                said = text(statement) if isinstance(statement, str) else statement
                await connection.execute(said)

    async def next_row(self, **fields: Any) -> Insert:
        """Write the next link of the chain, as a forger with the rules at hand would."""
        async with self.database.reading() as session:
            head = await ledger.chain_head(session)
        row = {
            "seq": head.seq + 1,
            "id": f"forged:{head.seq + 1}",
            "at": self.now,
            "kind": "gift",
            "debit": WANG,
            "credit": LIU,
            "minutes": 15,
            "actor": COORDINATOR,
            "policy": self.policy.key,
            "prev_hash": head.hash,
            "hash": "f" * 64,
        }
        return insert(Transfer).values({**row, **fields})

    def wait(self, **how_long: float) -> None:
        self.now += timedelta(**how_long)


def visit(request: str, to: str, minutes: int, slot: int = 1, attempt: int = 1) -> Service:
    return Service(
        request=request,
        slot=slot,
        attempt=attempt,
        to=to,
        minutes=minutes,
        day=DAY,
        actor=WANG,
    )
