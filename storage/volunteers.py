"""Volunteers: who helps, when and how far from home, and whom he is not to be sent to.

Home, gender, skills and the mark of his phone are those of the roster, kept beside the profile so
that the one to ask is found through an index; `keep_up` carries over what the roster has changed.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    bindparam,
    delete,
    exists,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.authority import Act, may
from storage.database import Base, insert_new, run_many
from storage.duties import DAY_MINUTES
from storage.people import Caller, Person, PersonRole, Role
from storage.sealing import Mark

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When somebody was last asked who never was: he has waited longest."""

EVERY_DAY = 0b1111111
"""All weekdays; Monday is the lowest bit."""


GROUP, VILLAGE, BEYOND = range(3)
"""The rings in which volunteers are asked, and how far each of them goes."""


class Volunteer(Base):
    """A volunteer's profile. Hours are minutes of the village's day; None is the house's limit."""

    __tablename__ = "volunteers"
    __table_args__ = (
        CheckConstraint("radius BETWEEN 0 AND 2", name="radius"),
        CheckConstraint("0 <= from_minute AND from_minute < until_minute", name="hours"),
        CheckConstraint("weekdays BETWEEN 0 AND 127", name="weekdays"),
        Index("ix_volunteers_group", "group_id", "is_on_duty", "last_asked_at"),
        Index("ix_volunteers_village", "village_id", "is_on_duty", "last_asked_at"),
    )

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    village_id: Mapped[int] = mapped_column(ForeignKey("villages.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("groups.id"))
    gender: Mapped[str] = mapped_column(String(6), default="")
    skills: Mapped[str] = mapped_column(String(200), default="")
    phone_mark: Mapped[str] = mapped_column(Mark, default="", server_default="")
    is_on_duty: Mapped[bool] = mapped_column(default=True)
    radius: Mapped[int] = mapped_column(default=BEYOND)
    weekdays: Mapped[int] = mapped_column(default=EVERY_DAY)
    from_minute: Mapped[int] = mapped_column(default=0)
    until_minute: Mapped[int] = mapped_column(default=DAY_MINUTES)
    day_minutes: Mapped[int | None]
    week_minutes: Mapped[int | None]
    last_asked_at: Mapped[datetime] = mapped_column(default=NEVER)


class Exclusion(Base):
    """Two who are not to be brought together, whoever of them said so."""

    __tablename__ = "exclusions"
    __table_args__ = (Index(None, "volunteer_id"),)

    elder_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    volunteer_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    said_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    said_at: Mapped[datetime]


class NextVillage(Base):
    """A village whose volunteers are asked when a village's own all said no."""

    __tablename__ = "next_villages"

    village_id: Mapped[int] = mapped_column(ForeignKey("villages.id"), primary_key=True)
    next_id: Mapped[int] = mapped_column(ForeignKey("villages.id"), primary_key=True)


_PROFILE = (
    Person.id,
    Person.village_id,
    Person.group_id,
    Person.gender,
    Person.skills,
    Person.phone_mark,
)
_NEW = (
    select(*_PROFILE)
    .join(PersonRole, PersonRole.person_id == Person.id)
    .where(
        PersonRole.role == Role.VOLUNTEER,
        ~exists().where(Volunteer.person_id == PersonRole.person_id),
    )
)
_CHANGED = (
    select(*_PROFILE)
    .join_from(Volunteer, Person, Person.id == Volunteer.person_id)
    .where(
        or_(
            Volunteer.village_id != Person.village_id,
            Volunteer.group_id.is_distinct_from(Person.group_id),
            Volunteer.gender != Person.gender,
            Volunteer.skills != Person.skills,
            Volunteer.phone_mark != Person.phone_mark,
        )
    )
)
_GONE = select(Volunteer.person_id).where(
    Volunteer.is_on_duty,
    ~exists().where(PersonRole.person_id == Volunteer.person_id, PersonRole.role == Role.VOLUNTEER),
)


async def is_behind(session: AsyncSession) -> bool:
    """Tell whether the roster has changed anything about volunteers."""
    for question in (_NEW, _CHANGED, _GONE):
        if (await session.execute(question.limit(1))).first() is not None:
            return True
    return False


async def keep_up(session: AsyncSession, people: Collection[str] = ()) -> None:
    """Carry the roster over: new volunteers are on duty, and those no longer named leave it.

    Only `people`, where some are named.
    """
    among = Person.id.in_(people) if people else true()
    new = [_row(*row) for row in await session.execute(_NEW.where(among))]
    await insert_new(session, Volunteer, [], new)
    changed = [_row(*row) for row in await session.execute(_CHANGED.where(among))]
    await run_many(
        session, _FOLLOW, [{f"new_{name}": one[name] for name in one} for one in changed]
    )
    gone = (await session.scalars(_GONE)).all()
    await session.execute(
        update(Volunteer).where(Volunteer.person_id.in_(gone)).values(is_on_duty=False)
    )


_NAMES = ("person_id", "village_id", "group_id", "gender", "skills", "phone_mark")
_FOLLOW = (
    update(Volunteer)
    .where(Volunteer.person_id == bindparam("new_person_id"))
    .values({name: bindparam(f"new_{name}") for name in _NAMES[1:]})
)


def _row(*profile: object) -> dict[str, object]:
    return dict(zip(_NAMES, profile, strict=True))


async def profile(session: AsyncSession, person: str) -> Volunteer | None:
    """Return a volunteer's profile; of whom the roster has only just named, a fresh one."""
    found = await session.get(Volunteer, person)
    if found is None:
        await keep_up(session, [person])
        found = await session.get(Volunteer, person)
    return found


async def note_asked(session: AsyncSession, people: Collection[str], now: datetime) -> None:
    """Remember when somebody was last asked: who waited longest comes first."""
    await session.execute(
        update(Volunteer)
        .where(Volunteer.person_id.in_(people))
        .values(last_asked_at=now)
        .execution_options(synchronize_session=False)
    )


async def exclude(
    session: AsyncSession, elder: str, volunteer: str, said_by: str, now: datetime
) -> None:
    row = {"elder_id": elder, "volunteer_id": volunteer, "said_by": said_by, "said_at": now}
    await insert_new(session, Exclusion, [], [row])


async def include(session: AsyncSession, elder: str, volunteer: str, said_by: str) -> bool:
    """Take an exclusion back; only who said it may, False where he did not."""
    gone = await session.execute(
        delete(Exclusion)
        .where(
            Exclusion.elder_id == elder,
            Exclusion.volunteer_id == volunteer,
            Exclusion.said_by == said_by,
        )
        .returning(Exclusion.elder_id)
    )
    return gone.first() is not None


async def tie_villages(session: AsyncSession, village: int, other: int) -> None:
    """Let two villages help each other out."""
    rows = [
        {"village_id": one, "next_id": two} for one, two in ((village, other), (other, village))
    ]
    await insert_new(session, NextVillage, [], rows)


@dataclass(frozen=True, slots=True)
class Talent:
    """Somebody who knows a thing, and whether he is to be had just now."""

    name: str
    skills: str
    phone: str
    is_on_duty: bool
    id: str = ""


async def talents(session: AsyncSession, caller: Caller, field: str, limit: int) -> list[Talent]:
    """Return who in the caller's village knows a field (人才信息库), those on duty first."""
    rows = await session.execute(
        select(Person.name, Person.skills, Person.phone, Volunteer.is_on_duty, Person.id)
        .join(Volunteer, Volunteer.person_id == Person.id, isouter=True)
        .where(
            may(caller, Act.KNOW_SKILLS),
            Person.skills.contains(field, autoescape=True) if field else Person.skills != "",
        )
        .order_by(Volunteer.is_on_duty.is_(True).desc(), Person.name)
        .limit(limit)
    )
    return [
        Talent(name, skills, phone, bool(on_duty), person)
        for name, skills, phone, on_duty, person in rows
    ]


async def never_asked(session: AsyncSession, caller: Caller) -> dict[str, str]:
    """Return those on duty whom no call has ever reached: their names by id, in their order."""
    rows = await session.execute(
        select(Person.id, Person.name)
        .join(Volunteer, Volunteer.person_id == Person.id)
        .where(
            may(caller, Act.ASSIGN),
            Volunteer.is_on_duty,
            Volunteer.last_asked_at == NEVER,
        )
        .order_by(Person.name, Person.id)
    )
    return {row.id: row.name for row in rows}
