"""Recomputes the whole ledger from its first row, and says what is not as it should be.

The chain shows that no row was edited, added or taken out after the fact. Whoever can write
the database could also rewrite the chain to its end: that is why its head is printed in the
weekly digest and sealed here every night, and why `verify` asks for a printed head.
"""

import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Select, String, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage import ledger, ledger_guards, policies
from storage.database import Base, insert_new
from storage.ledger import GENESIS, HASHED, ISSUER, Account, ChainHead, Head, Transfer, chain_hash

PAGE = 2_000
"""Rows read at once: little memory, and other work is let in between, however long the chain."""

SHOWN = 50
"""Faults kept at most: one wrong row makes thousands of them."""


class Seal(Base):
    """Where the chain ended when it was last found whole."""

    __tablename__ = "ledger_seals"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


@dataclass
class Verdict:
    """What `verify` found: how many transfers, the head that it computed, and the faults."""

    transfers: int = 0
    head: ChainHead = field(default_factory=lambda: ChainHead(0, GENESIS))
    faults: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return not self.faults

    def find(self, fault: str) -> None:
        if len(self.faults) < SHOWN:
            self.faults.append(fault)


async def verify(session: AsyncSession, printed: Sequence[ChainHead] = ()) -> Verdict:
    """Recompute chain, balances, sums, floors and caps; `printed` heads must be in the chain.

    A session that has read nothing yet makes all of it one snapshot, whatever moves meanwhile.
    """
    await _one_snapshot(session)
    verdict = Verdict()
    expected = {seal.seq: seal.hash for seal in await session.scalars(select(Seal))}
    expected.update({head.seq: head.hash for head in printed})
    balances = await _walk(session, verdict, expected)
    await _compare_head(session, verdict)
    await _compare_balances(session, verdict, balances)
    await _find_broken_rules(session, verdict)
    connection = await session.connection()
    for name in await connection.run_sync(ledger_guards.missing):
        verdict.find(f"guard {name} is missing or was changed")
    return verdict


async def _one_snapshot(session: AsyncSession) -> None:
    if not session.in_transaction() and session.get_bind().dialect.name == "postgresql":
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


async def _walk(
    session: AsyncSession, verdict: Verdict, expected: dict[int, str]
) -> dict[str, int]:
    """Go along the chain, and return the balances that follow from it; zeroes are left out."""
    balances: dict[str, int] = {}
    async for page in _pages(session):
        for row in page:
            *values, found = row
            _check_link(verdict, values, found)
            if expected.pop(values[0], found) != found:
                verdict.find(f"transfer {values[0]} is not the one that was sealed or printed")
            _move(balances, values[4], -values[6])
            _move(balances, values[5], values[6])
    for seq in sorted(set(expected) - {0}):
        verdict.find(f"transfer {seq} was sealed or printed, and is gone")
    return balances


async def _pages(session: AsyncSession) -> AsyncIterator[Sequence[Sequence[Any]]]:
    """Return the whole chain, each row in the order of its hash and the hash itself last."""
    rows: Select[Any] = select(*HASHED, Transfer.__table__.c.hash).order_by(HASHED[0]).limit(PAGE)
    last = -1
    while page := (await session.execute(rows.where(HASHED[0] > last))).all():
        yield page
        last = page[-1][0]


def _check_link(verdict: Verdict, values: Sequence[Any], found: str) -> None:
    """Check a row against the one before it, which is the verdict's head so far."""
    seq, last = values[0], verdict.head
    if seq != last.seq + 1:
        verdict.find(f"between transfers {last.seq} and {seq} some are missing")
    if values[-1] != last.hash:
        verdict.find(f"transfer {seq} does not follow the one before it")
    if type(values[6]) is not int or values[6] <= 0:
        verdict.find(f"transfer {seq} has no whole minutes")
    if chain_hash(values) != found:
        verdict.find(f"transfer {seq} was changed: its hash does not fit")
    verdict.head = ChainHead(seq, found)
    verdict.transfers += 1


def _move(balances: dict[str, int], account: str, minutes: int) -> None:
    """Keep only accounts that are not empty: most holds are, and memory is finite."""
    became = balances.get(account, 0) + minutes
    if became:
        balances[account] = became
    else:
        balances.pop(account, None)


async def _compare_head(session: AsyncSession, verdict: Verdict) -> None:
    stands = await ledger.chain_head(session)
    if stands != verdict.head:
        verdict.find(f"the head says {stands.seq}, the chain ends at {verdict.head.seq}")


