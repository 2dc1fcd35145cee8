"""kill -9, again and again: nothing acknowledged is lost, nothing happens twice, nobody waits."""

import asyncio
import random
import re
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from bot.simulator.platform import SignedPush, Watch
from schedules.delivery import REPEATED
from schedules.expecting import open_the_day, wait_for_elders
from storage import incidents
from storage.checkins import Expectation, SignOfLife
from storage.database import Database
from storage.inbox import Handled
from storage.incidents import ALARM, CLEAR, Incident, Result
from storage.letters import GONE_OUT, Letter
from storage.rules import Rules, WatchRules
from tests.durability.serving import ELDERS, MORNING, Process, Street, open_street, settle

SENTENCES = ("1", "俺家老母鸡又下了俩蛋", "难受", "帮忙")
KILLS = 5


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        await database.dispose()


# --- while messages arrive


class Stream:
    """What elders say, each one thing after another, and what they were told."""

    def __init__(self, street: Street, moments: random.Random) -> None:
        self._street = street
        self._moments = moments
        self._enough = asyncio.Event()
        self._enough_at = 0
        self.waiting: dict[tuple[str, int], SignedPush] = {}
        self.said: dict[tuple[str, int], SignedPush] = {}
        self.acknowledged: dict[tuple[str, int], str] = {}

    async def flow_until_killed(self, server: Process, first_number: int) -> None:
        """Let all speak at once, and kill the server after so many acknowledged messages."""
        self._say(first_number)
        self._enough_at = len(self.acknowledged) + self._moments.randint(5, 2 * ELDERS)
        self._enough.clear()
        elders = [asyncio.create_task(self._speak(f"o-e{n}")) for n in range(ELDERS)]
        await self._enough.wait()
        await server.kill()
        await asyncio.gather(*elders)

    def _say(self, first_number: int) -> None:
        for n in range(ELDERS):
            for number, words in enumerate(SENTENCES, first_number):
                push = self._street.push(f"o-e{n}", words, number)
                self.waiting[f"o-e{n}", number] = self.said[f"o-e{n}", number] = push

    async def _speak(self, openid: str) -> None:
        for key in [key for key in self.waiting if key[0] == openid]:
            reply = await self._street.deliver(self.waiting[key])
            if reply is not None:
                self.acknowledged[key] = reply
                del self.waiting[key]
            if len(self.acknowledged) >= self._enough_at:
                self._enough.set()

    async def redeliver(self) -> None:
        await asyncio.gather(*(self._speak(f"o-e{n}") for n in range(ELDERS)))

    async def say_all_again(self) -> dict[tuple[str, int], str | None]:
        keys = list(self.said)
        replies = await asyncio.gather(*(self._street.deliver(self.said[key]) for key in keys))
        return dict(zip(keys, replies, strict=True))


@pytest.mark.timeout(180)
async def test_no_acknowledged_message_is_lost_and_none_counts_twice(
    empty_database_url: str, tmp_path: Path
) -> None:
    async with open_street(empty_database_url, tmp_path) as street:
        async with opened(empty_database_url) as database:
            await settle(database, street.platform, MORNING)
            await open_the_day(database, MORNING, Rules())
        stream = Stream(street, random.Random(20261123))  # noqa: S311 - seeded moments
        for round_ in range(KILLS):
            server = await street.open()
            await stream.flow_until_killed(server, round_ * len(SENTENCES))
        server = await street.open()
        await stream.redeliver()
        assert stream.waiting == {}
        assert await stream.say_all_again() == stream.acknowledged
        assert await server.terminate() == 0
    async with opened(empty_database_url) as database:
        await _each_message_left_one_sign(database)


async def _each_message_left_one_sign(database: Database) -> None:
    said = KILLS * len(SENTENCES)
    async with database.reading() as session:
        signs = await session.execute(
            select(SignOfLife.elder_id, func.count()).group_by(SignOfLife.elder_id)
        )
        assert dict(signs.all()) == {f"e{n}": said for n in range(ELDERS)}
        keys = await session.scalars(select(Handled.key).where(Handled.reply.is_not(None)))
        assert Counter(key.split("|")[0] for key in keys) == {
            f"o-e{n}": said for n in range(ELDERS)
        }
        states = await session.scalars(select(Expectation.state))
        assert set(states) == {"met"}
        asked = await session.scalars(select(Letter.detail).where(Letter.kind == "needs_word"))
        care = [detail for detail in asked if detail and detail["need"] == "care"]
        assert len(care) == KILLS * ELDERS


# --- while letters are delivered


def heard_about(street: Street, openid: str, elder: str) -> list[str]:
    """Return what a phone heard about an elder, oldest first."""
    return [words for words in street.platform.phone(openid).heard if elder in _words(words)]


