"""What an address may still be sent is counted once for each message."""

from collections.abc import Sequence
from datetime import timedelta

from storage import windows
from storage.database import Database
from storage.windows import EVENT, MESSAGE, Address, Opened
from tests.village import MONDAY

DAUGHTER: Address = ("wechat", "o-daughter")
SON: Address = ("wechat", "o-son")
LEADER: Address = ("simulator", "o-son")
"""Of the son's name, on another channel."""


async def left(database: Database, addresses: Sequence[Address]) -> dict[tuple[Address, str], int]:
    async with database.writing() as session:
        found, _ = await windows.left(session, addresses, MONDAY)
    return {(address, one.kind): one.sends for address, open_ in found.items() for one in open_}


async def test_each_window_loses_what_was_sent_through_it(database: Database) -> None:
    later = MONDAY + timedelta(hours=1)
    opened = [
        Opened(*DAUGHTER, MESSAGE, later, 5),
        Opened(*DAUGHTER, EVENT, later, 3),
        Opened(*SON, MESSAGE, later, 5),
        Opened(*LEADER, MESSAGE, later, 5),
    ]
    async with database.writing() as session:
        await windows.open_windows(session, opened)
        twice = (*DAUGHTER, MESSAGE)
        await windows.count(session, [twice, (*SON, MESSAGE), twice, (*DAUGHTER, EVENT)])
    assert await left(database, [DAUGHTER, SON, LEADER]) == {
        (DAUGHTER, MESSAGE): 3,
        (DAUGHTER, EVENT): 2,
        (SON, MESSAGE): 4,
        (LEADER, MESSAGE): 5,
    }