async def _compare_balances(
    session: AsyncSession, verdict: Verdict, balances: dict[str, int]
) -> None:
    total = 0
    last = ""
    while True:
        page = (
            await session.execute(
                select(Account.id, Account.balance)
                .where(Account.id > last)
                .order_by(Account.id)
                .limit(PAGE)
            )
        ).all()
        for account, balance in page:
            total += balance
            should = balances.pop(account, 0)
            if balance != should:
                verdict.find(f"{account} says {balance} minutes, its transfers say {should}")
            if should < 0 and account != ISSUER:
                verdict.find(f"{account} was overdrawn")
        if len(page) < PAGE:
            break
        last = page[-1].id
    for account in balances:
        verdict.find(f"{account} is gone, and its transfers are not")
    if total:
        verdict.find(f"all balances together are {total} minutes, and should be 0")


# h.debit || '': a hold has few payers, and a payer many holds, so the index of the other side is
# the one to use. SQLite took the wrong one, and a minute for a million transfers.
_RULES = (
    (
        "{0} has more than its ceiling, or is closed and not empty",
        "SELECT id FROM ledger_accounts WHERE balance > ceiling OR (is_closed AND balance <> 0)"
        " LIMIT 20",
    ),
    (
        "{0} reverses {1}, and is not its mirror",
        "SELECT r.id, r.reverses FROM ledger_transfers r"
        " LEFT JOIN ledger_transfers t ON t.id = r.reverses"
        " WHERE r.reverses IS NOT NULL AND (t.id IS NULL OR t.debit <> r.credit"
        " OR t.credit <> r.debit OR t.minutes <> r.minutes OR t.reverses IS NOT NULL) LIMIT 20",
    ),
    (
        "{0} gives back to somebody who paid nothing in",
        "SELECT r.id FROM ledger_transfers r WHERE r.kind = 'release' AND NOT EXISTS"
        " (SELECT 1 FROM ledger_transfers h WHERE h.kind = 'hold'"
        " AND h.credit = r.debit AND h.debit || '' = r.credit) LIMIT 20",
    ),
)


_SHORT_DAY = 120
"""Minutes: no preset caps a day below this, so shorter ones need not be looked at."""

_LONG_DAYS = (
    "SELECT t.credit, t.day, min(t.policy), max(t.policy), sum(t.minutes)"
    " FROM ledger_transfers t"
    " WHERE t.kind = 'settle' AND substr(t.credit, 1, 2) = 'm:' AND NOT EXISTS"
    " (SELECT 1 FROM ledger_transfers r WHERE r.reverses = t.id)"
    " GROUP BY t.credit, t.day HAVING sum(t.minutes) > :least"
)


async def _find_broken_rules(session: AsyncSession, verdict: Verdict) -> None:
    await _find_full_days(session, verdict)
    for sentence, query in _RULES:
        for row in await session.execute(text(query)):
            verdict.find(sentence.format(*row))


async def _find_full_days(session: AsyncSession, verdict: Verdict) -> None:
    """Look for days above the cap; where a day saw two policies, the larger cap counts."""
    days = await session.execute(text(_LONG_DAYS), {"least": _SHORT_DAY})
    for account, day, first, last, minutes in days:
        if minutes > max(_daily_cap(first), _daily_cap(last)):
            verdict.find(f"{account} was credited {minutes} minutes for {day}, more than its cap")


def _daily_cap(policy: str) -> float:
    """Return the cap of the policy that a transfer names, without end where there is none."""
    try:
        cap = policies.load(policy.partition("@")[0]).daily_cap_minutes
    except LookupError:
        return math.inf
    return math.inf if cap is None else cap


async def claim_audit(session: AsyncSession, day: date) -> bool:
    """Take this night's audit; False where another node has it."""
    taken = await session.execute(
        update(Head)
        .where(or_(Head.audited_day.is_(None), Head.audited_day < day))
        .values(audited_day=day)
        .returning(Head.id)
    )
    return taken.first() is not None


async def seal(session: AsyncSession, head: ChainHead, now: datetime) -> None:
    """Write down where the chain ended when it was found whole."""
    if head.seq:
        await insert_new(session, Seal, (), [{"seq": head.seq, "hash": head.hash, "at": now}])


async def is_due(session: AsyncSession, day: date) -> bool:
    """Tell whether nobody has audited this day; a ledger without a transfer needs no audit."""
    last = (await session.execute(select(Head.audited_day))).first()
    return last is not None and (last.audited_day is None or last.audited_day < day)
