"""What a drill has shown: whom each step called, how fast, and who answered.

The figures are read from the same rows as in earnest: incidents, steps, promises, letters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.drills import Drill
from storage.incidents import (
    CALLS,
    Incident,
    IncidentKind,
    IncidentStep,
    Promise,
    Result,
    Stage,
    read_policy,
)
from storage.letters import Letter, LetterState
from storage.people import Person, PersonRole, Role, Tie, is_reached
from storage.rules import DrillRules
from storage.villages import Village


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One letter that called somebody. `seconds` is how long it took to leave us, None where
    it has not; `reason` is why it did not arrive, "" where nothing is known against it.
    """

    name: str
    seconds: float | None
    way: str
    state: str
    reason: str

    @property
    def has_left(self) -> bool:
        return self.seconds is not None and self.state != LetterState.FAILED

    @property
    def was_in_vain(self) -> bool:
        """It should have left; what was withdrawn at the end had no time to."""
        return not self.has_left and self.state != LetterState.WITHDRAWN


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCalled:
    """A step that was called, so many seconds after the drill had begun.

    `late` is how many seconds after its hour that was; 0 where a promise had put it off.
    """

    step: int
    after: float
    calls: Sequence[Call]
    late: float = 0

    @property
    def slowest(self) -> float | None:
        return max((one.seconds for one in self.calls if one.seconds is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Who answered, and how many seconds after the drill had begun."""

    name: str
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillReport:
    """The figures of one drill, held against its marks. All times are seconds.

    `began` is an ISO moment. `to_incident` is how long it took from the asking to the incident.
    """

    number: int
    village: str
    elder: str
    kind: str
    pace: float
    began: str
    to_incident: float
    steps: Sequence[StepCalled]
    acknowledged: Answered | None
    ended_after: float | None
    """None while it goes on."""
    result: str
    ended_by: str
    never_reached: Sequence[str]
    """Who was called and has no letter."""
    without_phone: Sequence[str]
    """Who stands around her, and has no phone tied to his name."""
    marks: DrillRules

    @property
    def calls(self) -> list[Call]:
        return [call for step in self.steps for call in step.calls]

    @property
    def in_vain(self) -> int:
        return sum(call.was_in_vain for call in self.calls)

    @property
    def slowest(self) -> float | None:
        return max((one.slowest for one in self.steps if one.slowest is not None), default=None)

    @property
    def is_begun_in_time(self) -> bool:
        return self.to_incident <= self.marks.incident_seconds

    @property
    def called_late(self) -> list[StepCalled]:
        return [one for one in self.steps if one.late > self.marks.incident_seconds]

    @property
    def is_handed_over_in_time(self) -> bool:
        return (self.slowest or 0) <= self.marks.hand_over_seconds

    @property
    def is_answered_in_time(self) -> bool:
        answered = self.acknowledged
        return answered is not None and answered.after <= self.marks.acknowledge_minutes * 60

    @property
    def has_reached_somebody(self) -> bool:
        return any(call.has_left for call in self.calls)

    @property
    def was_stopped_early(self) -> bool:
        """Who began it stopped it before anybody could be late."""
        waited = self.ended_after or 0
        was_stopped = self.result == Result.CALLED_OFF and self.acknowledged is None
        return was_stopped and waited < self.marks.acknowledge_minutes * 60

    @property
    def is_passed(self) -> bool:
        in_time = self.is_begun_in_time and not self.called_late
        is_fast = in_time and self.is_handed_over_in_time
        return is_fast and self.is_answered_in_time and not self.in_vain

    def as_detail(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_detail(cls, detail: Mapping[str, Any]) -> "DrillReport":
        known = dict(detail)
        known["steps"] = [
            StepCalled(**{**step, "calls": [Call(**call) for call in step["calls"]]})
            for step in detail["steps"]
        ]
        answered = detail["acknowledged"]
        known["acknowledged"] = Answered(**answered) if answered else None
        known["marks"] = DrillRules(**detail["marks"])
        return cls(**known)


async def claim_ended(session: AsyncSession, now: datetime, rules: DrillRules) -> Sequence[Drill]:
    """Take the drills that have ended and are not reported, once their letters have settled."""
    under_way = exists().where(
        Letter.incident_id == Incident.id,
        Letter.state.in_((LetterState.QUEUED, LetterState.SENDING)),
    )
    patience = timedelta(minutes=rules.settle_minutes)
    found = await session.scalars(
        select(Drill)
        .join(Incident, Incident.cause == Drill.cause)
        .where(
            Drill.over_at.is_(None),
            Incident.stage == Stage.CLOSED,
            or_(~under_way, Incident.closed_at <= now - patience),
        )
        .order_by(Drill.id)
        .with_for_update(skip_locked=True, of=Drill)
    )
    ended = found.all()
    for drill in ended:
        drill.over_at = now
    return ended


async def latest(
    session: AsyncSession, *, village: int | None = None, number: int | None = None
) -> Drill | None:
    """Return the last drill that has begun, of a village or of all, by its number or any."""
    conditions = [] if village is None else [Drill.village_id == village]
    if number is not None:
        conditions.append(Incident.number == number)
    return await session.scalar(
        select(Drill)
        .join(Incident, Incident.cause == Drill.cause)
        .where(*conditions)
        .order_by(Drill.id.desc())
        .limit(1)
    )


async def incident_of(session: AsyncSession, drill: Drill) -> Incident:
    """Return the incident of a drill that has begun."""
    return (
        await session.execute(select(Incident).where(Incident.cause == drill.cause))
    ).scalar_one()


async def report(session: AsyncSession, drill: Drill, rules: DrillRules) -> DrillReport:
    """Read the figures of a drill that has begun."""
    incident = await incident_of(session, drill)
    village = await session.get_one(Village, drill.village_id)
    steps = await _steps(session, incident, drill.kind)
    acknowledged = await _acknowledged(session, incident)
    ended = incident.closed_at
    return DrillReport(
        number=incident.number,
        village=village.name,
        elder=await _name(session, drill.elder_id),
        kind=drill.kind,
        pace=drill.pace,
        began=incident.opened_at.isoformat(),
        to_incident=(incident.opened_at - drill.asked_at).total_seconds(),
        steps=steps,
        acknowledged=acknowledged,
        ended_after=(ended - incident.opened_at).total_seconds() if ended else None,
        result=incident.result or "",
        ended_by=await _name(session, incident.closed_by),
        never_reached=_never_reached(steps),
        without_phone=await _without_phone(session, drill.elder_id),
        marks=rules,
    )


async def _name(session: AsyncSession, person: str | None) -> str:
    return await session.scalar(select(Person.name).where(Person.id == person)) or ""


async def _steps(session: AsyncSession, incident: Incident, kind: str) -> list[StepCalled]:
    """Return each step with its calls; an empty one has none."""
    rows = await session.execute(
        select(IncidentStep.step, IncidentStep.lap, IncidentStep.called_at)
        .where(IncidentStep.incident_id == incident.id)
        .order_by(IncidentStep.lap, IncidentStep.step)
    )
    called = rows.all()
    calls = await _calls(session, incident)
    promised = await session.scalars(
        select(Promise.made_at).where(Promise.incident_id == incident.id)
    )
    late = _late([row.called_at for row in called], promised.all(), _wait(incident, kind))
    return [
        StepCalled(
            step=step,
            after=(at - incident.opened_at).total_seconds(),
            late=of_it,
            calls=calls.get((step, lap), ()),
        )
        for (step, lap, at), of_it in zip(called, late, strict=True)
    ]


def _wait(incident: Incident, kind: str) -> timedelta:
    rules = read_policy(incident.policy)
    is_emergency = kind == IncidentKind.EMERGENCY
    return timedelta(minutes=rules.emergency_wait_minutes if is_emergency else rules.wait_minutes)


def _late(called: Sequence[datetime], promised: Sequence[datetime], wait: timedelta) -> list[float]:
    """Return by how many seconds each call came after its hour, the first never."""
    return [0.0] * len(called[:1]) + [
        0.0
        if any(before <= made < at for made in promised)
        else max((at - before - wait).total_seconds(), 0.0)
        for before, at in pairwise(called)
    ]


async def _calls(session: AsyncSession, incident: Incident) -> dict[tuple[int, int], list[Call]]:
    """Return the calls by step and lap, which the key of each letter names."""
    rows = await session.execute(
        select(Letter, Person.name)
        .join(Person, Person.id == Letter.recipient_id)
        .where(Letter.incident_id == incident.id, Letter.kind.in_(CALLS))
        .order_by(Letter.id)
    )
    calls: dict[tuple[int, int], list[Call]] = {}
    for letter, name in rows:
        _, step, lap, _ = letter.key.split(":", 3)
        calls.setdefault((int(step), int(lap)), []).append(_call(letter, name))
    return calls


def _call(letter: Letter, name: str) -> Call:
    left = letter.sent_at
    return Call(
        name=name,
        seconds=(left - letter.written_at).total_seconds() if left else None,
        way=letter.way,
        state=letter.state,
        reason=letter.reason,
    )


async def _acknowledged(session: AsyncSession, incident: Incident) -> Answered | None:
    """Return who was the first to say that he goes, or that she is well."""
    row = (
        await session.execute(
            select(Person.name, Promise.made_at)
            .join(Person, Person.id == Promise.person_id)
            .where(Promise.incident_id == incident.id)
            .order_by(Promise.id)
            .limit(1)
        )
    ).first()
    if row is not None:
        return Answered(name=row.name, after=(row.made_at - incident.opened_at).total_seconds())
    if incident.closed_at is None or incident.result in (Result.CALLED_OFF, Result.UNANSWERED):
        return None
    return Answered(
        name=await _name(session, incident.closed_by),
        after=(incident.closed_at - incident.opened_at).total_seconds(),
    )


def _never_reached(steps: Sequence[StepCalled]) -> list[str]:
    calls = [call for step in steps for call in step.calls]
    reached = {call.name for call in calls if call.has_left}
    return list(dict.fromkeys(call.name for call in calls if call.name not in reached))


async def _without_phone(session: AsyncSession, elder: str) -> list[str]:
    """Return who would be called for her, and cannot be because no phone is his."""
    home = select(Person.village_id, Person.group_id).where(Person.id == elder).subquery()
    is_tied = exists().where(Tie.elder_id == elder, Tie.person_id == Person.id)
    is_hers = [
        and_(_is_a(Role.LEADER), Person.group_id == home.c.group_id),
        and_(_is_a(Role.COORDINATOR), Person.village_id == home.c.village_id),
    ]
    has_phone = is_reached(Person.id)
    found = await session.scalars(
        select(Person.name)
        .join(home, Person.id != elder)
        .where(or_(is_tied, *is_hers), ~has_phone)
        .order_by(Person.id)
    )
    return list(found)


def _is_a(role: Role) -> Any:
    return exists().where(PersonRole.person_id == Person.id, PersonRole.role == role)
