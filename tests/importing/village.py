"""石桥村 as its coordinator writes it down, and ways to look at what became of it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Table, select

from storage.checkins import Plan
from storage.database import Base, Database
from storage.people import Identity, Person, PersonRole, Role, Tie
from storage.roster import Enrolled, Entry, enrol
from storage.villages import Group, Village

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)

HEADER = (
    "id,name,gender,born,phone,village,group,roles,openid,"
    "checkin_from,checkin_by,tier,family_of,neighbour_of,skills"
)
WANG = "E1,王秀英,女,1941-03-05,13800000001,石桥村,一组,elder,owang,6:00,8:30,1,,,"
ZHANG = "E2,张有田,男,1955,13800000002,石桥村,一组,elder;volunteer,ozhang,,,,,E1,编筐"
LI_MEI = "F1,李梅,f,1968,138-0000 0003,石桥村,,family,olimei,,,,E1,,"
CHEN = "C1,陈支书,male,,,石桥村,,leader;coordinator,ochen,,,,,,"
VILLAGE = "\n".join([HEADER, WANG, ZHANG, LI_MEI, CHEN, ""])

ELDER = frozenset({Role.ELDER})

KEPT: Sequence[type[Base]] = (Village, Group, Person, PersonRole, Tie, Identity, Plan)


def elder(id_: str, **fields: Any) -> Entry:
    usual = {"line": 2, "name": "王秀英", "village": "石桥村", "roles": ELDER}
    whole: dict[str, Any] = usual | fields
    return Entry(id=id_, **whole)


async def enrol_all(database: Database, *entries: Entry, now: datetime = NOW) -> Enrolled:
    async with database.writing() as session:
        return await enrol(session, entries, now)


async def rows_of(database: Database, model: type[Base], *columns: str) -> set[tuple[Any, ...]]:
    table = model.__table__
    assert isinstance(table, Table)
    chosen = [table.c[name] for name in columns] or list(table.columns)
    async with database.reading() as session:
        return {tuple(row) for row in await session.execute(select(*chosen))}


async def everything(database: Database) -> dict[str, set[tuple[Any, ...]]]:
    return {model.__tablename__: await rows_of(database, model) for model in KEPT}
