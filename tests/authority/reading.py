"""The domain read in plain words: who may do what to whom, without a line of SQL.

It is written from sections 1 and 8 of the domain, and not from the table that it is to check.
"""

from collections.abc import Callable, Mapping

from storage.authority import Act
from storage.people import Role, TieKind
from tests.authority.worlds import Somebody, World

_Says = Callable[[World, Somebody, Somebody], bool]
"""Whether the first, in a world, may do it to the second."""


def to_whom(world: World, actor: Somebody, act: Act) -> set[str]:
    """Return the ids of those to whom somebody may do this."""
    allowed = _ALLOWED[act]
    return {one.id for one in world.people if allowed(world, actor, one)}


def is_tied(world: World, actor: Somebody, elder: Somebody) -> bool:
    return any((elder.id, actor.id, kind) in world.ties for kind in TieKind)


def _is_her_family(world: World, actor: Somebody, elder: Somebody) -> bool:
    house = (TieKind.FAMILY, TieKind.GUARDIAN)
    return any((elder.id, actor.id, kind) in world.ties for kind in house)


def answers_for(actor: Somebody, other: Somebody) -> bool:
    """A leader answers for her own group, a coordinator for her own village."""
    if Role.COORDINATOR in actor.roles and actor.village == other.village:
        return True
    return Role.LEADER in actor.roles and actor.group is not None and actor.group == other.group


def stands_in(world: World, actor: Somebody, other: Somebody) -> bool:
    return any(
        answers_for(world.one(away.person), other)
        for away in world.away
        if away.stand_in == actor.id and not away.is_over
    )


def _is_elder(one: Somebody) -> bool:
    return Role.ELDER in one.roles


def _has_office(one: Somebody) -> bool:
    return Role.LEADER in one.roles or Role.COORDINATOR in one.roles


def _speaks_for(world: World, actor: Somebody, other: Somebody) -> bool:
    near = is_tied(world, actor, other) or stands_in(world, actor, other)
    return _is_elder(other) and (near or answers_for(actor, other))


def _sees(world: World, actor: Somebody, other: Somebody) -> bool:
    return _is_elder(other) and (_is_her_family(world, actor, other) or answers_for(actor, other))


def _goes_to(world: World, actor: Somebody, other: Somebody) -> bool:
    return _is_elder(other) and (answers_for(actor, other) or stands_in(world, actor, other))


def _serves(_world: World, actor: Somebody, other: Somebody) -> bool:
    return answers_for(actor, other)


def _serves_elder(_world: World, actor: Somebody, other: Somebody) -> bool:
    return _is_elder(other) and answers_for(actor, other)


def _drills(_world: World, actor: Somebody, other: Somebody) -> bool:
    here = Role.COORDINATOR in actor.roles and actor.village == other.village
    return _is_elder(other) and (here or Role.SUPERVISOR in actor.roles)


def _sees_in_need(world: World, actor: Somebody, other: Somebody) -> bool:
    return actor.village == other.village or is_tied(world, actor, other)


def _appoints(_world: World, actor: Somebody, other: Somebody) -> bool:
    return _has_office(actor) and actor.village == other.village


def _assigns(_world: World, actor: Somebody, other: Somebody) -> bool:
    return _appoints(_world, actor, other) and Role.VOLUNTEER in other.roles


def _vouches(_world: World, actor: Somebody, other: Somebody) -> bool:
    return answers_for(actor, other) and Role.VOLUNTEER in other.roles


def _keeps_off(_world: World, actor: Somebody, other: Somebody) -> bool:
    here = actor.village == other.village
    return here and Role.ELDER in actor.roles and Role.VOLUNTEER in other.roles


def _stays_away(world: World, actor: Somebody, other: Somebody) -> bool:
    return _keeps_off(world, other, actor)


def _gives(_world: World, actor: Somebody, other: Somebody) -> bool:
    return actor.village == other.village


def _is_kin(world: World, actor: Somebody, other: Somebody) -> bool:
    return _is_her_family(world, actor, other) or _is_her_family(world, other, actor)


_ALLOWED: Mapping[Act, _Says] = {
    Act.SPEAK_FOR: _speaks_for,
    Act.LOOK: _sees,
    Act.LOOK_CLOSER: _serves_elder,
    Act.GO_TO: _goes_to,
    Act.ARRANGE: _serves_elder,
    Act.FILL_SHEET: _serves_elder,
    Act.SET_HOURS: _serves_elder,
    Act.PAIR: _serves,
    Act.DRILL: _drills,
    Act.SPEAK_OF: _sees_in_need,
    Act.APPOINT: _appoints,
    Act.ASSIGN: _assigns,
    Act.KNOW_SKILLS: _appoints,
    Act.VOUCH: _vouches,
    Act.NAME: _appoints,
    Act.LET_GO: _serves,
    Act.KEEP_OFF: _keeps_off,
    Act.STAY_AWAY: _stays_away,
    Act.GIVE: _gives,
    Act.GIVE_KIN: _is_kin,
}
ACTS = tuple(_ALLOWED)


def _stands_in_where_she_lives(world: World, reader: Somebody, other: Somebody) -> bool:
    return any(
        world.one(away.person).village == other.village
        for away in world.away
        if away.stand_in == reader.id and not away.is_over
    )


def may_hear_of(world: World, reader: Somebody, other: Somebody) -> bool:
    """Tell whether a letter to somebody may name another.

    Those who serve a village are known in it, and so are its volunteers. Of an elder hears who
    stands around her, the leaders of her village as deputies, who stands in for one of them, its
    doctor, and the supervisor.
    """
    if other.id == reader.id or Role.SUPERVISOR in reader.roles:
        return True
    here = reader.village == other.village
    if other.roles & {Role.LEADER, Role.COORDINATOR, Role.DOCTOR, Role.SUPERVISOR}:
        return True
    if here and reader.roles & {Role.LEADER, Role.COORDINATOR, Role.DOCTOR}:
        return True
    if here and Role.VOLUNTEER in reader.roles and other.id in world.calls:
        return True  # from the moment that he goes there
    if _is_elder(other):
        near = _speaks_for(world, reader, other) or _is_kin(world, reader, other)
        return near or _stands_in_where_she_lives(world, reader, other)
    return here or any(_speaks_for(world, reader, one) for one in world.people)
