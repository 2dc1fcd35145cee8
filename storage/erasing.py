"""Erasing somebody: her name, phone, addresses, ties and words go, and what was counted stays.

Her row is left as a tombstone under her id, so that incidents, visits and figures still add up;
her account is closed and cut from her, so that the books do. Not while something is open: who
is being looked for must not vanish.
"""

import json
import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    and_,
    delete,
    exists,
    func,
    null,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage import audit, ledger_members, letters
from storage.absences import Absence
from storage.belongings import BY_ADDRESS, GOES
from storage.checkins import Expectation, Plan, State
from storage.contacts import around
from storage.database import Base
from storage.inbox import Handled
from storage.incidents import Incident, Promise
from storage.ledger import FrozenError
from storage.ledger_moves import Book
from storage.letters import Letter, LetterState, NewLetter, Urgency
from storage.people import Identity, Person, Tie
from storage.policies import Policy
from storage.privacy_wishes import WishKind, done
from storage.requests import Request
from storage.silences import SilentElder
from storage.visits import LIVE, Visit

NOBODY = "已注销"
"""The name of everybody who was erased."""

ERASED = "erased"
"""The letter to whoever agreed: it is done."""
WATCH_ENDED = "watch_ended"
"""The letter to those who stood around an elder."""
ONE_FEWER = "one_fewer"
"""The letter to the coordinators of an elder whose relative or neighbour is gone."""

READERS = 200
"""The letters of how many are looked through at a time."""
UNDER_WAY = (LetterState.QUEUED, LetterState.SENDING)
_NATURAL_KEYS = frozenset({"cause", "key"})


class Erasure(Base):
    """That somebody was erased: whose id it was, when, and by whom."""

    __tablename__ = "erasures"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))


class Open(StrEnum):
    """What keeps somebody from being erased."""

    INCIDENT = "incident"  # people look for her, or after her
    LETTER = "letter"  # somebody has not heard yet how that ended
    PROMISE = "promise"  # she has said that she goes
    CALL = "call"  # she is waiting for help, or it is not settled
    VISIT = "visit"  # somebody is waiting for her
    LEDGER = "ledger"  # the books are frozen


class OpenMatterError(Exception):
    def __init__(self, what: Open) -> None:
        super().__init__(what)
        self.what = what


class Erased(StrEnum):
    DONE = "done"
    ALREADY = "already"
    NOBODY = "nobody"


async def erase(
    session: AsyncSession, person_id: str, now: datetime, policy: Policy, *, by: str | None
) -> Erased:
    """Erase somebody; a second time changes nothing. Raises OpenMatterError."""
    person = await session.scalar(select(Person).where(Person.id == person_id).with_for_update())
    if person is None:
        return Erased.NOBODY
    if person.name == NOBODY:
        return Erased.ALREADY
    if what := await open_matter(session, person_id):
        raise OpenMatterError(what)
    await _tell_who_stands_around(session, person_id, now, by)
    await _close_account(session, person_id, now, policy)
    await _forget_words(session, person)
    await _forget_addresses(session, person_id)
    for belonging in GOES:
        await session.execute(delete(belonging.model).where(belonging.is_of(person_id)))
    await _end_what_was_to_come(session, person_id, now)
    await _put_up_tombstone(session, person, now, by)
    return Erased.DONE


async def open_matter(session: AsyncSession, person: str) -> Open | None:
    for what, is_it in _matters(person):
        if await session.scalar(select(is_it)):
            return what
    return None


def _matters(person: str) -> Iterator[tuple[Open, ColumnElement[bool]]]:
    is_live = Incident.climbs_at.is_not(None)
    yield Open.INCIDENT, exists().where(Incident.elder_id == person, is_live)
    yield (
        Open.INCIDENT,
        exists().where(
            SilentElder.elder_id == person,
            SilentElder.seen_at.is_(None),
            SilentElder.incident_id == Incident.id,
            is_live,
        ),
    )
    yield (
        Open.LETTER,
        exists().where(
            Letter.about_id == person,
            Letter.incident_id.is_not(None),
            Letter.state.in_(UNDER_WAY),
        ),
    )
    yield Open.PROMISE, exists().where(Promise.person_id == person, Promise.state == "open")
    yield Open.CALL, exists().where(Request.elder_id == person, Request.ended_at.is_(None))
    yield Open.VISIT, exists().where(Visit.volunteer_id == person, Visit.state.in_(LIVE))
    unsettled = and_(Visit.request_id == Request.id, Request.ended_at.is_(None))
    yield Open.VISIT, exists().where(Visit.volunteer_id == person, unsettled)


async def _tell_who_stands_around(
    session: AsyncSession, person: str, now: datetime, by: str | None
) -> None:
    """Tell, and name nobody: a watch must not end without those knowing who counted on it."""
    hears = {by: ERASED} if by and by != person else {}
    if await session.scalar(select(exists().where(Plan.elder_id == person))):
        circles = (await around(session, {person}, now))[person]
        hears |= dict.fromkeys(circles.of(("family", "neighbours", "leader")), WATCH_ENDED)
    await letters.write(
        session, [_letter(kind, person, one, now) for one, kind in hears.items()], now
    )
    await _tell_of_a_gap(session, person, now)


