"""More of a family than the standing cast has: they join the village of a story."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from storage import windows
from storage.people import Identity, Person, PersonRole, Role, Tie, TieKind
from storage.windows import Opened
from tests.village import Village

ON_WECHAT = pytest.mark.parametrize(
    "home", [("sqlite_url", "wechat")], indirect=True, ids=["wechat"]
)
ON_ONE = pytest.mark.parametrize(
    "home", [("sqlite_url", "simulator")], indirect=True, ids=["simulator"]
)
"""For what is the same on every channel and database."""


async def joins(
    village: Village,
    person: str,
    name: str,
    gender: str,
    *elders: str,
    role: Role = Role.FAMILY,
    wrote_hours_ago: int = 8,
) -> None:
    """Let somebody with a phone be of the family of these elders; he wrote a while ago."""
    now = village.clock.now()
    async with village.database.writing() as session:
        home = await session.scalar(select(Person).where(Person.id == "wang"))
        assert home is not None
        session.add(
            Person(
                id=person,
                name=name,
                gender=gender,
                village_id=home.village_id,
                group_id=home.group_id,
            )
        )
        await session.flush()
        session.add(PersonRole(person_id=person, role=role))
        session.add(
            Identity(channel=village.channel, address=person, person_id=person, paired_at=now)
        )
        session.add_all(
            Tie(elder_id=elder, person_id=person, kind=TieKind.FAMILY) for elder in elders
        )
        closes = now + timedelta(hours=48 - wrote_hours_ago)
        opened = Opened(village.channel, person, windows.MESSAGE, closes, 5)
        await windows.open_windows(session, [opened])
    village.platform.wrote_earlier(person, now - timedelta(hours=wrote_hours_ago))


async def is_family_of(village: Village, person: str, elder: str) -> None:
    async with village.database.writing() as session:
        session.add(Tie(elder_id=elder, person_id=person, kind=TieKind.FAMILY))
