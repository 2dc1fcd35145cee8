"""Choosing whom to ask: who may go at all, and who of them first.

One statement looks at the volunteers of a ring through the index on who waited longest, and at
each one's visits through the index on his calendar. The same conditions, asked of one person,
tell why he may not go. Points are given in Python, so that both databases count alike, and
each part of a score is kept with the offer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    distinct,
    exists,
    func,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.categories import Terms
from storage.credentials import Credential
from storage.offers import Offer
from storage.people import Identity, Person, Tie, TieKind
from storage.requests import Request
from storage.rules import VILLAGE_TIME, DispatchRules, at_village, village_day
from storage.visits import COUNTED, LIVE, Visit, VisitState
from storage.volunteers import BEYOND, GROUP, NEVER, VILLAGE, Exclusion, NextVillage, Volunteer

_CONTINUITY = 3
"""More earlier visits than these do not make it more likely that she knows him."""


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
    rows = await session.execute(candidates(request, ring, now, rules))
    scored = [_scored(request, row, ring, now, rules) for row in rows]
    scored.sort(key=lambda one: (-one.score, one.volunteer_id))
    return scored[:number]


def candidates(
    request: Request, ring: int, now: datetime, rules: DispatchRules
) -> Select[*tuple[Any, ...]]:
    """Return the statement that finds them, those first who have waited longest."""
    asked = select(Offer.volunteer_id).where(
        Offer.request_id == request.id, Offer.turn == request.turn
    )
    fit = _Fitness(request, rules)
    return (
        _with_calendar(request, now, rules)
        .where(
            Volunteer.is_on_duty,
            _in_ring(request, ring),
            Volunteer.radius >= ring,
            Volunteer.person_id.not_in(asked),
            _is_reached(),
            *fit.of_person().values(),
        )
        .having(and_(*fit.of_calendar().values()))
        .order_by(Volunteer.last_asked_at)
        .limit(rules.candidates)
    )


def _in_ring(request: Request, ring: int) -> ColumnElement[bool]:
    if ring == GROUP:
        return Volunteer.group_id == request.group_id
    if ring == VILLAGE:
        return Volunteer.village_id == request.village_id
    nearby = select(NextVillage.next_id).where(NextVillage.village_id == request.village_id)
    return Volunteer.village_id.in_(nearby)


def _is_reached() -> ColumnElement[bool]:
    return exists().where(Identity.person_id == Volunteer.person_id, Identity.reachable)


def _with_calendar(
    request: Request, now: datetime, rules: DispatchRules
) -> Select[*tuple[Any, ...]]:
    """Select volunteers, each with what his calendar says around this call."""
    day, week = _day(request.begins), _week(request.begins)
    since = now - timedelta(days=rules.load_days)
    back = min(since, week[0])
    held = Visit.state.in_(COUNTED)
    is_live = Visit.state.in_(LIVE)
    overlaps = and_(is_live, Visit.starts_at < request.ends, Visit.ends_at > request.begins)
    knows_her = and_(Visit.elder_id == request.elder_id, Visit.state == VisitState.DONE)
    return (
        select(
            Volunteer.person_id,
            Volunteer.group_id,
            Volunteer.last_asked_at,
            _sum(Visit.booked, and_(held, Visit.starts_at.between(since, now))).label("load"),
            _sum(1, knows_her).label("knows_her"),
            _sum(1, overlaps).label("overlaps"),
            _sum(Visit.booked, and_(held, Visit.starts_at.between(*day))).label("day_booked"),
            _sum(Visit.booked, and_(held, Visit.starts_at.between(*week))).label("week_booked"),
        )
        .outerjoin(Visit, and_(Visit.volunteer_id == Volunteer.person_id, Visit.starts_at >= back))
        .group_by(Volunteer.person_id)
    )


def _sum(what: Any, condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, what), else_=0))


def _day(moment: datetime) -> tuple[datetime, datetime]:
    day = village_day(moment)
    return _midnight(day), _midnight(day + timedelta(days=1)) - timedelta(seconds=1)


def _week(moment: datetime) -> tuple[datetime, datetime]:
    day = village_day(moment)
    monday = day - timedelta(days=day.weekday())
    return _midnight(monday), _midnight(monday + timedelta(days=7)) - timedelta(seconds=1)


def _midnight(day: date) -> datetime:
    return at_village(day, datetime.min.time())


class _Fitness:
    """What has to be true of somebody for this call, each condition under its name."""

    def __init__(self, request: Request, rules: DispatchRules) -> None:
        self._request = request
        self._rules = rules
        self._terms: Terms = request.agreed

    def of_person(self) -> dict[str, ColumnElement[bool]]:
        elder = self._request.elder_id
        return {
            Why.HERSELF: Volunteer.person_id != elder,
            Why.HOUSEHOLD: Volunteer.person_id.not_in(_household(elder)),
            Why.EXCLUDED: Volunteer.person_id.not_in(
                select(Exclusion.volunteer_id).where(Exclusion.elder_id == elder)
            ),
            Why.GENDER: self._gender(),
            Why.SKILL: self._skill(),
            Why.PAPERS: self._papers(),
            Why.HOURS: self._hours(),
        }

    def of_calendar(self) -> dict[str, ColumnElement[bool]]:
        booked = self._request.minutes
        per_day = func.coalesce(Volunteer.day_minutes, self._rules.day_minutes)
        per_week = func.coalesce(Volunteer.week_minutes, self._rules.week_minutes)
        day, week = _day(self._request.begins), _week(self._request.begins)
        held = Visit.state.in_(COUNTED)
        overlaps = and_(
            Visit.state.in_(LIVE),
            Visit.starts_at < self._request.ends,
            Visit.ends_at > self._request.begins,
        )
        return {
            Why.OVERLAP: _sum(1, overlaps) == 0,
            Why.DAY: _sum(Visit.booked, and_(held, Visit.starts_at.between(*day)))
            <= per_day - booked,
            Why.WEEK: _sum(Visit.booked, and_(held, Visit.starts_at.between(*week)))
            <= per_week - booked,
        }

    def _gender(self) -> ColumnElement[bool]:
        """Let only her own gender come where the terms say so; an unknown one is not the same."""
        if not self._terms.same_gender:
            return true()
        elder = aliased(Person)
        hers = select(elder.gender).where(elder.id == self._request.elder_id).scalar_subquery()
        return and_(Volunteer.gender == hers, Volunteer.gender != "")

    def _skill(self) -> ColumnElement[bool]:
        skill = self._terms.skill
        return Volunteer.skills.contains(skill, autoescape=True) if skill else true()

    def _papers(self) -> ColumnElement[bool]:
        needs = self._terms.needs
        if not needs:
            return true()
        day = village_day(self._request.begins)
        valid = (
            select(func.count(distinct(Credential.kind)))
            .where(
                Credential.person_id == Volunteer.person_id,
                Credential.kind.in_(needs),
                Credential.valid_from <= day,
                Credential.valid_until >= day,
            )
            .scalar_subquery()
        )
        return valid == len(needs)

    def _hours(self) -> ColumnElement[bool]:
        begins = self._request.begins.astimezone(VILLAGE_TIME)
        minute = begins.hour * 60 + begins.minute
        return and_(
            Volunteer.weekdays.bitwise_and(1 << begins.weekday()) != 0,
            Volunteer.from_minute <= minute,
            Volunteer.until_minute >= minute + self._request.minutes,
        )


def _household(elder: str) -> Select[tuple[str]]:
    """Return who lives under her roof, as far as the village knows: family, or the same phone."""
    her, other = aliased(Person), aliased(Person)
    kin = select(Tie.person_id).where(Tie.elder_id == elder, Tie.kind == TieKind.FAMILY)
    parents = select(Tie.elder_id).where(Tie.person_id == elder, Tie.kind == TieKind.FAMILY)
    same_phone = (
        select(other.id)
        .join(her, and_(her.phone == other.phone, her.village_id == other.village_id))
        .where(her.id == elder, her.phone != "")
    )
    both: Any = union_all(kin, parents, same_phone).subquery()
    return select(both.c[0])


async def why_not(
    session: AsyncSession, request: Request, volunteer: str, now: datetime, rules: DispatchRules
) -> list[str]:
    """Return every reason for which somebody may not go; none where he may."""
    fit = _Fitness(request, rules)
    conditions = {**fit.of_person(), **fit.of_calendar(), Why.OFF_DUTY: Volunteer.is_on_duty}
    statement = (
        _with_calendar(request, now, rules)
        .with_only_columns(*(case((one, 1), else_=0).label(why) for why, one in conditions.items()))
        .where(Volunteer.person_id == volunteer)
    )
    row = (await session.execute(statement)).mappings().first()
    if row is None:
        return [Why.NO_VOLUNTEER]
    return [why for why in conditions if not row[why]]


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


async def weigh(
    session: AsyncSession, request: Request, volunteer: str, now: datetime, rules: DispatchRules
) -> Candidate:
    """Give points to somebody who comes forward himself, the same as if he had been asked."""
    statement = (
        _with_calendar(request, now, rules)
        .add_columns(Volunteer.village_id)
        .where(Volunteer.person_id == volunteer)
    )
    row = (await session.execute(statement)).one()
    near = VILLAGE if row.village_id == request.village_id else BEYOND
    ring = GROUP if row.group_id == request.group_id and row.group_id is not None else near
    return _scored(request, row, ring, now, rules)


def _scored(
    request: Request, row: Any, ring: int, now: datetime, rules: DispatchRules
) -> Candidate:
    in_group = row.group_id is not None and row.group_id == request.group_id
    distance = GROUP if in_group else max(ring, VILLAGE)
    never = row.last_asked_at == NEVER
    days = rules.load_days if never else (now - row.last_asked_at) / timedelta(days=1)
    parts = {
        "group": rules.weight_group if in_group else 0.0,
        "continuity": rules.weight_continuity * min(row.knows_her, _CONTINUITY),
        "distance": -rules.weight_distance * distance,
        "load": -rules.weight_load * row.load / 60,
        "waited": rules.weight_waited * min(max(days, 0.0), rules.load_days),
    }
    parts = {name: round(points, 2) for name, points in parts.items()}
    return Candidate(row.person_id, ring, round(sum(parts.values()), 2), parts)
