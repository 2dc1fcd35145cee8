"""The simulated platform beside a house whose people were imported and have never spoken."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.config import Config, load
from bot.serve import ELSEWHERE, Open, on_the_street
from bot.simulator.platform import SimulatedPlatform
from schedules.clock import WallClock
from storage import roster
from storage.database import Database
from tests.durability.serving import eventually, free_port, open_street, settlers
from tests.village import village_config


async def settle(url: str) -> None:
    """Let people live here of whom nobody has ever written."""
    database = Database(url)
    async with database.writing() as session:
        await roster.enrol(session, settlers(), WallClock().now())
    await database.dispose()


@pytest.fixture
async def config(sqlite_url: str, tmp_path: Path) -> Config:
    await settle(sqlite_url)
    return village_config(sqlite_url, tmp_path)


def simulated(house: Open) -> SimulatedPlatform:
    assert house.platform is not None
    return house.platform


async def hears(platform: SimulatedPlatform, openid: str) -> None:
    """Wait until somebody is told of 王秀1."""
    await eventually(lambda: "王秀1" in "".join(platform.phone(openid).heard))


async def test_phones_that_have_never_spoken_hear_an_alarm(config: Config) -> None:
    with capture_logs() as said:
        async with on_the_street(config) as house:
            await simulated(house).text("o-e1", "救命")
            await hears(simulated(house), "o-n1")
            await hears(simulated(house), "o-l1")
    assert ELSEWHERE not in [line.get("why") for line in said]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_the_simulated_platform_may_be_named_by_its_own_address(
    config: Config, host: str
) -> None:
    port = free_port()
    wechat = config.wechat.model_copy(update={"api_base_url": f"http://{host}:{port}"})
    simulator = config.simulator.model_copy(update={"port": port})
    named = config.model_copy(update={"wechat": wechat, "simulator": simulator})
    async with on_the_street(named) as house:
        await simulated(house).text("o-e1", "救命")
        await hears(simulated(house), "o-n1")


async def test_another_platform_on_loopback_carries_the_letters_and_that_is_said(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await settle(sqlite_url)
    monkeypatch.setenv("SHOUWANG_SIMULATOR__ENABLED", "true")
    async with open_street(sqlite_url, tmp_path) as street:
        street.platform.followed_earlier("o-n1")
        with capture_logs() as said:
            async with on_the_street(load(tmp_path / "config.toml")) as house:
                await simulated(house).text("o-e1", "救命")
                await hears(street.platform, "o-n1")
                assert simulated(house).phone("o-n1").heard == []
    assert ELSEWHERE in [line.get("why") for line in said]
