"""`shouwang demo` tells a morning and leaves nothing behind."""

import asyncio
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from tests.durability.serving import eventually, run


async def test_it_ends_at_its_hour_and_leaves_nothing_behind(tmp_path: Path) -> None:
    temporary, home = tmp_path / "temporary", tmp_path / "home"
    temporary.mkdir()
    home.mkdir()
    process = await run(
        ["demo", "--until", "06:10", "--speed", "600", "--port", "0"],
        home,
        {"TMPDIR": str(temporary)},
    )
    assert await process.ended() == 0, process.log
    assert "柳河湾的一个早晨" in process.log
    assert "Traceback" not in process.log
    assert list(temporary.iterdir()) == []
    assert [left.name for left in home.iterdir()] == ["shouwang.log"]


async def test_ctrl_c_ends_it_in_order(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = await run(["demo", "--port", "0"], tmp_path, {"TMPDIR": str(temporary)})
    await eventually(lambda: "/phones" in process.log)
    await asyncio.sleep(0.2)
    process.send(signal.SIGINT)
    assert await process.ended() == 0, process.log
    assert "Traceback" not in process.log
    assert list(temporary.iterdir()) == []


async def test_a_real_house_in_the_environment_is_left_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    process = await run(
        ["demo", "--until", "06:10", "--speed", "600", "--port", "0"],
        home,
        {
            "SHOUWANG_DATABASE__URL": f"sqlite:///{home}/real.sqlite3",
            "SHOUWANG_WECHAT__API_BASE_URL": "https://real.example",
        },
    )
    assert await process.ended() == 0, process.log
    assert "平安" in process.log
    assert [left.name for left in home.iterdir()] == ["shouwang.log"]


@pytest.mark.parametrize(
    ("arguments", "environment", "sentence"),
    [
        (["--port", "99999"], {}, "99999 is not in the range 0<=x<=65535"),
        (["--until", "05:00"], {}, "the morning begins at 05:50, and it ends later"),
        (["--until", "25:00"], {}, "an hour is written like 10:00"),
        ([], {"SHOUWANG_SERVER__PROT": "1"}, "server.prot is no setting of ours"),
        ([], {"SHOUWANG_HEARING__EXTRA_RULES": "/nope.toml"}, "nope.toml: cannot be read"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_sentence(
    arguments: list[str], environment: dict[str, str], sentence: str
) -> None:
    result = CliRunner().invoke(main, ["demo", *arguments], env=environment)
    assert result.exit_code in {1, 2}
    assert sentence in result.output
    assert isinstance(result.exception, SystemExit)