async def _tell_of_a_gap(session: AsyncSession, person: str, now: datetime) -> None:
    """Tell the coordinators that an elder has one fewer who would go."""
    elders = (await session.scalars(select(Tie.elder_id).where(Tie.person_id == person))).all()
    for elder, circles in (await around(session, set(elders), now)).items():
        hears = circles.without({person}).of(["coordinators"])
        written = [_letter(ONE_FEWER, person, one, now, about=elder) for one in hears]
        await letters.write(session, written, now)


def _letter(
    kind: str, person: str, recipient: str, now: datetime, about: str | None = None
) -> NewLetter:
    return NewLetter(
        key=f"{kind}:{person}:{about or ''}:{now:%Y%m%d}:{recipient}",
        kind=kind,
        urgency=Urgency.NOTICE,
        recipient_id=recipient,
        about_id=about,
    )


async def _close_account(session: AsyncSession, person: str, now: datetime, policy: Policy) -> None:
    """Take what is left on her account into the estate, and cut the account from her."""
    account = await ledger_members.find_account(session, person)
    if account is None:
        return
    try:
        await Book(session, now, policy).close(account, actor=account, reason="erased")
    except FrozenError:
        raise OpenMatterError(Open.LEDGER) from None
    await ledger_members.forget(session, person)


async def _forget_words(session: AsyncSession, person: Person) -> None:
    """Empty the letters to her and of her, and what was said to others that names her."""
    of_her = or_(
        Letter.recipient_id == person.id,
        Letter.about_id == person.id,
        Letter.actor_id == person.id,
    )
    await letters.withdraw_around(session, person.id)
    await session.execute(
        update(Letter).where(of_her, Letter.state.not_in(UNDER_WAY)).values(detail=null(), media="")
    )
    await session.execute(
        update(Request).where(Request.elder_id == person.id).values(verdict_reason="")
    )
    names_her = Handled.reply.contains(person.name, autoescape=True)
    await session.execute(update(Handled).where(names_her).values(reply=None))
    async for named in _naming(session, person):
        await session.execute(update(Letter).where(Letter.id.in_(named)).values(detail=null()))


async def _naming(session: AsyncSession, person: Person) -> AsyncIterator[list[int]]:
    """Yield the letters to her village in whose details her name is, so many readers at a time.

    The details are sealed, so no database can look through them.
    """
    neighbours = (
        await session.scalars(select(Person.id).where(Person.village_id == person.village_id))
    ).all()
    for first in range(0, len(neighbours), READERS):
        rows = await session.execute(
            select(Letter.id, Letter.detail).where(
                Letter.recipient_id.in_(neighbours[first : first + READERS]),
                Letter.detail.is_not(None),
                Letter.state.not_in(UNDER_WAY),
            )
        )
        if found := [id_ for id_, detail in rows if _says(detail, person.name)]:
            yield found


def _says(detail: object, name: str) -> bool:
    return name in json.dumps(detail, ensure_ascii=False)


async def _forget_addresses(session: AsyncSession, person: str) -> None:
    """Forget what is kept of her addresses, also where one is part of a natural key."""
    rows = await session.execute(
        select(Identity.channel, Identity.address).where(Identity.person_id == person)
    )
    addresses = [(row.channel, row.address) for row in rows]
    for model in BY_ADDRESS:
        of_her = tuple_(model.channel, model.address).in_(addresses)
        await session.execute(delete(model).where(of_her))
    for _, address in addresses:
        await _rename(session, f"{address}|", f"~{secrets.token_hex(6)}|")


async def _rename(session: AsyncSession, said: str, instead: str) -> None:
    """Put something else into the keys of what was caused by a message of hers."""
    for column in _natural_keys():
        await session.execute(
            update(column.table)
            .where(column.contains(said, autoescape=True))
            .values({column: func.replace(column, said, instead)})
        )


def _natural_keys() -> Iterator[Column[str]]:
    for table in Base.metadata.sorted_tables:
        yield from (one for one in table.columns if one.name in _NATURAL_KEYS)


async def _end_what_was_to_come(session: AsyncSession, person: str, now: datetime) -> None:
    waited_for = (State.PENDING, State.REMINDED, State.LATE)
    await session.execute(
        delete(Expectation).where(Expectation.elder_id == person, Expectation.state.in_(waited_for))
    )
    await session.execute(
        update(Absence)
        .where(Absence.stand_in_id == person, Absence.ended_at.is_(None))
        .values(stand_in_id=None)
    )
    for kind in WishKind:
        await done(session, person, kind, now)


async def _put_up_tombstone(
    session: AsyncSession, person: Person, now: datetime, by: str | None
) -> None:
    person.name, person.gender, person.born = NOBODY, "", ""
    person.phone, person.skills = "", ""
    session.add(Erasure(person_id=person.id, at=now, actor_id=by))
    await audit.note(session, "erase", now, actor=by, subject=person.id)
    await session.flush()
