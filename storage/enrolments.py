"""Enrolments: an elder taken in by a talk, kept as a draft until it is said to be right.

A draft belongs to whoever enrols, and holds what was answered so far. It outlives hours and
restarts, and is forgotten after some days: it names somebody who never agreed to anything.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.checkins import DAY, Plan
from storage.database import Base, insert_new
from storage.departures import dead_among, gone_among
from storage.hours import Hours
from storage.people import Person, PersonRole, Role, Tie, TieKind, roles_among
from storage.rules import at_village, village_day
from storage.sealing import SealedJson
from storage.villages import Group, Village

DRAFTS_KEPT = timedelta(days=7)

Answers = dict[str, Any]


class Enrolment(Base):
    """What somebody has answered so far of the elder whom he enrols."""

    __tablename__ = "enrolments"

    enroller_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    answers: Mapped[Answers] = mapped_column(SealedJson)
    touched_at: Mapped[datetime]


async def draft_of(session: AsyncSession, enroller: str, now: datetime) -> Answers | None:
    """Return what he has answered so far; None where he enrols nobody."""
    row = await session.get(Enrolment, enroller)
    return dict(row.answers) if row and row.touched_at > now - DRAFTS_KEPT else None


async def keep(
    session: AsyncSession, enroller: str, answers: Mapping[str, Any], now: datetime
) -> None:
    """Keep a draft, and forget those that nobody goes on with."""
    await session.execute(delete(Enrolment).where(Enrolment.touched_at <= now - DRAFTS_KEPT))
    row = {"enroller_id": enroller, "answers": dict(answers), "touched_at": now}
    await insert_new(session, Enrolment, [], [row])
    await session.execute(
        update(Enrolment)
        .where(Enrolment.enroller_id == enroller)
        .values(answers=dict(answers), touched_at=now)
    )


async def drop(session: AsyncSession, enroller: str) -> bool:
    """Forget a draft; False where there is none, or another was quicker."""
    gone = await session.scalars(
        delete(Enrolment).where(Enrolment.enroller_id == enroller).returning(Enrolment.enroller_id)
    )
    return bool(gone.all())


@dataclass(frozen=True, slots=True)
class Namesake:
    """Somebody in the village who has the name already."""

    id: str
    name: str
    group_id: int | None
    group: str
    is_elder: bool
    has_left: bool


async def namesake(session: AsyncSession, village: int, name: str) -> Namesake | None:
    """Return who has this name in a village already, an elder before anybody else.

    Who has left counts, for she may be back; of the dead nobody is asked.
    """
    rows = (
        await session.execute(
            select(Person.id, Person.group_id, Group.name)
            .outerjoin(Group, Group.id == Person.group_id)
            .where(Person.village_id == village, Person.name == name)
            .order_by(Person.id)
        )
    ).all()
    ids = [row.id for row in rows]
    roles = await roles_among(session, ids)
    gone, dead = await gone_among(session, ids), await dead_among(session, ids)
    found = [
        Namesake(id_, name, group, group_name or "", Role.ELDER in roles.get(id_, ()), id_ in gone)
        for id_, group, group_name in rows
        if id_ not in dead
    ]
    return min(found, key=lambda one: not one.is_elder, default=None)


async def groups_in(session: AsyncSession, village: int) -> Sequence[tuple[int, str]]:
    """Return the groups of a village by number and name."""
    rows = await session.execute(
        select(Group.id, Group.name).where(Group.village_id == village).order_by(Group.id)
    )
    return [(row.id, row.name) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewElder:
    """An elder as she was read back and found right.

    `known_as` is her id where the village knows her already, as a volunteer perhaps; "" where
    she is new. `near` is who stands beside her, and as what.
    """

    name: str
    gender: str
    born: str
    phone: str
    village_id: int
    group_id: int | None
    hours: Hours
    tier: int
    near: tuple[str, TieKind] | None = None
    known_as: str = ""


async def enrol(session: AsyncSession, new: NewElder, now: datetime) -> str:
    """Take an elder in, and wait for her from her next window on; returns her id."""
    elder = new.known_as or f"e{secrets.token_hex(8)}"
    if new.known_as:
        await _add_to(session, elder, new)
    else:
        session.add(_person(elder, new))
        await session.flush()
    await insert_new(session, PersonRole, [], [{"person_id": elder, "role": Role.ELDER}])
    opens, closes = new.hours
    plan = {"elder_id": elder, "slot": DAY, "opens": opens, "closes": closes, "tier": new.tier}
    await insert_new(session, Plan, [], [plan])
    if new.near is not None and new.near[0] != elder:
        person, kind = new.near
        await insert_new(session, Tie, [], [{"elder_id": elder, "person_id": person, "kind": kind}])
    await wait_from(session, new.village_id, new.hours, now)
    return elder


def _person(elder: str, new: NewElder) -> Person:
    return Person(
        id=elder,
        name=new.name,
        gender=new.gender,
        born=new.born,
        phone=new.phone,
        village_id=new.village_id,
        group_id=new.group_id,
    )


async def _add_to(session: AsyncSession, elder: str, new: NewElder) -> None:
    """Lay what was answered over what is known; what was left open stays as it is."""
    said = {"gender": new.gender, "born": new.born, "phone": new.phone, "group_id": new.group_id}
    person = await session.get_one(Person, elder)
    for name, value in said.items():
        if value:
            setattr(person, name, value)
    await session.flush()


async def wait_from(session: AsyncSession, village: int, hours: Hours, now: datetime) -> None:
    """Let the day open again where her window is still to come; else tomorrow is soon enough."""
    if first_day(hours, now) == village_day(now):
        await session.execute(update(Village).where(Village.id == village).values(opened_day=None))


def first_day(hours: Hours, now: datetime) -> date:
    """Return the day of the next window that has not begun."""
    today = village_day(now)
    return today if now < at_village(today, hours.opens) else today + timedelta(days=1)
