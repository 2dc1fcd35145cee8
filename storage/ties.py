"""Ties that somebody asks for: pending until the elder says yes, or two of the village do.

A pending tie is no tie: only a confirmed one stands among the ties, where lists and ladders
look. pending → confirmed, refused or lapsed. One that is asked of nobody we know is kept just
the same, and ends like one that was refused, so that nobody learns from it who lives here.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    and_,
    delete,
    exists,
    func,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage import audit
from storage.database import Base, BigId, insert_new
from storage.people import KIN, Identity, Person, PersonRole, Role, Tie, TieKind, is_elder
from storage.rules import TieRules
from storage.villages import Village

RECENT = timedelta(days=30)
"""How long a bare 不认识 may mean who was tied to her last."""

PENDING, CONFIRMED, REFUSED, LAPSED = "pending", "confirmed", "refused", "lapsed"

_PENDING = text("state = 'pending'")
_UNTOLD = text("told_at IS NULL")


class TieClaim(Base):
    """That somebody says what he is to an elder. `elder_id` is None where we know of no such."""

    __tablename__ = "tie_claims"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'confirmed', 'refused', 'lapsed')", name="state"),
        Index(
            "ix_tie_claims_pending",
            "elder_id",
            "channel",
            "address",
            unique=True,
            sqlite_where=_PENDING,
            postgresql_where=_PENDING,
        ),
        Index("ix_tie_claims_ending", "ends_at", sqlite_where=_UNTOLD, postgresql_where=_UNTOLD),
        Index(None, "channel", "address", "asked_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    cause: Mapped[str] = mapped_column(String(220), unique=True)
    elder_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    """Who asks, None where he is a stranger."""
    channel: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(10))
    called: Mapped[str] = mapped_column(String(10))
    """What he says he is: 儿子, 邻居."""
    name: Mapped[str] = mapped_column(String(40))
    """His own, "" where he did not say it."""
    state: Mapped[str] = mapped_column(String(10), default=PENDING)
    asked_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    told_at: Mapped[datetime | None]
    """When he heard how it ended."""


class EndedTie(Base):
    """A tie that an elder has ended: no roster brings it back, only her own yes does."""

    __tablename__ = "ended_ties"

    elder_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    ended_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    ended_at: Mapped[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClaim:
    cause: str
    elder_id: str | None
    person_id: str | None
    address: tuple[str, str]
    kind: TieKind
    called: str
    name: str


async def elder_meant(session: AsyncSession, said: str, village: int | None) -> str | None:
    """Return the one elder called 王秀英, or 李家沟王秀英; None where there is none or several.

    Who lives here means one of his own village where he names no other.
    """
    called = [said[cut:] for cut in range(len(said) - 1)]
    rows = await session.execute(
        select(Person.id, Person.name, Person.village_id, Village.name)
        .join(Village, Village.id == Person.village_id)
        .where(Person.name.in_(called), is_elder())
        .limit(50)
    )
    found = [
        (person, home)
        for person, name, home, place in rows
        if said == name or said.removesuffix(name).removesuffix("的") == place
    ]
    near = [person for person, home in found if home == village] or [one for one, _ in found]
    return near[0] if len(near) == 1 else None


async def claim(
    session: AsyncSession, new: NewClaim, now: datetime, rules: TieRules
) -> TieClaim | None:
    """Keep what somebody says he is to an elder; None where nobody is to be asked about it."""
    channel, address = new.address
    lately = select(func.count()).where(
        TieClaim.channel == channel,
        TieClaim.address == address,
        TieClaim.asked_at > now - timedelta(days=1),
    )
    if (await session.scalar(lately) or 0) >= rules.claims_a_day:
        return None
    if new.elder_id and await _is_settled(session, new, now, rules):
        return None
    row = {
        "cause": new.cause,
        "elder_id": new.elder_id,
        "person_id": new.person_id,
        "channel": channel,
        "address": address,
        "kind": new.kind,
        "called": new.called,
        "name": new.name,
        "state": PENDING,
        "asked_at": now,
        "ends_at": now + timedelta(days=rules.days),
    }
    await insert_new(session, TieClaim, [], [row])
    kept = await session.scalar(select(TieClaim).where(TieClaim.cause == new.cause))
    return kept if kept is not None and kept.elder_id else None


async def _is_settled(session: AsyncSession, new: NewClaim, now: datetime, rules: TieRules) -> bool:
    """Tell whether they are tied already, or she has said no to him not long ago."""
    tied = exists().where(
        Tie.elder_id == new.elder_id, Tie.person_id == new.person_id, Tie.kind == new.kind
    )
    refused = exists().where(
        TieClaim.elder_id == new.elder_id,
        TieClaim.channel == new.address[0],
        TieClaim.address == new.address[1],
        TieClaim.state == REFUSED,
        TieClaim.asked_at > now - timedelta(days=rules.refused_days),
    )
    return new.elder_id == new.person_id or bool(await session.scalar(select(tied | refused)))


async def pending(session: AsyncSession, elder: str, now: datetime) -> Sequence[TieClaim]:
    """Return what waits for this elder's word, the latest first."""
    found = await session.scalars(
        select(TieClaim)
        .where(TieClaim.elder_id == elder, TieClaim.state == PENDING, TieClaim.ends_at > now)
        .order_by(TieClaim.id.desc())
        .with_for_update()
    )
    return found.all()


