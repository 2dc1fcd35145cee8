"""The ledger of the time bank: one transfer row per movement, and balances that follow.

Minutes are whole numbers; 60 are one 时间币. Rows are only ever added. A balance changes in
no other way than by a transfer: triggers do it (`storage.ledger_guards`), and constraints
hold the floors and ceilings. An id is the key of its cause: the same id twice has one effect.

Every row carries the hash of the row before it, so all writers form one queue: whoever posts
takes the row of the head first and keeps it until he commits. A second writer waits there, and
then reads what the first one left; so the chain has no fork, what was read of a balance is
still true when it is written, and two writers cannot hold accounts that the other one wants.
On SQLite the transaction itself is that queue. On PostgreSQL post last in a transaction: what
is locked before the head is waited for, what comes after it makes everybody wait.

No row names a person. Accounts are `m:` with random digits behind it; whose they are stands
in `storage.ledger_members`, where it can be cut.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    bindparam,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, BigId, insert_new, run_many

ISSUER = "issuer"
"""Where minutes come from: the only account below zero, by as much as there are elsewhere."""
POOL = "pool"
REDEEM = "redeem"
ESTATE = "estate"
SYSTEM_ACCOUNTS = (ISSUER, POOL, REDEEM, ESTATE)

SYSTEM = "system"
"""The actor where nobody acted but a rule."""

GENESIS = "0" * 64
"""The hash before the first transfer."""

_MEMBER = "m:"
_LEGAL_FORMS = """CASE kind
 WHEN 'grant' THEN debit = 'issuer' AND (credit = 'pool' OR substr(credit, 1, 2) = 'm:'
  OR substr(credit, 1, 5) = 'team:')
 WHEN 'hold' THEN credit = 'hold:' || request AND (debit = 'pool' OR substr(debit, 1, 2) = 'm:'
  OR substr(debit, 1, 5) = 'team:')
 WHEN 'settle' THEN debit = 'hold:' || request AND (substr(credit, 1, 2) = 'm:'
  OR substr(credit, 1, 5) = 'team:')
 WHEN 'overflow' THEN debit = 'hold:' || request AND credit = 'pool'
 WHEN 'release' THEN debit = 'hold:' || request AND (credit = 'pool'
  OR substr(credit, 1, 2) = 'm:' OR substr(credit, 1, 5) = 'team:')
 WHEN 'gift' THEN (debit = 'estate' OR substr(debit, 1, 2) = 'm:')
  AND substr(credit, 1, 2) = 'm:'
 WHEN 'donate' THEN (substr(debit, 1, 2) = 'm:' OR substr(debit, 1, 5) = 'team:')
  AND (credit = 'pool' OR substr(credit, 1, 5) = 'team:')
 WHEN 'redeem' THEN credit = 'redeem' AND (substr(debit, 1, 2) = 'm:'
  OR substr(debit, 1, 5) = 'team:')
 WHEN 'unredeem' THEN debit = 'redeem' AND reverses IS NOT NULL
 WHEN 'close' THEN (substr(debit, 1, 2) = 'm:' AND credit = 'estate')
  OR (substr(debit, 1, 5) = 'team:' AND credit = 'pool')
 WHEN 'correct' THEN reverses IS NOT NULL OR reason <> ''
 ELSE FALSE END"""


class Kind(StrEnum):
    """Why minutes moved."""

    GRANT = "grant"
    HOLD = "hold"
    SETTLE = "settle"
    OVERFLOW = "overflow"
    RELEASE = "release"
    GIFT = "gift"
    DONATE = "donate"
    REDEEM = "redeem"
    UNREDEEM = "unredeem"
    CORRECT = "correct"
    CLOSE = "close"


class Account(Base):
    """Somebody's minutes. `last_seq` is the transfer that last changed the balance."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        CheckConstraint("balance >= 0 OR id = 'issuer'", name="floor"),
        CheckConstraint("ceiling IS NULL OR balance <= ceiling", name="ceiling"),
        CheckConstraint("NOT is_closed OR balance = 0", name="closed"),
        CheckConstraint(
            "id IN ('issuer', 'pool', 'redeem', 'estate') OR substr(id, 1, 2) = 'm:'"
            " OR substr(id, 1, 5) IN ('team:', 'hold:')",
            name="form",
        ),
    )

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    balance: Mapped[int] = mapped_column(BigInteger, default=0)
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    ceiling: Mapped[int | None] = mapped_column(BigInteger)
    daily_cap: Mapped[int | None]
    """The most that settlements may credit for one day of service."""
    is_closed: Mapped[bool] = mapped_column(default=False)


