"""The roster: everybody a village names at once, laid over what it has named before.

All or nothing, in the caller's transaction. Only what is new or different is written, so the
same roster a second time writes no row.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, TypeVar

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.checkins import DAY, Plan
from storage.database import Base, insert_new, run_many
from storage.departures import gone_among
from storage.people import Identity, Person, PersonRole, Role, Tie, TieKind
from storage.rules import CheckinRules
from storage.ties import EndedTie
from storage.villages import Group, Village

CHANNEL = "wechat"
"""The channel on which an openid is an address."""

CHUNK = 4_000
"""How many people are looked up by name in one statement; SQLite takes 32,766 values."""

OPTIONAL = frozenset(
    {
        "gender",
        "born",
        "phone",
        "group",
        "openid",
        "checkin_from",
        "checkin_by",
        "tier",
        "family_of",
        "neighbour_of",
        "skills",
    }
)

_KINDS = {"family_of": TieKind.FAMILY, "neighbour_of": TieKind.NEIGHBOUR}
_COLUMNS = {kind.value: column for column, kind in _KINDS.items()}
_WORDS = ("gender", "born", "phone", "skills")
_PERSON = (
    Person.id,
    Person.name,
    Person.gender,
    Person.born,
    Person.phone,
    Person.village_id,
    Person.group_id,
    Person.skills,
)
_PLAN = (Plan.elder_id, Plan.slot, Plan.opens, Plan.closes, Plan.tier)

Row = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One person, as one line states her.

    `stated` says which of the optional fields the roster speaks of at all: the others stay
    as the village has them, and are the defaults for somebody new. Only an elder is watched,
    so the hours and the tier of anybody else are passed over. An empty openid takes none away.
    """

    line: int
    id: str
    name: str
    village: str
    roles: frozenset[Role]
    gender: str = ""
    born: str = ""
    phone: str = ""
    group: str = ""
    openid: str = ""
    checkin_from: time = CheckinRules.opens
    checkin_by: time = CheckinRules.closes
    tier: int = 2
    family_of: frozenset[str] = frozenset()
    neighbour_of: frozenset[str] = frozenset()
    skills: str = ""
    stated: frozenset[str] = OPTIONAL


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong on a line, in a sentence for whoever wrote it."""

    line: int
    sentence: str


class RosterError(Exception):
    """The roster cannot be true. Nothing of it was kept."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"{len(faults)} faults in the roster")
        self.faults = list(faults)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """How many people the roster brought, altered, and left as they were."""

    added: int
    changed: int
    unchanged: int


def _nobody_asks(_people: int) -> None:
    """Take the news of progress where nobody waits for it."""


async def enrol(
    session: AsyncSession,
    entries: Sequence[Entry],
    now: datetime,
    progress: Callable[[int], None] = _nobody_asks,
) -> Enrolled:
    """Keep everybody as stated; `progress` hears how many more people are done.

    Villages and groups are made by name. Where an elder is new in a village, or her hours
    change, the village's day opens again, and what is already expected today stays as it is.
    Ids and openids must be unique among the entries.

    Whoever has gone stays gone: only a person's word brings somebody back (see partings).

    Raises RosterError for a tie to nobody, or an openid that is somebody else's.
    """
    faults = await find_faults(session, entries)
    if faults:
        raise RosterError(faults)
    gone = await _gone(session, _ids(entries))
    here = [entry for entry in entries if entry.id not in gone]
    enrolment = _Enrolment(session, await _find_homes(session, entries), now)
    for chunk in _chunks(here):
        await enrolment.keep_people(chunk)
        progress(len(chunk))
    for chunk in _chunks(here):
        await enrolment.keep_ties(chunk)
    await enrolment.open_again()
    return enrolment.count(len(entries))


async def find_faults(
    session: AsyncSession, entries: Sequence[Entry], doubtful: Collection[str] = ()
) -> list[Fault]:
    """Find what contradicts the roster itself or the village, in the order of the lines.

    `doubtful` are people of whose lines we could not make sense: nothing is held against them.
    """
    faults = await _tie_faults(session, entries, doubtful)
    faults += await _openid_faults(session, entries, doubtful)
    return sorted(faults, key=lambda fault: fault.line)


