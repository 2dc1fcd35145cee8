"""Who may do what, and to whom: every question about another person goes through here.

`may` turns an actor and an act into a condition on a Person. What is not written into the table
below nobody may do, and whoever is outside the condition is answered like somebody who is not
there at all.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from storage import consents
from storage.absences import stood_in_for
from storage.consents import Purpose
from storage.departures import has_gone
from storage.people import (
    KIN,
    OFFICES,
    Caller,
    Person,
    PersonRole,
    Role,
    Tie,
    Villager,
    is_a,
    is_of_family,
)


class Act(StrEnum):
    """What somebody does to, or asks about, another person."""

    SPEAK_FOR = "speak_for"
    """Report for an elder, excuse her, ask for help for her."""
    LOOK = "look"
    """See how an elder stands today."""
    LOOK_CLOSER = "look_closer"
    """Hear besides when and how she was heard, her usual hour, and how it ended before."""
    GO_TO = "go_to"
    """Look after an incident about her, without having been called for it."""
    ARRANGE = "arrange"
    """See and decide what becomes of her calls."""
    DECIDE = "decide"
    """Say whether a call may go out: the supervisor too, where nobody else is left."""
    FILL_SHEET = "fill_sheet"
    """Bring in the paper sheet of a group."""
    SET_HOURS = "set_hours"
    PAIR = "pair"
    """Hand out the code that makes a phone hers."""
    ENROL = "enrol"
    NAME = "name"
    """Name somebody as kin or neighbour of one who enrols, or as an heir."""
    LET_GO = "let_go"
    """Say that somebody has left, moved away or died, or has come back."""
    DRILL = "drill"
    SPEAK_OF = "speak_of"
    """Say that somebody is in need. Whoever sees an accident may call for help."""
    APPOINT = "appoint"
    """Name somebody as a deputy, hand a shift over to him, put him on duty."""
    ASSIGN = "assign"
    """Choose a volunteer for a call."""
    VOUCH = "vouch"
    """See and note the papers of a volunteer."""
    KNOW_SKILLS = "know_skills"
    """Look somebody up in the registry of talents (人才信息库)."""
    KEEP_OFF = "keep_off"
    """Be an elder, and not want a volunteer to come."""
    STAY_AWAY = "stay_away"
    """Be a volunteer, and not want to go to an elder."""
    GIVE = "give"
    """Give hours to anybody of the village."""
    GIVE_KIN = "give_kin"
    """Give hours to relatives."""
    SEE_ROTA = "see_rota"
    SET_ROTA = "set_rota"
    READ_DIGEST = "read_digest"
    TEACH = "teach"
    """Tell us of words that we did not understand."""
    TIE_VILLAGES = "tie_villages"
    SEE_WHAT_IS_OWED = "see_what_is_owed"


@dataclass(frozen=True, slots=True)
class _Actor:
    """Who asks: what he is, and where a statement is given the rest of him."""

    roles: Collection[Role]
    id: ColumnElement[str]
    village_id: ColumnElement[int]
    group_id: ColumnElement[int]


_Circle = Callable[[_Actor], ColumnElement[bool]]


def _led(actor: _Actor) -> ColumnElement[bool]:
    return Person.group_id == actor.group_id if Role.LEADER in actor.roles else false()


def _coordinated(actor: _Actor) -> ColumnElement[bool]:
    return _village(actor) if Role.COORDINATOR in actor.roles else false()


def _village(actor: _Actor) -> ColumnElement[bool]:
    return Person.village_id == actor.village_id


def _everywhere(actor: _Actor) -> ColumnElement[bool]:
    return true() if Role.SUPERVISOR in actor.roles else false()


def _tied(actor: _Actor) -> ColumnElement[bool]:
    return Person.id.in_(select(Tie.elder_id).where(Tie.person_id == actor.id))


def _family(actor: _Actor) -> ColumnElement[bool]:
    """Families see their own, unless she has said no; a neighbour no more than any other."""
    ties = select(Tie.elder_id).where(Tie.person_id == actor.id, is_seen_by_family())
    return Person.id.in_(ties)


def _kin(actor: _Actor) -> ColumnElement[bool]:
    return kin_of(actor.id)


def _stood_in_for(actor: _Actor) -> ColumnElement[bool]:
    """Be true of those whom somebody looks after who is away, and for whom this one stands in."""
    absent = aliased(Person)

    def where_they_are(role: Role, place: InstrumentedAttribute[Any]) -> Select[Any]:
        theirs = select(place).join(PersonRole, PersonRole.person_id == absent.id)
        return theirs.where(absent.id.in_(stood_in_for(actor.id)), PersonRole.role == role)

    return or_(
        Person.group_id.in_(where_they_are(Role.LEADER, absent.group_id)),
        Person.village_id.in_(where_they_are(Role.COORDINATOR, absent.village_id)),
    )


def is_seen_by_family() -> ColumnElement[bool]:
    """Be true of a tie to an elder who has not said that her family may not see her."""
    return is_of_family() & consents.given(Tie.elder_id, Purpose.FAMILY)


def kin_of(person: str | ColumnElement[str]) -> ColumnElement[bool]:
    """Be true of those the village knows as somebody's family, whichever of them is the elder."""
    hers = select(Tie.person_id).where(Tie.elder_id == person, is_of_family())
    theirs = select(Tie.elder_id).where(Tie.person_id == person, is_of_family())
    return or_(Person.id.in_(hers), Person.id.in_(theirs))


