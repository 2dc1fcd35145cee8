"""What it costs to ask who may: a lookup by name with the filter and without, in a county.

Leaders report for an elder of their group (代 王秀英 平安), each message answered at the desk.
Beside that the lookup is asked alone: as it is, and by name and group without asking who may. The
check-in of an elder asks for nobody, and passes no filter. Prints a table and, last, `authority
ratio: X`: what the filter adds to such a message, over the rest of it; at most 0.10.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import select

from benchmarks._county import CHANNEL, IN_A_GROUP, MORNING, elder, openid, settle
from benchmarks._report import conclude, table
from handlers.desk import Desk
from handlers.features import ROUTERS
from handlers.message import Kind, Message
from storage import authority, people
from storage.authority import Act
from storage.checkins import State
from storage.database import Database
from storage.people import Caller, Person
from storage.rules import Rules

ELDERS = 6_000
LEADERS = 100
ROUNDS = 3

Asked = tuple[Caller, str]
"""A leader, and the name of an elder of her group."""


async def _asked(database: Database) -> Sequence[Asked]:
    addresses = [(CHANNEL, openid(f"leader{number}")) for number in range(1, LEADERS + 1)]
    async with database.reading() as session:
        leaders = (await people.callers(session, addresses)).values()
        first = {one.id: elder((int(one.id[6:]) - 1) * IN_A_GROUP) for one in leaders}
        rows = await session.execute(
            select(Person.group_id, Person.name).where(Person.id.in_(first.values()))
        )
        names = {row.group_id: row.name for row in rows}
    return [(one, names[one.group_id]) for one in leaders if one.group_id in names]


async def _milliseconds(do: Callable[[], Awaitable[object]], count: int) -> float:
    began = time.perf_counter()
    await do()
    return (time.perf_counter() - began) * 1000 / count


async def _with_filter(database: Database, asked: Sequence[Asked]) -> None:
    async with database.reading() as session:
        for leader, name in asked:
            await authority.named(session, leader, Act.SPEAK_FOR, name)


async def _without(database: Database, asked: Sequence[Asked]) -> None:
    async with database.reading() as session:
        for leader, name in asked:
            hers = (Person.name == name, Person.group_id == leader.group_id)
            (await session.scalars(select(Person).where(*hers))).all()


async def _answer(desk: Desk, asked: Sequence[Asked], turn: int) -> None:
    messages = [
        Message(
            channel=CHANNEL,
            key=f"{turn}:{leader.id}",
            sender=leader.address[1],
            kind=Kind.TEXT,
            at=MORNING,
            text=f"代 {name} 平安",
        )
        for leader, name in asked
    ]
    replies = await asyncio.gather(*(desk.answer(message) for message in messages))
    if not all(reply and "平安" in reply.text for reply in replies):
        raise RuntimeError("a leader was not understood")


async def measure(path: Path) -> tuple[float, float, float]:
    """Return the median milliseconds of a whole message, of the lookup, and of the bare one."""
    database = Database(f"sqlite:///{path}")
    try:
        await settle(database, State.PENDING, MORNING.replace(hour=9), elders=ELDERS)
        asked = await _asked(database)
        desk = Desk(database, Rules(), ROUTERS)
        runs = [
            (
                await _milliseconds(partial(_answer, desk, asked, turn), len(asked)),
                await _milliseconds(partial(_with_filter, database, asked), len(asked)),
                await _milliseconds(partial(_without, database, asked), len(asked)),
            )
            for turn in range(ROUNDS)
        ]
        await desk.close()
    finally:
        await database.dispose()
    whole, lookup, bare = (statistics.median(one) for one in zip(*runs, strict=True))
    return whole, lookup, bare


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole, lookup, bare = asyncio.run(measure(Path(folder) / "county.sqlite3"))
    added = max(lookup - bare, 0.0)
    ratio = added / (whole - added)
    table(
        ("", "ms"),
        [("a whole message", whole), ("lookup with filter", lookup), ("by name and group", bare)],
    )
    figures = {"message_ms": round(whole, 3), "lookup_ms": round(lookup, 3), "mark": 0.10}
    conclude("authority", ratio, figures)


if __name__ == "__main__":
    main()
