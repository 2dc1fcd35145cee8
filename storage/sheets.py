"""The sheet of a group: its elders by number, on paper and in the leader's morning list.

An elder keeps her number as long as she lives in the group, and nobody else ever gets it: a
sheet of yesterday that still lies on the table names nobody wrongly, and a newcomer is put
at the end.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Select,
    UniqueConstraint,
    and_,
    exists,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.authority import Act, may
from storage.checkins import (
    BY_PROXY,
    SAID_WELL,
    TAKEN_BACK,
    TO_BE_MET,
    Expectation,
    Plan,
    SignOfLife,
    State,
)
from storage.database import Base, insert_new
from storage.holds import Hold, covers
from storage.people import Caller, Person, PersonRole, Role, is_elder, is_reached
from storage.rules import CheckinRules, at_village
from storage.villages import Group, Village

NO_GROUP = 0
UNGROUPED = "未分组"
"""What those of a village who are in no group are called together: they have a sheet as well."""


class SheetNumber(Base):
    """An elder's number in her group. It stays when she leaves, and waits for her return."""

    __tablename__ = "sheet_numbers"
    __table_args__ = (UniqueConstraint("elder_id", "village_id", "group_id"),)

    village_id: Mapped[int] = mapped_column(ForeignKey("villages.id"), primary_key=True)
    group_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """NO_GROUP for those who are in none."""
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    elder_id: Mapped[str] = mapped_column(ForeignKey("people.id"))


