"""Who lives here, in the tests of single rooms: everybody in one courtyard, each with a phone."""

from storage.people import Role
from storage.roster import Entry


def settler(person: str, name: str, role: Role) -> Entry:
    return Entry(
        line=2,
        id=person,
        name=name,
        gender="female",
        village="李家沟",
        group="柿树院",
        roles=frozenset({role}),
        openid=f"o-{person}",
    )
