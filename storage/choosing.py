"""Choosing whom to ask: who may go at all, and who of them first.

One statement looks at the volunteers of a ring through the index on who waited longest, and at
each one's calendar through the index on his visits. The same conditions, asked of one person,
tell why he may not go. Points are given in Python, so that both databases count alike, and
each part of a score is kept with the offer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from heapq import nsmallest
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    distinct,
    exists,
    func,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.categories import Terms
from storage.credentials import Credential
from storage.database import Instant
from storage.offers import Offer
from storage.people import Person, Tie, is_of_family, is_reached
from storage.requests import Request
from storage.rules import VILLAGE_TIME, DispatchRules, at_village, village_day
from storage.visits import COUNTED, LIVE, Visit, VisitState
from storage.volunteers import BEYOND, GROUP, VILLAGE, Exclusion, NextVillage, Volunteer

_DAY = timedelta(days=1)

_CONTINUITY = 3
"""More earlier visits than these do not make it more likely that she knows him."""


_ABSENCE = 1_000_000
"""More minutes than anybody goes in the days that count."""


class Why:
    """Why somebody may not go."""

    NO_VOLUNTEER = "no_volunteer"
    HERSELF = "herself"
    HOUSEHOLD = "household"
    EXCLUDED = "excluded"
    GENDER = "gender"
    SKILL = "skill"
    PAPERS = "papers"
    OVERLAP = "overlap"
    DAY = "day"
    WEEK = "week"
    OFF_DUTY = "off_duty"
    HOURS = "hours"


BY_HIMSELF = frozenset({Why.OFF_DUTY, Why.HOURS, Why.DAY, Why.WEEK})
"""What somebody has only said of himself: when he takes a call all the same, he may."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may go, and what speaks for him, part by part, in points."""

    volunteer_id: str
    ring: int
    score: float
    parts: Mapping[str, float]


async def choose(
    session: AsyncSession,
    request: Request,
    ring: int,
    number: int,
    now: datetime,
    rules: DispatchRules,
) -> list[Candidate]:
    """Return the best of a ring who may go and have not been asked in this turn."""
    connection = await session.connection()  # only columns are asked: no need of the session
    terms = request.agreed
    asked = values(request, terms, now, rules)
    rows = await connection.execute(candidates(_kind_of(terms), ring), asked)
    scored = [(-sum(_points(request, row, ring, now, rules)), row.person_id, row) for row in rows]
    best = nsmallest(number, scored, key=lambda one: one[:2])
    return [_explained(request, row, ring, now, rules) for _, _, row in best]


async def why_not(
    session: AsyncSession, request: Request, volunteer: str, now: datetime, rules: DispatchRules
) -> list[str]:
    """Return every reason for which somebody may not go; none where he may."""
    terms = request.agreed
    asked = {**values(request, terms, now, rules), "volunteer": volunteer}
    row = (await session.execute(_reasons(_kind_of(terms)), asked)).mappings().first()
    if row is None:
        return [Why.NO_VOLUNTEER]
    return [why for why, holds in row.items() if not holds]


async def weigh(
    session: AsyncSession, request: Request, volunteer: str, now: datetime, rules: DispatchRules
) -> Candidate:
    """Give points to somebody who comes forward himself, the same as if he had been asked."""
    statement = _known().where(Volunteer.person_id == bindparam("volunteer"))
    asked = {**values(request, request.agreed, now, rules), "volunteer": volunteer}
    row = (await session.execute(statement, asked)).one()
    near = VILLAGE if row.village_id == request.village_id else BEYOND
    ring = GROUP if row.group_id == request.group_id and row.group_id is not None else near
    return _explained(request, row, ring, now, rules)


PARTS = ("group", "continuity", "distance", "load", "waited", "absent")
"""What a score is made of."""


def _points(
    request: Request, row: Any, ring: int, now: datetime, rules: DispatchRules
) -> tuple[float, ...]:
    """Return the points of each part, in the order of `PARTS`."""
    in_group = row.group_id is not None and row.group_id == request.group_id
    distance = GROUP if in_group else max(ring, VILLAGE)
    days = min((now - row.last_asked_at) / _DAY, rules.load_days)
    absences, load = divmod(int(row.record), _ABSENCE)
    return (
        rules.weight_group if in_group else 0.0,
        rules.weight_continuity * min(row.knows_her, _CONTINUITY),
        -rules.weight_distance * distance,
        -rules.weight_load * load / 60,
        rules.weight_waited * max(days, 0.0),
        -rules.weight_absent * absences,
    )


def _explained(
    request: Request, row: Any, ring: int, now: datetime, rules: DispatchRules
) -> Candidate:
    points = [round(one, 2) for one in _points(request, row, ring, now, rules)]
    parts = dict(zip(PARTS, points, strict=True))
    return Candidate(row.person_id, ring, round(sum(points), 2), parts)


