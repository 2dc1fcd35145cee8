"""Drills (演练): what it is that an incident only plays, so that nobody takes it for true.

An incident of a drill names no elder and has a kind of its own: whoever looks for what is open
about an elder, or counts what was missed, cannot find it. About whom and what is played stands
here, under the same cause. asked → begun (the incident is open) → over (it is reported).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, exists, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage import authority
from storage.authority import Act
from storage.database import Base, BigId, insert_new
from storage.people import Caller, Person, Role
from storage.villages import Village

_GOES_ON = text("over_at IS NULL")


class Drill(Base):
    __tablename__ = "drills"
    __table_args__ = (
        CheckConstraint("kind IN ('missed', 'emergency')", name="kind"),
        CheckConstraint("pace > 0", name="pace"),
        Index(
            "ix_drills_going_on",
            "village_id",
            unique=True,
            sqlite_where=_GOES_ON,
            postgresql_where=_GOES_ON,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    cause: Mapped[str] = mapped_column(String(120), unique=True)
    """The natural key of who asked for it; its incident has the same."""
    village_id: Mapped[int] = mapped_column(ForeignKey("villages.id"))
    elder_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(String(10))
    """What is played."""
    pace: Mapped[float] = mapped_column(default=1.0)
    """How many times as fast as in earnest the ladder climbs."""
    asked_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    """None where it was begun at the command line."""
    asked_at: Mapped[datetime]
    begun_at: Mapped[datetime | None]
    over_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDrill:
    """A drill as somebody asks for it; `cause` is the natural key of his asking."""

    cause: str
    village_id: int
    elder_id: str
    kind: str
    pace: float
    asked_by: str | None = None


async def ask(session: AsyncSession, drill: NewDrill, now: datetime) -> bool:
    """Put a drill in line for the next round; False where the village has one already.

    It begins by a round, as a silence does, so that the way from the hour at which it was due
    to the first letter is measured with it.
    """
    row = {
        "cause": drill.cause,
        "village_id": drill.village_id,
        "elder_id": drill.elder_id,
        "kind": drill.kind,
        "pace": drill.pace,
        "asked_by": drill.asked_by,
        "asked_at": now,
    }
    await insert_new(session, Drill, [], [row])
    return await session.scalar(select(exists().where(Drill.cause == drill.cause))) or False


async def claim_asked(session: AsyncSession, now: datetime, limit: int) -> Sequence[Drill]:
    """Take the drills that are in line, and mark them as begun."""
    found = await session.scalars(
        select(Drill)
        .where(Drill.over_at.is_(None), Drill.begun_at.is_(None))
        .order_by(Drill.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    asked = found.all()
    for drill in asked:
        drill.begun_at = now
    return asked


async def going_on(session: AsyncSession, village: int) -> Drill | None:
    """Return the drill that a village has now, None where it has none."""
    return await session.scalar(
        select(Drill).where(Drill.village_id == village, Drill.over_at.is_(None))
    )


async def may_be_stopped_by(session: AsyncSession, caller: Caller) -> Drill | None:
    """Return the drill this person began, or that nobody of the village did; None without one."""
    rows = await session.scalars(
        select(Drill).where(Drill.over_at.is_(None)).order_by(Drill.asked_at.desc())
    )
    return next((one for one in rows.all() if _is_his(one, caller)), None)


def _is_his(drill: Drill, caller: Caller) -> bool:
    if drill.asked_by is not None:
        return drill.asked_by == caller.id
    return caller.coordinates(drill.village_id) or caller.is_a(Role.SUPERVISOR)


async def drop(session: AsyncSession, drill: Drill, now: datetime) -> bool:
    """Strike a drill off the line; False where it has begun meanwhile."""
    dropped = await session.scalar(
        update(Drill)
        .where(Drill.id == drill.id, Drill.begun_at.is_(None), Drill.over_at.is_(None))
        .values(over_at=now)
        .returning(Drill.id)
    )
    return dropped is not None


@dataclass(frozen=True, slots=True)
class Drilled:
    """An elder about whom a drill may be held."""

    id: str
    name: str
    village_id: int
    village: str


async def elders_named(
    session: AsyncSession, caller: Caller, name: str, village: str
) -> list[Drilled]:
    """Return the elders of a name: of his own village, and for a supervisor of every one.

    `village` is "" where none is named.
    """
    named = [Village.name == village] if village else []
    rows = await session.execute(
        select(Person.id, Person.name, Village.id, Village.name)
        .join(Village, Village.id == Person.village_id)
        .where(Person.name == name, authority.may(caller, Act.DRILL), *named)
        .order_by(Village.name, Person.id)
    )
    return [Drilled(*row) for row in rows]
