"""Who is soon out of reach: her reply window closes before she will have been asked.

Where an account has no template for reminders, an elder is reached on WeChat only while her
window is open. In the evening her leader learns of it, and in the morning somebody near her is
asked to let her write a word, which opens it again (DOMAIN.md, section 4).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage import consents
from storage.checkins import Plan
from storage.consents import Purpose
from storage.holds import is_away
from storage.people import Identity, Person
from storage.windows import MESSAGE, ReplyWindow


@dataclass(frozen=True, slots=True)
class Fading:
    """An elder with a phone whom nothing of ours reaches from `closes_at` on; None: already."""

    elder_id: str
    name: str
    gender: str
    group_id: int | None
    closes_at: datetime | None


async def of_village(
    session: AsyncSession,
    village: int,
    day: date,
    until: datetime,
    now: datetime,
    only_in_windows: Collection[str],
) -> list[Fading]:
    """Return the elders of a village who are not reached until a moment of a day, by id.

    `only_in_windows` are the channels on which nothing reaches them but through a window. Who
    is away that day is not waited for, and left out.
    """
    if not only_in_windows:
        return []
    closes_at = _last_window(now)
    rows = await session.execute(
        select(Person.id, Person.name, Person.gender, Person.group_id, closes_at)
        .where(
            Person.village_id == village,
            exists().where(Plan.elder_id == Person.id),
            consents.given(Person.id, Purpose.CHECKIN),
            _is_reached(Identity.channel.in_(only_in_windows)),
            ~_is_reached(Identity.channel.not_in(only_in_windows)),
            ~is_away(Person.id, day),
            func.coalesce(closes_at, now) < until,
        )
        .order_by(Person.id)
    )
    return [Fading(*row) for row in rows]


def _last_window(now: datetime) -> ScalarSelect[datetime]:
    return (
        select(func.max(ReplyWindow.closes_at))
        .join(
            Identity,
            and_(Identity.channel == ReplyWindow.channel, Identity.address == ReplyWindow.address),
        )
        .where(
            Identity.person_id == Person.id,
            ReplyWindow.kind == MESSAGE,
            ReplyWindow.sends_left > 0,
            ReplyWindow.closes_at > now,
        )
        .correlate(Person)
        .scalar_subquery()
    )


def _is_reached(there: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Identity.person_id == Person.id, Identity.reachable, there)
