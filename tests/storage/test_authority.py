"""Who stands in no group answers for none, and for nobody else who stands in none."""

from sqlalchemy import select

from storage import authority
from storage.authority import Act
from storage.database import Database
from storage.people import Caller, Person, PersonRole, Role
from storage.villages import Village


def leader(group: int | None) -> Caller:
    roles = frozenset({Role.LEADER})
    return Caller("li", "李大山", "male", 1, group, roles, ("wechat", "o-li"), reachable=True)


async def test_a_leader_without_a_group_leads_nobody(database: Database) -> None:
    async with database.writing() as session:
        session.add(Village(id=1, name="村"))
        await session.flush()
        session.add_all(
            Person(id=one, name=name, village_id=1)
            for one, name in (("li", "李大山"), ("wang", "王秀英"))
        )
        await session.flush()
        session.add(PersonRole(person_id="wang", role=Role.ELDER))
    async with database.reading() as session:
        lost = leader(None)
        assert not await authority.allows(session, lost, Act.LOOK, "wang")
        assert not await authority.to_anybody(session, lost, Act.LOOK)
        assert await authority.named(session, lost, Act.LOOK, "王秀英") == []
        seen = select(Person.id).where(authority.may(lost, Act.LOOK))
        assert (await session.scalars(seen)).all() == []
