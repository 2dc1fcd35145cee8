"""A village's week in figures, Monday to Sunday, for the meeting (例会): recomputed from rows.

What our own outages caused is ours: the days they touched are no misses of hers, and a call
that followed from one is no false alarm of hers. A crisis is told to few, and never here.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    case,
    extract,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage import digests, downtimes
from storage.checkins import Expectation, State
from storage.departures import has_gone
from storage.digests import Slot
from storage.downtimes import Span
from storage.incidents import Incident, IncidentKind, Promise, Result
from storage.people import Person
from storage.rules import CheckinRules, DigestRules, at_village, village_day
from storage.villages import Group, Village

NEEDED = frozenset({Result.HOSPITAL, Result.HARMED})
"""Outcomes after which somebody really needed help."""

OFTEN = 2
"""From how many false alarms in a week an elder is named: once happens to everybody."""

UNCOUNTED = (IncidentKind.CRISIS, IncidentKind.DRILL)
"""A crisis is told to few, and a drill is nothing that happened."""


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days of the watch. A day begins when its words begin to count."""

    monday: date
    begins: datetime
    ends: datetime

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    def before(self) -> "Week":
        week = timedelta(days=7)
        return Week(self.monday - week, self.begins - week, self.ends - week)


def week_of(day: date, rules: CheckinRules) -> Week:
    """Return the week in which a day lies."""
    monday = day - timedelta(days=day.weekday())
    begins = at_village(monday, rules.day_starts)
    return Week(monday, begins, at_village(monday + timedelta(days=7), rules.day_starts))


def last_week(now: datetime, rules: CheckinRules) -> Week:
    """Return the week before the one that goes on."""
    return week_of(village_day(now), rules).before()


def due_week(now: datetime, digest: DigestRules, checkin: CheckinRules) -> Week:
    """Return the week whose sheet is due: the one before the last time that sheets were."""
    today = village_day(now)
    sheet_day = today - timedelta(days=(today.isoweekday() - digest.weekly_day) % 7)
    if now < at_village(sheet_day, digest.weekly_at):
        sheet_day -= timedelta(days=7)
    return week_of(sheet_day, checkin).before()


@dataclass(frozen=True, slots=True)
class CheckIns:
    """How often a word was expected and heard; `asked` of them only after we had asked."""

    heard: int
    asked: int
    missed: int
    unknown: int
    excused: int

    @property
    def expected(self) -> int:
        return self.heard + self.missed


@dataclass(frozen=True, slots=True)
class Alert:
    """A call for one elder, from its first letter to its outcome."""

    id: int
    number: int
    elder_id: str
    elder: str
    group: str
    kind: str
    cause: str
    opened_at: datetime
    answered_at: datetime | None
    """When somebody first said that he goes, or told how she is."""
    answered_by: str
    closed_at: datetime | None
    closed_by: str
    result: str
    is_ours: bool
    """Whether an outage of ours had touched her window."""

    @property
    def was_needed(self) -> bool:
        """Whether somebody really needed help: she was in hospital or harmed, or had been
        silent and then it became an emergency, by her own word or of who was with her.

        An emergency that ends with 平安 proves neither: that is also what is said of an elder
        who was helped to her feet. It counts as closed, and as nobody's false alarm.
        """
        began_silent = self.cause.startswith("missed:")
        is_emergency = self.kind == IncidentKind.EMERGENCY
        return self.result in NEEDED or (bool(self.result) and is_emergency and began_silent)

    @property
    def was_false(self) -> bool:
        is_over = bool(self.result) and not self.was_needed
        return is_over and self.kind == IncidentKind.MISSED and not self.is_ours


@dataclass(frozen=True, slots=True)
class Promiser:
    """Somebody who said 我去, and what became of it."""

    name: str
    kept: int
    broken: int
    released: int
    open: int
    minutes: int | None
    """The median from his word to the outcome, of the promises he kept."""


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """The calls for an elder after which nobody had needed help, by how they ended."""

    elder_id: str
    elder: str
    group: str
    alerts: int
    causes: Mapping[str, int]

    @property
    def number(self) -> int:
        return sum(self.causes.values())

    @property
    def usual(self) -> str:
        """How they mostly ended."""
        return max(self.causes, key=lambda cause: self.causes[cause])


@dataclass(frozen=True, slots=True)
class Ours:
    """Our own outages in the week, and how many minutes they lasted."""

    number: int
    minutes: int


