"""Attestations: that two of the village say the same of an elder who cannot say it here herself.

One of them is her leader, the other her coordinator or a neighbour paired with her, and
neither is her own family: nobody speaks as a witness in the matter of his own house.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, String, and_, delete, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from storage.database import Base, insert_new
from storage.people import Person, PersonRole, Role, Tie, TieKind, is_of_family

GOOD_FOR = timedelta(days=7)
"""How long the first one's word waits for the second."""


class Capacity(StrEnum):
    """As what somebody is a witness."""

    LEADER = "leader"
    COORDINATOR = "coordinator"
    NEIGHBOUR = "neighbour"


Capacities = Mapping[str, frozenset[Capacity]]
"""By person."""


class Attestation(Base):
    """Who has said so of a matter, such as `photo:zhao`, and when."""

    __tablename__ = "attestations"

    matter: Mapped[str] = mapped_column(String(80), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    at: Mapped[datetime]


async def attest(session: AsyncSession, matter: str, person: str, now: datetime) -> list[str]:
    """Keep somebody's word, and return all who have said so and whose word still counts."""
    await session.execute(
        delete(Attestation).where(Attestation.matter == matter, Attestation.at <= now - GOOD_FOR)
    )
    await insert_new(session, Attestation, [], [{"matter": matter, "person_id": person, "at": now}])
    found = await session.scalars(
        select(Attestation.person_id)
        .where(Attestation.matter == matter)
        .order_by(Attestation.at, Attestation.person_id)
    )
    return list(found)


async def settle(session: AsyncSession, matter: str) -> None:
    await session.execute(delete(Attestation).where(Attestation.matter == matter))


def suffices(capacities: Capacities) -> bool:
    """Tell whether a leader, and beside him a coordinator or a neighbour, have said so."""
    others = {Capacity.COORDINATOR, Capacity.NEIGHBOUR}
    return any(
        Capacity.LEADER in of_one and of_another & others
        for one, of_one in capacities.items()
        for another, of_another in capacities.items()
        if one != another
    )


async def capacities(
    session: AsyncSession, people: Collection[str], elder: str, *, besides: str = ""
) -> Capacities:
    """Return as what each of these people can speak of an elder; who cannot is left out.

    Her family cannot, nor can that of whoever else the matter is about (`besides`).
    """
    found: dict[str, frozenset[Capacity]] = {}
    for person, capacity in await _capacities(session, people, elder):
        found[person] = found.get(person, frozenset()) | {Capacity(capacity)}
    near = await kin_of(session, {elder, besides} - {""})
    return {person: of_one for person, of_one in found.items() if person not in near}


async def _capacities(
    session: AsyncSession, people: Collection[str], elder: str
) -> list[tuple[str, str]]:
    her = aliased(Person)
    officials = (
        select(PersonRole.person_id, PersonRole.role)
        .join(Person, Person.id == PersonRole.person_id)
        .join(her, her.id == elder)
        .where(
            Person.id.in_(people),
            or_(
                and_(PersonRole.role == Role.LEADER, Person.group_id == her.group_id),
                and_(PersonRole.role == Role.COORDINATOR, Person.village_id == her.village_id),
            ),
        )
    )
    paired = select(Tie.person_id, Tie.kind).where(
        Tie.elder_id == elder, Tie.person_id.in_(people), Tie.kind == TieKind.NEIGHBOUR
    )
    return [
        (person, of_it) for person, of_it in await session.execute(union_all(officials, paired))
    ]


async def kin_of(session: AsyncSession, people: Collection[str]) -> set[str]:
    """Return these people and their families: those tied to them, and those tied to the same."""
    is_kin = is_of_family()
    elders = set(
        await session.scalars(select(Tie.elder_id).where(Tie.person_id.in_(people), is_kin))
    )
    of_elders = await session.scalars(
        select(Tie.person_id).where(Tie.elder_id.in_({*elders, *people}), is_kin)
    )
    return {*people, *elders, *of_elders}