async def hold(session: AsyncSession, number: int, now: datetime) -> TieClaim | None:
    """Take a claim that still waits; None where there is none of this number."""
    return await session.scalar(
        select(TieClaim)
        .where(TieClaim.id == number, TieClaim.state == PENDING, TieClaim.ends_at > now)
        .with_for_update()
    )


async def refuse(session: AsyncSession, claims: Collection[int], by: str, now: datetime) -> None:
    """She does not know him. He hears of it no sooner than if there were no such elder."""
    await session.execute(
        update(TieClaim)
        .where(TieClaim.id.in_(claims), TieClaim.state == PENDING)
        .values(state=REFUSED, decided_at=now, decided_by=by)
    )


async def confirm(session: AsyncSession, claim: TieClaim, by: str, now: datetime) -> str | None:
    """Tie them, and return who is tied now; None where it was decided before."""
    moved = await session.scalar(
        update(TieClaim)
        .where(TieClaim.id == claim.id, TieClaim.state == PENDING)
        .values(state=CONFIRMED, decided_at=now, decided_by=by, told_at=now)
        .returning(TieClaim.id)
    )
    if moved is None or claim.elder_id is None:
        return None
    person = await _claimant(session, claim, now)
    columns = ["elder_id", "person_id", "kind"]
    row = dict(zip(columns, (claim.elder_id, person, claim.kind), strict=True))
    await insert_new(session, Tie, columns, [row])
    await session.execute(
        delete(EndedTie).where(EndedTie.elder_id == claim.elder_id, EndedTie.person_id == person)
    )
    about = [claim.elder_id, person]
    await audit.note(session, "tie:confirmed", now, actor=by, subject=about)
    return person


async def _claimant(session: AsyncSession, claim: TieClaim, now: datetime) -> str:
    """Return who asked; a stranger becomes somebody here, who is nothing but tied to her."""
    key = (claim.channel, claim.address)
    known = claim.person_id or await session.scalar(
        select(Identity.person_id).where(Identity.channel == key[0], Identity.address == key[1])
    )
    if known:
        return known
    elder = await session.get_one(Person, claim.elder_id)
    name = claim.name or f"{elder.name}的{claim.called}"
    person = Person(id=uuid.uuid4().hex, name=name[:40], village_id=elder.village_id)
    session.add(person)
    await session.flush()
    if claim.kind in KIN:
        session.add(PersonRole(person_id=person.id, role=Role.FAMILY))
    session.add(Identity(channel=key[0], address=key[1], person_id=person.id, paired_at=now))
    await session.flush()
    return person.id


async def tied_to(session: AsyncSession, elder: str, name: str) -> str | None:
    """Return the one person tied to an elder whom she calls by this name, or its end."""
    rows = await session.execute(
        select(Person.id, Person.name)
        .where(
            Person.id.in_(select(Tie.person_id).where(Tie.elder_id == elder)),
            Person.name.endswith(name, autoescape=True),
        )
        .order_by(Person.id)
    )
    found = list(rows)
    exact = [person for person, full in found if full == name] or [person for person, _ in found]
    return exact[0] if len(exact) == 1 else None


async def last_confirmed(session: AsyncSession, elder: str, since: datetime) -> str | None:
    """Return who was tied to her last, where that is not long ago and stands."""
    return await session.scalar(
        select(Identity.person_id)
        .join(
            TieClaim,
            and_(Identity.channel == TieClaim.channel, Identity.address == TieClaim.address),
        )
        .join(Tie, and_(Tie.elder_id == TieClaim.elder_id, Tie.person_id == Identity.person_id))
        .where(
            TieClaim.elder_id == elder,
            TieClaim.state == CONFIRMED,
            TieClaim.decided_at > since,
        )
        .order_by(TieClaim.decided_at.desc())
        .limit(1)
    )


async def end(session: AsyncSession, elder: str, person: str, by: str, now: datetime) -> bool:
    """End whatever ties them; False where nothing does."""
    ended = await session.scalars(
        delete(Tie).where(Tie.elder_id == elder, Tie.person_id == person).returning(Tie.kind)
    )
    if not ended.all():
        return False
    row = {"elder_id": elder, "person_id": person, "ended_by": by, "ended_at": now}
    await insert_new(session, EndedTie, [], [row])
    await audit.note(session, "tie:ended", now, actor=by, subject=[elder, person])
    return True


async def over(
    session: AsyncSession, now: datetime, limit: int
) -> Sequence[tuple[int, str | None]]:
    """Claim what was not confirmed in its days; returns (claim, who asked, if he lives here)."""
    found = (
        await session.scalars(
            select(TieClaim)
            .where(TieClaim.told_at.is_(None), TieClaim.ends_at <= now)
            .order_by(TieClaim.ends_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()
    for one in found:
        one.told_at = now
        one.state = LAPSED if one.state == PENDING else one.state
    return [(one.id, one.person_id) for one in found]
