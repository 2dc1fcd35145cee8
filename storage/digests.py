"""What a coordinator should know of her village in the morning."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage import checkins, unheard
from storage.checkins import WAITING, State
from storage.incidents import Incident, IncidentKind
from storage.letters import Letter, LetterState
from storage.people import Identity, Person, PersonRole, Role
from storage.villages import Village


@dataclass(frozen=True, slots=True)
class Morning:
    """A village's morning in figures and names; `open` and `closed` name incidents."""

    village: str
    expected: int
    met: int
    waiting: int
    unknown: int
    open: list[str]
    closed: list[str]
    failed: int
    learned: Sequence[str]
    """Sentences of the day before that were not understood."""

    @property
    def is_well(self) -> bool:
        return self.met == self.expected and not (self.open or self.closed or self.failed)

    def as_detail(self) -> dict[str, Any]:
        return {**asdict(self), "is_well": self.is_well}


async def claim_village(session: AsyncSession, day: date) -> Village | None:
    """Take one village whose digest of this day is not written; None when all are."""
    village = await session.scalar(
        select(Village)
        .where(or_(Village.digest_day.is_(None), Village.digest_day < day))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if village is not None:
        village.digest_day = day
    return village


async def coordinators(session: AsyncSession, village: int) -> list[str]:
    found = await session.scalars(
        select(Person.id)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(Person.village_id == village, PersonRole.role == Role.COORDINATOR)
        .where(select(Identity).where(Identity.person_id == Person.id).exists())
        .order_by(Person.id)
    )
    return list(found)


async def morning(
    session: AsyncSession, village: Village, day: date, since: datetime, sampled: int
) -> Morning:
    """Gather the morning of a village; `since` is when the day began."""
    counts = await checkins.counts(session, village.id, day)
    rows = await session.execute(
        select(Incident.number, Person.name, Incident.result)
        .join(Person, Person.id == Incident.elder_id)
        .where(
            Incident.village_id == village.id,
            Incident.kind != IncidentKind.CRISIS,  # a crisis is told to few, and never here
            or_(Incident.opened_at >= since, Incident.climbs_at.is_not(None)),
        )
        .order_by(Incident.number)
    )
    incidents = rows.all()
    yesterday = since - timedelta(days=1)
    return Morning(
        village=village.name,
        expected=sum(counts.values()) - counts.get(State.EXCUSED, 0),
        met=counts.get(State.MET, 0),
        waiting=sum(counts.get(state, 0) for state in WAITING),
        unknown=counts.get(State.UNKNOWN, 0),
        open=[f"{number} {name}" for number, name, result in incidents if result is None],
        closed=[f"{name}（{result}）" for _, name, result in incidents if result is not None],
        failed=await _failed(session, village.id, since),
        learned=await unheard.sample(session, village.id, yesterday, since, sampled),
    )


async def _failed(session: AsyncSession, village: int, since: datetime) -> int:
    found = await session.scalar(
        select(func.count())
        .select_from(Letter)
        .join(Person, Person.id == Letter.recipient_id)
        .where(
            Person.village_id == village,
            Letter.state == LetterState.FAILED,
            Letter.written_at >= since,
        )
    )
    return found or 0