async def is_of_household(session: AsyncSession, person: str, others: Collection[str]) -> bool:
    """Tell whether a matter of these people is his own household's: he is one of them, or kin.

    Nobody attests, confirms, approves or judges there.
    """
    if person in others:
        return True
    his = select(Person.id).where(kin_of(person), Person.id.in_(others)).limit(1)
    return await session.scalar(his) is not None


async def households(session: AsyncSession, people: Collection[str]) -> set[str]:
    """Return these people and their kin: those who may not decide in a matter of theirs."""
    rows = await session.execute(
        select(Tie.elder_id, Tie.person_id).where(
            is_of_family(),
            or_(Tie.elder_id.in_(people), Tie.person_id.in_(people)),
        )
    )
    return {*people, *(one for tie in rows for one in tie)}


@dataclass(frozen=True, slots=True)
class _Right:
    """To whom an act may be done, what they must be for it, and by which roles at all."""

    circles: tuple[_Circle, ...] = ()
    of: Role | None = None
    roles: frozenset[Role] | None = None
    """None where a tie is enough, as it is for a neighbour."""

    def is_open_to(self, roles: Collection[Role]) -> bool:
        return self.roles is None or not self.roles.isdisjoint(roles)


_SERVED = (_led, _coordinated)

_RIGHTS: Mapping[Act, _Right] = {
    Act.SPEAK_FOR: _Right((_tied, *_SERVED, _stood_in_for), of=Role.ELDER),
    Act.LOOK: _Right((_family, *_SERVED), of=Role.ELDER),
    Act.LOOK_CLOSER: _Right(_SERVED, of=Role.ELDER),
    Act.GO_TO: _Right((*_SERVED, _stood_in_for), of=Role.ELDER),
    Act.ARRANGE: _Right(_SERVED, of=Role.ELDER, roles=OFFICES),
    Act.DECIDE: _Right(roles=OFFICES | {Role.SUPERVISOR}),
    Act.FILL_SHEET: _Right(_SERVED, of=Role.ELDER, roles=OFFICES),
    Act.SET_HOURS: _Right(_SERVED, of=Role.ELDER, roles=OFFICES),
    Act.PAIR: _Right(_SERVED, roles=OFFICES),
    Act.ENROL: _Right(roles=OFFICES),
    Act.NAME: _Right((_village,), roles=OFFICES),
    Act.LET_GO: _Right(_SERVED, roles=OFFICES),
    Act.DRILL: _Right(
        (_coordinated, _everywhere),
        of=Role.ELDER,
        roles=frozenset({Role.COORDINATOR, Role.SUPERVISOR}),
    ),
    Act.SPEAK_OF: _Right((_village, _tied)),
    Act.APPOINT: _Right((_village,), roles=OFFICES),
    Act.ASSIGN: _Right((_village,), of=Role.VOLUNTEER, roles=OFFICES),
    Act.VOUCH: _Right(_SERVED, of=Role.VOLUNTEER, roles=OFFICES),
    Act.KNOW_SKILLS: _Right((_village,), roles=OFFICES),
    Act.KEEP_OFF: _Right((_village,), of=Role.VOLUNTEER, roles=frozenset({Role.ELDER})),
    Act.STAY_AWAY: _Right((_village,), of=Role.ELDER, roles=frozenset({Role.VOLUNTEER})),
    Act.GIVE: _Right((_village,)),
    Act.GIVE_KIN: _Right((_kin,)),
    Act.SEE_ROTA: _Right(roles=OFFICES | {Role.SUPERVISOR}),
    Act.SET_ROTA: _Right(roles=frozenset({Role.COORDINATOR})),
    Act.READ_DIGEST: _Right(roles=frozenset({Role.COORDINATOR, Role.SUPERVISOR})),
    Act.TEACH: _Right(roles=OFFICES | {Role.DOCTOR}),
    Act.TIE_VILLAGES: _Right(roles=frozenset({Role.COORDINATOR})),
    Act.SEE_WHAT_IS_OWED: _Right(roles=frozenset({Role.COORDINATOR})),
}


