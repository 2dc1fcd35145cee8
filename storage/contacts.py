"""Who stands around an elder, circle by circle, and can be reached.

The rota says who of a circle is called first, and the turn who of a family; nobody is lost by
either. Whom they let rest stands among the deputies, and in his own circle where it matters at
once (`regardless`). A circle that the rota would leave empty is called whole, and whoever is away
never counts as told.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage import consents, family_turns, rota
from storage.consents import Purpose
from storage.duties import Place
from storage.people import KIN, Person, Role, Tie, is_reached
from storage.rota import Rota
from storage.rules import Circle

log = structlog.get_logger()

_WITHOUT_A_ROTA: Mapping[str, Circle] = {Role.DOCTOR: "doctor", Role.SUPERVISOR: "supervisors"}


@dataclass(slots=True)
class Around:
    """The circles around one elder; each is in a fixed order, and she is in none of them."""

    circles: dict[Circle, list[str]] = field(default_factory=dict)
    resting: dict[Circle, list[str]] = field(default_factory=dict)
    """Who belongs to a circle, but is off duty or away."""
    away: frozenset[str] = frozenset()
    """Who is not there: to have called only them is to have called nobody."""

    def add(self, circle: Circle, person: str) -> None:
        self.circles.setdefault(circle, []).append(person)

    def of(self, circles: Iterable[Circle]) -> list[str]:
        """Return the people of several circles, each once."""
        people = (person for circle in circles for person in self.circles.get(circle, ()))
        return list(dict.fromkeys(people))

    def regardless(self) -> "Around":
        """Return the circles as if nobody had made a rota: an emergency asks for none."""
        whole = {
            circle: sorted({*self.circles.get(circle, ()), *resting})
            for circle, resting in self.resting.items()
        }
        return Around({**self.circles, **whole}, {}, self.away)

    def nearest(self, circles: Iterable[Circle]) -> list[str]:
        """Return the people of the first circle in which there is anybody."""
        return next((people for circle in circles if (people := self.of([circle]))), [])

    def without(self, people: Collection[str]) -> "Around":
        """Leave people out; where a circle held nobody else, whoever rests is called instead."""
        kept = {circle: _without(of_it, people) for circle, of_it in self.circles.items()}
        resting = {circle: _without(of_it, people) for circle, of_it in self.resting.items()}
        for circle, of_it in kept.items():
            if self.circles[circle] and not of_it:
                kept[circle] = resting.get(circle, [])
        return Around(kept, resting, self.away)


def _without(circle: Iterable[str], people: Collection[str]) -> list[str]:
    return [one for one in circle if one not in people]


async def around_villages(
    session: AsyncSession, groups: Mapping[int, Collection[int | None]], now: datetime
) -> dict[int, Around]:
    """Return the circles around whole villages: the leaders of the groups named for each,
    its other leaders as their deputies, and its officials; only whom some channel reaches.
    """
    plan = await rota.read(session, set(groups), now, now)
    return {
        village: around_groups(plan, village, of_them, now) for village, of_them in groups.items()
    }


async def around(
    session: AsyncSession, elders: Collection[str], now: datetime
) -> dict[str, Around]:
    """Return the circles around each elder as they stand now, of those some channel reaches."""
    found = {elder: Around() for elder in elders}
    await _add_ties(session, found)
    await _add_officials(session, found, now)
    await _let_family_take_turns(session, found, now)
    return found


async def around_daily(
    session: AsyncSession, elders: Collection[str], now: datetime
) -> dict[str, Around]:
    """Return the circles that hear how each elder is when nobody is called to her.

    Her family is among them unless she has said no; where she is in need, see `around`.
    """
    found = await around(session, elders, now)
    for elder in await consents.refusing(session, elders, Purpose.FAMILY):
        found[elder].circles.pop("family", None)
        found[elder].resting.pop("family", None)
    return found


async def _add_ties(session: AsyncSession, found: dict[str, Around]) -> None:
    rows = await session.execute(
        select(Tie.elder_id, Tie.kind, Tie.person_id)
        .where(Tie.elder_id.in_(found), Tie.person_id != Tie.elder_id, is_reached(Tie.person_id))
        .order_by(Tie.elder_id, Tie.person_id)
    )
    for elder, kind, person in rows:
        found[elder].add("family" if kind in KIN else "neighbours", person)


async def _add_officials(session: AsyncSession, found: dict[str, Around], now: datetime) -> None:
    homes = (
        await session.execute(
            select(Person.id, Person.village_id, Person.group_id).where(Person.id.in_(found))
        )
    ).all()
    plan = await rota.read(session, {home.village_id for home in homes}, now, now)
    by_group: dict[tuple[int, int | None], list[str]] = {}
    for elder, village, group in homes:
        by_group.setdefault((village, group), []).append(elder)
    for (village, group), neighbours in by_group.items():
        officials = around_groups(plan, village, {group}, now)
        named = {*officials.of(officials.circles)}
        for elder in neighbours:
            theirs = officials.without({elder}) if elder in named else officials
            found[elder].circles.update(theirs.circles)
            found[elder].resting, found[elder].away = dict(theirs.resting), theirs.away
            _let_coordinators_stand_in(found[elder])


async def _let_family_take_turns(
    session: AsyncSession, found: Mapping[str, Around], now: datetime
) -> None:
    """Let only him be called first whose turn it is, where he and others are reached."""
    families = {
        elder: family for elder, of_it in found.items() if len(family := of_it.of(["family"])) > 1
    }
    turns = await family_turns.on_duty(session, families, now) if families else {}
    for elder, person in turns.items():
        around, others = found[elder], _without(families[elder], [person])
        if person in families[elder]:
            around.circles["family"], around.resting["family"] = [person], others
            around.circles["deputies"] = [*around.of(["deputies"]), *others]


def _let_coordinators_stand_in(around: Around) -> None:
    """Where the village has no doctor, its coordinators are called in his place."""
    if not around.circles.get("doctor"):
        around.circles["doctor"] = around.of(["coordinators"])
        around.resting["doctor"] = around.resting.get("coordinators", [])


def around_groups(
    plan: Rota, village: int, groups: Collection[int | None], now: datetime
) -> Around:
    """Return the circles of those who serve a village, around some of its groups."""
    places: Mapping[Circle, list[Place]] = {
        "leader": [Place(village, Role.LEADER, group) for group in groups],
        "coordinators": [Place(village, Role.COORDINATOR)],
    }
    whole = {circle: _all_serving(plan, of_it) for circle, of_it in places.items()}
    called = {circle: _all_called_first(plan, of_it, now) for circle, of_it in places.items()}
    if not called["coordinators"]:  # nobody of the village is there: better they than nobody
        called = {circle: people or whole[circle] for circle, people in called.items()}
    resting = {circle: _without(whole[circle], people) for circle, people in called.items()}
    others = {one for one in plan.leaders(village) if one not in whole["leader"]}
    deputies: dict[Circle, list[str]] = {"deputies": sorted(others.union(*resting.values()))}
    return Around(
        {**called, **deputies, **_called_at_all_hours(plan, village)},
        resting,
        plan.away(village, now),
    )


def _all_serving(plan: Rota, places: Iterable[Place]) -> list[str]:
    return sorted({one for place in places for one in plan.serving(place)})


def _all_called_first(plan: Rota, places: Iterable[Place], now: datetime) -> list[str]:
    return sorted({one for place in places for one in _called_first(plan, place, now)})


def _called_at_all_hours(plan: Rota, village: int) -> dict[Circle, list[str]]:
    """Return the circles for which nobody makes a rota."""
    circles: dict[Circle, list[str]] = {}
    for official in (*plan.officials.get(village, ()), *plan.officials.get(None, ())):
        if official.role in _WITHOUT_A_ROTA:
            circles.setdefault(_WITHOUT_A_ROTA[official.role], []).append(official.person)
    return circles


def _called_first(plan: Rota, place: Place, now: datetime) -> list[str]:
    """Return who is on duty; where nobody is, everybody of the place who is there.

    Where all leaders of a group are away, another leader of the village stands in. Nobody
    where there is none.
    """
    on_duty = plan.on_duty(place, now)
    serving = plan.serving(place)
    if on_duty or not serving:
        return on_duty
    away = plan.away(place.village, now)
    there = _without(serving, away)
    others = _without(plan.leaders(place.village), away) if place.role == Role.LEADER else []
    log.warning(
        "nobody_on_duty",
        village=place.village,
        group=place.group,
        role=str(place.role),
        because="all are away" if not there else "the rota names nobody who is there",
    )
    return there or others[:1]