async def papers_lacking(session: AsyncSession, request: Request, volunteer: str) -> list[str]:
    """Return the papers that somebody does not have on the day of the call."""
    day = village_day(request.begins)
    has = await session.scalars(
        select(Credential.kind).where(
            Credential.person_id == volunteer,
            Credential.valid_from <= day,
            Credential.valid_until >= day,
        )
    )
    held = set(has)
    return [kind for kind in request.agreed.needs if kind not in held]


# the statements, each built once: every call asks them, and building them costs more than asking


@dataclass(frozen=True, slots=True)
class Kind:
    """Which conditions the terms of a call add to those that always hold."""

    same_gender: bool
    skill: bool
    papers: bool


def _kind_of(terms: Terms) -> Kind:
    return Kind(terms.same_gender, bool(terms.skill), bool(terms.needs))


def values(request: Request, terms: Terms, now: datetime, rules: DispatchRules) -> dict[str, Any]:
    """Return what the statements ask with, for one call at one moment."""
    begins = request.begins
    there = begins.astimezone(VILLAGE_TIME)
    minute = there.hour * 60 + there.minute
    day, week = _day(begins), _week(begins)
    found: dict[str, Any] = {
        "request": request.id,
        "turn": request.turn,
        "elder": request.elder_id,
        "group": request.group_id,
        "village": request.village_id,
        "begins": begins,
        "ends": request.ends,
        "day_before": begins - timedelta(days=1),
        "day_first": day[0],
        "day_last": day[1],
        "week_first": week[0],
        "week_last": week[1],
        "since": now - timedelta(days=rules.load_days),
        "known_since": now - timedelta(days=rules.continuity_days),
        "now": now,
        "minutes": request.minutes,
        "per_day": rules.day_minutes,
        "per_week": rules.week_minutes,
        "weekday": 1 << there.weekday(),
        "minute": minute,
        "minute_after": minute + request.minutes,
        "candidates": rules.candidates,
    }
    if terms.skill:
        found["skill"] = terms.skill
    if terms.needs:
        needs = {"needs": list(terms.needs), "needed": len(terms.needs)}
        found |= {**needs, "day": village_day(begins)}
    return found


def _day(moment: datetime) -> tuple[datetime, datetime]:
    day = village_day(moment)
    return _midnight(day), _midnight(day + timedelta(days=1)) - timedelta(seconds=1)


def _week(moment: datetime) -> tuple[datetime, datetime]:
    day = village_day(moment)
    monday = day - timedelta(days=day.weekday())
    return _midnight(monday), _midnight(monday + timedelta(days=7)) - timedelta(seconds=1)


def _midnight(day: date) -> datetime:
    return at_village(day, datetime.min.time())


@lru_cache(maxsize=32)
def candidates(kind: Kind, ring: int) -> Select[*tuple[Any, ...]]:
    """Return the statement that finds who may be asked in a ring, who waited longest first."""
    asked = select(Offer.volunteer_id).where(
        Offer.request_id == _number("request"), Offer.turn == _number("turn")
    )
    return (
        _known()
        .where(
            Volunteer.is_on_duty,
            _in_ring(ring),
            Volunteer.radius >= ring,
            Volunteer.person_id.not_in(asked),
            is_reached(Volunteer.person_id),
            *_conditions(kind).values(),
        )
        .order_by(Volunteer.last_asked_at)
        .limit(_number("candidates"))
    )


@lru_cache(maxsize=8)
def _reasons(kind: Kind) -> Select[*tuple[Any, ...]]:
    """Return the statement that tells of each condition whether it holds for one person."""
    conditions = {**_conditions(kind), Why.OFF_DUTY: Volunteer.is_on_duty}
    return select(*(case((one, 1), else_=0).label(why) for why, one in conditions.items())).where(
        Volunteer.person_id == bindparam("volunteer", type_=String)
    )


@lru_cache(maxsize=1)
def _known() -> Select[*tuple[Any, ...]]:
    """Select volunteers, each with what his score is made of."""
    knows_her = (
        _visits(func.count())
        .where(
            Visit.elder_id == _text("elder"),
            Visit.state == VisitState.DONE,
            Visit.starts_at >= _moment("known_since"),
        )
        .scalar_subquery()
    )
    return select(
        Volunteer.person_id,
        Volunteer.group_id,
        Volunteer.village_id,
        Volunteer.last_asked_at,
        _record("since", "now").label("record"),
        knows_her.label("knows_her"),
    )


def _in_ring(ring: int) -> ColumnElement[bool]:
    if ring == GROUP:
        return Volunteer.group_id == _number("group")
    if ring == VILLAGE:
        return Volunteer.village_id == _number("village")
    nearby = select(NextVillage.next_id).where(NextVillage.village_id == _number("village"))
    return Volunteer.village_id.in_(nearby)


