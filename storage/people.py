"""People, what they are in the village, and the phones that are theirs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    and_,
    bindparam,
    delete,
    exists,
    false,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column, validates

from storage.database import Base, fetch
from storage.sealing import MARK, Mark, Sealed, digits
from storage.villages import Group, Village


class Role(StrEnum):
    """What a person is in the village. One person may be several at once."""

    ELDER = "elder"
    FAMILY = "family"
    VOLUNTEER = "volunteer"
    LEADER = "leader"
    COORDINATOR = "coordinator"
    DOCTOR = "doctor"
    SUPERVISOR = "supervisor"


OFFICES = frozenset({Role.LEADER, Role.COORDINATOR})
"""Those who answer for others: for a group, or for a village."""


class TieKind(StrEnum):
    """What another person is to an elder."""

    FAMILY = "family"
    NEIGHBOUR = "neighbour"
    GUARDIAN = "guardian"
    """Who answers for her before the law (监护人): he hears and does what family does."""


KIN = (TieKind.FAMILY, TieKind.GUARDIAN)
"""Whoever is of her house, and sees how she is."""


class Person(Base):
    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint("gender IN ('female', 'male', '')", name="gender"),
        Index(None, "village_id"),
        Index(None, "group_id"),
        Index(None, "name"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    gender: Mapped[str] = mapped_column(String(6), default="")
    born: Mapped[str] = mapped_column(String(10), default="")
    """A year or a day, as far as the village knows it: 1941 or 1941-03-05."""
    phone: Mapped[str] = mapped_column(Sealed, default="")
    phone_mark: Mapped[str] = mapped_column(Mark, default="", server_default="")
    """By what others are found who have the same phone."""
    village_id: Mapped[int] = mapped_column(ForeignKey("villages.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("groups.id"))
    skills: Mapped[str] = mapped_column(String(200), default="")

    @validates("phone")
    def _mark_phone(self, _name: str, phone: str) -> str:
        self.phone_mark = phone
        return phone


class PersonRole(Base):
    __tablename__ = "roles"
    __table_args__ = (Index(None, "role"),)

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(12), primary_key=True)


class Tie(Base):
    """Who stands beside an elder: her family, and the neighbours paired with her."""

    __tablename__ = "ties"
    __table_args__ = (Index(None, "person_id"),)

    elder_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)


def is_of_family() -> ColumnElement[bool]:
    """Be true of a tie by which somebody is of an elder's house."""
    return Tie.kind.in_(KIN)


async def is_family(session: AsyncSession, person: str, elder: str) -> bool:
    """Tell whether somebody is of an elder's house."""
    tied = select(Tie.elder_id).where(
        Tie.elder_id == elder, Tie.person_id == person, is_of_family()
    )
    return await session.scalar(tied.limit(1)) is not None


class Identity(Base):
    """An address on a channel, such as an openid on WeChat, and whose it is."""

    __tablename__ = "identities"
    __table_args__ = (Index(None, "person_id"),)

    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    address: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    paired_at: Mapped[datetime]
    reachable: Mapped[bool] = mapped_column(default=True)
    """False from the moment she unfollows, or the platform says that she is not there."""
    declined_at: Mapped[datetime | None]
    """Since when she wants no cards but alarms (退订), None where she never said so."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A person as the desk knows her while she speaks."""

    id: str
    name: str
    gender: str
    village_id: int
    group_id: int | None
    roles: frozenset[Role]
    address: tuple[str, str]
    reachable: bool

    def is_a(self, role: Role) -> bool:
        return role in self.roles

    @property
    def has_office(self) -> bool:
        """Tell whether he answers for a group or a village."""
        return not OFFICES.isdisjoint(self.roles)

    def leads(self, group: int | None) -> bool:
        return self.is_a(Role.LEADER) and self.group_id is not None and self.group_id == group

    def coordinates(self, village: int) -> bool:
        return self.is_a(Role.COORDINATOR) and self.village_id == village


# Built once: every batch asks it, and building it anew costs more than asking.
_CALLERS = (
    select(
        Identity.address,
        Identity.reachable,
        Person.id,
        Person.name,
        Person.gender,
        Person.village_id,
        Person.group_id,
        PersonRole.role,
    )
    .join(Person, Person.id == Identity.person_id)
    .outerjoin(PersonRole, PersonRole.person_id == Person.id)
    .where(
        Identity.channel == bindparam("channel"),
        Identity.address.in_(bindparam("addresses", expanding=True)),
    )
)