class Transfer(Base):
    """One movement. `day` is the day of the service, for settlements.

    `minutes` are credited minutes; `service_minutes` is how long the service really took, on
    one row of each settlement. `second` is the second person behind an entry by hand.
    """

    __tablename__ = "ledger_transfers"
    __table_args__ = (
        UniqueConstraint("id"),
        UniqueConstraint("reverses"),
        CheckConstraint("minutes > 0 AND CAST(minutes AS BIGINT) = minutes", name="minutes"),
        CheckConstraint("service_minutes >= 0", name="service_minutes"),
        CheckConstraint("debit <> credit", name="two_accounts"),
        CheckConstraint("kind <> 'settle' OR actor <> credit", name="not_by_herself"),
        CheckConstraint("second = '' OR second <> actor", name="two_people"),
        CheckConstraint(_LEGAL_FORMS, name="legal"),
        Index("ix_ledger_transfers_debit", "debit", "seq"),
        Index("ix_ledger_transfers_credit", "credit", "seq"),
        Index(
            "ix_ledger_transfers_day",
            "credit",
            "day",
            sqlite_where=text("kind = 'settle'"),
            postgresql_where=text("kind = 'settle'"),
        ),
    )

    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(10))
    debit: Mapped[str] = mapped_column(ForeignKey("ledger_accounts.id"))
    credit: Mapped[str] = mapped_column(ForeignKey("ledger_accounts.id"))
    minutes: Mapped[int] = mapped_column(BigInteger)
    service_minutes: Mapped[int] = mapped_column(default=0)
    day: Mapped[date | None]
    request: Mapped[str] = mapped_column(String(60), default="")
    slot: Mapped[int] = mapped_column(default=0)
    attempt: Mapped[int] = mapped_column(default=0)
    actor: Mapped[str] = mapped_column(String(80))
    on_behalf_of: Mapped[str] = mapped_column(String(80), default="")
    second: Mapped[str] = mapped_column(String(80), default="")
    reason: Mapped[str] = mapped_column(String(60), default="")
    reverses: Mapped[str | None] = mapped_column(ForeignKey("ledger_transfers.id"))
    policy: Mapped[str] = mapped_column(String(40))
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class Head(Base):
    """The end of the chain: one row, and every writer passes through it."""

    __tablename__ = "ledger_head"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger, default=0)
    hash: Mapped[str] = mapped_column(String(64), default=GENESIS)
    frozen_at: Mapped[datetime | None]
    """While this is set nothing moves: an audit found what should not be."""
    frozen_because: Mapped[str] = mapped_column(String(200), default="")
    audited_day: Mapped[date | None]
    policy: Mapped[str] = mapped_column(String(40), default="")


class LedgerError(Exception):
    """The ledger refused, and nothing has changed."""


class NotEnoughError(LedgerError):
    """An account has fewer minutes than are asked of it."""

    def __init__(self, account: str, has: int, needs: int) -> None:
        super().__init__(f"{account} has {has} minutes, {needs} are needed")
        self.account, self.has, self.needs = account, has, needs


class OverCeilingError(LedgerError):
    """An account would hold more minutes than it may. `room` is what still fits in."""

    def __init__(self, account: str, room: int) -> None:
        super().__init__(f"{account} has room for {room} minutes")
        self.account, self.room = account, room


class OtherContentError(LedgerError):
    """An id was used before, for something else."""


class ClosedError(LedgerError):
    """The account, or the request behind it, is closed or was never opened."""


class FrozenError(LedgerError):
    """An audit found a fault: nothing moves until a person has looked at it."""


class IllegalMoveError(LedgerError):
    """A movement that the rules do not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A movement as its cause gives it. Ids and codes only, never a person's words or name."""

    id: str
    kind: Kind
    debit: str
    credit: str
    minutes: int
    actor: str
    service_minutes: int = 0
    day: date | None = None
    request: str = ""
    slot: int = 0
    attempt: int = 0
    on_behalf_of: str = ""
    second: str = ""
    reason: str = ""
    reverses: str | None = None


_CONTENT = tuple(Move.__slots__)
_ORDER = (
    "seq", "id", "at", "kind", "debit", "credit", "minutes", "service_minutes", "day", "request",
    "slot", "attempt", "actor", "on_behalf_of", "second", "reason", "reverses", "policy",
    "prev_hash",
)  # fmt: skip
HASHED = tuple(Transfer.__table__.c[name] for name in _ORDER)
"""The columns that a hash covers, in the order in which it does."""