async def _tie_faults(
    session: AsyncSession, entries: Sequence[Entry], doubtful: Collection[str]
) -> list[Fault]:
    is_elder = {entry.id: Role.ELDER in entry.roles for entry in entries}
    is_elder.update(dict.fromkeys(doubtful, True))
    elsewhere = {target for _, _, target in _ties(entries)} - is_elder.keys()
    is_elder.update(await _are_elders(session, elsewhere))
    return [
        Fault(entry.line, sentence)
        for entry, column, target in _ties(entries)
        if (sentence := _tie_fault(entry, column, target, is_elder))
    ]


def _ties(entries: Iterable[Entry]) -> Iterator[tuple[Entry, str, str]]:
    for entry in entries:
        for target in entry.family_of:
            yield entry, "family_of", target
        for target in entry.neighbour_of:
            yield entry, "neighbour_of", target


def _tie_fault(entry: Entry, column: str, target: str, is_elder: Mapping[str, bool]) -> str:
    if target == entry.id:
        return f"{column} 里写的是自己“{target}”"
    if target not in is_elder:
        return f"{column} 里的“{target}”，表里和库里都没有这个人"
    if not is_elder[target]:
        return f"{column} 里的“{target}”不是老人，roles 里没有 elder"
    return ""


async def _are_elders(session: AsyncSession, people: Collection[str]) -> dict[str, bool]:
    """Return who of these the village knows, and whether each is an elder."""
    found: dict[str, bool] = {}
    for ids in _chunks(sorted(people)):
        known = await session.scalars(select(Person.id).where(Person.id.in_(ids)))
        found.update(dict.fromkeys(known, False))
        elders = await session.scalars(
            select(PersonRole.person_id).where(
                PersonRole.person_id.in_(ids), PersonRole.role == Role.ELDER
            )
        )
        found.update(dict.fromkeys(elders, True))
    found.update(dict.fromkeys(await _gone(session, sorted(people)), True))
    return found


async def _gone(session: AsyncSession, people: Sequence[str]) -> set[str]:
    """Return who of these has gone; whoever was tied to them may still be said to be."""
    gone: set[str] = set()
    for ids in _chunks(people):
        gone |= await gone_among(session, ids)
    return gone


async def _openid_faults(
    session: AsyncSession, entries: Sequence[Entry], doubtful: Collection[str]
) -> list[Fault]:
    given = {entry.id: entry.openid for entry in entries if entry.openid}
    faults = []
    for chunk in _chunks(entries):
        owners = await _owners(session, chunk)
        for entry in chunk:
            owner = owners.get(entry.openid, entry.id)
            # whoever is handed another openid in the same roster gives this one up
            if owner != entry.id and owner not in given and owner not in doubtful:
                faults.append(Fault(entry.line, f"这个 openid 已经是“{owner}”的"))
    return faults


async def _owners(session: AsyncSession, entries: Iterable[Entry]) -> dict[str, str]:
    """Return whose each of the openids is, of those that are somebody's."""
    openids = [entry.openid for entry in entries if entry.openid]
    if not openids:
        return {}
    rows = await session.execute(
        select(Identity.address, Identity.person_id).where(
            Identity.channel == CHANNEL, Identity.address.in_(openids)
        )
    )
    return {row.address: row.person_id for row in rows}


@dataclass(frozen=True, slots=True)
class _Homes:
    """The numbers of villages, and of the groups in them, by name."""

    villages: dict[str, int]
    groups: dict[tuple[int, str], int]

    def of(self, entry: Entry) -> tuple[int, int | None]:
        village = self.villages[entry.village]
        return village, self.groups[village, entry.group] if entry.group else None


async def _find_homes(session: AsyncSession, entries: Sequence[Entry]) -> _Homes:
    """Find the homes of all, and make those that nobody has lived in before."""
    villages = await _villages(session)
    new = dict.fromkeys(entry.village for entry in entries if entry.village not in villages)
    if new:
        await insert_new(session, Village, ["name"], [{"name": name} for name in new])
        villages = await _villages(session)
    named = dict.fromkeys((villages[entry.village], entry.group) for entry in entries)
    return _Homes(villages, await _find_groups(session, named))


