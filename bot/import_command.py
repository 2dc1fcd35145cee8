"""`shouwang import`: a village's people file into the database, all of it or nothing."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.command import open_database
from bot.config import Config
from bot.people_file import PeopleFileError, Reading, open_table, read
from schedules.clock import WallClock
from storage.database import Database, DatabaseInUseError
from storage.migrate import OldSchemaError
from storage.roster import Enrolled, Fault, RosterError, enrol, find_faults
from storage.rules import village_day

SHOWN = 200
"""How many faults are said at once."""


def bring_in(config: Config, file: Path) -> None:
    """Import the file and say what it brought; else say every fault, and exit with 1."""
    now = config.clock.start or WallClock().now()
    try:
        reading = _read(config, file, now)
        enrolled = asyncio.run(_enrol(config, reading, now))
    except RosterError as error:
        sentences = _fault_sentences(error.faults)
    except (PeopleFileError, DatabaseInUseError, OldSchemaError, SQLAlchemyError, OSError) as error:
        sentences = [f"没有导入：{_reason(error)}。"]
    else:
        click.echo(_summary(reading, enrolled))
        return
    click.echo("\n".join(sentences), err=True)
    raise click.exceptions.Exit(1)


def _read(config: Config, file: Path, now: datetime) -> Reading:
    table = open_table(file)
    with click.progressbar(
        table.rows, length=table.length, label="看表", hidden=not sys.stdout.isatty()
    ) as rows:
        return read(rows, village_day(now), config.checkin)


async def _enrol(config: Config, reading: Reading, now: datetime) -> Enrolled:
    async with open_database(config) as database:
        if reading.faults:
            raise RosterError(await _all_faults(database, reading))
        async with database.writing() as session:
            await _give_room(session, database)
            return await _enrol_in_sight(session, reading, now)


async def _all_faults(database: Database, reading: Reading) -> list[Fault]:
    """Return what is wrong with the file, and what it says against the village, by line."""
    async with database.reading() as session:
        against = await find_faults(session, reading.entries, reading.doubtful)
    return sorted(reading.faults + against, key=lambda fault: fault.line)


async def _give_room(session: AsyncSession, database: Database) -> None:
    """Let SQLite keep 64 MB at hand instead of 2: a county then comes in three times as fast."""
    if database.is_sqlite:
        await session.execute(text("PRAGMA cache_size = -65536"))


async def _enrol_in_sight(session: AsyncSession, reading: Reading, now: datetime) -> Enrolled:
    with click.progressbar(
        length=len(reading.entries), label="入库", hidden=not sys.stdout.isatty()
    ) as bar:
        return await enrol(session, reading.entries, now, bar.update)


def _summary(reading: Reading, enrolled: Enrolled) -> str:
    villages = len({entry.village for entry in reading.entries})
    return (
        f"导入好了：{villages} 个村，{len(reading.entries)} 人。"
        f"新增 {enrolled.added} 人，改动 {enrolled.changed} 人，没变 {enrolled.unchanged} 人。"
    )


def _fault_sentences(faults: Sequence[Fault]) -> list[str]:
    said = [f"第 {fault.line} 行：{fault.sentence}" for fault in faults[:SHOWN]]
    if len(faults) > SHOWN:
        said.append(f"还有 {len(faults) - SHOWN} 处没有列出。")
    return [*said, f"一共 {len(faults)} 处不对，一个人也没有导入。改好以后请再导入一次。"]


def _reason(error: Exception) -> str:
    """Say why in words of our own: a database's words quote the rows, and so the people."""
    if isinstance(error, PeopleFileError):
        return str(error)
    if isinstance(error, DatabaseInUseError):
        return "守望正在用这个数据库，请先停下它"
    if isinstance(error, OldSchemaError):
        return "数据库的格式不是最新的，请先运行 shouwang migrate"
    return f"数据库出了错（{type(error).__name__}）"
