"""What a coordinator should know of her village in the morning."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage import today, unheard
from storage.incidents import IncidentKind
from storage.letters import Letter, LetterState
from storage.people import Identity, Person, PersonRole, Role
from storage.today import Standing, Today
from storage.villages import Village


@dataclass(frozen=True, slots=True)
class Morning:
    """A village's morning: how many stand in each way, which adds up, and who is named."""

    village: str
    expected: int
    counts: Mapping[Standing, int]
    harmed: list[str]
    """Open emergencies by number and name, and who goes."""
    to_see: list[str]
    open: list[str]
    """Open incidents, by number and name, of those who have not been heard."""
    closed: list[str]
    """Who was seen today, and how she was."""
    failed: int
    learned: Sequence[str]
    """Sentences of the day before that were not understood."""

    @property
    def is_well(self) -> bool:
        answered = {Standing.WELL, Standing.HEARD}
        named = self.harmed or self.to_see or self.open or self.closed
        return self.counts.keys() <= answered and not (named or self.failed)

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
    seen_today = await today.of_village(session, village, day, since)
    yesterday = since - timedelta(days=1)
    return Morning(
        village=village.name,
        expected=seen_today.expected,
        counts=seen_today.counts,
        harmed=_harmed(seen_today),
        to_see=_named(seen_today, Standing.TO_SEE),
        open=_open(seen_today),
        closed=_closed(seen_today),
        failed=await _failed(session, village.id, since),
        learned=await unheard.sample(session, village.id, yesterday, since, sampled),
    )


def _harmed(day: Today) -> list[str]:
    return [
        f"{one.number} {one.elder}（{f'{one.goes}去了' if one.goes else '还在找人'}）"
        for one in reversed(day.incidents)
        if one.is_open and one.kind == IncidentKind.EMERGENCY
    ]


def _named(day: Today, standing: Standing) -> list[str]:
    return [one.name for one in day.elders if one.standing is standing]


def _open(day: Today) -> list[str]:
    """Name who is being looked for; not her who has spoken meanwhile, whatever she said."""
    standings = {one.id: one.standing for one in day.elders}
    looked_for = [
        one
        for one in reversed(day.incidents)
        if one.is_open
        and one.kind == IncidentKind.MISSED
        and standings.get(one.elder_id, Standing.MISSED) is Standing.MISSED
    ]
    numbered = {one.elder_id for one in looked_for}
    return [f"{one.number} {one.elder}" for one in looked_for] + [
        one.name for one in day.elders if one.standing is Standing.MISSED and one.id not in numbered
    ]


def _closed(day: Today) -> list[str]:
    """Name each who was seen once, by how her last incident ended."""
    standings = {one.id: one.standing for one in day.elders}
    ended = {
        one.elder_id: f"{one.elder}（{one.result}）"
        for one in reversed(day.incidents)
        if not one.is_open and standings.get(one.elder_id, Standing.SEEN) is Standing.SEEN
    }
    return list(ended.values())


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