async def callers(
    session: AsyncSession, addresses: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Caller]:
    """Return who is behind each (channel, address); strangers are left out."""
    found: dict[tuple[str, str], Caller] = {}
    for channel, names in _by_channel(addresses).items():
        rows = await session.execute(_CALLERS, {"channel": channel, "addresses": names})
        for address, reachable, person_id, name, gender, village_id, group_id, role in rows:
            key = (channel, address)
            known = found[key].roles if key in found else frozenset()
            roles = known | {Role(role)} if role else known
            found[key] = Caller(
                person_id, name, gender, village_id, group_id, roles, key, reachable
            )
    return found


def _by_channel(addresses: Collection[tuple[str, str]]) -> dict[str, list[str]]:
    by_channel: dict[str, list[str]] = {}
    for channel, address in addresses:
        by_channel.setdefault(channel, []).append(address)
    return by_channel


def _among(addresses: Collection[tuple[str, str]]) -> ColumnElement[bool]:
    return or_(
        false(),  # among no addresses is nobody; an empty OR would mean everybody
        *(
            and_(Identity.channel == channel, Identity.address.in_(of_channel))
            for channel, of_channel in _by_channel(addresses).items()
        ),
    )


async def bind(
    session: AsyncSession, person_id: str, address: tuple[str, str], now: datetime
) -> bool:
    """Make an address hers. Whose it was before is forgotten: one phone, one person.

    Another of hers on the same channel is forgotten too, and True returned: that phone is
    lost or given away, and whoever holds it hears nothing more.
    """
    await session.execute(delete(Identity).where(_among([address])))
    channel, name = address
    had_another = await forget_phones(session, person_id, channel)
    session.add(Identity(channel=channel, address=name, person_id=person_id, paired_at=now))
    return had_another


async def forget_phones(session: AsyncSession, person_id: str, channel: str) -> bool:
    """Forget her addresses on a channel; False where she had none."""
    gone = await session.scalars(
        delete(Identity)
        .where(Identity.person_id == person_id, Identity.channel == channel)
        .returning(Identity.address)
    )
    return bool(gone.all())


async def has_phone(session: AsyncSession, person_id: str, channel: str) -> bool:
    found = await session.scalar(
        select(Identity.address)
        .where(Identity.person_id == person_id, Identity.channel == channel)
        .limit(1)
    )
    return found is not None


async def follow(session: AsyncSession, address: tuple[str, str]) -> None:
    await _set_reachable(session, address, reachable=True)


async def lose(session: AsyncSession, address: tuple[str, str]) -> None:
    """Remember that nothing reaches this address any more."""
    await _set_reachable(session, address, reachable=False)


async def _set_reachable(
    session: AsyncSession, address: tuple[str, str], *, reachable: bool
) -> None:
    await session.execute(update(Identity).where(_among([address])).values(reachable=reachable))


def is_reached(
    person: InstrumentedAttribute[str] | InstrumentedAttribute[str | None],
) -> ColumnElement[bool]:
    """Be true of a person whom some channel reaches."""
    return exists().where(Identity.person_id == person, Identity.reachable)


