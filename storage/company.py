"""Company: who comes to an elder, and who has been with her, as her family is told of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.people import Person
from storage.requests import Request
from storage.visits import LIVE, Visit, VisitState


@dataclass(frozen=True, slots=True)
class Company:
    """A visit; `flowers` is how it went, None where nobody has said so."""

    elder_id: str
    at: datetime
    category: str
    who: str
    flowers: int | None


async def coming(
    session: AsyncSession, elders: Collection[str], since: datetime, until: datetime
) -> list[Company]:
    """Return the visits to these elders that begin between two moments and are not over."""
    return await _visits(session, elders, (*LIVE,), since, until)


async def came(
    session: AsyncSession, elders: Collection[str], since: datetime, until: datetime
) -> list[Company]:
    """Return the visits to these elders that were made between two moments."""
    return await _visits(session, elders, (VisitState.DONE,), since, until)


async def _visits(
    session: AsyncSession,
    elders: Collection[str],
    states: Collection[VisitState],
    since: datetime,
    until: datetime,
) -> list[Company]:
    rows = await session.execute(
        select(Visit.elder_id, Visit.starts_at, Request.category, Person.name, Request.flowers)
        .join(Request, Request.id == Visit.request_id)
        .join(Person, Person.id == Visit.volunteer_id)
        .where(
            Visit.elder_id.in_(elders),
            Visit.state.in_(states),
            Visit.starts_at >= since,
            Visit.starts_at < until,
        )
        .order_by(Visit.starts_at, Visit.id)
    )
    return [Company(*row) for row in rows]