class ListEntry(Base):
    """Somebody was asked, on a day, after an elder who has no phone, by her number."""

    __tablename__ = "list_entries"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    elder_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    number: Mapped[int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an elder stands: the group, and her number in it."""

    elder_id: str
    name: str
    group: str
    number: int


@dataclass(frozen=True, slots=True)
class Row:
    """An elder by her number, and what is known of her on a day.

    `is_waited_for` tells that her word is, or was, expected and did not come; `is_asked` that
    he who reads the sheet was asked after her.
    """

    elder_id: str
    name: str
    gender: str
    group: str
    number: int
    is_waited_for: bool
    is_away: bool
    is_heard: bool
    is_well: bool
    is_asked: bool

    @property
    def is_left(self) -> bool:
        """Whether nobody knows yet how she is."""
        return self.is_waited_for and not self.is_heard


_group_of = func.coalesce(Person.group_id, NO_GROUP)
_group_name = func.coalesce(Group.name, UNGROUPED)
_LIVES_THERE = and_(
    Person.id == SheetNumber.elder_id,
    Person.village_id == SheetNumber.village_id,
    _group_of == SheetNumber.group_id,
)


async def give_numbers(session: AsyncSession, village: int) -> None:
    """Give every elder of a village who has none the next number of her group, in fixed order."""
    await session.execute(select(Village.id).where(Village.id == village).with_for_update())
    has_one = exists().where(
        SheetNumber.elder_id == Person.id,
        SheetNumber.village_id == Person.village_id,
        SheetNumber.group_id == _group_of,
    )
    newcomers = await session.execute(
        select(Person.id, _group_of)
        .where(Person.village_id == village, is_elder(), ~has_one)
        .order_by(Person.id)
    )
    last = await _last_numbers(session, village)
    rows = []
    for elder, group in newcomers:
        last[group] = last.get(group, 0) + 1
        rows.append(
            {
                "village_id": village,
                "group_id": group,
                "number": last[group],
                "elder_id": elder,
            }
        )
    await insert_new(session, SheetNumber, [], rows)


async def _last_numbers(session: AsyncSession, village: int) -> dict[int, int]:
    rows = await session.execute(
        select(SheetNumber.group_id, func.max(SheetNumber.number))
        .where(SheetNumber.village_id == village)
        .group_by(SheetNumber.group_id)
    )
    return dict(rows.all())


async def places(session: AsyncSession, elders: Collection[str]) -> list[Place]:
    """Return where each of these elders stands, by group and number; each gets a number first."""
    found = await _places(session, elders)
    missing = set(elders) - {place.elder_id for place in found}
    if not missing:
        return found
    villages = select(Person.village_id).where(Person.id.in_(missing)).distinct()
    for village in sorted((await session.scalars(villages)).all()):
        await give_numbers(session, village)
    return await _places(session, elders)


async def _places(session: AsyncSession, elders: Collection[str]) -> list[Place]:
    rows = await session.execute(
        select(Person.id, Person.name, _group_name, SheetNumber.number)
        .join(SheetNumber, _LIVES_THERE)
        .outerjoin(Group, Group.id == Person.group_id)
        .where(Person.id.in_(elders))
        .order_by(Person.village_id, _group_name, SheetNumber.number)
    )
    return [Place(*row) for row in rows]


async def claim_village(session: AsyncSession, day: date) -> int | None:
    """Take one village that is open today and whose lists are not written; None when all are."""
    village = await session.scalar(
        select(Village)
        .where(Village.opened_day == day, or_(Village.list_day.is_(None), Village.list_day < day))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if village is None:
        return None
    village.list_day = day
    return village.id


async def unheard_without_phone(session: AsyncSession, village: int, day: date) -> list[str]:
    """Return the elders whose word is still waited for, and whom no channel reaches."""
    found = await session.scalars(
        select(Expectation.elder_id)
        .where(
            Expectation.village_id == village,
            Expectation.day == day,
            Expectation.state.in_(TO_BE_MET),
            ~is_reached(Expectation.elder_id),
        )
        .distinct()
    )
    return list(found)


async def ask_after(session: AsyncSession, day: date, lists: Mapping[str, Sequence[Place]]) -> None:
    """Remember after whom each of these people is asked; the same list again changes nothing."""
    rows = [
        {"person_id": person, "day": day, "elder_id": place.elder_id, "number": place.number}
        for person, places_ in lists.items()
        for place in places_
    ]
    await insert_new(session, ListEntry, [], rows)


async def rows_for(
    session: AsyncSession, caller: Caller, day: date, rules: CheckinRules
) -> list[Row]:
    """Return whom the caller may name by a number on a day: his list, and his group's sheet."""
    asked = await session.execute(
        _select_rows(ListEntry.number, true(), day, rules)
        .join(ListEntry, ListEntry.elder_id == Person.id)
        .where(ListEntry.person_id == caller.id, ListEntry.day == day, may(caller, Act.SPEAK_FOR))
        .order_by(_group_name, ListEntry.number)
    )
    rows = [Row(*row) for row in asked]
    if caller.is_a(Role.LEADER) and caller.group_id is not None:
        known = {row.elder_id for row in rows}
        sheet = await of_group(session, caller, caller.group_id, day, rules)
        rows += [row for row in sheet if row.elder_id not in known]
    return rows


async def of_group(
    session: AsyncSession, caller: Caller, group: int, day: date, rules: CheckinRules
) -> list[Row]:
    """Return the sheet of a group of the caller's village, of those for whom he may speak."""
    rows = await session.execute(
        _select_rows(SheetNumber.number, false(), day, rules)
        .join(SheetNumber, _LIVES_THERE)
        .where(
            SheetNumber.village_id == caller.village_id,
            SheetNumber.group_id == group,
            may(caller, Act.SPEAK_FOR),
        )
        .order_by(SheetNumber.number)
    )
    return [Row(*row) for row in rows]


def _select_rows(
    number: ColumnElement[int] | Any, is_asked: ColumnElement[bool], day: date, rules: CheckinRules
) -> Select[*tuple[Any, ...]]:
    begins = at_village(day, rules.day_starts)
    ends = at_village(day + timedelta(days=1), rules.day_starts)
    return (
        select(
            Person.id,
            Person.name,
            Person.gender,
            _group_name,
            number,
            _stands(day, *TO_BE_MET, State.MISSED),
            _stands(day, State.EXCUSED),
            _has_sign(begins, ends, SignOfLife.kind != TAKEN_BACK),
            _has_sign(begins, ends, SignOfLife.kind.in_((SAID_WELL, BY_PROXY))),
            is_asked,
        )
        .select_from(Person)
        .outerjoin(Group, Group.id == Person.group_id)
    )


def _stands(day: date, *states: State) -> ColumnElement[bool]:
    return exists().where(
        Expectation.elder_id == Person.id, Expectation.day == day, Expectation.state.in_(states)
    )


def _has_sign(begins: datetime, ends: datetime, kind: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        SignOfLife.elder_id == Person.id, SignOfLife.at >= begins, SignOfLife.at < ends, kind
    )


async def groups_of(session: AsyncSession, caller: Caller) -> list[tuple[int, str]]:
    """Return the groups whose sheets the caller may fill in, by name: (group, name) each."""
    rows = await session.execute(
        select(SheetNumber.group_id, _group_name)
        .join(Person, _LIVES_THERE)
        .outerjoin(Group, Group.id == SheetNumber.group_id)
        .where(may(caller, Act.FILL_SHEET))
        .distinct()
        .order_by(_group_name)
    )
    return [(group, name) for group, name in rows]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the paper sheet. `away_until` is her last day away, None where she is here."""

    number: int
    name: str
    tier: int | None
    has_phone: bool
    away_until: date | None


@dataclass(frozen=True, slots=True)
class Page:
    """The paper sheet of one group; no phone number and no address stands on it."""

    village: str
    group: str
    leaders: Sequence[str]
    lines: Sequence[Line]
    elders: Sequence[str] = ()
    """The ids of those on the lines: not for the paper."""


async def number_villages(session: AsyncSession, name: str = "") -> None:
    """Give numbers in the village of this name, or in all, where a day was not opened yet."""
    villages = await session.scalars(
        select(Village.id).where(Village.name == name if name else true()).order_by(Village.id)
    )
    for village in villages.all():
        await give_numbers(session, village)


async def pages(session: AsyncSession, day: date, village: str = "", group: str = "") -> list[Page]:
    """Return the sheets of a day by village and group; "" stands for all of them."""
    tier = select(func.min(Plan.tier)).where(Plan.elder_id == Person.id).scalar_subquery()
    rows = await session.execute(
        select(
            Village.name,
            _group_name,
            SheetNumber.village_id,
            SheetNumber.group_id,
            Person.id,
            SheetNumber.number,
            Person.name,
            tier,
            is_reached(Person.id),
            _away_until(day),
        )
        .join(SheetNumber, _LIVES_THERE)
        .join(Village, Village.id == Person.village_id)
        .outerjoin(Group, Group.id == Person.group_id)
        .where(
            is_elder(),
            Village.name == village if village else true(),
            _group_name == group if group else true(),
        )
        .order_by(Village.name, _group_name, SheetNumber.number)
    )
    lines: dict[tuple[str, str, int, int], dict[str, Line]] = {}
    for village_name, group_name, village_id, group_id, elder, *line in rows:
        key = (village_name, group_name, village_id, group_id)
        lines.setdefault(key, {})[elder] = Line(*line)
    leaders = await _leaders(session, {key[3] for key in lines} - {NO_GROUP})
    return [
        Page(*key[:2], leaders.get(key[3], []), list(found.values()), list(found))
        for key, found in lines.items()
    ]


def _away_until(day: date) -> ColumnElement[Any]:
    return select(func.max(Hold.last_day)).where(covers(Person.id, day)).scalar_subquery()


async def _leaders(session: AsyncSession, groups: Collection[int]) -> dict[int, list[str]]:
    rows = await session.execute(
        select(_group_of, Person.name)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(_group_of.in_(groups), PersonRole.role == Role.LEADER)
        .order_by(Person.id)
    )
    leaders: dict[int, list[str]] = {}
    for group, name in rows:
        leaders.setdefault(group, []).append(name)
    return leaders
