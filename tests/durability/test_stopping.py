"""SIGTERM: what was begun is finished, what can be carried is carried, and the door is closed."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from storage import letters
from storage.database import Database
from storage.inbox import Handled
from storage.letters import Letter, NewLetter, Urgency
from tests.durability.serving import (
    ELDERS,
    MORNING,
    Street,
    answers,
    eventually,
    open_street,
    run,
    settle,
)

MESSAGES: tuple[str, ...] = ("1", "俺家老母鸡又下了俩蛋", "难受")


@pytest.fixture
async def street(empty_database_url: str, tmp_path: Path) -> AsyncIterator[Street]:
    async with settled_street(empty_database_url, tmp_path) as street:
        yield street


@pytest.fixture
async def sqlite_street(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Street]:
    async with settled_street(sqlite_url, tmp_path) as street:
        yield street


@asynccontextmanager
async def settled_street(url: str, folder: Path) -> AsyncIterator[Street]:
    async with open_street(url, folder, speed=10) as street:
        database = Database(url)
        await settle(database, street.platform, MORNING)
        await database.dispose()
        yield street


async def write_letters(url: str, now: datetime) -> None:
    """Write one alarm to every neighbour."""
    database = Database(url)
    async with database.writing() as session:
        new = [
            NewLetter(
                key=f"needs_word:{n}",
                kind="needs_word",
                urgency=Urgency.ALARM,
                recipient_id=f"n{n}",
                about_id=f"e{n}",
                detail={"need": "care"},
            )
            for n in range(ELDERS)
        ]
        await letters.write(session, new, now)
    await database.dispose()


async def states(url: str) -> Counter[str]:
    """Open the database as the next process would, and count letters by their state."""
    database = Database(url)
    async with database.reading() as session:
        found = Counter(await session.scalars(select(Letter.state)))
    await database.dispose()
    return found


async def test_it_answers_whom_it_has_heard_and_leaves_the_database_free(
    street: Street, empty_database_url: str
) -> None:
    server = await street.open()
    pushes = {
        (f"o-e{n}", number): street.push(f"o-e{n}", words, number)
        for n in range(ELDERS)
        for number, words in enumerate(MESSAGES)
    }
    deliveries = [asyncio.create_task(street.deliver(push)) for push in pushes.values()]
    await asyncio.wait(deliveries, return_when=asyncio.FIRST_COMPLETED)
    assert await server.terminate() == 0
    replies = dict(zip(pushes, await asyncio.gather(*deliveries), strict=True))
    database = Database(empty_database_url)
    async with database.reading() as session:
        kept = set(await session.scalars(select(Handled.key)))
    await database.dispose()
    answered = {f"{who}|{number}" for (who, number), reply in replies.items() if reply is not None}
    assert answered
    assert answered == kept


async def test_letters_under_way_are_carried_before_it_goes(
    sqlite_street: Street, sqlite_url: str
) -> None:
    street = sqlite_street
    await write_letters(sqlite_url, MORNING)
    street.platform.hang("message/custom/send")
    server = await street.open()
    await eventually(lambda: street.platform.calls("message/custom/send") > 0)
    ending = asyncio.create_task(server.terminate())
    await asyncio.sleep(0.5)
    street.platform.resume("message/custom/send")
    assert await ending == 0
    assert await states(sqlite_url) == {"sent": ELDERS}


async def test_letters_that_cannot_be_carried_do_not_keep_it_for_ever(
    sqlite_street: Street, sqlite_url: str
) -> None:
    street = sqlite_street
    await write_letters(sqlite_url, MORNING)
    street.platform.hang("message/custom/send")
    server = await street.open(SHOUWANG_WECHAT__TIMEOUT_SECONDS="30")
    await eventually(lambda: street.platform.calls("message/custom/send") > 0)
    began = time.monotonic()
    assert await server.terminate() == 0
    assert time.monotonic() - began < 16
    assert await states(sqlite_url) == {"sending": ELDERS}, "none is lost: their lease runs out"


async def test_a_second_house_on_the_same_file_says_why_it_cannot_open(
    sqlite_street: Street, tmp_path: Path
) -> None:
    first = await sqlite_street.open()
    beside = tmp_path / "beside"
    beside.mkdir()
    second = await run(["serve", "--config", tmp_path / "config.toml"], beside)
    assert await second.ended() == 1
    (sentence,) = second.log.splitlines()
    assert "is in use by another Shouwang" in sentence
    assert await answers(f"{sqlite_street.url}/healthz"), "the first goes on"
    await first.kill()
