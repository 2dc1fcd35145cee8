"""Incidents: an elder was not heard, or is in distress, and people are called until one looked.

open → promised (somebody goes) → open again when the promise runs out, and closed only by
a person's word. `climbs_at` is the moment the ladder moves on by itself.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Case,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from storage import authority, letters
from storage.authority import Act
from storage.database import Base, BigId, insert_new, run_many
from storage.drills import Drill
from storage.letters import Claimed, NewLetter, Urgency
from storage.people import Caller, Person, Role
from storage.rules import Circle, LadderRules
from storage.villages import Village


class IncidentKind(StrEnum):
    MISSED = "missed"
    EMERGENCY = "emergency"
    CRISIS = "crisis"
    VILLAGE = "village"  # so many are silent at once that it is hardly each of them
    DRILL = "drill"  # nothing has happened: what is played stands in the drills


class Stage(StrEnum):
    OPEN = "open"
    PROMISED = "promised"
    CLOSED = "closed"


class Result(StrEnum):
    """How an incident ended, in the village's words."""

    WELL = "平安"
    FORGOT = "忘了"
    AWAY = "外出"
    BROKEN_PHONE = "手机坏"
    EMPTY_BATTERY = "没电"
    HOSPITAL = "住院"
    HARMED = "出事"
    SPOKE = "报平安"  # she spoke herself
    EACH = "逐一找"  # of a village: each who is still silent is called for by herself
    CALLED_OFF = "叫停"  # of a drill: who began it has stopped it
    ENDED = "离开"  # she has left, or is not among the living any more
    UNANSWERED = "没回音"  # of a drill: the last step was over


ALARM = "alarm"
DISTRESS = "distress"
CRISIS = "crisis"
SILENCE = "silence"
PROMISED = "promised"
BROKEN = "broken"
WORSE = "worse"
CLEAR = "clear"
UNREACHED = "unreached"

CALLS = (ALARM, DISTRESS, CRISIS, SILENCE)
"""The letters that call somebody: whoever has one is owed the all-clear."""

_LIVE = text("climbs_at IS NOT NULL")