def does(actor: Caller, act: Act) -> bool:
    """Tell whether somebody may do this at all, to whomsoever."""
    right = _RIGHTS.get(act)
    return right is not None and right.is_open_to(actor.roles)


@lru_cache(maxsize=1_024)  # to build it costs more than to ask it
def may(actor: Caller, act: Act) -> ColumnElement[bool]:
    """Return what holds of the people to whom somebody may do this; of nobody by default."""
    known = _Actor(
        actor.roles,
        bindparam(None, actor.id),
        bindparam(None, actor.village_id),
        bindparam(None, actor.group_id),
    )
    return _holds(known, act)


def _holds(actor: _Actor, act: Act) -> ColumnElement[bool]:
    right = _RIGHTS.get(act)
    if right is None or not right.is_open_to(actor.roles):
        return false()
    anybody = or_(false(), *(circle(actor) for circle in right.circles))
    return and_(anybody, is_a(right.of)) if right.of else anybody


def _whom(roles: Collection[Role], act: Act) -> ColumnElement[bool]:
    """Return what holds of them, whoever of these roles it is: he comes with the question.

    To build a statement costs ten times what asking it does; so each is built once.
    """
    somebody = _Actor(roles, bindparam("my_id"), bindparam("my_village"), bindparam("my_group"))
    return _holds(somebody, act)


def _facts(actor: Caller) -> dict[str, Any]:
    """Return who it is, for a statement that was built for whoever is of his roles."""
    return {"my_id": actor.id, "my_village": actor.village_id, "my_group": actor.group_id}


async def allows(session: AsyncSession, actor: Caller, act: Act, person: str) -> bool:
    """Tell whether somebody may do this to a person; False also where there is none."""
    asked = {**_facts(actor), "wanted": person}
    return await session.scalar(_one(actor.roles, act), asked) is not None


@lru_cache
def _one(roles: frozenset[Role], act: Act) -> Select[str]:
    return select(Person.id).where(Person.id == bindparam("wanted"), _whom(roles, act))


async def to_anybody(session: AsyncSession, actor: Caller, act: Act) -> bool:
    return await session.scalar(_to_anybody(actor.roles, act), _facts(actor)) is not None


@lru_cache
def _to_anybody(roles: frozenset[Role], act: Act) -> Select[str]:
    return select(Person.id).where(_whom(roles, act)).limit(1)


async def named(session: AsyncSession, actor: Caller, act: Act, name: str) -> Sequence[Person]:
    """Return everybody of this name to whom somebody may do this, in a fixed order."""
    return await _of_this_name(session, actor, act, name, is_gone=False)


async def gone(session: AsyncSession, actor: Caller, act: Act, name: str) -> Person | None:
    """Return the one person of this name who has left, moved away or died, else None."""
    people = await _of_this_name(session, actor, act, name, is_gone=True)
    return people[0] if len(people) == 1 else None


async def _of_this_name(
    session: AsyncSession, actor: Caller, act: Act, name: str, *, is_gone: bool
) -> Sequence[Person]:
    asked = {**_facts(actor), "wanted": name}
    return (await session.scalars(_named(actor.roles, act, is_gone=is_gone), asked)).all()


@lru_cache
def _named(roles: frozenset[Role], act: Act, *, is_gone: bool) -> Select[Person]:
    found = select(Person).where(Person.name == bindparam("wanted"), _whom(roles, act))
    where_she_is = has_gone(Person.id) if is_gone else ~has_gone(Person.id)
    return found.where(where_she_is).order_by(Person.id)


async def others(session: AsyncSession, actor: Caller, act: Act) -> Sequence[Villager]:
    """Return all but himself to whom somebody may do this, and how near they are to him."""
    ties: dict[str, set[str]] = {}
    for person, kind in await session.execute(
        select(Tie.elder_id, Tie.kind).where(Tie.person_id == actor.id)
    ):
        ties.setdefault(person, set()).add(kind)
    rows = await session.execute(_others(actor.roles, act), _facts(actor))
    return [
        Villager(
            person,
            name,
            gender,
            elder,
            person in ties,
            not ties.get(person, set()).isdisjoint(KIN),
            group is not None and group == actor.group_id,
        )
        for person, name, gender, group, elder in rows
    ]


@lru_cache
def _others(roles: frozenset[Role], act: Act) -> Select[*tuple[Any, ...]]:
    others = select(Person.id, Person.name, Person.gender, Person.group_id, is_a(Role.ELDER))
    hers = Person.id != bindparam("my_id"), _whom(roles, act), ~has_gone(Person.id)
    return others.where(*hers).order_by(Person.id)