_plain = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def chain_hash(values: Sequence[Any]) -> str:
    """Return the hash of a row, given in the order of `HASHED`.

    Its text is a JSON list in ASCII without spaces, instants in UTC with microseconds, days as
    ISO dates: the same on every machine and both databases.
    """
    said = list(values)
    said[2] = said[2].astimezone(UTC).isoformat(timespec="microseconds")
    said[8] = said[8].isoformat() if said[8] else None
    return hashlib.sha256(_plain(said).encode()).hexdigest()


async def post(
    session: AsyncSession,
    moves: Sequence[Move],
    now: datetime,
    policy: str,
    opens: str | None = None,
) -> list[str]:
    """Make movements, all or none, and return the ids of those that were new.

    `opens` is an account that is opened on the way where it is not there yet.
    Raises a LedgerError before anything is written where one cannot be, so the caller's
    transaction can go on and answer politely.
    """
    if session.get_bind().dialect.name != "sqlite":
        await _queue_up(session)
    desk = await _look(session, moves)
    new = await _without_made(session, moves) if desk.was_there else _once(moves, {})
    if not new:
        return []
    if desk.head.frozen_at is not None:
        raise FrozenError(desk.head.frozen_because)
    if opens is None or opens in desk.accounts:
        _foresee(desk.accounts, new)
    else:
        _foresee({**desk.accounts, opens: _EMPTY}, new)
        await open_accounts(session, [opens])
    await run_many(session, insert(Transfer), _chained(desk.head, new, now, policy))
    return [move.id for move in new]


@dataclass(frozen=True, slots=True)
class _Purse:
    balance: int
    ceiling: int | None
    is_closed: bool