class Incident(Base):
    __tablename__ = "incidents"
    __table_args__ = (
        UniqueConstraint("cause"),
        UniqueConstraint("village_id", "number"),
        CheckConstraint("stage IN ('open', 'promised', 'closed')", name="stage"),
        CheckConstraint(
            "kind IN ('missed', 'emergency', 'crisis', 'village', 'drill')", name="kind"
        ),
        CheckConstraint("(elder_id IS NULL) = (kind IN ('village', 'drill'))", name="about"),
        Index("ix_incidents_climbing", "climbs_at", sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_incidents_live", "elder_id", sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_incidents_open", "village_id", sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index(None, "village_id", "opened_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    cause: Mapped[str] = mapped_column(String(120))
    """What it is about, as a natural key: the same cause never opens a second incident."""
    number: Mapped[int]
    """What people call it in the village: 我去 12."""
    village_id: Mapped[int] = mapped_column(ForeignKey("villages.id"))
    elder_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    """None where it is about a whole village, or about nobody: a drill."""
    kind: Mapped[str] = mapped_column(String(10))
    stage: Mapped[str] = mapped_column(String(8), default=Stage.OPEN)
    step: Mapped[int] = mapped_column(default=0)
    lap: Mapped[int] = mapped_column(default=0)
    """How often the last step was repeated."""
    climbs_at: Mapped[datetime | None]
    policy: Mapped[str] = mapped_column(Text)
    """The ladder as it stood when she was missed, as JSON."""
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    result: Mapped[str | None] = mapped_column(String(8))


class IncidentStep(Base):
    """A step that was called, and how many it reached: none means it fell through."""

    __tablename__ = "incident_steps"

    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    lap: Mapped[int] = mapped_column(primary_key=True)
    called_at: Mapped[datetime]
    people: Mapped[int]


class Promise(Base):
    """Somebody said 我去. open → kept, or broken when its time ran out, or released."""

    __tablename__ = "promises"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'kept', 'broken', 'released')", name="state"),
        Index("ix_promises_person", "person_id", "state"),
        Index("ix_promises_incident", "incident_id", "state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    state: Mapped[str] = mapped_column(String(8), default="open")
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an incident is opened; `key` is natural, so that the same cause opens one.

    `elder_id` is "" where it is about a whole village.
    """

    key: str
    kind: IncidentKind
    elder_id: str
    village_id: int
    rule: str = ""
    """The rule of hearing that called for help, "" where nobody said what it is."""
    place: str = ""
    """The name of the village, where it is about a whole one."""
    is_drill: bool = False


@dataclass(frozen=True, slots=True)
class Live:
    """An incident that is not closed. `rule` is the rule that called for help, as far as known.

    `elder_id` is "" where it is about a whole village, and then `place` is its name. Of a
    drill `kind` and `elder_id` are what it plays.
    """

    id: int
    cause: str
    number: int
    village_id: int
    elder_id: str
    kind: str
    stage: str
    step: int
    lap: int
    policy: str
    opened_at: datetime
    place: str = ""
    is_drill: bool = False
    rule: str = ""

    @property
    def rules(self) -> LadderRules:
        return read_policy(self.policy)

    @property
    def is_emergency(self) -> bool:
        return self.kind == IncidentKind.EMERGENCY

    @property
    def is_crisis(self) -> bool:
        return self.kind == IncidentKind.CRISIS

    @property
    def is_village(self) -> bool:
        return self.kind == IncidentKind.VILLAGE

    @property
    def why(self) -> str:
        """What made it begin: the first word of its cause."""
        return self.cause.partition(":")[0]

    @property
    def begins_wide(self) -> bool:
        """Whether its first two steps are called together."""
        return self.is_emergency or self.is_village

    @property
    def is_distress(self) -> bool:
        return self.is_emergency or self.is_crisis

    @property
    def steps(self) -> Sequence[Sequence[Circle]]:
        """The circles of each step; a crisis stays among a few."""
        return self.rules.crisis_steps if self.is_crisis else self.rules.steps

    @property
    def is_on_last_step(self) -> bool:
        return self.step >= len(self.steps) - 1

    @property
    def wait(self) -> timedelta:
        """How long the people of the present step have before the next are called."""
        rules = self.rules
        if self.is_on_last_step:
            repeat = rules.crisis_repeat_minutes if self.is_crisis else rules.repeat_minutes
            return timedelta(minutes=repeat[min(self.lap, len(repeat) - 1)])
        minutes = rules.emergency_wait_minutes if self.is_emergency else rules.wait_minutes
        return timedelta(minutes=minutes)

    @property
    def promise_time(self) -> timedelta:
        rules = self.rules
        minutes = rules.emergency_promise_minutes if self.is_distress else rules.promise_minutes
        return timedelta(minutes=minutes)


def write_policy(rules: LadderRules) -> str:
    return json.dumps(asdict(rules))


@lru_cache(maxsize=64)
def read_policy(policy: str) -> LadderRules:
    stored = json.loads(policy)
    for name in ("steps", "crisis_steps"):
        stored[name] = tuple(tuple(step) for step in stored[name])
    for name in ("repeat_minutes", "crisis_repeat_minutes", "crisis_follow_up_hours"):
        stored[name] = tuple(stored[name])
    return LadderRules(**stored)


_IS_DRILL = Incident.kind == IncidentKind.DRILL


def _played(of_drill: InstrumentedAttribute[str], in_earnest: ColumnElement[Any]) -> Case[Any]:
    """What a drill plays stands in the drills: its incident holds nothing that looks true."""
    played = select(of_drill).where(Drill.cause == Incident.cause).scalar_subquery()
    return case((_IS_DRILL, played), else_=in_earnest)


_ELDER = _played(Drill.elder_id, func.coalesce(Incident.elder_id, ""))
_PLACE = case(
    (
        Incident.kind == IncidentKind.VILLAGE,
        select(Village.name).where(Village.id == Incident.village_id).scalar_subquery(),
    ),
    else_="",
)


def select_live() -> Select[*tuple[Any, ...]]:
    """Ask for what is open, drills with it: whoever acts in earnest looks at `is_drill`.

    A condition on the elder or the kind of an incident never holds of a drill.
    """
    return select(
        Incident.id,
        Incident.cause,
        Incident.number,
        Incident.village_id,
        _ELDER,
        _played(Drill.kind, Incident.kind.expression),
        Incident.stage,
        Incident.step,
        Incident.lap,
        Incident.policy,
        Incident.opened_at,
        _PLACE,
        _IS_DRILL,
    ).where(Incident.climbs_at.is_not(None))


# Built once: every batch asks these, and building them anew costs more than asking.
_LIVE_OF = (
    select_live()
    .where(Incident.elder_id.in_(bindparam("elders", expanding=True)))
    .order_by(Incident.id)
)
_PROMISED_BY = (
    select_live()
    .add_columns(Promise.person_id)
    .join(Promise, Promise.incident_id == Incident.id)
    .where(Promise.person_id.in_(bindparam("people", expanding=True)), Promise.state == "open")
    .order_by(Incident.opened_at, Incident.id)
)


async def begin(
    session: AsyncSession, causes: Sequence[Cause], now: datetime, rules: LadderRules
) -> list[Live]:
    """Write an incident for each cause that has none, and return those written now.

    Nobody is called yet; that is the ladder's part, in the same transaction. It waits on the
    first step, where nearly all ladders come to rest.
    """
    known = set(
        await session.scalars(
            select(Incident.cause).where(Incident.cause.in_([cause.key for cause in causes]))
        )
    )
    fresh = list({cause.key: cause for cause in causes if cause.key not in known}.values())
    if not fresh:
        return []
    numbers = await _take_numbers(session, fresh)
    policy = write_policy(rules)
    rows = [_first_row(*one, policy, now) for one in zip(fresh, numbers, strict=True)]
    await insert_new(session, Incident, [], rows)
    written = await session.execute(
        select(Incident.cause, Incident.id, Incident.number).where(
            Incident.cause.in_([cause.key for cause in fresh])
        )
    )
    places = {cause: (id_, number) for cause, id_, number in written}
    return [
        _as_begun(row, *places[cause.key], cause) for row, cause in zip(rows, fresh, strict=True)
    ]


def _first_row(cause: Cause, number: int, policy: str, now: datetime) -> dict[str, Any]:
    return {
        "cause": cause.key,
        "number": number,
        "village_id": cause.village_id,
        "elder_id": None if cause.is_drill else cause.elder_id or None,
        "kind": IncidentKind.DRILL if cause.is_drill else cause.kind,
        "stage": Stage.OPEN,
        "step": 0,
        "lap": 0,
        "policy": policy,
        "opened_at": now,
        "climbs_at": now + _first_wait(cause.kind, policy),
    }


@lru_cache(maxsize=64)
def _first_wait(kind: IncidentKind, policy: str) -> timedelta:
    epoch = datetime.min.replace(tzinfo=UTC)
    return Live(0, "", 0, 0, "", kind, Stage.OPEN, 0, 0, policy, epoch).wait


def _as_begun(row: dict[str, Any], id_: int, number: int, cause: Cause) -> Live:
    """Return what was just written, under the number that it really got."""
    known = {name: row[name] for name in row if name not in ("number", "climbs_at")}
    known |= {"elder_id": cause.elder_id, "kind": cause.kind, "is_drill": cause.is_drill}
    return Live(id=id_, number=number, place=cause.place, rule=cause.rule, **known)


async def _take_numbers(session: AsyncSession, causes: Sequence[Cause]) -> list[int]:
    """Give each new incident the next number of its village."""
    villages = sorted({cause.village_id for cause in causes})
    rows = await session.execute(
        select(Village.id, Village.last_number)
        .where(Village.id.in_(villages))
        .order_by(Village.id)
        .with_for_update()
    )
    last = {row.id: row.last_number for row in rows}
    numbers = []
    for cause in causes:
        last[cause.village_id] += 1
        numbers.append(last[cause.village_id])
    await run_many(
        session,
        update(Village)
        .where(Village.id == bindparam("village"))
        .values(last_number=bindparam("number")),
        [{"village": village, "number": number} for village, number in last.items()],
    )
    return numbers


def letter_about(
    incident: Live,
    kind: str,
    key: str,
    recipient: str,
    *,
    actor: str | None = None,
    detail: dict[str, Any] | None = None,
) -> NewLetter:
    """Word nothing yet: a letter names its incident, and is worded when it is carried.

    Its detail holds what its wording and form depend on: the kind of a distress as it is now
    and, of an emergency, the rule that called for help; never her own words.
    """
    of_it: dict[str, Any] = {"kind": str(incident.kind)} if incident.is_distress else {}
    if incident.is_emergency and incident.rule:
        of_it["rule"] = incident.rule
    if incident.is_village:
        of_it["village"] = incident.place
    if incident.is_drill:
        of_it[letters.DRILL] = True
    return NewLetter(
        key=key,
        kind=kind,
        urgency=Urgency.ALARM,
        recipient_id=recipient,
        about_id=incident.elder_id or None,
        actor_id=actor,
        incident_id=incident.id,
        number=incident.number,
        detail={**of_it, **(detail or {})} or None,
    )


async def promise(session: AsyncSession, incident: Live, person: str, now: datetime) -> bool:
    """Take somebody's word that he goes; False where another was quicker or it is over.

    The others who were told hear who goes. The ladder waits until the promise runs out.
    """
    due_at = now + incident.promise_time
    moved = await session.scalar(
        update(Incident)
        .where(Incident.id == incident.id, Incident.stage == Stage.OPEN)
        .values(stage=Stage.PROMISED, climbs_at=due_at)
        .returning(Incident.id)
    )
    if moved is None:
        return False
    made = Promise(incident_id=incident.id, person_id=person, made_at=now, due_at=due_at)
    session.add(made)
    await session.flush()
    told = await letters.being_told(session, incident.id, CALLS)
    await letters.write(
        session,
        [
            letter_about(incident, PROMISED, f"promised:{made.id}:{other}", other, actor=person)
            for other in told
            if other != person
        ],
        now,
    )
    return True


async def close(
    session: AsyncSession, incident: Live, result: Result, by: str | None, now: datetime
) -> bool:
    """Close an incident by a person's word; False where it was closed before.

    `by` is None only for a village whose elders have all been heard, or are called for one
    by one, or for a drill that nobody ended. What was not sent is withdrawn, and exactly those
    who were told hear how it ended.
    """
    moved = await session.scalar(
        update(Incident)
        .where(Incident.id == incident.id, Incident.stage != Stage.CLOSED)
        .values(stage=Stage.CLOSED, climbs_at=None, closed_at=now, closed_by=by, result=result)
        .returning(Incident.id)
    )
    if moved is None:
        return False
    await _end_promises(session, incident, by)
    told = await letters.told(session, incident.id, CALLS)
    await letters.withdraw(session, [incident.id])
    await letters.write(
        session,
        [
            letter_about(
                incident,
                CLEAR,
                f"clear:{incident.id}:{person}",
                person,
                actor=by,
                detail={"result": result},
            )
            for person in told
            if person != by
        ],
        now,
    )
    return True


async def _end_promises(session: AsyncSession, incident: Live, by: str | None) -> None:
    is_his = Promise.person_id == (by or "")
    for who, state in ((is_his, "kept"), (~is_his, "released")):
        await session.execute(
            update(Promise)
            .where(Promise.incident_id == incident.id, Promise.state == "open", who)
            .values(state=state)
        )


async def hear_her(
    session: AsyncSession, heard: Mapping[str, str], now: datetime
) -> dict[str, list[Live]]:
    """Close the *missed* incidents of elders who were heard; never an emergency.

    `heard` names for each elder who says so: she herself, or who spoke for her. Returns for
    each what stays open: the distress in which people were called to her.
    """
    rows = await session.execute(_LIVE_OF, {"elders": list(heard)})
    distress: dict[str, list[Live]] = {}
    for incident in [Live(*row) for row in rows]:
        if incident.is_distress:
            distress.setdefault(incident.elder_id, []).append(incident)
            continue
        by = heard[incident.elder_id]
        result = Result.SPOKE if by == incident.elder_id else Result.WELL
        await close(session, incident, result, by, now)
    return distress


async def with_rules(session: AsyncSession, emergencies: Sequence[Live]) -> list[Live]:
    """Return them with the rule that called for help, as those who were called first were told."""
    unknown = [one.id for one in emergencies if one.is_emergency and not one.rule]
    if not unknown:
        return list(emergencies)
    rows = await session.execute(
        select(letters.Letter.incident_id, letters.Letter.detail)
        .where(letters.Letter.incident_id.in_(unknown), letters.Letter.kind.in_((DISTRESS, WORSE)))
        .order_by(letters.Letter.id)
    )
    rules = {incident: detail["rule"] for incident, detail in rows if "rule" in (detail or {})}
    return [replace(one, rule=rules.get(one.id, one.rule)) for one in emergencies]


async def visible_to(session: AsyncSession, caller: Caller, *, drills: bool = False) -> list[Live]:
    """Return the live incidents this person may look after, the oldest first.

    Whoever was called for one, the leader of her group, the coordinators of her village, and
    who stands in for them; of a crisis only who was called. Drills come only where they are
    asked for, and last.
    """
    mine = [_was_called(caller.id)]
    no_secret = Incident.kind != IncidentKind.CRISIS
    hers = exists().where(Person.id == Incident.elder_id, authority.may(caller, Act.GO_TO))
    mine.append(and_(no_secret, hers))
    if caller.is_a(Role.COORDINATOR):  # of a whole village, which is about no elder
        mine.append(and_(no_secret, Incident.village_id == caller.village_id))
    rows = await session.execute(
        select_live()
        .where(or_(*mine), _ELDER.is_distinct_from(caller.id), true() if drills else ~_IS_DRILL)
        .order_by(_IS_DRILL, Incident.opened_at, Incident.id)
    )
    return [Live(*row) for row in rows]


async def shares_its_number(
    session: AsyncSession, incident: Live, person: str, since: datetime
) -> bool:
    """Tell whether somebody was called by another village under the same number not long ago.

    What he says of that number may be about the other, also when that one has ended meanwhile.
    """
    other = await session.scalar(
        select(Incident.id)
        .where(
            Incident.number == incident.number,
            Incident.village_id != incident.village_id,
            Incident.opened_at > since,
            _was_called(person),
        )
        .limit(1)
    )
    return other is not None


def _was_called(person: str) -> ColumnElement[bool]:
    return exists().where(
        letters.Letter.incident_id == Incident.id,
        letters.Letter.recipient_id == person,
        letters.Letter.kind.in_(CALLS),
    )


async def who_goes(session: AsyncSession, incident_id: int) -> str | None:
    """Return the name of who has promised to go, None where nobody has."""
    return await session.scalar(
        select(Person.name)
        .join(Promise, Promise.person_id == Person.id)
        .where(Promise.incident_id == incident_id, Promise.state == "open")
        .limit(1)
    )


async def promised_by(session: AsyncSession, people: Collection[str]) -> dict[str, list[Live]]:
    """Return the live incidents each of these people has promised to look after."""
    rows = await session.execute(_PROMISED_BY, {"people": list(people)})
    found: dict[str, list[Live]] = {}
    for *columns, person in rows:
        found.setdefault(person, []).append(Live(*columns))
    return found


async def hurry(session: AsyncSession, incident_id: int, now: datetime) -> None:
    """Let an open ladder climb at once: nobody of the present step could be reached."""
    await session.execute(
        update(Incident)
        .where(Incident.id == incident_id, Incident.stage == Stage.OPEN, Incident.climbs_at > now)
        .values(climbs_at=now)
    )


async def find_live(session: AsyncSession, incident_id: int) -> Live | None:
    return await _first_live(session, Incident.id == incident_id)


async def find_live_of(session: AsyncSession, cause: str) -> Live | None:
    return await _first_live(session, Incident.cause == cause)


async def _first_live(session: AsyncSession, which: ColumnElement[bool]) -> Live | None:
    row = (await session.execute(select_live().where(which))).first()
    return Live(*row) if row else None


async def stay(session: AsyncSession, incident: Live, person: str, now: datetime) -> None:
    """Let the ladder wait for somebody who is with her; other promises are released."""
    due_at = now + incident.promise_time
    await session.execute(
        update(Promise)
        .where(Promise.incident_id == incident.id, Promise.state == "open")
        .values(state="released")
    )
    session.add(Promise(incident_id=incident.id, person_id=person, made_at=now, due_at=due_at))
    await session.execute(
        update(Incident)
        .where(Incident.id == incident.id, Incident.stage != Stage.CLOSED)
        .values(stage=Stage.PROMISED, climbs_at=due_at)
    )


async def without_stale(session: AsyncSession, claimed: Sequence[Claimed]) -> list[Claimed]:
    """Withdraw the letters whose incident was closed since they were tried, return the rest."""
    tried = {one.incident_id for one in claimed if one.tries > 1 and one.kind != CLEAR}
    if not tried:
        return list(claimed)
    closed = set(
        await session.scalars(
            select(Incident.id).where(Incident.id.in_(tried), Incident.stage == Stage.CLOSED)
        )
    )
    stale = {one.id for one in claimed if one.incident_id in closed and one.kind != CLEAR}
    await letters.drop(session, stale)
    return [one for one in claimed if one.id not in stale]


async def last_got(
    session: AsyncSession, people: Collection[str], since: datetime
) -> dict[tuple[str, int], datetime]:
    """Return when each of these people got the last message of each urgency since a moment.

    What belongs to a drill does not count: nothing real waits for it.
    """
    kinds = (letters.Letter.recipient_id, letters.Letter.urgency)
    rows = await session.execute(
        select(*kinds, func.max(letters.Letter.sent_at))
        .outerjoin(Incident, Incident.id == letters.Letter.incident_id)
        .where(
            letters.Letter.recipient_id.in_(people),
            letters.Letter.sent_at > since,
            Incident.kind.is_distinct_from(IncidentKind.DRILL),
        )
        .group_by(*kinds)
    )
    return {(person, urgency): at for person, urgency, at in rows if at is not None}


async def about(session: AsyncSession, person: str) -> list[Live]:
    """Return the live incidents about somebody, the oldest first."""
    rows = await session.execute(
        select_live().where(Incident.elder_id == person).order_by(Incident.id)
    )
    return [Live(*row) for row in rows]


async def called_for(session: AsyncSession, incident_id: int) -> list[str]:
    """Return the names of those who were called, in the order in which they were."""
    rows = await session.execute(
        select(Person.name, func.min(letters.Letter.id))
        .join(Person, Person.id == letters.Letter.recipient_id)
        .where(letters.Letter.incident_id == incident_id, letters.Letter.kind.in_(CALLS))
        .group_by(Person.id, Person.name)
        .order_by(func.min(letters.Letter.id))
    )
    return [name for name, _ in rows]
