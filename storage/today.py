"""A village's day at a glance: every elder and how she stands, every incident of the day."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.checkins import (
    BY_PROXY,
    SAID_UNWELL,
    SAID_WELL,
    WAITING,
    Expectation,
    SignOfLife,
    State,
)
from storage.departures import has_gone
from storage.incidents import Incident, IncidentKind, Promise, Stage
from storage.people import Person
from storage.silences import SilentElder
from storage.villages import Group, Village


class Standing(StrEnum):
    """How an elder stands today; each has exactly one, so that the counts add up.

    Who was only heard is not yet well. Whoever is unwell and whoever has no wish to live
    stand alike: somebody should see them, and nobody can tell from it why.
    """

    HARMED = "harmed"
    TO_SEE = "to_see"
    MISSED = "missed"
    SEEN = "seen"
    WELL = "well"
    HEARD = "heard"
    WAITING = "waiting"
    UNKNOWN = "unknown"
    EXCUSED = "excused"


@dataclass(frozen=True, slots=True)
class IncidentToday:
    id: int
    number: int
    elder_id: str
    elder: str
    kind: str
    stage: str
    step: int
    opened_at: datetime
    result: str | None
    goes: str | None
    seen_by: str | None
    """Who said how it ended, None where she was heard herself."""

    @property
    def is_open(self) -> bool:
        return self.stage != Stage.CLOSED


@dataclass(frozen=True, slots=True)
class ElderToday:
    id: str
    name: str
    gender: str
    group: str
    state: str
    met_at: datetime | None
    tier: int
    standing: Standing
    goes: str
    """Who goes to her, "" where nobody has promised; never told of a crisis."""


@dataclass(frozen=True, slots=True)
class Today:
    """`incidents` holds no crisis: a crisis is told to few, and never here."""

    village: str
    elders: list[ElderToday]
    incidents: list[IncidentToday]

    @property
    def counts(self) -> Mapping[Standing, int]:
        """How many stand in each way, of those whose word is expected or who are in need."""
        standings = (one.standing for one in self.elders)
        return dict(Counter(one for one in standings if one is not Standing.EXCUSED))

    @property
    def expected(self) -> int:
        return sum(self.counts.values())


async def of_villages(session: AsyncSession, day: date, since: datetime, limit: int) -> list[Today]:
    """Return the day of the first `limit` villages, by name; `since` is when it began."""
    villages = await session.scalars(select(Village).order_by(Village.name).limit(limit))
    return [await of_village(session, village, day, since) for village in villages.all()]


async def of_village(session: AsyncSession, village: Village, day: date, since: datetime) -> Today:
    incidents = await _incidents(session, Incident.village_id == village.id, since)
    here = Expectation.village_id == village.id
    elders = await _elders(session, here, day, since, incidents)
    shown = [one for one in incidents if one.kind != IncidentKind.CRISIS]
    return Today(village.name, elders, shown)


async def of_elders(
    session: AsyncSession, among: ColumnElement[bool], day: date, since: datetime
) -> list[ElderToday]:
    """Return how each stands of whom `among`, a condition on a Person, is true; by group."""
    incidents = await _incidents(session, among, since)
    return await _elders(session, among, day, since, incidents)


@dataclass(frozen=True, slots=True)
class FirstSign:
    """When an elder was first heard today, what kind of sign it was, and who spoke for her."""

    at: datetime
    kind: str
    by: str
    """The name of who spoke for her, "" where she did herself."""


async def first_sign(session: AsyncSession, elder: str, since: datetime) -> FirstSign | None:
    row = (
        await session.execute(
            select(SignOfLife.at, SignOfLife.kind, SignOfLife.actor_id, Person.name)
            .join(Person, Person.id == SignOfLife.actor_id)
            .where(SignOfLife.elder_id == elder, SignOfLife.at >= since)
            .order_by(SignOfLife.at, SignOfLife.id)
            .limit(1)
        )
    ).first()
    if row is None:
        return None
    return FirstSign(row.at, row.kind, "" if row.actor_id == elder else row.name)


async def last_results(session: AsyncSession, elder: str, limit: int) -> list[tuple[datetime, str]]:
    """Return when her last incidents began and how they ended, the latest first; no crisis."""
    rows = await session.execute(
        select(Incident.opened_at, Incident.result)
        .where(
            Incident.elder_id == elder,
            Incident.result.is_not(None),
            Incident.kind != IncidentKind.CRISIS,
        )
        .order_by(Incident.id.desc())
        .limit(limit)
    )
    return [(at, result) for at, result in rows if result is not None]


async def _incidents(
    session: AsyncSession, among: ColumnElement[bool], since: datetime
) -> list[IncidentToday]:
    """Return what is open or was opened today, the latest first."""
    hers = select(Incident.id).join(Person, Person.id == Incident.elder_id).where(among)
    opened = hers.where(Incident.opened_at >= since)
    is_open = hers.where(Incident.climbs_at.is_not(None))
    # each half has its index; joined by OR they walk all that ever happened
    rows = await session.execute(
        _select_incidents()
        .where(Incident.id.in_(union(opened, is_open)))
        .order_by(Incident.number.desc())
    )
    return [IncidentToday(*row) for row in rows]


async def ended(session: AsyncSession, incidents: Collection[int]) -> list[IncidentToday]:
    """Return those of these incidents that are closed, the oldest first."""
    rows = await session.execute(
        _select_incidents()
        .where(Incident.id.in_(incidents), Incident.stage == Stage.CLOSED)
        .order_by(Incident.number)
    )
    return [IncidentToday(*row) for row in rows]


def _select_incidents() -> Select[*tuple[Any, ...]]:
    """Select what happened to single elders, each with who goes and who saw her."""
    goer, closer = aliased(Person), aliased(Person)
    return (
        select(
            Incident.id,
            Incident.number,
            Incident.elder_id,
            Person.name,
            Incident.kind,
            Incident.stage,
            Incident.step,
            Incident.opened_at,
            Incident.result,
            goer.name,
            closer.name,
        )
        .join(Person, Person.id == Incident.elder_id)
        .outerjoin(Promise, and_(Promise.incident_id == Incident.id, Promise.state == "open"))
        .outerjoin(goer, goer.id == Promise.person_id)
        .outerjoin(closer, and_(closer.id == Incident.closed_by, closer.id != Incident.elder_id))
        .where(~has_gone(Person.id))
    )


async def _elders(
    session: AsyncSession,
    among: ColumnElement[bool],
    day: date,
    since: datetime,
    incidents: Sequence[IncidentToday],
) -> list[ElderToday]:
    rows = await session.execute(_select_elders(among, day, since))
    return [_elder([one for one in incidents if one.elder_id == row[0]], *row) for row in rows]


def _select_elders(
    among: ColumnElement[bool], day: date, since: datetime
) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Person.id,
            Person.name,
            Person.gender,
            Group.name,
            Expectation.state,
            Expectation.met_at,
            Expectation.tier,
            _has_sign(since, SAID_WELL, BY_PROXY),
            _has_sign(since, SAID_UNWELL),
            _was_seen_with_her_village(),
        )
        .join(Person, Person.id == Expectation.elder_id)
        .outerjoin(Group, Group.id == Person.group_id)
        .where(among, Expectation.day == day, ~has_gone(Person.id))
        .order_by(Group.name, Person.id)
    )


def _has_sign(since: datetime, *kinds: str) -> ColumnElement[bool]:
    return exists().where(
        SignOfLife.elder_id == Expectation.elder_id,
        SignOfLife.at >= since,
        SignOfLife.kind.in_(kinds),
    )


def _was_seen_with_her_village() -> ColumnElement[bool]:
    return exists().where(
        SilentElder.elder_id == Expectation.elder_id,
        SilentElder.joined_at >= Expectation.opens_at,
        SilentElder.seen_at.is_not(None),
    )


def _elder(
    hers: Sequence[IncidentToday],
    person: str,
    name: str,
    gender: str,
    group: str | None,
    state: str,
    met_at: datetime | None,
    tier: int,
    is_well: bool,
    is_unwell: bool,
    was_seen: bool,
) -> ElderToday:
    standing = _by_incidents(hers, is_unwell=is_unwell) or _by_word(
        state, is_well=is_well, was_seen=was_seen
    )
    shown = [one.goes for one in hers if one.goes and one.kind != IncidentKind.CRISIS]
    goes = shown[0] if shown else ""
    return ElderToday(person, name, gender, group or "", state, met_at, tier, standing, goes)


def _by_incidents(hers: Sequence[IncidentToday], *, is_unwell: bool) -> Standing | None:
    """Return how she stands by what happened, the gravest first; None where nothing did."""
    is_open = {one.kind for one in hers if one.is_open}
    if IncidentKind.EMERGENCY in is_open:
        return Standing.HARMED
    if IncidentKind.CRISIS in is_open or is_unwell:
        return Standing.TO_SEE
    if IncidentKind.MISSED in is_open:
        return Standing.MISSED
    if any(one.kind != IncidentKind.CRISIS for one in hers):
        return Standing.SEEN
    return None


def _by_word(state: str, *, is_well: bool, was_seen: bool) -> Standing:
    if state in WAITING:
        return Standing.WAITING
    if state == State.EXCUSED:
        return Standing.EXCUSED
    if is_well:
        return Standing.WELL
    if was_seen:
        return Standing.SEEN
    return _BY_STATE[State(state)]


_BY_STATE = {
    State.MET: Standing.HEARD,
    State.MISSED: Standing.MISSED,
    State.UNKNOWN: Standing.UNKNOWN,
}