_EMPTY = _Purse(balance=0, ceiling=None, is_closed=False)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What must be known before a movement: the end of the chain, and the accounts it names.

    `was_there`: at least one of the ids was used before.
    """

    head: Head
    accounts: Mapping[str, _Purse]
    was_there: bool


# Built once: every movement asks it, and building it anew costs more than asking.
_LOOK = (
    select(
        Head.seq,
        Head.hash,
        Head.frozen_at,
        Head.frozen_because,
        select(Transfer.seq)
        .where(Transfer.id.in_(bindparam("ids", expanding=True)))
        .exists()
        .label("was_there"),
        Account.id,
        Account.balance,
        Account.ceiling,
        Account.is_closed,
    )
    .outerjoin_from(Head, Account, Account.id.in_(bindparam("named", expanding=True)))
    .where(Head.id == 1)
)


async def _look(session: AsyncSession, moves: Sequence[Move]) -> _Desk:
    """Ask for all of it at once: a question costs more than its answer."""
    named = {account for move in moves for account in (move.debit, move.credit)}
    asked = {"named": sorted(named), "ids": [move.id for move in moves]}
    rows = (await session.execute(_LOOK, asked)).all()
    if not rows:
        raise ClosedError("no account was ever opened")
    seq, hash_, frozen_at, because, was_there_, *_ = rows[0]
    head = Head(seq=seq, hash=hash_, frozen_at=frozen_at, frozen_because=because)
    return _Desk(head, {row[5]: _Purse(*row[6:]) for row in rows if row[5]}, was_there_)


async def take_head(session: AsyncSession) -> None:
    """Stand in the queue of the writers, before anything of the ledger is read to be changed."""
    if await _queue_up(session) is None:
        await insert_new(session, Head, (), [{"id": 1}])
        await open_accounts(session, SYSTEM_ACCOUNTS)
        await _queue_up(session)


async def _queue_up(session: AsyncSession) -> int | None:
    """Wait for the head; None where there is none. On SQLite we have waited at BEGIN IMMEDIATE."""
    return await session.scalar(select(Head.id).where(Head.id == 1).with_for_update(key_share=True))


async def open_accounts(
    session: AsyncSession,
    accounts: Collection[str],
    ceiling: int | None = None,
    daily_cap: int | None = None,
) -> None:
    """Open accounts that are not there yet; the others stay as they are."""
    await insert_new(
        session,
        Account,
        (),
        [{"id": one, "ceiling": ceiling, "daily_cap": daily_cap} for one in sorted(set(accounts))],
    )


async def _without_made(session: AsyncSession, moves: Sequence[Move]) -> list[Move]:
    """Leave out what was made before. Raises OtherContentError where it was made otherwise."""
    return _once(moves, await made_with(session, [move.id for move in moves]))


def _once(moves: Sequence[Move], made: Mapping[str, Move]) -> list[Move]:
    new: dict[str, Move] = {}
    for move in moves:
        before = made.get(move.id) or new.get(move.id)
        if before is None:
            new[move.id] = move
        elif before != move:
            raise OtherContentError(f"{move.id} was made before with other content")
    return list(new.values())


async def made_with(session: AsyncSession, ids: Collection[str]) -> dict[str, Move]:
    """Return what was made under these ids."""
    columns = [getattr(Transfer, name) for name in _CONTENT]
    rows = await session.execute(select(*columns).where(Transfer.id.in_(ids)))
    return {row["id"]: Move(**{**row, "kind": Kind(row["kind"])}) for row in rows.mappings()}


def _foresee(accounts: Mapping[str, _Purse], moves: Sequence[Move]) -> None:
    """Go through the movements on paper, and raise where the database would refuse one."""
    balances = {name: purse.balance for name, purse in accounts.items()}
    for move in moves:
        _check_form(move)
        for name in (move.debit, move.credit):
            if name not in accounts or accounts[name].is_closed:
                raise ClosedError(f"{name} is not open")
        if move.debit != ISSUER and balances[move.debit] < move.minutes:
            raise NotEnoughError(move.debit, balances[move.debit], move.minutes)
        balances[move.debit] -= move.minutes
        balances[move.credit] += move.minutes
        _check_ceiling(move.credit, balances[move.credit], accounts[move.credit].ceiling, move)


def _check_form(move: Move) -> None:
    if type(move.minutes) is not int or type(move.service_minutes) is not int:
        raise IllegalMoveError("minutes are whole numbers")
    if move.minutes <= 0 or move.service_minutes < 0:
        raise IllegalMoveError("a movement moves at least one minute")
    if move.debit == move.credit:
        raise IllegalMoveError("a movement has two accounts")
    if move.actor == move.second or (move.kind is Kind.SETTLE and move.actor == move.credit):
        raise IllegalMoveError("nobody signs for himself")


def _check_ceiling(account: str, balance: int, ceiling: int | None, move: Move) -> None:
    if ceiling is not None and balance > ceiling:
        raise OverCeilingError(account, max(ceiling - (balance - move.minutes), 0))


def _chained(head: Head, moves: Sequence[Move], now: datetime, policy: str) -> list[dict[str, Any]]:
    """Return the rows of the movements, each bound to the one before it."""
    rows = []
    last = head.hash
    for seq, move in enumerate(moves, head.seq + 1):
        row = {name: getattr(move, name) for name in _CONTENT}
        row |= {"kind": move.kind.value, "seq": seq, "at": now, "policy": policy, "prev_hash": last}
        row["hash"] = last = chain_hash([row[name] for name in _ORDER])
        rows.append(row)
    return rows


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where the chain ends: printed in the weekly digest, so that nobody can rewrite it after."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


async def chain_head(session: AsyncSession) -> ChainHead:
    row = (await session.execute(select(Head.seq, Head.hash))).first()
    return ChainHead(row.seq, row.hash) if row else ChainHead(0, GENESIS)


async def balance(session: AsyncSession, account: str) -> int:
    """Return an account's minutes; 0 where it was never opened."""
    return await session.scalar(select(Account.balance).where(Account.id == account)) or 0


async def is_frozen(session: AsyncSession) -> bool:
    return await session.scalar(select(Head.id).where(Head.frozen_at.is_not(None))) is not None


async def freeze(session: AsyncSession, because: str, now: datetime) -> bool:
    """Stop all movements. False where they stood already. `because` names no person."""
    await take_head(session)
    frozen = await session.execute(
        update(Head)
        .where(Head.frozen_at.is_(None))
        .values(frozen_at=now, frozen_because=because[:200])
        .returning(Head.id)
    )
    return frozen.first() is not None


async def thaw(session: AsyncSession) -> None:
    """Let minutes move again, after a person has looked and an audit found no fault."""
    await session.execute(update(Head).values(frozen_at=None, frozen_because=""))


def is_member(account: str) -> bool:
    return account.startswith(_MEMBER)


def hold_of(request: str) -> str:
    """Return the account that keeps the minutes of a request until it ends."""
    return f"hold:{request}"
