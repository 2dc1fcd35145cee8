"""Every look at somebody leaves one row: who, what, at whom, on what ground."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from bot.cli import main
from handlers.message import Kind
from storage import audit
from storage.audit import AuditRow
from storage.database import Database
from tests.databases import clear_at
from tests.village import Village, open_village

Look = tuple[str, str, str, str]


@pytest.fixture
async def village(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Village]:
    """The village of the stories; what is written is the same on every channel and database."""
    await clear_at(sqlite_url)
    async with open_village(sqlite_url, tmp_path, "simulator") as village:
        await village.settle()
        await village.until("07:02")
        yield village


async def looks(database: Database) -> list[Look]:
    async with database.reading() as session:
        assert (await audit.verify(session)).is_whole
        rows = await session.scalars(select(AuditRow).order_by(AuditRow.seq))
        return [(row.act, row.actor, row.subject, row.reason) for row in rows]


async def test_who_reports_himself_leaves_no_row(village: Village) -> None:
    for elder, words in (("wang", "1"), ("chen", "平安"), ("sun", "吃了")):
        await village.says(elder, words)
    await village.says("dashan", "代 赵桂兰 平安")
    assert await looks(village.database) == []


async def test_a_list_is_one_look_at_all_who_are_on_it(village: Village) -> None:
    await village.says("wang", "1")
    await village.says("dashan", "名单")
    await village.says("dashan", "未报")
    await village.says("dashan", "未报 2")  # there is no such page, and nothing was seen
    assert await looks(village.database) == [
        ("look:list", "dashan", "chen wang zhao", "all"),
        ("look:list", "dashan", "chen zhao", "not_heard"),
    ]


async def test_a_look_from_nearer_by_says_on_what_ground(village: Village) -> None:
    await village.says("xiaomei", "详情 王秀英")
    await village.says("zhang", "详情 王秀英")
    await village.says("dashan", "详情 孙老根")  # not his, and nothing was seen
    assert await looks(village.database) == [
        ("look:closer", "xiaomei", "wang", "family"),
        ("look:closer", "zhang", "wang", "office"),
    ]


async def test_who_asks_twice_has_looked_twice_but_one_message_once(village: Village) -> None:
    await village.says("zhang", "小结")
    await village.says("zhang", "小结")
    (_, _, _, reason), *others = await looks(village.database)
    assert reason.startswith("village:")
    assert len(others) == 1


async def test_registry_of_talents_shows_phones_and_is_noted(village: Village) -> None:
    await village.says("dashan", "谁会理发")
    await village.says("dashan", "等人的")
    assert [look[:2] for look in await looks(village.database)] == [
        ("look:skills", "dashan"),
        ("look:calls", "dashan"),
    ]


async def test_a_daughter_who_asks_how_she_is_has_looked(village: Village) -> None:
    await village.says("xiaomei", "今天")
    await village.says("xiaomei", "谁去过")
    await village.says("laosi", "今天")  # he is nobody's family, and saw nothing
    assert await looks(village.database) == [
        ("look:today", "xiaomei", "wang", "family"),
        ("look:visits", "xiaomei", "wang", "family"),
    ]


async def test_whoever_looks_at_papers_has_looked_at_those_whose_they_are(village: Village) -> None:
    await village.says("zhang", "证件 刘翠花 健康证 2026-12-10")
    await village.says("zhang", "证件 刘翠花")
    await village.says("zhang", "到期的")
    await village.says("zhang", "证件 王秀英")  # she is no volunteer, and has none to show
    await village.says("zhang", "没问过谁")
    assert [(act, subject) for act, _, subject, _ in await looks(village.database)] == [
        ("look:papers", "liushen"),
        ("look:papers", "liushen"),
        ("look:unasked", "liushen"),
    ]


async def test_a_voice_that_is_handed_on_is_noted(sqlite_url: str, tmp_path: Path) -> None:
    async with open_village(sqlite_url, tmp_path, "wechat") as village:
        await village.settle()
        await village.sends("wang", Kind.VOICE)
        assert await looks(village.database) == [("voice", "", "wang", "to:dashan")]


async def test_the_day_sheet_on_paper_is_a_look_by_the_operator(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with open_village(sqlite_url, tmp_path, "simulator") as village:
        await village.settle()
        village.clock.move_to(village.clock.now() + timedelta(hours=3))
        await village.ring()
    arguments = ["--config", str(tmp_path / "config.toml"), "export", "day-sheet", "--out"]
    said = await asyncio.to_thread(
        CliRunner().invoke, main, [*arguments, str(tmp_path / "sheet.html")]
    )
    assert said.exit_code == 0, said.output
    database = Database(sqlite_url)
    assert await looks(database) == [
        ("look:day_sheet", "operator", "chen wang zhao", ""),
        ("look:day_sheet", "operator", "laosi sun", ""),
    ]
    await database.dispose()