@dataclass(frozen=True, slots=True)
class VillageWeek:
    village: str
    week: Week
    checkins: CheckIns
    alerts: Sequence[Alert]
    promisers: Sequence[Promiser]
    silences: int
    """How often the whole village was called for, not counting our outages."""
    ours: Ours

    @property
    def hers(self) -> list[Alert]:
        """The alerts that our outages have no part in."""
        return [one for one in self.alerts if not one.is_ours]

    @property
    def false_alarms(self) -> list[FalseAlarms]:
        """Of each elder with false alarms, whoever has most first."""
        causes: dict[str, Counter[str]] = {}
        for one in self.alerts:
            if one.was_false:
                causes.setdefault(one.elder_id, Counter())[one.result] += 1
        alerts = Counter(one.elder_id for one in self.hers)
        known = {one.elder_id: one for one in self.alerts}
        found = [
            FalseAlarms(elder, known[elder].elder, known[elder].group, alerts[elder], dict(hers))
            for elder, hers in causes.items()
        ]
        return sorted(found, key=lambda one: (-one.number, one.elder_id))

    def as_detail(self) -> dict[str, Any]:
        """Return what its words need: the figures, and who had most false alarms."""
        return {
            **self.figures(),
            "village": self.village,
            "monday": self.week.monday.isoformat(),
            "named": [
                {"name": one.elder, "cause": one.usual, "times": one.causes[one.usual]}
                for one in self.false_alarms
                if one.number >= OFTEN and one.elder
            ],
        }

    def figures(self) -> dict[str, Any]:
        """Return the week in numbers, as it is kept and compared with the next."""
        hers, checkins = self.hers, self.checkins
        closed = [one for one in hers if one.result]
        return {
            "expected": checkins.expected,
            "heard": checkins.heard,
            "asked": checkins.asked,
            "missed": checkins.missed,
            "unknown": checkins.unknown,
            "excused": checkins.excused,
            "alerts": len(hers),
            "closed": len(closed),
            "needed": sum(one.was_needed for one in closed),
            "false": sum(one.was_false for one in closed),
            "ours": len(self.alerts) - len(hers),
            "results": dict(Counter(one.result for one in closed)),
            "answer_minutes": _minutes((one.opened_at, one.answered_at) for one in hers),
            "outcome_minutes": _minutes((one.opened_at, one.closed_at) for one in hers),
            "broken": sum(one.broken for one in self.promisers),
            "silences": self.silences,
            "outages": self.ours.number,
            "outage_minutes": self.ours.minutes,
        }


def is_known(figures: Mapping[str, Any]) -> bool:
    """Tell whether anybody was waited for at all."""
    return any(figures[name] for name in ("expected", "unknown", "excused", "alerts"))


async def figures_before(
    session: AsyncSession, village: Village, week: Week, now: datetime, rules: CheckinRules
) -> dict[str, Any] | None:
    """Return what was said of the week before this one, else what there was to say of it.

    None where nobody was waited for.
    """
    before = week.before()
    said = await digests.said(session, village.id, before.monday, Slot.WEEK)
    if said is not None:
        figures = said.figures
    else:
        figures = (await of_village(session, village, before, now, rules)).figures()
    return figures if is_known(figures) else None


def _minutes(spans: Iterable[tuple[datetime, datetime | None]]) -> int | None:
    """Return the median of what has an end, in whole minutes; None where nothing has."""
    lasted = [(end - begin) / timedelta(minutes=1) for begin, end in spans if end is not None]
    return round(median(lasted)) if lasted else None


async def of_village(
    session: AsyncSession, village: Village, week: Week, now: datetime, rules: CheckinRules
) -> VillageWeek:
    """Recompute the week of a village, with what is known of it now."""
    spans = [one for one in await downtimes.since(session, week.begins) if one.began_at < week.ends]
    touched = _touched(spans, now, rules)
    lost = await _lost_by_us(session, village.id, week, touched) if spans else set()
    alerts = await _alerts(session, village.id, week, lost)
    return VillageWeek(
        village=village.name,
        week=week,
        checkins=await _checkins(session, village.id, week, touched, rules),
        alerts=alerts,
        promisers=await _promisers(session, village.id, week),
        silences=await _silences(session, village.id, week),
        ours=_ours(spans, week, now),
    )


def _ours(spans: Sequence[Span], week: Week, now: datetime) -> Ours:
    lost = downtimes.lost(spans, week.begins, week.ends, now)
    return Ours(len(spans), round(lost.time / timedelta(minutes=1)) if lost else 0)


def _touched(spans: Sequence[Span], now: datetime, rules: CheckinRules) -> ColumnElement[bool]:
    """Tell of an expectation whether one of our outages has touched its window."""
    grace = timedelta(minutes=max(rules.grace_minutes, rules.frail_grace_minutes))
    return or_(
        false(),
        *(
            and_(
                Expectation.opens_at < (span.ended_at or now),
                Expectation.closes_at > span.began_at - grace,
            )
            for span in spans
        ),
    )


def _in_week(village: int, week: Week) -> ColumnElement[bool]:
    return and_(
        Expectation.village_id == village, Expectation.day.between(week.monday, week.sunday)
    )


async def _checkins(
    session: AsyncSession,
    village: int,
    week: Week,
    touched: ColumnElement[bool],
    rules: CheckinRules,
) -> CheckIns:
    before_closing = extract("epoch", Expectation.closes_at) - extract("epoch", Expectation.met_at)
    was_asked = and_(~touched, before_closing <= rules.remind_before_minutes * 60)
    is_ours = case((touched, 1), else_=0)
    rows = await session.execute(
        select(
            Expectation.state,
            is_ours,
            func.count(),
            func.sum(case((was_asked, 1), else_=0), type_=Integer),
        )
        .where(_in_week(village, week))
        .group_by(Expectation.state, is_ours)
    )
    states: Counter[str] = Counter()
    asked = 0
    for state, ours, number, only_asked in rows:
        states[State.UNKNOWN if ours and state == State.MISSED else state] += number
        asked += only_asked if state == State.MET else 0
    return CheckIns(
        heard=states[State.MET],
        asked=asked,
        missed=states[State.MISSED],
        unknown=states[State.UNKNOWN],
        excused=states[State.EXCUSED],
    )


