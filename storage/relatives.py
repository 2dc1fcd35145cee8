"""Relatives: whose family somebody is, by which clock he lives, and what he wants told each day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.authority import is_seen_by_family
from storage.checkins import Expectation, State
from storage.database import Base, insert_new
from storage.holds import Hold
from storage.incidents import Incident
from storage.people import Person, Tie, is_elder, is_of_family
from storage.requests import Request
from storage.rules import VILLAGE_TIME

_DAILY = text("daily")


class Relative(Base):
    """What somebody has said of himself; who never said anything has no row."""

    __tablename__ = "relatives"
    __table_args__ = (
        Index("ix_relatives_daily", "told_day", sqlite_where=_DAILY, postgresql_where=_DAILY),
    )

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    zone: Mapped[str] = mapped_column(String(40), default="")
    """A name of zoneinfo or a distance such as UTC-05:00; "" is the village's."""
    daily: Mapped[bool] = mapped_column(default=False)
    """Whether he wants a line each day when his elders were heard."""
    told_day: Mapped[date | None]
    """The day of the last such line."""


async def _say(session: AsyncSession, person: str, **what: Any) -> None:
    row = {"person_id": person, "zone": "", "daily": False, **what}
    await insert_new(session, Relative, [], [row])
    await session.execute(update(Relative).where(Relative.person_id == person).values(**what))


async def set_zone(session: AsyncSession, person: str, zone: str) -> None:
    await _say(session, person, zone=zone)


async def set_daily(session: AsyncSession, person: str, *, wanted: bool) -> None:
    await _say(session, person, daily=wanted)


@lru_cache(maxsize=256)
def clock(zone: str) -> tzinfo:
    """Return the clock of a zone as it is stored; the village's where none can be made of it."""
    if zone.startswith("UTC"):
        hours, _, minutes = zone[4:].partition(":")
        away = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-away if zone[3] == "-" else away)
    try:
        return ZoneInfo(zone) if zone else VILLAGE_TIME
    except (ZoneInfoNotFoundError, ValueError):
        return VILLAGE_TIME


async def clocks(session: AsyncSession, people: Collection[str]) -> dict[str, tzinfo]:
    """Return the clocks of those of these people who do not live by the village's."""
    rows = await session.execute(
        select(Relative.person_id, Relative.zone).where(
            Relative.person_id.in_(people), Relative.zone != ""
        )
    )
    return {person: clock(zone) for person, zone in rows}


def elders_of(person: str) -> ColumnElement[bool]:
    """Be true of the elders whose family somebody is."""
    tied = select(Tie.elder_id).where(Tie.person_id == person, is_of_family())
    return is_elder() & Person.id.in_(tied) & (Person.id != person)


@dataclass(frozen=True, slots=True)
class Kin:
    """Somebody of one's family: an elder, or one of the elder's own."""

    id: str
    name: str
    gender: str
    is_elder: bool


async def kin_of(session: AsyncSession, person: str) -> list[Kin]:
    """Return the elders whose family somebody is, and then the family that an elder has."""
    elders = await session.execute(
        select(Person.id, Person.name, Person.gender).where(elders_of(person)).order_by(Person.id)
    )
    theirs = select(Tie.person_id).where(
        Tie.elder_id == person, is_of_family(), Tie.person_id != person
    )
    own = await session.execute(
        select(Person.id, Person.name, Person.gender)
        .where(Person.id.in_(theirs))
        .order_by(Person.id)
    )
    found = [Kin(*row, is_elder=True) for row in elders]
    known = {one.id for one in found}
    return found + [Kin(*row, is_elder=False) for row in own if row.id not in known]


async def to_tell(session: AsyncSession, day: date, limit: int) -> dict[str, list[str]]:
    """Return who wants a line today and is ready for it, each with his elders who were heard.

    That is as soon as nobody of his is waited for, missed, or in need: what is grave comes as
    an alarm, and one line a day is enough.
    """
    found = await session.scalars(
        select(Relative.person_id)
        .where(
            Relative.daily,
            or_(Relative.told_day.is_(None), Relative.told_day < day),
            _somebody(day, State.MET),
            ~_somebody(day, State.PENDING, State.REMINDED, State.LATE, State.MISSED, State.UNKNOWN),
            ~_in_need(),
        )
        .order_by(Relative.person_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    people = found.all()
    if not people:
        return {}
    rows = await session.execute(
        select(Tie.person_id, Tie.elder_id)
        .join(Expectation, Expectation.elder_id == Tie.elder_id)
        .where(
            Tie.person_id.in_(people),
            is_seen_by_family(),
            Expectation.day == day,
            Expectation.state == State.MET,
        )
        .order_by(Tie.person_id, Tie.elder_id)
        .distinct()
    )
    heard: dict[str, list[str]] = {}
    for person, elder in rows:
        heard.setdefault(person, []).append(elder)
    return heard


def _somebody(day: date, *states: State) -> ColumnElement[bool]:
    return exists().where(
        Tie.person_id == Relative.person_id,
        is_seen_by_family(),
        Expectation.elder_id == Tie.elder_id,
        Expectation.day == day,
        Expectation.state.in_(states),
    )


def _in_need() -> ColumnElement[bool]:
    return exists().where(
        Tie.person_id == Relative.person_id,
        is_seen_by_family(),
        Incident.elder_id == Tie.elder_id,
        Incident.climbs_at.is_not(None),
    )


async def told(session: AsyncSession, people: Collection[str], day: date) -> None:
    await session.execute(
        update(Relative).where(Relative.person_id.in_(people)).values(told_day=day)
    )


async def asked_for(session: AsyncSession, person: str, since: datetime) -> int:
    """Return how many calls for help somebody has made for others since a moment."""
    theirs = Request.elder_id.in_(_tied_to(person))
    return await _count(
        session, Request.id, theirs, Request.said_by == person, Request.said_at >= since
    )


async def held(session: AsyncSession, person: str, since: datetime) -> int:
    """Return how many times somebody has excused others since a moment."""
    theirs = Hold.elder_id.in_(_tied_to(person))
    return await _count(session, Hold.id, theirs, Hold.said_by == person, Hold.said_at >= since)


def _tied_to(person: str) -> Select[str]:
    return select(Tie.elder_id).where(Tie.person_id == person, Tie.elder_id != person)


async def _count(session: AsyncSession, what: Any, *conditions: ColumnElement[bool]) -> int:
    return await session.scalar(select(func.count(what)).where(*conditions)) or 0
