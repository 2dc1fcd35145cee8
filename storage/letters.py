"""Letters: everything said to somebody outside a direct reply.

A letter is written in the transaction of its cause, under a natural key, and carried later.
queued → sending → sent → delivered, or failed, withdrawn, expired. A lease guards the way
from queued to sent: when it runs out the letter may have arrived or not, so it goes again
and says so (重复提醒). Several letters to one person may be carried in one message.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from storage.checkins import Plan
from storage.database import Base, BigId, Instant, fetch, insert_new, run, run_many
from storage.people import Person
from storage.sealing import SealedJson


class Urgency(IntEnum):
    """ALARM goes at least once; NOTICE waits for morning; REMINDER is worthless when late."""

    ALARM = 1
    NOTICE = 2
    REMINDER = 3


class LetterState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


DRILL = "drill"
"""In the detail of a letter: nothing has happened, it belongs to a drill."""

GONE_OUT = (LetterState.SENDING, LetterState.SENT, LetterState.DELIVERED)
"""She has it, or may have it: whoever got an alarm this way is owed the all-clear."""

_QUEUED = text("state = 'queued'")
_ALARM_QUEUED = text("state = 'queued' AND urgency = 1")
_SENDING = text("state = 'sending'")
_FAR = text("far_id <> ''")
_SENT = text("sent_at IS NOT NULL")
_FAILED = text("state = 'failed'")
_OF_SOMEBODY = text("about_id IS NOT NULL")
_BY_SOMEBODY = text("actor_id IS NOT NULL")


class Letter(Base):
    __tablename__ = "letters"
    __table_args__ = (
        UniqueConstraint("key"),
        CheckConstraint("urgency BETWEEN 1 AND 3", name="urgency"),
        CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'delivered', 'failed', 'withdrawn', 'expired')",
            name="state",
        ),
        Index(
            "ix_letters_due",
            "urgency",
            "due_at",
            sqlite_where=_QUEUED,
            postgresql_where=_QUEUED,
        ),
        Index("ix_letters_expiring", "expires_at", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index("ix_letters_leased", "lease_until", sqlite_where=_SENDING, postgresql_where=_SENDING),
        Index("ix_letters_far", "far_id", sqlite_where=_FAR, postgresql_where=_FAR),
        Index("ix_letters_incident", "incident_id", "recipient_id"),
        Index("ix_letters_failed", "recipient_id", sqlite_where=_FAILED, postgresql_where=_FAILED),
        Index("ix_letters_sent", "sent_at", sqlite_where=_SENT, postgresql_where=_SENT),
        Index(
            "ix_letters_alarming",
            "recipient_id",
            sqlite_where=_ALARM_QUEUED,
            postgresql_where=_ALARM_QUEUED,
        ),
        Index("ix_letters_got", "recipient_id", "sent_at"),
        Index(
            "ix_letters_about",
            "about_id",
            sqlite_where=_OF_SOMEBODY,
            postgresql_where=_OF_SOMEBODY,
        ),
        Index(
            "ix_letters_actor",
            "actor_id",
            sqlite_where=_BY_SOMEBODY,
            postgresql_where=_BY_SOMEBODY,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(160))
    kind: Mapped[str] = mapped_column(String(20))
    urgency: Mapped[int]
    recipient_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    about_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    """Whose doing it tells of: who goes, who looked."""
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incidents.id"))
    number: Mapped[int | None]
    detail: Mapped[dict[str, Any] | None] = mapped_column(SealedJson)
    media: Mapped[str] = mapped_column(String(128), default="")
    """A voice or a picture that goes with the words, by the platform's id of it."""
    state: Mapped[str] = mapped_column(String(10), default=LetterState.QUEUED)
    written_at: Mapped[datetime]
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    repeated: Mapped[bool] = mapped_column(default=False)
    way: Mapped[str] = mapped_column(String(20), default="")
    far_id: Mapped[str] = mapped_column(String(64), default="")
    sent_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(200), default="")
    carried_with: Mapped[int | None] = mapped_column(ForeignKey("letters.id"))
    """The letter in whose message it went, None where it had its own."""


class Refusal(Base):
    """That a way said no to a letter: which try it was, and why."""

    __tablename__ = "refusals"
    __table_args__ = (Index(None, "letter_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"))
    number: Mapped[int]
    """Which try of the letter it was, from 1."""
    at: Mapped[datetime]
    way: Mapped[str] = mapped_column(String(20))
    remedy: Mapped[str] = mapped_column(String(12))
    why: Mapped[str] = mapped_column(String(120))
    """For an operator: never a person's words, name or address."""


