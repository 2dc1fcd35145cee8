"""The ping to somebody outside: it comes while all is well, and stays away when it is not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.app import open_house
from storage import letters
from storage.letters import NewLetter, Urgency
from tests.clock import HandMovedClock
from tests.village import MONDAY, Village, open_village, village_config


class Outside:
    """Somebody who counts the pings."""

    def __init__(self) -> None:
        self.pings = 0
        self.status = 200

    async def ping(self, _request: web.Request) -> web.Response:
        self.pings += 1
        return web.Response(status=self.status)


@pytest.fixture
async def outside() -> AsyncIterator[tuple[Outside, str]]:
    somebody = Outside()
    application = web.Application()
    application.add_routes([web.get("/ping/secret-name", somebody.ping)])
    async with TestServer(application) as server:
        yield somebody, str(server.make_url("/ping/secret-name"))


@pytest.fixture
async def watched(
    sqlite_url: str, tmp_path: Path, outside: tuple[Outside, str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Village]:
    monkeypatch.setenv("SHOUWANG_SERVER__DEAD_MAN_URL", outside[1])
    async with open_village(sqlite_url, tmp_path, "simulator") as village:
        await village.settle()
        yield village


async def ping(village: Village) -> int:
    _, round_ = village.house.rounds["self_watch"]
    return await round_(village.clock.now())


async def test_while_all_is_well_somebody_outside_hears_of_it(
    watched: Village, outside: tuple[Outside, str]
) -> None:
    assert await ping(watched) == 1
    assert outside[0].pings == 1


async def test_an_alarm_that_does_not_leave_silences_it(
    watched: Village, outside: tuple[Outside, str]
) -> None:
    async with watched.database.writing() as session:
        alarm = NewLetter(key="k", kind="alarm", urgency=Urgency.ALARM, recipient_id="dashan")
        await letters.write(session, [alarm], watched.clock.now())
    watched.clock.move(seconds=119)
    assert await ping(watched) == 1
    watched.clock.move(seconds=2)
    assert await ping(watched) == 0
    assert outside[0].pings == 1


async def test_rounds_that_do_not_come_through_silence_it(
    watched: Village, outside: tuple[Outside, str]
) -> None:
    watched.house.bell.ring("a round that hangs", 5, watched.house.rounds["climbing"][1])
    watched.clock.move(minutes=5)
    assert await ping(watched) == 0
    assert outside[0].pings == 0


async def test_when_nobody_is_there_to_hear_it_the_house_goes_on(
    watched: Village, outside: tuple[Outside, str]
) -> None:
    outside[0].status = 503
    assert await ping(watched) == 0


async def test_where_no_address_is_named_nothing_is_pinged(sqlite_url: str, tmp_path: Path) -> None:
    config = village_config(sqlite_url, tmp_path)
    async with open_house(config, HandMovedClock(MONDAY)) as house:
        assert "self_watch" not in house.rounds
