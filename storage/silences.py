"""Silences: when so many of a village say nothing that it is hardly each of them.

Under independent misses the chance of k silent of n is a Poisson binomial tail, with each
elder's own rate of missing. Where it is below one false call in two years for the county,
one village incident stands for them (power, network, flood), and frail elders stay apart.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ForeignKey, Index, Integer, String, case, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage import holds, incidents
from storage.checkins import TAKEN_BACK, Due, Expectation, SignOfLife, State
from storage.database import Base, insert_new
from storage.incidents import Cause, Incident, IncidentKind, Live
from storage.people import Person
from storage.rules import FRAIL, WatchRules, village_day
from storage.villages import Village

FEWEST = 3
"""Of fewer the chance is never small enough, and nothing has to be computed."""

OUTAGE = "outage"
SILENT = "silent"


class SilentElder(Base):
    """An elder for whom a village incident stands, until she is heard or seen."""

    __tablename__ = "silent_elders"
    __table_args__ = (Index(None, "elder_id", "joined_at"),)

    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    elder_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    expectation: Mapped[str] = mapped_column(String(60))
    """The key of what was expected of her: elder, day and slot."""
    joined_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))


def chance(rates: Sequence[float], silent: int) -> float:
    """Return how likely `silent` or more are silent by chance; `rates` are each elder's own.

    Exact by the convolution of the Bernoulli trials, but for a tail so thin that its Chernoff
    bound is enough.
    """
    mean = sum(rates)
    if silent <= mean:
        return 1.0
    bound = math.exp(silent - mean - silent * math.log(silent / mean))
    return bound if bound < 1e-12 else _tail(rates, silent)


def _tail(rates: Sequence[float], silent: int) -> float:
    """Return the chance of at least so many, from the chances of each number below."""
    below = [1.0] + [0.0] * (silent - 1)
    for rate in rates:
        for number in range(silent - 1, 0, -1):
            below[number] = below[number] * (1 - rate) + below[number - 1] * rate
        below[0] *= 1 - rate
    return max(0.0, 1.0 - math.fsum(below))


def is_one(rates: Sequence[float], silent: int, rules: WatchRules) -> bool:
    """Tell whether so many silent are one silence, and not each her own.

    The measure: one village of the county called by chance in `village_false_years`.
    """
    if silent < FEWEST or not rules.village_false_years:
        return False
    mornings = rules.village_false_years * 365 * rules.county_villages
    return chance(rates, silent) < 1 / mornings


async def alone(
    session: AsyncSession, missed: Sequence[Due], rules: WatchRules
) -> tuple[list[Due], dict[int, list[Due]]]:
    """Part those just missed: who is called for by herself, and who with her village.

    A village that is called for already takes in who is missed later that day. The rows have
    been moved to `missed`, so that all of the village's morning is counted.
    """
    by_village: dict[int, list[Due]] = {}
    for row in missed:
        by_village.setdefault(row.village_id, []).append(row)
    called_for = await _called_for(session, by_village)
    each: list[Due] = []
    together: dict[int, list[Due]] = {}
    for village, rows in by_village.items():
        sturdy = [row for row in rows if row.tier != FRAIL]
        if sturdy and (village in called_for or await _is_silent(session, rows, rules)):
            together[village] = sturdy
            each += [row for row in rows if row.tier == FRAIL]
        else:
            each += rows
    return each, together


async def _called_for(session: AsyncSession, villages: Collection[int]) -> set[int]:
    found = await session.scalars(
        select(Incident.village_id).where(
            Incident.village_id.in_(villages),
            Incident.kind == IncidentKind.VILLAGE,
            Incident.climbs_at.is_not(None),
        )
    )
    return set(found)


async def _is_silent(session: AsyncSession, rows: Sequence[Due], rules: WatchRules) -> bool:
    village, day = rows[0].village_id, rows[0].day
    silent, expected = await _this_morning(session, village, day)
    if silent < FEWEST or not rules.village_false_years:
        return False
    rates = await _rates(session, village, day, expected, rules)
    return is_one(rates, silent, rules)


async def _this_morning(session: AsyncSession, village: int, day: date) -> tuple[int, list[str]]:
    """Return how many are silent, and of whom it is known by now whether she is.

    Whoever was seen to since her village was called for counts no more.
    """
    was_seen = exists().where(
        SilentElder.elder_id == Expectation.elder_id,
        SilentElder.joined_at >= Expectation.opens_at,
        SilentElder.seen_at.is_not(None),
    )
    rows = await session.execute(
        select(Expectation.elder_id, Expectation.state).where(
            Expectation.village_id == village,
            Expectation.day == day,
            Expectation.state.in_((State.MET, State.MISSED)),
            ~was_seen,
        )
    )
    states = [(elder, state) for elder, state in rows]
    return sum(state == State.MISSED for _, state in states), [elder for elder, _ in states]


async def _rates(
    session: AsyncSession, village: int, day: date, elders: Sequence[str], rules: WatchRules
) -> list[float]:
    """Return each elder's own rate of missing, drawn towards the usual one while she is new."""
    is_missed = case((Expectation.state == State.MISSED, 1), else_=0)
    rows = await session.execute(
        select(Expectation.elder_id, func.sum(is_missed, type_=Integer), func.count())
        .where(
            Expectation.village_id == village,
            Expectation.day.between(day - timedelta(days=rules.history_days), _before(day)),
            Expectation.state.in_((State.MET, State.MISSED)),
        )
        .group_by(Expectation.elder_id)
    )
    known = {elder: (missed, days) for elder, missed, days in rows}
    weight = rules.usual_days
    return [
        (missed + rules.usual_miss * weight) / (days + weight)
        for missed, days in (known.get(elder, (0, 0)) for elder in elders)
    ]