class EarlyReport(Base):
    """The platform's word on a letter of which we have not noted yet that it is gone."""

    __tablename__ = "early_reports"

    far_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    arrived: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]


REPORTS_KEPT = timedelta(hours=1)
"""How long a word is kept of a letter that may yet turn out to be ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLetter:
    """A letter as its writer gives it; `detail` holds what its sentence needs beside names."""

    key: str
    kind: str
    urgency: Urgency
    recipient_id: str
    about_id: str | None = None
    actor_id: str | None = None
    incident_id: int | None = None
    number: int | None = None
    detail: dict[str, Any] | None = None
    media: str = ""
    expires_at: datetime | None = None
    due_at: datetime | None = None


OPTIONAL = ("about_id", "actor_id", "incident_id", "number", "detail", "expires_at")
"""What most letters of a kind lack. Left out of thousands of rows, it costs nothing."""


async def write(session: AsyncSession, letters: Sequence[NewLetter], now: datetime) -> None:
    """Put letters into the outbox; one whose key is already there stays as it was."""
    rows = [
        {
            "key": letter.key,
            "kind": letter.kind,
            "urgency": int(letter.urgency),
            "recipient_id": letter.recipient_id,
            "about_id": letter.about_id,
            "actor_id": letter.actor_id,
            "incident_id": letter.incident_id,
            "number": letter.number,
            "detail": letter.detail,
            "media": letter.media,
            "expires_at": letter.expires_at,
            "written_at": now,
            "due_at": letter.due_at or now,
        }
        for letter in letters
    ]
    for name in OPTIONAL:
        if all(row[name] is None for row in rows):
            for row in rows:
                del row[name]
    await insert_new(session, Letter, [], rows)


async def tell_each(
    session: AsyncSession,
    readers: Iterable[str],
    kind: str,
    cause: object,
    now: datetime,
    *,
    urgency: Urgency = Urgency.NOTICE,
    about_id: str | None = None,
    actor_id: str | None = None,
    number: int | None = None,
    detail: dict[str, Any] | None = None,
    media: str = "",
    expires_at: datetime | None = None,
) -> None:
    """Write the same to each of these people, once for each cause."""
    told = [
        NewLetter(
            key=f"{kind}:{cause}:{reader}",
            kind=kind,
            urgency=urgency,
            recipient_id=reader,
            about_id=about_id,
            actor_id=actor_id,
            number=number,
            detail=detail,
            media=media,
            expires_at=expires_at,
        )
        for reader in readers
    ]
    await write(session, told, now)


@dataclass(slots=True)
class Claimed:
    """A letter in our hands until its lease runs out, with what its sentence needs."""

    id: int
    key: str
    kind: str
    urgency: int
    recipient_id: str
    about_id: str | None
    actor_id: str | None
    incident_id: int | None
    number: int | None
    detail: dict[str, Any] | None
    media: str
    written_at: datetime
    tries: int
    repeated: bool
    way: str
    about_name: str | None
    about_gender: str | None
    actor_name: str | None
    about_tier: int | None = None

    @property
    def is_drill(self) -> bool:
        return DRILL in (self.detail or {})


_TIER = select(func.min(Plan.tier)).where(Plan.elder_id == Letter.about_id).scalar_subquery()
_ABOUT, _ACTOR = aliased(Person), aliased(Person)
_WHOLE = (
    select(
        Letter.id,
        Letter.key,
        Letter.kind,
        Letter.urgency,
        Letter.recipient_id,
        Letter.about_id,
        Letter.actor_id,
        Letter.incident_id,
        Letter.number,
        Letter.detail,
        Letter.media,
        Letter.written_at,
        Letter.tries + 1,
        Letter.repeated,
        Letter.way,
        _ABOUT.name,
        _ABOUT.gender,
        _ACTOR.name,
        _TIER,
    )
    .outerjoin(_ABOUT, _ABOUT.id == Letter.about_id)
    .outerjoin(_ACTOR, _ACTOR.id == Letter.actor_id)
    .order_by(Letter.urgency, Letter.due_at, Letter.id)
)
_THESE = _WHOLE.where(Letter.id.in_(bindparam("ids", expanding=True)))
_DUE = (
    _WHOLE.where(
        Letter.state == LetterState.QUEUED,
        Letter.urgency == bindparam("of_urgency"),
        Letter.due_at <= bindparam("moment"),
    )
    .limit(bindparam("most"))
    .with_for_update(of=Letter, skip_locked=True)
)


async def due(
    session: AsyncSession, now: datetime, urgencies: Sequence[Urgency], limit: int
) -> list[Claimed]:
    """Lock the letters that are due and return them, alarms first; `tries` counts this one.

    They are still queued: the caller takes, puts off or withdraws each in this transaction. It
    asks of one urgency at a time: what waits for the morning is never looked through.
    """
    found: list[Claimed] = []
    for urgency in urgencies:
        if len(found) < limit:
            asked = {"of_urgency": urgency, "moment": now, "most": limit - len(found)}
            found += [Claimed(*row) for row in await fetch(session, _DUE, asked)]
    return found


async def alarms_beside(
    session: AsyncSession,
    people: Collection[str],
    kinds: Collection[str],
    known: Collection[int],
    now: datetime,
) -> list[Claimed]:
    """Lock and return what else of these kinds is due to these people: it may go along."""
    found = await session.execute(
        _WHOLE.where(
            Letter.recipient_id.in_(people),
            Letter.state == LetterState.QUEUED,
            Letter.urgency == Urgency.ALARM,
            Letter.kind.in_(kinds),
            Letter.due_at <= now,
            Letter.id.not_in(known),
        ).with_for_update(of=Letter, skip_locked=True)
    )
    return [Claimed(*row) for row in found.all()]


_TAKE = (
    update(Letter)
    .where(Letter.id.in_(bindparam("ids", expanding=True)), Letter.state == LetterState.QUEUED)
    .values(
        state=LetterState.SENDING,
        lease_until=bindparam("until", type_=Instant()),
        tries=Letter.tries + 1,
    )
)


async def take(session: AsyncSession, ids: Sequence[int], now: datetime, lease: timedelta) -> None:
    """Take letters into our hands until the lease runs out."""
    if ids:
        await run(session, _TAKE, {"ids": ids, "until": now + lease})


_PUT_OFF = (
    update(Letter)
    .where(Letter.id == bindparam("letter"), Letter.state == LetterState.QUEUED)
    .values(due_at=bindparam("at", type_=Instant()), reason=bindparam("because"))
)


async def put_off(session: AsyncSession, until: Mapping[int, datetime], reason: str = "") -> None:
    """Let letters wait that cannot go yet; that is no try. `reason` where it is not by choice."""
    rows = [{"letter": id_, "at": at, "because": reason} for id_, at in until.items()]
    await run_many(session, _PUT_OFF, rows)


async def tidy(session: AsyncSession, now: datetime, urgencies: Collection[Urgency]) -> None:
    """Let expire what is late, and queue again what somebody was sending when he died.

    That may arrive twice, and says so.
    """
    await session.execute(
        update(Letter)
        .where(Letter.state == LetterState.QUEUED, Letter.expires_at <= now)
        .values(state=LetterState.EXPIRED)
    )
    await session.execute(
        update(Letter)
        .where(
            Letter.state == LetterState.SENDING,
            Letter.lease_until <= now,
            Letter.urgency.in_(urgencies),
        )
        .values(state=LetterState.QUEUED, lease_until=None, repeated=True, due_at=now)
    )


async def read(session: AsyncSession, ids: Sequence[int]) -> list[Claimed]:
    """Return letters with what their sentences need; `tries` counts the next try."""
    return [Claimed(*row) for row in await fetch(session, _THESE, {"ids": ids})]


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of a letter in our hands. `due_at` is when a queued one goes again.

    `carried_with` is the letter in whose message it went, None where it had its own. A letter
    that was held back after all was not `tried`.
    """

    id: int
    state: LetterState
    due_at: datetime | None = None
    way: str = ""
    far_id: str = ""
    reason: str = ""
    carried_with: int | None = None
    tried: bool = True

    @property
    def is_simply_sent(self) -> bool:
        """Whether it had a message of its own, of which the far end tells no more."""
        return self.state is LetterState.SENT and not self.far_id and self.carried_with is None


