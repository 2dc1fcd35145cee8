"""`shouwang drill`: with a house that watches, without one, and what its report prints."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.drill_command import Order, hold_drill
from schedules.bell import BEAT
from storage import beats
from storage.database import Database
from tests.databases import clear_at
from tests.durability.serving import MORNING, Street, eventually, open_street, run, settle
from tests.village import Village, open_village

WANG = Order(village="李家沟", elder="wang", kind="missed", pace=5)
OF_E1 = ["--village", "李家沟", "--elder", "e1"]


def drilled(street: Street, openid: str) -> list[str]:
    return [words for words in street.platform.phone(openid).heard if "演练" in words]


async def somebody_watches(village: Village) -> None:
    async with village.database.writing() as session:
        await beats.beat(session, BEAT, "story", village.clock.now())


@pytest.fixture
async def village(postgres_url: str, tmp_path: Path) -> AsyncIterator[Village]:
    """A house that watches on a database where others may enter."""
    await clear_at(postgres_url)
    async with open_village(postgres_url, tmp_path, "simulator") as village:
        await village.settle()
        await village.all_well_but()
        yield village


# --- a house of its own


async def test_where_nobody_watches_it_watches_itself_and_prints_the_report(
    street: Street,
) -> None:
    process = await run(["drill", *OF_E1, "--pace", "30"], street.folder)
    assert await process.ended() == 0, process.log
    for words in (
        "没有别的守望在值守",
        "没合格：",
        "没有人应",
        "李家沟，2026-11-23 06:0",
        "第1批，一开始：刘翠1、李大1",
        "wechat.message",
        "没有人应。",
        "后自己结束。",
    ):
        assert words in process.log, process.log
    assert "Traceback" not in process.log
    alarm, *_, end = drilled(street, "o-n1")
    assert alarm.startswith("【演练】这是练习，没有人出事。王秀1今天还没报平安。")
    assert end == "【演练】这是练习，没有人出事。演练结束了，谢谢您！"
    assert not drilled(street, "o-e1")
    printed = await run(["drill", "report", "--number", "1"], street.folder)
    assert await printed.ended() == 0
    assert printed.log.count("第1批，一开始") == 2


async def test_ctrl_c_calls_it_off_and_who_was_told_hears_it(street: Street) -> None:
    process = await run(["drill", *OF_E1], street.folder)
    await eventually(lambda: bool(drilled(street, "o-n1")))
    await asyncio.sleep(0.2)
    process.send(signal.SIGINT)
    assert await process.ended() == 0, process.log
    assert "叫停" in process.log
    assert "Traceback" not in process.log
    for person in ("o-n1", "o-l1"):
        assert drilled(street, person)[-1].endswith("演练结束了，谢谢您！")


# --- a house that watches


async def test_a_house_that_watches_takes_it_over(
    village: Village, capsys: pytest.CaptureFixture[str]
) -> None:
    await somebody_watches(village)
    await hold_drill(village.house.config, WANG, village.clock, wait=False)
    assert "已经交给正在值守的守望" in capsys.readouterr().out
    await village.ring()
    assert village.heard("dashan")[-1].startswith("【演练】")
    with pytest.raises(click.ClickException, match="一次只能有一场"):
        await hold_drill(village.house.config, WANG, village.clock, wait=False)
    await village.until("07:00")
    await somebody_watches(village)
    await hold_drill(village.house.config, WANG, village.clock, wait=False)


@pytest.mark.parametrize(
    ("village_name", "elder"), [("李家沟", "dashan"), ("李家沟", "nobody"), ("别处", "wang")]
)
async def test_it_says_that_there_is_no_such_elder(
    village: Village, village_name: str, elder: str
) -> None:
    await somebody_watches(village)
    order = Order(village=village_name, elder=elder, kind="missed", pace=1)
    with pytest.raises(click.ClickException, match=f"没有编号是 {elder} 的老人"):
        await hold_drill(village.house.config, order, village.clock, wait=False)


async def test_on_a_file_in_use_it_says_what_to_do(sqlite_url: str, tmp_path: Path) -> None:
    async with open_street(sqlite_url, tmp_path) as street:
        database = Database(sqlite_url)
        await settle(database, street.platform, MORNING)
        for arguments in (["drill", *OF_E1], ["drill", "report"]):
            config = ["--config", str(tmp_path / "config.toml")]
            result = await asyncio.to_thread(CliRunner().invoke, main, [*config, *arguments])
            assert result.exit_code == 1
            assert "守望正在用这个数据库" in result.output
            assert "请在微信里说“演练" in result.output
        await database.dispose()