def _before(day: date) -> date:
    return day - timedelta(days=1)


async def causes(
    session: AsyncSession, why: str, together: Mapping[int, Sequence[Due]]
) -> list[Cause]:
    """Return the cause of each village's incident, named after the first of its elders."""
    names = await _village_names(session, together)
    return [
        Cause(f"{why}:{rows[0].key}", IncidentKind.VILLAGE, "", village, place=names[village])
        for village, rows in together.items()
    ]


async def join(session: AsyncSession, incident: int, rows: Sequence[Due], now: datetime) -> None:
    """Let a village's incident stand for these elders; those of whom it knows stay as they are."""
    members = [
        {
            "incident_id": incident,
            "elder_id": row.elder_id,
            "expectation": row.key,
            "joined_at": now,
        }
        for row in rows
    ]
    await insert_new(session, SilentElder, [], members)


async def live_of(session: AsyncSession, villages: Collection[int]) -> dict[int, Live]:
    """Return the village incidents that are not closed, the oldest of each village."""
    rows = await session.execute(
        incidents.select_live()
        .where(Incident.kind == IncidentKind.VILLAGE, Incident.village_id.in_(villages))
        .order_by(Incident.id.desc())
    )
    return {one.village_id: one for one in (Live(*row) for row in rows)}


async def all_live(session: AsyncSession, limit: int) -> list[Live]:
    """Claim the village incidents that are not closed."""
    rows = await session.execute(
        incidents.select_live()
        .where(Incident.kind == IncidentKind.VILLAGE)
        .order_by(Incident.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [Live(*row) for row in rows]


async def note_heard(session: AsyncSession, live: Collection[int], now: datetime) -> None:
    """Note who has been heard, or spoken for, since her village was called for."""
    heard = exists().where(
        SignOfLife.elder_id == SilentElder.elder_id,
        SignOfLife.at >= SilentElder.joined_at,
        SignOfLife.kind != TAKEN_BACK,
    )
    day = village_day(now)
    is_away = holds.is_away(SilentElder.elder_id, day)
    await session.execute(
        update(SilentElder)
        .where(
            SilentElder.incident_id.in_(live), SilentElder.seen_at.is_(None), or_(heard, is_away)
        )
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )


async def seen_by(session: AsyncSession, incident: int, person: str, now: datetime) -> int:
    """Take somebody's word that all of them are well; returns how many that was."""
    seen = await session.scalars(
        update(SilentElder)
        .where(SilentElder.incident_id == incident, SilentElder.seen_at.is_(None))
        .values(seen_at=now, seen_by=person)
        .returning(SilentElder.elder_id)
    )
    return len(seen.all())


@dataclass(frozen=True, slots=True)
class Unseen:
    """Somebody for whom a village's incident still stands."""

    elder_id: str
    name: str
    group_id: int | None
    expectation: str


@dataclass(frozen=True, slots=True)
class Telling:
    """Who is still silent in a village that is called for."""

    unseen: Sequence[Unseen]

    @property
    def ids(self) -> set[str]:
        return {one.elder_id for one in self.unseen}


async def tellings(session: AsyncSession, live: Sequence[Live]) -> dict[int, Telling]:
    """Return of each village incident who is still silent, by group and name."""
    if not live:
        return {}
    rows = await session.execute(
        select(
            SilentElder.incident_id,
            SilentElder.elder_id,
            Person.name,
            Person.group_id,
            SilentElder.expectation,
        )
        .join(Person, Person.id == SilentElder.elder_id)
        .where(SilentElder.incident_id.in_([one.id for one in live]), SilentElder.seen_at.is_(None))
        .order_by(Person.group_id, Person.id)
    )
    unseen: dict[int, list[Unseen]] = {one.id: [] for one in live}
    for incident, elder, name, group, expectation in rows:
        unseen[incident].append(Unseen(elder, name, group, expectation))
    return {id_: Telling(silent) for id_, silent in unseen.items()}


async def _village_names(session: AsyncSession, villages: Collection[int]) -> dict[int, str]:
    rows = await session.execute(select(Village.id, Village.name).where(Village.id.in_(villages)))
    return dict(rows.all())