async def _villages(session: AsyncSession) -> dict[str, int]:
    rows = await session.execute(select(Village.name, Village.id))
    return {row.name: row.id for row in rows}


async def _find_groups(
    session: AsyncSession, named: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], int]:
    groups = await _groups(session)
    new = [
        {"village_id": village, "name": name}
        for village, name in named
        if name and (village, name) not in groups
    ]
    if not new:
        return groups
    await insert_new(session, Group, ["village_id", "name"], new)
    return await _groups(session)


async def _groups(session: AsyncSession) -> dict[tuple[int, str], int]:
    rows = await session.execute(select(Group.village_id, Group.name, Group.id))
    return {(village, name): number for village, name, number in rows}


class _Enrolment:
    """Compares the roster with the village chunk by chunk, and writes down the difference."""

    def __init__(self, session: AsyncSession, homes: _Homes, now: datetime) -> None:
        self._session = session
        self._homes = homes
        self._now = now
        self._added: set[str] = set()
        self._changed: set[str] = set()
        self._stirred: set[int] = set()

    async def keep_people(self, chunk: Sequence[Entry]) -> None:
        await self._keep_persons(chunk)
        await self._keep_roles(chunk)
        await self._keep_plans(chunk)
        await self._keep_identities(chunk)

    async def open_again(self) -> None:
        """Have the watch look again at villages where somebody new is to be waited for."""
        for villages in _chunks(sorted(self._stirred)):
            await self._session.execute(
                update(Village).where(Village.id.in_(villages)).values(opened_day=None)
            )

    def count(self, people: int) -> Enrolled:
        added, changed = len(self._added), len(self._changed - self._added)
        return Enrolled(added, changed, people - added - changed)

    async def _keep_persons(self, chunk: Sequence[Entry]) -> None:
        before = await self._persons_before(chunk)
        different = []
        for entry in chunk:
            row, was = self._person(entry, before.get(entry.id)), before.get(entry.id)
            if row != was:
                different.append(row)
                (self._changed if was else self._added).add(entry.id)
            if was and was["village_id"] != row["village_id"] and Role.ELDER in entry.roles:
                self._stirred.add(row["village_id"])
        marked = [{**row, "phone_mark": row["phone"]} for row in different]
        await _put(self._session, Person, ["id"], marked)

    async def _persons_before(self, chunk: Sequence[Entry]) -> dict[str, Row]:
        rows = await self._session.execute(select(*_PERSON).where(Person.id.in_(_ids(chunk))))
        return {row["id"]: dict(row) for row in rows.mappings()}

    def _person(self, entry: Entry, was: Row | None) -> Row:
        village, group = self._homes.of(entry)
        if was and "group" not in entry.stated and was["village_id"] == village:
            group = was["group_id"]
        row = {"id": entry.id, "name": entry.name, "village_id": village, "group_id": group}
        for word in _WORDS:
            row[word] = was[word] if was and word not in entry.stated else getattr(entry, word)
        return row

    async def _keep_roles(self, chunk: Sequence[Entry]) -> None:
        rows = await self._session.execute(
            select(PersonRole.person_id, PersonRole.role).where(
                PersonRole.person_id.in_(_ids(chunk))
            )
        )
        before = {(person, role) for person, role in rows}
        after = {(entry.id, role.value) for entry in chunk for role in entry.roles}
        await _replace(self._session, PersonRole, ["person_id", "role"], before, after)
        self._changed.update(person for person, _ in before ^ after)

    async def _keep_plans(self, chunk: Sequence[Entry]) -> None:
        before = await self._plans_before(chunk)
        different, gone = [], []
        for entry in chunk:
            was = before.get(entry.id)
            if Role.ELDER in entry.roles:
                row = _plan(entry, was)
                if row != was:
                    different.append(row)
                    self._stirred.add(self._homes.villages[entry.village])
            elif was:
                gone.append((entry.id,))
        await _put(self._session, Plan, ["elder_id", "slot"], different)
        await _drop(self._session, Plan, ["elder_id"], gone)
        self._changed.update(row["elder_id"] for row in different)

    async def _plans_before(self, chunk: Sequence[Entry]) -> dict[str, Row]:
        rows = await self._session.execute(
            select(*_PLAN).where(Plan.elder_id.in_(_ids(chunk)), Plan.slot == DAY)
        )
        return {row["elder_id"]: dict(row) for row in rows.mappings()}

    async def _keep_identities(self, chunk: Sequence[Entry]) -> None:
        owners = await _owners(self._session, chunk)
        moving = [e for e in chunk if e.openid and owners.get(e.openid) != e.id]
        rows = [
            {"channel": CHANNEL, "address": e.openid, "person_id": e.id, "paired_at": self._now}
            for e in moving
        ]
        await _put(self._session, Identity, ["channel", "address"], rows)
        self._changed.update(_ids(moving))

    async def keep_ties(self, chunk: Sequence[Entry]) -> None:
        """Tie these people to their elders, who may stand on later lines: keep all people first."""
        before = await self._ties_before(chunk)
        ended = await self._ended_ties(chunk)
        after = {
            (elder, entry.id, _KINDS[column].value)
            for entry, column, elder in _ties(chunk)
            if (elder, entry.id) not in ended
        }
        await _replace(self._session, Tie, ["elder_id", "person_id", "kind"], before, after)
        self._changed.update(person for _, person, _ in before ^ after)

    async def _ended_ties(self, chunk: Sequence[Entry]) -> set[tuple[str, str]]:
        """Return the ties of these people that an elder has ended: they are not brought back."""
        rows = await self._session.execute(
            select(EndedTie.elder_id, EndedTie.person_id).where(EndedTie.person_id.in_(_ids(chunk)))
        )
        return {(elder, person) for elder, person in rows}

    async def _ties_before(self, chunk: Sequence[Entry]) -> set[tuple[str, str, str]]:
        """Return the ties of these people, of the kinds that the roster speaks of."""
        stated = {entry.id: entry.stated for entry in chunk}
        rows = await self._session.execute(
            select(Tie.elder_id, Tie.person_id, Tie.kind).where(Tie.person_id.in_(list(stated)))
        )
        return {
            (elder, person, kind)
            for elder, person, kind in rows
            if _COLUMNS.get(kind) in stated[person]
        }


