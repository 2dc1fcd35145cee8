"""Who stands around an elder, circle by circle, and can be reached."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from storage.people import Identity, Person, PersonRole, Role, Tie, TieKind
from storage.rules import Circle

_CIRCLES: dict[str, Circle] = {
    Role.LEADER: "deputies",
    Role.COORDINATOR: "coordinators",
    Role.DOCTOR: "doctor",
    Role.SUPERVISOR: "supervisors",
}
_OF_A_VILLAGE = (Role.LEADER, Role.COORDINATOR, Role.DOCTOR)


@dataclass(slots=True)
class Around:
    """The circles around one elder; each is in a fixed order, and she is in none of them."""

    circles: dict[Circle, list[str]] = field(default_factory=dict)

    def add(self, circle: Circle, person: str) -> None:
        self.circles.setdefault(circle, []).append(person)

    def of(self, circles: Iterable[Circle]) -> list[str]:
        """Return the people of several circles, each once."""
        people = (person for circle in circles for person in self.circles.get(circle, ()))
        return list(dict.fromkeys(people))

    def without(self, people: Collection[str]) -> "Around":
        return Around(
            {
                circle: [one for one in of_it if one not in people]
                for circle, of_it in self.circles.items()
            }
        )


async def around_villages(
    session: AsyncSession, groups: Mapping[int, Collection[int | None]]
) -> dict[int, Around]:
    """Return the circles around whole villages: the leaders of the groups named for each,
    its other leaders as their deputies, and its officials; only whom some channel reaches.
    """
    serving = await _serving(session, set(groups))
    everywhere = serving.get(None, [])
    return {
        village: _around_village(of_them, [*serving.get(village, ()), *everywhere])
        for village, of_them in groups.items()
    }


async def around(session: AsyncSession, elders: Collection[str]) -> dict[str, Around]:
    """Return the circles around each elder, only of those whom some channel reaches."""
    found = {elder: Around() for elder in elders}
    await _add_ties(session, found)
    await _add_officials(session, found)
    return found


def _is_reached(person: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    return exists().where(Identity.person_id == person, Identity.reachable)


async def _add_ties(session: AsyncSession, found: dict[str, Around]) -> None:
    rows = await session.execute(
        select(Tie.elder_id, Tie.kind, Tie.person_id)
        .where(Tie.elder_id.in_(found), Tie.person_id != Tie.elder_id, _is_reached(Tie.person_id))
        .order_by(Tie.elder_id, Tie.person_id)
    )
    for elder, kind, person in rows:
        found[elder].add("family" if kind == TieKind.FAMILY else "neighbours", person)


async def _add_officials(session: AsyncSession, found: dict[str, Around]) -> None:
    homes = (
        await session.execute(
            select(Person.id, Person.village_id, Person.group_id).where(Person.id.in_(found))
        )
    ).all()
    serving = await _serving(session, {home.village_id for home in homes})
    by_group: dict[tuple[int, int | None], list[str]] = {}
    for elder, village, group in homes:
        by_group.setdefault((village, group), []).append(elder)
    for (village, group), neighbours in by_group.items():
        circles = _circles_around(group, [*serving.get(village, ()), *serving.get(None, ())])
        for elder in neighbours:
            for circle, people in circles.items():
                found[elder].circles[circle] = [person for person in people if person != elder]
            if not found[elder].circles.get("doctor"):
                # where the village has no doctor, its coordinators stand in
                found[elder].circles["doctor"] = found[elder].of(["coordinators"])


@dataclass(frozen=True, slots=True)
class _Official:
    person: str
    role: str
    group: int | None

    def circle_around(self, group: int | None) -> Circle:
        if self.role == Role.LEADER and self.group == group:
            return "leader"
        return _CIRCLES[self.role]


def _around_village(groups: Collection[int | None], officials: Iterable[_Official]) -> Around:
    found = Around()
    for official in officials:
        leads = official.role == Role.LEADER and official.group in groups
        found.add("leader" if leads else _CIRCLES[official.role], official.person)
    return found


def _circles_around(group: int | None, officials: Iterable[_Official]) -> dict[Circle, list[str]]:
    circles: dict[Circle, list[str]] = {}
    for official in officials:
        circles.setdefault(official.circle_around(group), []).append(official.person)
    return circles


async def _serving(
    session: AsyncSession, villages: Collection[int]
) -> dict[int | None, list[_Official]]:
    """Return who serves each village, and under None who serves them all."""
    villagers = select(Person.id).where(Person.village_id.in_(villages))
    rows = await session.execute(
        select(Person.id, PersonRole.role, Person.village_id, Person.group_id)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(
            or_(
                and_(PersonRole.role.in_(_OF_A_VILLAGE), PersonRole.person_id.in_(villagers)),
                PersonRole.role == Role.SUPERVISOR,
            ),
            _is_reached(PersonRole.person_id),
        )
        .order_by(Person.id)
    )
    serving: dict[int | None, list[_Official]] = {}
    for person, role, village, group in rows:
        everywhere = role == Role.SUPERVISOR
        serving.setdefault(None if everywhere else village, []).append(
            _Official(person, role, group)
        )
    return serving
