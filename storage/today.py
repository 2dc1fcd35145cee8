"""A village's day at a glance: every elder and where her word stands, every open incident."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.checkins import Expectation
from storage.incidents import Incident, IncidentKind, Promise
from storage.people import Person
from storage.villages import Group, Village


@dataclass(frozen=True, slots=True)
class ElderToday:
    name: str
    gender: str
    group: str
    state: str
    met_at: datetime | None
    tier: int


@dataclass(frozen=True, slots=True)
class IncidentToday:
    number: int
    elder: str
    kind: str
    stage: str
    step: int
    opened_at: datetime
    result: str | None
    goes: str | None


@dataclass(frozen=True, slots=True)
class Today:
    village: str
    elders: list[ElderToday]
    incidents: list[IncidentToday]


async def of_villages(session: AsyncSession, day: date, limit: int) -> list[Today]:
    """Return the day of the first `limit` villages, by name."""
    villages = (await session.scalars(select(Village).order_by(Village.name).limit(limit))).all()
    return [
        Today(
            village.name,
            await _elders(session, village.id, day),
            await _incidents(session, village.id, day),
        )
        for village in villages
    ]


async def _elders(session: AsyncSession, village: int, day: date) -> list[ElderToday]:
    rows = await session.execute(
        select(
            Person.name,
            Person.gender,
            Group.name,
            Expectation.state,
            Expectation.met_at,
            Expectation.tier,
        )
        .join(Person, Person.id == Expectation.elder_id)
        .outerjoin(Group, Group.id == Person.group_id)
        .where(Expectation.village_id == village, Expectation.day == day)
        .order_by(Group.name, Person.id)
    )
    return [
        ElderToday(name, gender, group or "", state, met_at, tier)
        for name, gender, group, state, met_at, tier in rows
    ]


async def _incidents(session: AsyncSession, village: int, day: date) -> list[IncidentToday]:
    goer = select(Person.id, Person.name).subquery()
    rows = await session.execute(
        select(
            Incident.number,
            Person.name,
            Incident.kind,
            Incident.stage,
            Incident.step,
            Incident.opened_at,
            Incident.result,
            goer.c.name,
        )
        .join(Person, Person.id == Incident.elder_id)
        .join(
            Expectation,
            and_(Expectation.elder_id == Incident.elder_id, Expectation.day == day),
        )
        .outerjoin(Promise, and_(Promise.incident_id == Incident.id, Promise.state == "open"))
        .outerjoin(goer, goer.c.id == Promise.person_id)
        .where(Incident.village_id == village, Incident.kind != IncidentKind.CRISIS)
        .order_by(Incident.number.desc())
        .limit(20)
    )
    return [IncidentToday(*row) for row in rows]
