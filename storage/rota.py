"""The rota (值班): who is on duty at a moment, by duties, absences and who stands in.

Where nobody made a rota, all who serve a place are on duty at all hours. A date goes before
the weekly pattern, in the hours that it names.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage import duties
from storage.absences import AWAY, Absence
from storage.duties import Place, Shift
from storage.people import Person, PersonRole, Role, is_reached
from storage.rules import at_village, village_day

OF_A_VILLAGE = (Role.LEADER, Role.COORDINATOR, Role.DOCTOR)


@dataclass(frozen=True, slots=True)
class Official:
    """Somebody who serves a village, or everywhere, and whom some channel reaches."""

    person: str
    role: Role
    group: int | None

    def place(self, village: int) -> Place:
        return Place(village, self.role, self.group if self.role == Role.LEADER else None)


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody who is away or off his shift; `stand_in` is None where none can be reached."""

    person: str
    stand_in: str | None
    is_away: bool
    since: datetime
    until: datetime

    def holds(self, moment: datetime) -> bool:
        return self.since <= moment < self.until

    def beside(self, older: "Gone") -> "Gone":
        """Be gone for both reasons: who is away is that, whatever shift he has handed over."""
        return replace(
            self,
            stand_in=self.stand_in or older.stand_in,
            is_away=self.is_away or older.is_away,
        )


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when the same people are on duty; `is_planned` where a rota says so."""

    begins: datetime
    ends: datetime
    people: tuple[str, ...]
    is_planned: bool

    def goes_on_as(self, other: "Span") -> bool:
        return (self.people, self.is_planned) == (other.people, other.is_planned)


@dataclass(slots=True)
class Rota:
    """What was read of some villages for some days, to be asked for any moment of them."""

    officials: Mapping[int | None, Sequence[Official]]
    """Who serves each village, and under None who serves them all, in a fixed order."""
    shifts: Mapping[Place, Sequence[Shift]]
    gone: Mapping[int, Sequence[Gone]]
    """Of each village, the newest last."""
    _serving: dict[Place, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for village, officials in self.officials.items():
            if village is not None:
                for one in officials:
                    self._serving.setdefault(one.place(village), []).append(one.person)

    def serving(self, place: Place) -> Sequence[str]:
        """Return who serves a place and can be reached, on duty or not."""
        return self._serving.get(place, ())

    def places(self, village: int) -> list[Place]:
        """Return what is answered for in a village: itself, and then its groups."""
        found = {one for one in (*self._serving, *self.shifts) if one.village == village}
        return sorted(found, key=lambda one: (one.role, one.group or 0))

    def on_duty(self, place: Place, moment: datetime) -> list[str]:
        """Return who is on duty, or stands in for who is: nobody who is away."""
        meant = self.meant(place, moment)
        gone = self._gone(place.village, moment)
        serving = self.serving(place)
        named = serving if meant is None else meant
        there = {one for one in named if one in serving and one not in gone}
        stand_ins = {_stand_in(one, gone) for one in named if one in gone}
        return sorted(there.union(one for one in stand_ins if one is not None))

    def meant(self, place: Place, moment: datetime) -> list[str] | None:
        """Return whom the rota names for a moment; None where no rota speaks of it."""
        named = [one.person for one in self._running(place, moment)]
        has_pattern = any(one.hours.day is None for one in self.shifts.get(place, ()))
        return named if named or has_pattern else None

    def _running(self, place: Place, moment: datetime) -> list[Shift]:
        """Return the shifts that count at a moment: those of a date before all others."""
        shifts = self.shifts.get(place, ())
        covering = [one for one in shifts if one.hours.begun_on(moment) is not None]
        return [one for one in covering if one.hours.day is not None] or covering

    def shift_ends(self, place: Place, moment: datetime) -> datetime:
        """Return when the present shift ends; where there is no rota, at midnight."""
        running = [one.hours for one in self._running(place, moment)]
        ends = [hours.on(day)[1] for hours in running if (day := hours.begun_on(moment))]
        tomorrow = village_day(moment) + timedelta(days=1)
        return max(ends) if ends else at_village(tomorrow, datetime.min.time())

    def away(self, village: int, moment: datetime) -> frozenset[str]:
        """Return who is not there; who only handed his shift over is."""
        gone = self._gone(village, moment).values()
        return frozenset(one.person for one in gone if one.is_away)

    def leaders(self, village: int) -> list[str]:
        """Return the leaders of all groups, on duty or not."""
        officials = self.officials.get(village, ())
        return [one.person for one in officials if one.role == Role.LEADER]

    def _gone(self, village: int, moment: datetime) -> dict[str, Gone]:
        """Return who is gone; of several absences the newest says who stands in."""
        found: dict[str, Gone] = {}
        for one in self.gone.get(village, ()):
            if one.holds(moment):
                found[one.person] = one.beside(found.get(one.person, one))
        return found

    def spans(self, place: Place, begins: datetime, ends: datetime) -> list[Span]:
        """Return who is on duty between two moments, one span for each change."""
        found: list[Span] = []
        for since, until in pairwise(sorted({begins, ends, *self._turns(place, begins, ends)})):
            is_planned = self.meant(place, since) is not None
            span = Span(since, until, tuple(self.on_duty(place, since)), is_planned)
            if found and found[-1].goes_on_as(span):
                found[-1] = replace(found[-1], ends=until)
            else:
                found.append(span)
        return found

    def _turns(self, place: Place, begins: datetime, ends: datetime) -> Iterator[datetime]:
        """Yield the moments between the two at which something may change."""
        day = village_day(begins) - timedelta(days=1)
        moments = [m for one in self.gone.get(place.village, ()) for m in (one.since, one.until)]
        while day <= village_day(ends):
            for shift in self.shifts.get(place, ()):
                moments += shift.hours.on(day) if shift.hours.is_on(day) else ()
            day += timedelta(days=1)
        return (moment for moment in moments if begins < moment < ends)


def _stand_in(person: str, gone: Mapping[str, Gone]) -> str | None:
    """Follow from stand-in to stand-in to somebody who is there, None where nobody is."""
    asked: set[str] = set()
    here: str | None = person
    while here is not None and here in gone and here not in asked:
        asked.add(here)
        here = gone[here].stand_in
    return None if here in asked else here


async def read(
    session: AsyncSession, villages: Collection[int], since: datetime, until: datetime
) -> Rota:
    """Read, in three statements, who serves these villages and when, between two moments."""
    return Rota(
        await _officials(session, villages),
        await duties.shifts(session, villages, village_day(since), village_day(until)),
        await _gone(session, villages, since, until),
    )


async def _officials(
    session: AsyncSession, villages: Collection[int]
) -> dict[int | None, list[Official]]:
    villagers = select(Person.id).where(Person.village_id.in_(villages))
    rows = await session.execute(
        select(Person.id, PersonRole.role, Person.village_id, Person.group_id)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(
            or_(
                and_(PersonRole.role.in_(OF_A_VILLAGE), PersonRole.person_id.in_(villagers)),
                PersonRole.role == Role.SUPERVISOR,
            ),
            is_reached(PersonRole.person_id),
        )
        .order_by(Person.id)
    )
    found: dict[int | None, list[Official]] = {}
    for person, role, village, group in rows:
        everywhere = role == Role.SUPERVISOR
        found.setdefault(None if everywhere else village, []).append(
            Official(person, Role(role), group)
        )
    return found


async def _gone(
    session: AsyncSession, villages: Collection[int], since: datetime, until: datetime
) -> dict[int, list[Gone]]:
    rows = await session.execute(
        select(
            Absence.village_id,
            Absence.person_id,
            Absence.stand_in_id,
            is_reached(Absence.stand_in_id),
            Absence.reason,
            Absence.since,
            Absence.until,
        )
        .where(
            Absence.village_id.in_(villages),
            Absence.ended_at.is_(None),
            Absence.since <= until,
            Absence.until > since,
        )
        .order_by(Absence.id)
    )
    found: dict[int, list[Gone]] = {}
    for village, person, stand_in, reached, reason, *moments in rows:
        helper = stand_in if reached else None
        found.setdefault(village, []).append(Gone(person, helper, reason == AWAY, *moments))
    return found
