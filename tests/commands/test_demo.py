"""`shouwang demo` tells a morning and leaves nothing behind."""

import asyncio
import signal
from pathlib import Path

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
