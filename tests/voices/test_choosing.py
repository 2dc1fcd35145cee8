"""Which machine listens is a line in the configuration; what it lacks is said in a sentence."""

from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from aiohttp import ClientSession
from click.testing import CliRunner

from bot.cli import main
from bot.transcribers import NoTranscriberError, make_transcriber
from bot.transcribers.endpoint import EndpointTranscriber
from storage.rules import HearingRules
from tests.village import CONFIG

HAS_EXTRA = find_spec("faster_whisper") is not None and find_spec("av") is not None


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.mark.parametrize("rules", [HearingRules(), HearingRules(transcriber="wechat")])
async def test_where_no_machine_of_ours_listens_there_is_no_round(
    session: ClientSession, rules: HearingRules
) -> None:
    assert make_transcriber(rules, session) is None


async def test_an_endpoint_needs_an_address(session: ClientSession) -> None:
    rules = HearingRules(transcriber="http", url="here.example/v1")
    with pytest.raises(NoTranscriberError, match=r"hearing\.url does not begin with https"):
        make_transcriber(rules, session)
    rules = HearingRules(transcriber="http", url="https://here.example/v1")
    assert isinstance(make_transcriber(rules, session), EndpointTranscriber)


@pytest.mark.skipif(HAS_EXTRA, reason="the extra voice is installed here")
def test_without_the_extra_the_house_stays_shut_and_says_what_is_missing(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    hearing = '[hearing]\ntranscriber = "faster-whisper"\nmodel = "model"\n'
    file.write_text(CONFIG.format(database=f"sqlite:///{migrated_sqlite}") + hearing, "utf-8")
    result = CliRunner().invoke(main, ["serve", "--config", str(file)])
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        "Error: hearing.transcriber is faster-whisper, which needs the extra voice "
        "(pip install 'shouwang[voice]'); faster_whisper and av cannot be found"
    )
