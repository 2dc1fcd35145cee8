"""Duties: who answers for a village or for a group in which hours, by weekday or by date."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, BigId, insert_new
from storage.people import Person, Role
from storage.rules import VILLAGE_TIME, at_village

DAY_MINUTES = 24 * 60


class Duty(Base):
    """From `begins` until just before `ends`, in minutes of its day; a night ends after 1440."""

    __tablename__ = "duties"
    __table_args__ = (
        CheckConstraint("role IN ('leader', 'coordinator')", name="role"),
        CheckConstraint("(weekday IS NULL) <> (day IS NULL)", name="day"),
        CheckConstraint("begins >= 0 AND begins < ends AND ends <= begins + 1440", name="hours"),
        Index(None, "village_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    """Who, where and when, as a natural key: said twice it is one duty."""
    village_id: Mapped[int] = mapped_column(ForeignKey("villages.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("groups.id"))
    role: Mapped[str] = mapped_column(String(12))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    weekday: Mapped[int | None]
    """0 is Monday; None where it is a duty of one day."""
    day: Mapped[date | None]
    begins: Mapped[int]
    ends: Mapped[int]
    set_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    set_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Place:
    """What is answered for: a village by its coordinators, a group by its leaders."""

    village: int
    role: Role
    group: int | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """A weekday or a date, and from which to which of its minutes."""

    weekday: int | None
    day: date | None
    begins: int = 0
    ends: int = DAY_MINUTES

    def is_on(self, day: date) -> bool:
        return day == self.day if self.weekday is None else day.weekday() == self.weekday

    def begun_on(self, moment: datetime) -> date | None:
        """Return on which day they began if they cover a moment: today, or the night before."""
        here = moment.astimezone(VILLAGE_TIME)
        today, minute = here.date(), here.hour * 60 + here.minute
        if self.is_on(today) and self.begins <= minute < self.ends:
            return today
        yesterday = today - timedelta(days=1)
        goes_on = self.is_on(yesterday) and minute + DAY_MINUTES < self.ends
        return yesterday if goes_on else None

    def on(self, day: date) -> tuple[datetime, datetime]:
        """Return when they begin and end, if they begin on this day."""
        midnight = at_village(day, datetime.min.time())
        return midnight + timedelta(minutes=self.begins), midnight + timedelta(minutes=self.ends)


@dataclass(frozen=True, slots=True)
class Shift:
    """The hours of one person."""

    person: str
    hours: Hours


async def assign(
    session: AsyncSession,
    places: Sequence[Place],
    person: str,
    hours: Hours,
    by: str,
    now: datetime,
) -> None:
    """Put somebody on duty, beside whoever is on duty in these hours already."""
    when = hours.day.isoformat() if hours.day else f"weekday {hours.weekday}"
    rows = [
        {
            "key": f"{place.role}:{place.village}:{place.group or ''}:{person}:{when}"
            f":{hours.begins}:{hours.ends}",
            "village_id": place.village,
            "group_id": place.group,
            "role": place.role,
            "person_id": person,
            "weekday": hours.weekday,
            "day": hours.day,
            "begins": hours.begins,
            "ends": hours.ends,
            "set_by": by,
            "set_at": now,
        }
        for place in places
    ]
    await insert_new(session, Duty, [], rows)


async def cancel(session: AsyncSession, village: int, hours: Hours, person: str = "") -> list[str]:
    """Take everybody of a village, or one person, off a weekday or a date; returns their names.

    Where only some hours are named, only the duties of exactly these hours are taken away.
    """
    is_whole_day = (hours.begins, hours.ends) == (0, DAY_MINUTES)
    gone = await session.scalars(
        delete(Duty)
        .where(
            Duty.village_id == village,
            Duty.weekday.is_not_distinct_from(hours.weekday),
            Duty.day.is_not_distinct_from(hours.day),
            *([Duty.person_id == person] if person else []),
            *([] if is_whole_day else [Duty.begins == hours.begins, Duty.ends == hours.ends]),
        )
        .returning(Duty.person_id)
    )
    names = await session.scalars(
        select(Person.name).where(Person.id.in_(gone.all())).order_by(Person.id)
    )
    return list(names)


async def named_beside(
    session: AsyncSession, places: Sequence[Place], days: Sequence[Hours], besides: Sequence[str]
) -> list[str]:
    """Return the names of those who are on duty for the same places on the same days."""
    same_day = [
        and_(Duty.weekday.is_not_distinct_from(one.weekday), Duty.day.is_not_distinct_from(one.day))
        for one in days
    ]
    same_place = [
        and_(
            Duty.village_id == one.village,
            Duty.role == one.role,
            Duty.group_id.is_not_distinct_from(one.group),
        )
        for one in places
    ]
    found = await session.scalars(
        select(Person.name)
        .join(Duty, Duty.person_id == Person.id)
        .where(or_(*same_day), or_(*same_place), Person.id.not_in(besides))
        .distinct()
        .order_by(Person.name)
    )
    return list(found)


async def shifts(
    session: AsyncSession, villages: Collection[int], first: date, last: date
) -> Mapping[Place, Sequence[Shift]]:
    """Return the weekly patterns, and the dates that touch the days from first to last."""
    rows = await session.execute(
        select(
            Duty.village_id,
            Duty.role,
            Duty.group_id,
            Duty.person_id,
            Duty.weekday,
            Duty.day,
            Duty.begins,
            Duty.ends,
        )
        .where(
            Duty.village_id.in_(villages),
            or_(Duty.day.is_(None), Duty.day.between(first - timedelta(days=1), last)),
        )
        .order_by(Duty.person_id, Duty.id)
    )
    found: dict[Place, list[Shift]] = {}
    for village, role, group, person, weekday, day, begins, ends in rows:
        place = Place(village, Role(role), group)
        shift = Shift(person, Hours(weekday, day, begins, ends))
        found.setdefault(place, []).append(shift)
    return found


async def villages_with_a_rota(session: AsyncSession, since: date) -> list[int]:
    """Return the villages in which somebody is on duty by a pattern, or on a day to come."""
    found = await session.scalars(
        select(Duty.village_id)
        .where(or_(Duty.day.is_(None), Duty.day >= since))
        .distinct()
        .order_by(Duty.village_id)
    )
    return list(found)