def _conditions(kind: Kind) -> dict[str, ColumnElement[bool]]:
    """Return what has to be true of somebody who goes, each condition under its name."""
    minutes = _number("minutes")
    per_day = func.coalesce(Volunteer.day_minutes, _number("per_day"))
    per_week = func.coalesce(Volunteer.week_minutes, _number("per_week"))
    unwanted = select(Exclusion.volunteer_id).where(Exclusion.elder_id == _text("elder"))
    return {
        Why.HERSELF: Volunteer.person_id != _text("elder"),
        Why.HOUSEHOLD: and_(Volunteer.person_id.not_in(_kin()), _has_another_phone()),
        Why.EXCLUDED: Volunteer.person_id.not_in(unwanted),
        Why.GENDER: _is_of_her_gender() if kind.same_gender else true(),
        Why.SKILL: Volunteer.skills.contains(_text("skill")) if kind.skill else true(),
        Why.PAPERS: _has_papers() if kind.papers else true(),
        Why.HOURS: _has_time(),
        Why.OVERLAP: _is_free(),
        Why.DAY: _booked("day_first", "day_last") <= per_day - minutes,
        Why.WEEK: _booked("week_first", "week_last") <= per_week - minutes,
    }


def _kin() -> Select[tuple[str]]:
    """Return who is family to her, as far as the village knows, whichever of them is the elder."""
    elder, family = _text("elder"), is_of_family()
    children = select(Tie.person_id).where(Tie.elder_id == elder, family)
    parents = select(Tie.elder_id).where(Tie.person_id == elder, family)
    both: Any = union_all(children, parents).subquery()
    return select(both.c[0])


def _has_another_phone() -> ColumnElement[bool]:
    """Tell whether somebody has a phone of his own: who shares hers lives under her roof."""
    her = aliased(Person)
    hers = select(her.phone_mark).where(her.id == _text("elder")).scalar_subquery()
    return or_(Volunteer.phone_mark == "", Volunteer.phone_mark != hers)


def _is_of_her_gender() -> ColumnElement[bool]:
    """Tell whether he is of her gender; one that the village does not know is not the same."""
    her = aliased(Person)
    hers = select(her.gender).where(her.id == _text("elder")).scalar_subquery()
    return and_(Volunteer.gender == hers, Volunteer.gender != "")


def _has_papers() -> ColumnElement[bool]:
    """Tell whether every paper that is asked for is good on the day."""
    day = bindparam("day", type_=Date)
    valid = (
        select(func.count(distinct(Credential.kind)))
        .where(
            Credential.person_id == Volunteer.person_id,
            Credential.kind.in_(bindparam("needs", expanding=True)),
            Credential.valid_from <= day,
            Credential.valid_until >= day,
        )
        .scalar_subquery()
    )
    return valid == _number("needed")


def _has_time() -> ColumnElement[bool]:
    return and_(
        Volunteer.weekdays.bitwise_and(_number("weekday")) != 0,
        Volunteer.from_minute <= _number("minute"),
        Volunteer.until_minute >= _number("minute_after"),
    )


def _is_free() -> ColumnElement[bool]:
    """Tell whether nobody else waits for him then; no visit is longer than a day."""
    return ~exists().where(
        Visit.volunteer_id == Volunteer.person_id,
        Visit.starts_at.between(_moment("day_before"), _moment("ends")),
        Visit.starts_at < _moment("ends"),
        Visit.ends_at > _moment("begins"),
        _is_one_of(LIVE),
    )


def _booked(first: str, last: str) -> ColumnElement[int]:
    """Return the minutes for which he goes, or went, between two moments."""
    minutes = _visits(func.coalesce(func.sum(Visit.booked), 0)).where(
        Visit.starts_at.between(_moment(first), _moment(last)), _is_one_of(COUNTED)
    )
    return minutes.scalar_subquery()


def _record(first: str, last: str) -> ColumnElement[int]:
    """Return the minutes for which he went, and an `_ABSENCE` for each time he did not come.

    One number tells both, so that his calendar is looked through once.
    """
    worth = case((Visit.state == VisitState.ABSENT, _ABSENCE), else_=Visit.booked)
    record = _visits(func.coalesce(func.sum(worth), 0)).where(
        Visit.starts_at.between(_moment(first), _moment(last)),
        _is_one_of((*COUNTED, VisitState.ABSENT)),
    )
    return record.scalar_subquery()


def _visits(what: ColumnElement[Any]) -> Select[tuple[Any]]:
    return select(what).select_from(Visit).where(Visit.volunteer_id == Volunteer.person_id)


def _is_one_of(states: Iterable[VisitState]) -> ColumnElement[bool]:
    """Compare one by one: a list is written out anew each time the statement is asked."""
    return or_(*(Visit.state == state for state in states))


def _moment(name: str) -> BindParameter[datetime]:
    return bindparam(name, type_=Instant())


def _number(name: str) -> BindParameter[int]:
    return bindparam(name, type_=Integer)


def _text(name: str) -> BindParameter[str]:
    return bindparam(name, type_=String)