async def _lost_by_us(
    session: AsyncSession, village: int, week: Week, touched: ColumnElement[bool]
) -> set[str]:
    """Return the causes of such calls as our outages have a part in."""
    rows = await session.execute(
        select(Expectation.elder_id, Expectation.day, Expectation.slot).where(
            _in_week(village, week), touched
        )
    )
    return {f"missed:{elder}:{day}:{slot}" for elder, day, slot in rows}


async def _alerts(
    session: AsyncSession, village: int, week: Week, lost: Collection[str]
) -> list[Alert]:
    first = await _first_answers(session, village, week)
    closer = aliased(Person)
    rows = await session.execute(
        select(
            Incident.id,
            Incident.number,
            Incident.elder_id,
            case((has_gone(Person.id), ""), else_=Person.name),
            func.coalesce(Group.name, ""),
            Incident.kind,
            Incident.cause,
            Incident.opened_at,
            Incident.closed_at,
            func.coalesce(closer.name, ""),
            func.coalesce(Incident.result, ""),
        )
        .join(Person, Person.id == Incident.elder_id)
        .outerjoin(Group, Group.id == Person.group_id)
        .outerjoin(closer, closer.id == Incident.closed_by)
        .where(
            _opened_in(village, week),
            Incident.kind.in_((IncidentKind.MISSED, IncidentKind.EMERGENCY)),
        )
        .order_by(Incident.number)
    )
    return [_alert(row, first.get(row.id), row.cause in lost) for row in rows]


def _alert(row: Any, first: "_Answer | None", is_ours: bool) -> Alert:
    id_, number, elder_id, elder, group, kind, cause, opened, closed, closer, result = row
    if first is None and result and result != Result.SPOKE:
        first = _Answer(closed, closer)  # he told how she is without having said that he goes
    return Alert(
        id=id_,
        number=number,
        elder_id=elder_id,
        elder=elder,
        group=group,
        kind=kind,
        cause=cause,
        opened_at=opened,
        answered_at=first.at if first else None,
        answered_by=first.name if first else "",
        closed_at=closed,
        closed_by=closer,
        result=result,
        is_ours=is_ours,
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    at: datetime
    name: str


def _opened_in(village: int, week: Week) -> ColumnElement[bool]:
    return and_(
        Incident.village_id == village,
        Incident.opened_at >= week.begins,
        Incident.opened_at < week.ends,
    )


async def _first_answers(session: AsyncSession, village: int, week: Week) -> dict[int, _Answer]:
    """Return of each incident who first said that he goes."""
    rows = await session.execute(
        select(Promise.incident_id, Promise.made_at, Person.name)
        .join(Incident, Incident.id == Promise.incident_id)
        .join(Person, Person.id == Promise.person_id)
        .where(_opened_in(village, week), Incident.kind.not_in(UNCOUNTED))
        .order_by(Promise.id.desc())
    )
    return {incident: _Answer(at, name) for incident, at, name in rows}


async def _promisers(session: AsyncSession, village: int, week: Week) -> list[Promiser]:
    """Return everybody who said 我去 in the week, whoever broke most first."""
    rows = await session.execute(
        select(Person.id, Person.name, Promise.state, Promise.made_at, Incident.closed_at)
        .join(Promise, Promise.person_id == Person.id)
        .join(Incident, Incident.id == Promise.incident_id)
        .where(_opened_in(village, week), Incident.kind.not_in(UNCOUNTED))
        .order_by(Person.id)
    )
    by_person: dict[tuple[str, str], list[tuple[str, datetime, datetime | None]]] = {}
    for person, name, state, made, closed in rows:
        by_person.setdefault((person, name), []).append((state, made, closed))
    found = [_promiser(name, theirs) for (_, name), theirs in by_person.items()]
    return sorted(found, key=lambda one: (-one.broken, -one.kept))


def _promiser(name: str, theirs: Sequence[tuple[str, datetime, datetime | None]]) -> Promiser:
    states = Counter(state for state, _, _ in theirs)
    return Promiser(
        name=name,
        kept=states["kept"],
        broken=states["broken"],
        released=states["released"],
        open=states["open"],
        minutes=_minutes((made, closed) for state, made, closed in theirs if state == "kept"),
    )


async def _silences(session: AsyncSession, village: int, week: Week) -> int:
    found = await session.scalar(
        select(func.count())
        .select_from(Incident)
        .where(
            _opened_in(village, week),
            Incident.kind == IncidentKind.VILLAGE,
            ~Incident.cause.startswith("outage:"),
        )
    )
    return found or 0