_SETTLE = (
    update(Letter)
    .where(Letter.id == bindparam("letter"), Letter.state == LetterState.SENDING)
    .values(
        state=bindparam("became"),
        due_at=func.coalesce(bindparam("again_at", type_=Instant()), Letter.due_at),
        way=bindparam("by_way"),
        far_id=bindparam("far"),
        reason=bindparam("because"),
        sent_at=bindparam("at"),
        carried_with=bindparam("beside"),
        tries=Letter.tries - bindparam("untried"),
        lease_until=None,
    )
)


_ALL_SENT = (
    update(Letter)
    .where(Letter.id.in_(bindparam("ids", expanding=True)), Letter.state == LetterState.SENDING)
    .values(
        state=LetterState.SENT,
        way=bindparam("by_way"),
        far_id="",
        reason="",
        sent_at=bindparam("at", type_=Instant()),
        carried_with=None,
        lease_until=None,
    )
)


async def settle(session: AsyncSession, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write down what became of letters; only those still in our hands are touched.

    Most were simply sent, and what is the same of many is written at once.
    """
    alike: dict[str, list[int]] = {}
    others: list[Outcome] = []
    for outcome in outcomes:
        if outcome.is_simply_sent:
            alike.setdefault(outcome.way, []).append(outcome.id)
        else:
            others.append(outcome)
    for way, ids in alike.items():
        await run(session, _ALL_SENT, {"ids": ids, "by_way": way, "at": now})
    await _settle_each(session, others, now)


async def _settle_each(session: AsyncSession, outcomes: Sequence[Outcome], now: datetime) -> None:
    await run_many(
        session,
        _SETTLE,
        [
            {
                "letter": outcome.id,
                "became": outcome.state,
                "again_at": outcome.due_at,
                "by_way": outcome.way,
                "far": outcome.far_id,
                "because": outcome.reason,
                "at": now if outcome.state == LetterState.SENT else None,
                "beside": outcome.carried_with,
                "untried": 0 if outcome.tried else 1,
            }
            for outcome in outcomes
        ],
    )


async def unwritten(session: AsyncSession, keys: Sequence[str]) -> list[str]:
    """Return those of these keys under which no letter was written yet."""
    known = set(await session.scalars(select(Letter.key).where(Letter.key.in_(keys))))
    return [key for key in keys if key not in known]


async def expire(session: AsyncSession, keys: Sequence[str]) -> None:
    """Let letters that were not sent yet be worthless: something else is said instead."""
    await session.execute(
        update(Letter)
        .where(Letter.key.in_(keys), Letter.state == LetterState.QUEUED)
        .values(state=LetterState.EXPIRED)
    )


async def withdraw(session: AsyncSession, incidents: Collection[int]) -> None:
    """Take back what was not sent yet: its cause has gone."""
    await session.execute(
        update(Letter)
        .where(Letter.incident_id.in_(incidents), Letter.state == LetterState.QUEUED)
        .values(state=LetterState.WITHDRAWN)
    )


async def withdraw_around(session: AsyncSession, person: str, by_her: Collection[str] = ()) -> None:
    """Take back what was not sent yet to somebody or about her, and of some kinds by her."""
    hers = or_(
        Letter.recipient_id == person,
        Letter.about_id == person,
        and_(Letter.actor_id == person, Letter.kind.in_(by_her)),
    )
    await session.execute(
        update(Letter)
        .where(Letter.state == LetterState.QUEUED, hers)
        .values(state=LetterState.WITHDRAWN)
    )


async def withdraw_keyed(session: AsyncSession, begins: str) -> None:
    """Take back what was not sent yet of the letters whose key begins so."""
    await session.execute(
        update(Letter)
        .where(Letter.state == LetterState.QUEUED, Letter.key.startswith(begins, autoescape=True))
        .values(state=LetterState.WITHDRAWN)
    )


async def drop(session: AsyncSession, ids: Collection[int]) -> None:
    """Withdraw letters that are due: their cause has gone."""
    await session.execute(
        update(Letter)
        .where(Letter.id.in_(ids), Letter.state == LetterState.QUEUED)
        .values(state=LetterState.WITHDRAWN)
    )


async def note_refusals(session: AsyncSession, refused: Sequence[Mapping[str, Any]]) -> None:
    """Keep which ways said no: rows of letter_id, number, at, way, remedy and why."""
    await run_many(session, insert(Refusal), refused)


async def told(session: AsyncSession, incident_id: int, kinds: Collection[str]) -> list[str]:
    """Return who has, or may have, a letter of these kinds about an incident.

    One that goes again because somebody died over it may have arrived the first time, whatever
    becomes of it now.
    """
    people = await session.scalars(
        select(Letter.recipient_id)
        .where(
            Letter.incident_id == incident_id,
            Letter.kind.in_(kinds),
            or_(Letter.state.in_(GONE_OUT), Letter.repeated),
        )
        .distinct()
        .order_by(Letter.recipient_id)
    )
    return list(people)


async def being_told(session: AsyncSession, incident_id: int, kinds: Collection[str]) -> list[str]:
    """Return who has been told or soon will be."""
    people = await session.scalars(
        select(Letter.recipient_id)
        .where(
            Letter.incident_id == incident_id,
            Letter.kind.in_(kinds),
            Letter.state.in_((*GONE_OUT, LetterState.QUEUED)),
        )
        .distinct()
        .order_by(Letter.recipient_id)
    )
    return list(people)


async def has_gone_out(session: AsyncSession, key: str) -> bool:
    """Tell whether somebody has this letter, or may have it."""
    found = await session.scalar(
        select(Letter.id).where(Letter.key == key, Letter.state.in_(GONE_OUT))
    )
    return found is not None


async def report(
    session: AsyncSession, far_id: str, now: datetime, *, arrived: bool, reason: str
) -> Letter | None:
    """Take the platform's word on a letter it had accepted; None where we know of none.

    A word that comes before we have noted that the letter is gone is kept until then.
    """
    letter = await session.scalar(
        select(Letter)
        .where(Letter.far_id == far_id, Letter.state == LetterState.SENT)
        .with_for_update()
    )
    if letter is not None:
        letter.state = LetterState.DELIVERED if arrived else LetterState.FAILED
        letter.reason = reason
    elif not await _is_settled(session, far_id):
        early = {"far_id": far_id, "arrived": arrived, "reason": reason, "at": now}
        await insert_new(session, EarlyReport, [], [early])
    return letter


async def _is_settled(session: AsyncSession, far_id: str) -> bool:
    found = await session.scalar(select(Letter.id).where(Letter.far_id == far_id).limit(1))
    return found is not None


async def early_reports(session: AsyncSession, now: datetime) -> list[EarlyReport]:
    """Return the words on letters that are noted by now, and forget those of nobody's."""
    gone = await session.scalars(
        delete(EarlyReport)
        .where(exists().where(Letter.far_id == EarlyReport.far_id, Letter.far_id != ""))
        .returning(EarlyReport)
    )
    found = list(gone)
    await session.execute(delete(EarlyReport).where(EarlyReport.at < now - REPORTS_KEPT))
    return found


async def last_sent(session: AsyncSession) -> datetime | None:
    """Return when the last letter was handed over, None where none ever was."""
    return await session.scalar(select(func.max(Letter.sent_at)).where(Letter.sent_at.is_not(None)))


@dataclass(frozen=True, slots=True)
class InVain:
    """Letters that could not leave, and since when the oldest waits."""

    number: int
    since: datetime | None


async def tried_in_vain(session: AsyncSession, written_before: datetime) -> InVain:
    """Return the letters that wait since before a moment because no way took them."""
    row = (
        await session.execute(
            select(func.count(), func.min(Letter.written_at)).where(
                Letter.state == LetterState.QUEUED,
                _in_vain(),
                Letter.written_at <= written_before,
            )
        )
    ).one()
    return InVain(*row)


def _in_vain() -> ColumnElement[bool]:
    return or_(Letter.tries > 0, Letter.reason != "")


async def alarms_waiting(session: AsyncSession, since: datetime) -> int:
    """Return how many alarms have not left though they should have before a moment."""
    was_tried = and_(_in_vain(), Letter.written_at <= since)
    found = await session.scalar(
        select(func.count())
        .select_from(Letter)
        .where(
            Letter.urgency == Urgency.ALARM,
            Letter.state.in_((LetterState.QUEUED, LetterState.SENDING)),
            or_(Letter.due_at <= since, was_tried),
        )
    )
    return found or 0


async def waiting(session: AsyncSession) -> dict[int, int]:
    """Return how many letters of each urgency are not sent yet."""
    rows = await session.execute(
        select(Letter.urgency, func.count().label("number"))
        .where(Letter.state == LetterState.QUEUED)
        .group_by(Letter.urgency)
    )
    return {row.urgency: row.number for row in rows}