@dataclass(frozen=True, slots=True)
class Reach:
    """The addresses of some people, and which of them want no cards."""

    addresses: Mapping[str, list[tuple[str, str]]]
    declined: frozenset[tuple[str, str]]
    numbers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The phone numbers of which an address is only the mark."""

    @property
    def everywhere(self) -> list[tuple[str, str]]:
        return [address for theirs in self.addresses.values() for address in theirs]

    def of(self, person: str) -> Sequence[tuple[str, str]]:
        return self.addresses.get(person, ())


_REACH = (
    select(Identity.person_id, Identity.channel, Identity.address, Identity.declined_at)
    .where(Identity.person_id.in_(bindparam("people", expanding=True)), Identity.reachable)
    .order_by(Identity.paired_at.desc())
)


async def reach(session: AsyncSession, people: Collection[str]) -> Reach:
    """Return the reachable addresses of these people, the newest of each first."""
    if not people:
        return Reach({}, frozenset())
    found: dict[str, list[tuple[str, str]]] = {}
    declined: set[tuple[str, str]] = set()
    asked = {"people": list(people)}
    for person_id, channel, address, declined_at in await fetch(session, _REACH, asked):
        found.setdefault(person_id, []).append((channel, address))
        if declined_at is not None:
            declined.add((channel, address))
    return Reach(found, frozenset(declined), await _numbers(session, found))


async def _numbers(
    session: AsyncSession, found: Mapping[str, Sequence[tuple[str, str]]]
) -> dict[tuple[str, str], str]:
    """Return the number behind each address that is only its mark."""
    marked = {
        address: person
        for person, theirs in found.items()
        for address in theirs
        if address[1].startswith(MARK)
    }
    if not marked:
        return {}
    rows = await session.execute(
        select(Person.id, Person.phone).where(Person.id.in_(marked.values()))
    )
    phones = {row.id: row.phone for row in rows}
    return {address: digits(phones[person]) for address, person in marked.items()}


async def addresses(
    session: AsyncSession, people: Collection[str]
) -> Mapping[str, list[tuple[str, str]]]:
    """Return the reachable (channel, address) pairs of each person, the newest first."""
    return (await reach(session, people)).addresses


async def decline(session: AsyncSession, address: tuple[str, str], at: datetime | None) -> None:
    """Send no cards to this address any more but alarms; None: send them again."""
    await session.execute(update(Identity).where(_among([address])).values(declined_at=at))


async def roles_among(session: AsyncSession, people: Collection[str]) -> dict[str, frozenset[Role]]:
    """Return what each of these people is; who is nothing is left out."""
    rows = await session.execute(
        select(PersonRole.person_id, PersonRole.role).where(PersonRole.person_id.in_(people))
    )
    found: dict[str, frozenset[Role]] = {}
    for person_id, role in rows:
        found[person_id] = found.get(person_id, frozenset()) | {Role(role)}
    return found


async def name_of(session: AsyncSession, person_id: str) -> str:
    return (await names_of(session, {person_id}))[person_id]


async def names_of(session: AsyncSession, people: Collection[str]) -> dict[str, str]:
    rows = await session.execute(select(Person.id, Person.name).where(Person.id.in_(people)))
    return {row.id: row.name for row in rows}


async def roles_of(session: AsyncSession, person_id: str) -> frozenset[Role]:
    found = await session.scalars(select(PersonRole.role).where(PersonRole.person_id == person_id))
    return frozenset(Role(role) for role in found)


def is_a(role: Role) -> ColumnElement[bool]:
    """Be true of the people who are this: one look for each, and not a list of all elders."""
    return exists().where(PersonRole.person_id == Person.id, PersonRole.role == role)


def is_elder() -> ColumnElement[bool]:
    return is_a(Role.ELDER)


@dataclass(frozen=True, slots=True)
class Home:
    """What tells somebody from others of her name: where she lives, and when she was born."""

    id: str
    village: str
    group: str
    born: str


async def homes_of(session: AsyncSession, people: Sequence[str]) -> list[Home]:
    """Return where these people live, in the order of their ids."""
    rows = await session.execute(
        select(Person.id, Village.name, func.coalesce(Group.name, ""), Person.born)
        .join(Village, Village.id == Person.village_id)
        .outerjoin(Group, Group.id == Person.group_id)
        .where(Person.id.in_(people))
        .order_by(Person.id)
    )
    return [Home(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class PhoneOwner:
    """Who an address belongs to, for a list of phones."""

    address: str
    name: str
    group: str
    roles: list[Role]


async def phone_owners(session: AsyncSession, channel: str, limit: int) -> list[PhoneOwner]:
    """Return the owners of a channel's addresses, in the order of their ids."""
    first = (
        select(Identity.address, Identity.person_id)
        .where(Identity.channel == channel)
        .order_by(Identity.person_id)
        .limit(limit)
        .subquery()
    )
    rows = await session.execute(
        select(first.c.address, Person.name, Group.name, PersonRole.role)
        .join(Person, Person.id == first.c.person_id)
        .outerjoin(Group, Group.id == Person.group_id)
        .outerjoin(PersonRole, PersonRole.person_id == Person.id)
        .order_by(Person.id)
    )
    owners: dict[str, PhoneOwner] = {}
    for address, name, group, role in rows:
        owner = owners.setdefault(address, PhoneOwner(address, name, group or "", []))
        if role:
            owner.roles.append(Role(role))
    return list(owners.values())


@dataclass(frozen=True, slots=True)
class Villager:
    """Somebody a person may speak of, and how near she is to him."""

    id: str
    name: str
    gender: str
    is_elder: bool
    is_tied: bool
    is_family: bool
    is_in_group: bool
