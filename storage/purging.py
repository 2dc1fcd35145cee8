"""What is let go of once its days are over, and the report of it: how much of what, by the day.

Never the ledger, and nothing that is still open. Rows are looked for without holding anybody
up, and let go of a few at a time; whoever begins again goes on where it was left.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, delete, exists, null, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, Database, insert_new
from storage.digests import Digest
from storage.disputes import Statement
from storage.inbox import Handled
from storage.incidents import Incident, Stage
from storage.letters import Letter, LetterState
from storage.lists import ShownList
from storage.pairings import Pairing, WrongTry
from storage.questions import Question
from storage.requests import Request
from storage.rules import RetentionRules, village_day
from storage.sheets import ListEntry
from storage.unheard import Unheard
from storage.voices import Voice, VoiceState
from storage.windows import ReplyWindow

FOUND_AT_ONCE = 10_000
BATCH = 500


class Purge(Base):
    """How much of a kind was let go of on a day; with `finished_at`, nothing was left to."""

    __tablename__ = "purges"

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    rows: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows that are let go of after some days; where `empties` names values, only those go."""

    name: str
    model: type[Base]
    days: Callable[[RetentionRules], int]
    is_over: Callable[[datetime], ColumnElement[bool]]
    empties: dict[str, Any] | None = None

    @property
    def key(self) -> list[ColumnElement[Any]]:
        return list(self.model.__table__.primary_key)

    def before(self, now: datetime, rules: RetentionRules) -> ColumnElement[bool]:
        return self.is_over(now - timedelta(days=self.days(rules)))


def _letter_is_over(at: datetime) -> ColumnElement[bool]:
    is_live = exists().where(Incident.id == Letter.incident_id, Incident.stage != Stage.CLOSED)
    return (
        (Letter.written_at < at)
        & or_(Letter.detail.is_not(None), Letter.media != "")
        & Letter.state.not_in((LetterState.QUEUED, LetterState.SENDING))
        & ~is_live
    )


def _statement_is_over(at: datetime) -> ColumnElement[bool]:
    return exists().where(Request.id == Statement.request_id, Request.ended_at < at)


def _voice_is_over(at: datetime) -> ColumnElement[bool]:
    return (Voice.said_at < at) & Voice.state.in_((VoiceState.HEARD, VoiceState.LEFT))


KINDS: Sequence[Kind] = (
    Kind("inbox", Handled, lambda rules: rules.inbox, lambda at: Handled.received_at < at),
    Kind("questions", Question, lambda rules: rules.questions, lambda at: Question.asked_at < at),
    Kind("voices", Voice, lambda rules: rules.voices, _voice_is_over),
    Kind(
        "letters",
        Letter,
        lambda rules: rules.letters,
        _letter_is_over,
        {"detail": null(), "media": ""},
    ),
    Kind("statements", Statement, lambda rules: rules.disputes, _statement_is_over),
    Kind(
        "verdicts",
        Request,
        lambda rules: rules.disputes,
        lambda at: (Request.ended_at < at) & (Request.verdict_reason != ""),
        {"verdict_reason": ""},
    ),
    Kind("unheard", Unheard, lambda rules: rules.unheard, lambda at: Unheard.at < at),
    Kind("lists", ListEntry, lambda rules: rules.lists, lambda at: ListEntry.day < village_day(at)),
    Kind("shown", ShownList, lambda rules: rules.lists, lambda at: ShownList.shown_at < at),
    Kind("digests", Digest, lambda rules: rules.digests, lambda at: Digest.day < village_day(at)),
    Kind("wrong_tries", WrongTry, lambda rules: rules.wrong_tries, lambda at: WrongTry.since < at),
    Kind("pairings", Pairing, lambda rules: rules.pairings, lambda at: Pairing.expires_at < at),
    Kind(
        "windows", ReplyWindow, lambda rules: rules.windows, lambda at: ReplyWindow.closes_at < at
    ),
)


async def due(database: Database, now: datetime) -> list[Kind]:
    """Return the kinds that were not looked through to their end today."""
    async with database.reading() as session:
        finished = set(
            await session.scalars(
                select(Purge.kind).where(
                    Purge.day == village_day(now), Purge.finished_at.is_not(None)
                )
            )
        )
    return [kind for kind in KINDS if kind.name not in finished]


async def purge(database: Database, kind: Kind, now: datetime, rules: RetentionRules) -> int:
    """Let go of all that is over of a kind; returns how many rows that were."""
    day, purged = village_day(now), 0
    while found := await _find(database, kind, now, rules):
        for start in range(0, len(found), BATCH):
            batch = found[start : start + BATCH]
            async with database.writing() as session:
                rows = await _let_go(session, kind, batch, now, rules)
                await _count(session, day, kind, rows)
            purged += rows
    async with database.writing() as session:
        await _count(session, day, kind, 0)
        await session.execute(_of(day, kind).values(finished_at=now))
    return purged


async def _find(
    database: Database, kind: Kind, now: datetime, rules: RetentionRules
) -> list[tuple[Any, ...]]:
    async with database.reading() as session:
        rows = await session.execute(
            select(*kind.key).where(kind.before(now, rules)).limit(FOUND_AT_ONCE)
        )
        return [tuple(row) for row in rows]


async def _let_go(
    session: AsyncSession,
    kind: Kind,
    keys: Sequence[tuple[Any, ...]],
    now: datetime,
    rules: RetentionRules,
) -> int:
    """Let go of some rows, as far as they are still over: any may have begun anew meanwhile."""
    among = tuple_(*kind.key).in_(keys)
    statement: Any = (
        delete(kind.model) if kind.empties is None else update(kind.model).values(kind.empties)
    )
    gone = await session.execute(
        statement.where(among, kind.before(now, rules))
        .returning(kind.key[0])
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


async def _count(session: AsyncSession, day: date, kind: Kind, rows: int) -> None:
    await insert_new(session, Purge, [], [{"day": day, "kind": kind.name, "rows": 0}])
    await session.execute(_of(day, kind).values(rows=Purge.rows + rows))


def _of(day: date, kind: Kind) -> Any:
    return update(Purge).where(Purge.day == day, Purge.kind == kind.name)


@dataclass(frozen=True, slots=True)
class Purged:
    """One line of the report."""

    day: date
    kind: str
    rows: int
    is_finished: bool


async def report(session: AsyncSession, days: int, now: datetime) -> list[Purged]:
    """Return what was let go of in the last days, the newest first."""
    rows = await session.execute(
        select(Purge.day, Purge.kind, Purge.rows, Purge.finished_at.is_not(None))
        .where(Purge.day > village_day(now) - timedelta(days=days))
        .order_by(Purge.day.desc(), Purge.kind)
    )
    return [Purged(*row) for row in rows]