def _words(heard: str) -> set[str]:
    """Take a bubble apart: 王秀1 is not 王秀12."""
    return set(re.findall(r"王秀\d+", heard))


async def _kill_after(street: Street, letters: int) -> None:
    """Start the server, and kill it as soon as so many more letters reached their phones."""
    with street.platform.watch() as watch:
        server = await street.open()
        for _ in range(letters):
            if not await _another(watch, seconds=20):
                break
        await server.kill()


async def _another(watch: Watch, *, seconds: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(anext(watch), seconds)
        return True
    return False


async def _deliver_all(street: Street, url: str) -> None:
    """Let the server live until no letter is left."""
    server = await street.open()
    for _ in range(300):
        if not await _letters_left(url):
            break
        await asyncio.sleep(0.2)
    assert await server.terminate() == 0


async def _letters_left(url: str) -> int:
    """Look past the server: on SQLite it has the file, and a second house would be refused."""
    left = "SELECT count(*) FROM letters WHERE state IN ('queued', 'sending')"
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(f"file:{make_url(url).database}?mode=ro", uri=True)) as file:
            number: int = file.execute(left).fetchone()[0]
            return number
    connection = await asyncpg.connect(url)
    number = await connection.fetchval(left)
    await connection.close()
    return number


@pytest.mark.timeout(180)
async def test_every_alarm_and_every_all_clear_arrives_and_a_repeat_says_so(
    empty_database_url: str, tmp_path: Path
) -> None:
    late = MORNING + timedelta(hours=3, minutes=31)
    async with open_street(empty_database_url, tmp_path, start=late) as street:
        async with opened(empty_database_url) as database:
            await settle(database, street.platform, MORNING)
            await _let_all_be_missed(database)
        moments = random.Random(20261123)  # noqa: S311 - seeded moments
        for _ in range(2):
            await _kill_after(street, moments.randint(1, 12))
        await _deliver_all(street, empty_database_url)
        async with opened(empty_database_url) as database:
            await _every_call_arrived(database, street)
            await _look_after_everybody(database, street)
        await _kill_after(street, moments.randint(1, 12))
        await _deliver_all(street, empty_database_url)
        async with opened(empty_database_url) as database:
            await _every_all_clear_arrived(database, street)


async def _let_all_be_missed(database: Database) -> None:
    """Call for each by herself: no village is ever taken to be silent as one."""
    rules = Rules(watch=WatchRules(village_false_years=0))
    await open_the_day(database, MORNING, rules)
    for minutes in (150, 180, 211):
        await wait_for_elders(database, MORNING + timedelta(minutes=minutes), rules)
    async with database.writing() as session:
        for letter in await session.scalars(select(Letter).where(Letter.kind != ALARM)):
            letter.state = "expired"


async def _every_call_arrived(database: Database, street: Street) -> None:
    repeated = 0
    for letter, elder in await _letters(database, ALARM):
        heard = heard_about(street, f"o-{letter.recipient_id}", elder)
        assert letter.state in GONE_OUT, (letter.key, letter.state, letter.reason)
        assert heard, letter.key
        texts = [words for words in heard if "我去" in words and "今天还没报平安" in words]
        assert all(words.startswith(REPEATED) for words in texts[1:]), texts
        repeated += len(texts) > 1
    assert repeated > 0, "no letter was caught between its sending and its settling"


async def _letters(database: Database, kind: str) -> list[tuple[Letter, str]]:
    async with database.reading() as session:
        found = await session.scalars(select(Letter).where(Letter.kind == kind))
        return [(letter, f"王秀{str(letter.about_id).removeprefix('e')}") for letter in found]


async def _look_after_everybody(database: Database, street: Street) -> None:
    """Let each neighbour say how she found the elder."""
    now = street.clock.now()
    async with database.writing() as session:
        rows = await session.execute(incidents.select_live())
        for live in [incidents.Live(*row) for row in rows]:
            neighbour = live.elder_id.replace("e", "n")
            assert await incidents.close(session, live, Result.WELL, neighbour, now)


async def _every_all_clear_arrived(database: Database, street: Street) -> None:
    told = Counter(
        (letter.incident_id, letter.recipient_id) for letter, _ in await _letters(database, ALARM)
    )
    cleared = await _letters(database, CLEAR)
    for letter, elder in cleared:
        assert letter.state in GONE_OUT, (letter.key, letter.state, letter.reason)
        assert len(heard_about(street, f"o-{letter.recipient_id}", elder)) >= 2, letter.key
    async with database.reading() as session:
        closers = await session.execute(select(Incident.id, Incident.closed_by))
        exactly = set(told) - {(incident, by) for incident, by in closers}
    assert {(letter.incident_id, letter.recipient_id) for letter, _ in cleared} == exactly