def _ids(entries: Iterable[Entry]) -> list[str]:
    return [entry.id for entry in entries]


def _plan(entry: Entry, was: Row | None) -> Row:
    row = {
        "elder_id": entry.id,
        "slot": DAY,
        "opens": entry.checkin_from,
        "closes": entry.checkin_by,
        "tier": entry.tier,
    }
    if was and "checkin_from" not in entry.stated:
        row |= {"opens": was["opens"], "closes": was["closes"]}
    if was and "tier" not in entry.stated:
        row["tier"] = was["tier"]
    return row


async def _put(
    session: AsyncSession, model: type[Base], key: Sequence[str], rows: Sequence[Row]
) -> None:
    """Insert the rows, and lay each over the one that has the same key."""
    if not rows:
        return
    dialect = session.get_bind().dialect.name
    into = sqlite.insert(model) if dialect == "sqlite" else postgresql.insert(model)
    laid_over = {column: into.excluded[column] for column in rows[0] if column not in key}
    await run_many(session, into.on_conflict_do_update(index_elements=key, set_=laid_over), rows)


async def _replace(
    session: AsyncSession,
    model: type[Base],
    columns: Sequence[str],
    before: Set[tuple[str, ...]],
    after: Set[tuple[str, ...]],
) -> None:
    await _drop(session, model, columns, sorted(before - after))
    new = [dict(zip(columns, row, strict=True)) for row in sorted(after - before)]
    await insert_new(session, model, columns, new)


async def _drop(
    session: AsyncSession,
    model: type[Base],
    columns: Sequence[str],
    rows: Iterable[tuple[str, ...]],
) -> None:
    """Delete the rows whose columns have these values."""
    statement = delete(model).where(*(getattr(model, name) == bindparam(name) for name in columns))
    await run_many(session, statement, [dict(zip(columns, row, strict=True)) for row in rows])


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
