"""Everybody as the roster states people: what comes out here can go in again."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.checkins import DAY, Plan
from storage.erasing import NOBODY
from storage.people import Identity, Person, PersonRole, Tie, TieKind
from storage.roster import CHANNEL, CHUNK
from storage.villages import Group, Village

COLUMNS = (
    "id", "name", "gender", "born", "phone", "village", "group", "roles", "openid",
    "checkin_from", "checkin_by", "tier", "family_of", "neighbour_of", "skills",
)  # fmt: skip

_TIES = {TieKind.FAMILY.value: "family_of", TieKind.NEIGHBOUR.value: "neighbour_of"}

Stated = dict[str, str]
"""What the people file says of one person, by its columns."""


async def state(session: AsyncSession, people: Collection[str] | None = None) -> list[Stated]:
    """Return these people, or all, by their ids; who was erased is nobody any more."""
    everybody = select(Person.id).order_by(Person.id)
    ids = sorted(people) if people is not None else (await session.scalars(everybody)).all()
    stated: list[Stated] = []
    for start in range(0, len(ids), CHUNK):
        stated += await _state(session, ids[start : start + CHUNK])
    return stated


async def _state(session: AsyncSession, ids: Sequence[str]) -> list[Stated]:
    found = await _persons(session, ids)
    await _add_roles_and_ties(session, found)
    await _add_openids(session, found)
    await _add_plans(session, found)
    return list(found.values())


async def _persons(session: AsyncSession, ids: Sequence[str]) -> dict[str, Stated]:
    rows = await session.execute(
        select(
            Person.id,
            Person.name,
            Person.gender,
            Person.born,
            Person.phone,
            Person.skills,
            Village.name.label("village"),
            Group.name.label("group"),
        )
        .join(Village, Village.id == Person.village_id)
        .outerjoin(Group, Group.id == Person.group_id)
        .where(Person.id.in_(ids), Person.name != NOBODY)
        .order_by(Person.id)
    )
    return {
        row["id"]: {column: row.get(column) or "" for column in COLUMNS} for row in rows.mappings()
    }


async def _add_roles_and_ties(session: AsyncSession, found: Mapping[str, Stated]) -> None:
    roles = await session.execute(
        select(PersonRole.person_id, PersonRole.role)
        .where(PersonRole.person_id.in_(found))
        .order_by(PersonRole.role)
    )
    for person, role in roles:
        _add(found[person], "roles", role)
    ties = await session.execute(
        select(Tie.person_id, Tie.kind, Tie.elder_id)
        .where(Tie.person_id.in_(found))
        .order_by(Tie.elder_id)
    )
    for person, kind, elder in ties:
        _add(found[person], _TIES[kind], elder)


def _add(stated: Stated, column: str, value: str) -> None:
    stated[column] = ";".join(filter(None, (stated[column], value)))


async def _add_openids(session: AsyncSession, found: Mapping[str, Stated]) -> None:
    """Add the one that was paired last: a line of the file names one."""
    rows = await session.execute(
        select(Identity.person_id, Identity.address)
        .where(Identity.person_id.in_(found), Identity.channel == CHANNEL)
        .order_by(Identity.paired_at)
    )
    for person, address in rows:
        found[person]["openid"] = address


async def _add_plans(session: AsyncSession, found: Mapping[str, Stated]) -> None:
    plans = await session.scalars(select(Plan).where(Plan.elder_id.in_(found), Plan.slot == DAY))
    for plan in plans:
        found[plan.elder_id] |= {
            "checkin_from": f"{plan.opens:%H:%M}",
            "checkin_by": f"{plan.closes:%H:%M}",
            "tier": str(plan.tier),
        }
