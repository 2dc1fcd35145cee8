"""Who looked at whom, and what of weight was done: rows that are only ever added.

Each row carries the hash of the one before it, and triggers keep what was written
(`storage.audit_guards`), so nobody can take back a look without its being seen. A row holds ids
and codes, never a name, a phone, an address or a word: it may outlive the person it is about.

What is noted goes down as the last thing of its transaction, all of it in two statements. So
on PostgreSQL the end of the chain is locked for the moment of the commit, and after everything
else that the transaction wanted to lock; on SQLite the transaction itself is the queue.
"""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Select, String, Text, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, at_last, insert_new, run_many

GENESIS = "0" * 64
"""The hash before the first row."""

OPERATOR = "operator"
"""The actor at the command line, who has the whole database and no name in it."""

PAGE = 2_000
"""Rows read at once: little memory, and other work is let in between, however long the chain."""

_NOTED = "shouwang_noted"
_CODE = re.compile(r"[A-Za-z0-9:_.@-]*")


class AuditRow(Base):
    """One look or act. `actor` is "" where a rule did it, `subject` the ids it was about."""

    __tablename__ = "audit_rows"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    act: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(Text)
    """An id, or several with a space between them: a list is one look at many."""
    reason: Mapped[str] = mapped_column(String(60))
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The end of the chain: one row, through which every writer passes."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger, default=0)
    hash: Mapped[str] = mapped_column(String(64), default=GENESIS)


@dataclass(frozen=True, slots=True)
class ChainHead:
    seq: int = 0
    hash: str = GENESIS

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


async def note(
    session: AsyncSession,
    act: str,
    now: datetime,
    *,
    actor: str | None,
    subject: str | Collection[str] | None = None,
    reason: str = "",
) -> None:
    """Note that somebody did or looked at something; it is written as the transaction ends.

    `actor` is None where a rule acted. `subject` are the ids of those it is about, `reason` a
    code such as `incident:12`. Raises ValueError where one of them says more than a code.
    """
    about = [subject] if isinstance(subject, str) else sorted(subject or ())
    for code in (act, actor or "", reason, *about):
        if not _CODE.fullmatch(code):
            raise ValueError("an audit row holds ids and codes only")
    row = {"at": now, "act": act, "actor": actor or "", "subject": " ".join(about)}
    if session.in_nested_transaction():  # what is given up there must not be noted here
        await _append(session, [row | {"reason": reason}])
        return
    if _NOTED not in session.info:
        session.info[_NOTED] = []
        at_last(session, _write_down)
    session.info[_NOTED].append(row | {"reason": reason})


async def _write_down(session: AsyncSession) -> None:
    await _append(session, session.info.pop(_NOTED))


async def _append(session: AsyncSession, noted: Sequence[dict[str, Any]]) -> None:
    last = await _take_head(session)
    rows = []
    for seq, one in enumerate(noted, last.seq + 1):
        row = {"seq": seq, **one, "prev_hash": last.hash}
        last = ChainHead(seq, chain_hash([row[column.name] for column in HASHED]))
        rows.append(row | {"hash": last.hash})
    await run_many(session, insert(AuditRow), rows)


HASHED = tuple(column for column in AuditRow.__table__.c if column.name != "hash")
"""The columns that a hash covers, in the order in which it does."""


def chain_hash(values: Sequence[Any]) -> str:
    """Return the hash of a row, given in the order of `HASHED`.

    Its text is a JSON list in ASCII without spaces, the instant in UTC with microseconds: the
    same on every machine and both databases.
    """
    seq, at, *others = values
    said = [seq, at.astimezone(UTC).isoformat(timespec="microseconds"), *others]
    return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()


async def _take_head(session: AsyncSession) -> ChainHead:
    """Wait for the end of the chain and keep it until the transaction ends."""
    found = await _queue_up(session)
    if found is None:
        await insert_new(session, AuditHead, (), [{"id": 1}])
        found = await _queue_up(session)
    return found or ChainHead()


async def _queue_up(session: AsyncSession) -> ChainHead | None:
    """Lock the head; None where there is none. On SQLite we have waited at BEGIN IMMEDIATE."""
    head = select(AuditHead.seq, AuditHead.hash).where(AuditHead.id == 1)
    row = (await session.execute(head.with_for_update(key_share=True))).first()
    return ChainHead(*row) if row else None


async def about(session: AsyncSession, person: str) -> Sequence[AuditRow]:
    """Return everything that was looked at or done about somebody, the oldest first."""
    named = (literal(" ") + AuditRow.subject + " ").contains(f" {person} ", autoescape=True)
    return (await session.scalars(select(AuditRow).where(named).order_by(AuditRow.seq))).all()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found: where the whole part of the chain ends, and what breaks it there."""

    head: ChainHead
    fault: str = ""

    @property
    def is_whole(self) -> bool:
        return not self.fault


async def verify(session: AsyncSession, printed: Collection[ChainHead] = ()) -> Verdict:
    """Recompute the chain up to its first broken row; `printed` heads must be in it.

    Whoever owns the database can rewrite a chain to its end: what was printed, he cannot.
    A session that has read nothing yet makes all of it one snapshot, whatever is added meanwhile.
    """
    await _one_snapshot(session)
    expected = {head.seq: head.hash for head in printed if head.seq}
    head = ChainHead()
    async for values, found in _rows(session):
        fault = _broken(values, found, head, expected.pop(values[0], found))
        if fault:
            return Verdict(head, fault)
        head = ChainHead(values[0], found)
    return Verdict(head, await _wrong_end(session, head, expected))


async def _one_snapshot(session: AsyncSession) -> None:
    if not session.in_transaction() and session.get_bind().dialect.name == "postgresql":
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


async def _rows(session: AsyncSession) -> AsyncIterator[tuple[Sequence[Any], str]]:
    """Return the whole chain, each row in the order of its hash and the hash beside it."""
    rows: Select[Any] = select(*HASHED, AuditRow.hash).order_by(AuditRow.seq).limit(PAGE)
    last = -1
    while page := (await session.execute(rows.where(AuditRow.seq > last))).all():
        for *values, found in page:
            yield values, found
        last = page[-1][0]


def _broken(values: Sequence[Any], found: str, before: ChainHead, expected: str) -> str:
    """Say what is wrong with a row that should follow the one before it, "" where nothing is."""
    seq = values[0]
    if seq != before.seq + 1:
        return f"row {before.seq + 1} is missing"
    if values[-1] != before.hash:
        return f"row {seq} does not follow the one before it"
    if chain_hash(values) != found:
        return f"row {seq} was changed: its hash does not fit"
    return "" if found == expected else f"row {seq} is not the one that was printed"


async def _wrong_end(session: AsyncSession, end: ChainHead, gone: Collection[int]) -> str:
    row = (await session.execute(select(AuditHead.seq, AuditHead.hash))).first()
    stands = ChainHead(*row) if row else ChainHead()
    if stands != end or gone:
        return f"row {end.seq + 1} is missing: the chain was longer"
    return ""
