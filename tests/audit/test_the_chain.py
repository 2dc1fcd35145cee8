"""What was noted stays as it was noted, on both databases."""

import asyncio
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.audit_command import audit_group
from storage import audit
from storage.audit import ChainHead, Verdict
from storage.database import Database
from tests.databases import clear
from tests.village import village_config

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


async def looks(database: Database, count: int) -> None:
    async with database.writing() as session:
        for number in range(count):
            await audit.note(
                session, "look", NOON, actor="dashan", subject=f"e{number}", reason="list"
            )


async def verify(database: Database, *printed: ChainHead) -> Verdict:
    async with database.reading() as session:
        return await audit.verify(session, printed)


async def say(database: Database, *statements: str) -> None:
    async with database.engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def force(database: Database, statement: str) -> None:
    """Let somebody who owns the database change it behind the guards."""
    if database.is_sqlite:
        rows = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_%'"
        async with database.engine.connect() as connection:
            guards = (await connection.execute(text(rows))).all()
        drops = [f"DROP TRIGGER {name}" for name, _ in guards]
        await say(database, *drops, statement, *(sql for _, sql in guards))
        return
    tables = ("audit_rows", "audit_head")
    off, on = (
        [f"ALTER TABLE {table} {way} TRIGGER USER" for table in tables]
        for way in ("DISABLE", "ENABLE")
    )
    await say(database, *off, statement, *on)


async def test_nothing_noted_is_whole(database: Database) -> None:
    assert await verify(database) == Verdict(ChainHead())


async def test_looks_of_several_transactions_make_one_chain(database: Database) -> None:
    await looks(database, 3)
    await looks(database, 2)
    verdict = await verify(database)
    assert verdict.is_whole
    assert verdict.head.seq == 5


async def test_a_look_that_was_rolled_back_was_none(database: Database) -> None:
    with suppress(RuntimeError):
        async with database.writing() as session:
            await audit.note(session, "look", NOON, actor="dashan", subject="wang")
            raise RuntimeError
    async with database.writing() as session:
        with suppress(RuntimeError):
            async with session.begin_nested():
                await audit.note(session, "look", NOON, actor="dashan", subject="wang")
                raise RuntimeError
        await audit.note(session, "look", NOON, actor=None, subject=("wang", "chen"))
    async with database.reading() as session:
        (row,) = await audit.about(session, "wang")
        assert (row.seq, row.actor, row.subject) == (1, "", "chen wang")
        assert await audit.about(session, "wan") == []


async def test_who_only_reads_can_note_nothing(database: Database) -> None:
    async with database.reading() as session:
        with pytest.raises(LookupError):
            await audit.note(session, "look", NOON, actor="dashan")


@pytest.mark.parametrize("words", ["王秀英", "wang;", "头 晕"])
async def test_an_audit_row_holds_no_words(database: Database, words: str) -> None:
    async with database.writing() as session:
        with pytest.raises(ValueError, match="ids and codes only"):
            await audit.note(session, "look", NOON, actor="dashan", subject=words)
    head = "INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '0')"
    with pytest.raises(DBAPIError, match="audit: words"):
        await say(database, head, forged(reason=words))


def forged(seq: int = 1, prev_hash: str = "0", reason: str = "") -> str:
    values = f"{seq}, '2026-11-23 04:00:00', 'look', 'x', 'y', '{reason}', '{prev_hash}', 'h{seq}'"
    columns = "seq, at, act, actor, subject, reason, prev_hash, hash"
    return f"INSERT INTO audit_rows ({columns}) VALUES ({values})"  # noqa: S608 - our own words


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_rows SET actor = 'other' WHERE seq = 1",
        "DELETE FROM audit_rows WHERE seq = 2",
        "UPDATE audit_head SET seq = 1",
        "UPDATE audit_head SET hash = 'x'",
        "DELETE FROM audit_head",
        "INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '0')",
        forged(seq=3),
        forged(seq=1),
    ],
)
async def test_nothing_is_edited_or_deleted(database: Database, statement: str) -> None:
    await looks(database, 2)
    before = await verify(database)
    with pytest.raises(DBAPIError):
        await say(database, statement)
    assert await verify(database) == before


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
async def test_nothing_is_replaced(sqlite_url: str, recursive: str) -> None:
    database = Database(sqlite_url)
    await looks(database, 2)
    path = str(database.url.database)
    await database.dispose()
    with sqlite3.connect(path) as client:
        client.execute(f"PRAGMA recursive_triggers={recursive}")
        for statement in (forged(seq=2), "INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, 0)"):
            with pytest.raises(sqlite3.DatabaseError):
                client.execute(statement.replace("INSERT", "INSERT OR REPLACE"))
    opened = Database(sqlite_url)
    assert (await verify(opened)).is_whole
    await opened.dispose()


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE audit_rows SET actor = 'other' WHERE seq = 2", "row 2 was changed"),
        ("UPDATE audit_rows SET prev_hash = hash WHERE seq = 3", "row 3 does not follow"),
        ("DELETE FROM audit_rows WHERE seq = 2", "row 2 is missing"),
        ("DELETE FROM audit_rows WHERE seq = 3", "row 3 is missing: the chain was longer"),
    ],
)
async def test_verify_names_the_first_broken_row(
    database: Database, statement: str, fault: str
) -> None:
    await looks(database, 3)
    await force(database, statement)
    assert (await verify(database)).fault.startswith(fault)


async def test_a_chain_rewritten_to_its_end_is_not_the_one_that_was_printed(
    database: Database,
) -> None:
    await looks(database, 2)
    printed = (await verify(database)).head
    assert (await verify(database, printed)).is_whole
    await force(database, "DELETE FROM audit_rows")
    await force(database, "DELETE FROM audit_head")
    async with database.writing() as session:
        await audit.note(session, "look", NOON, actor="other", subject="e0")
    assert (await verify(database)).is_whole
    assert not (await verify(database, printed)).is_whole
    await looks(database, 1)
    assert (await verify(database, printed)).fault == "row 2 is not the one that was printed"


async def test_many_writers_on_two_nodes_do_not_fork_the_chain(
    database: Database, database_url: str
) -> None:
    nodes = [database] if database.is_sqlite else [database, Database(database_url)]
    await asyncio.gather(*(looks(nodes[number % len(nodes)], 2) for number in range(20)))
    assert await verify(database) == Verdict((await verify(database)).head)
    assert (await verify(database)).head.seq == 40
    for node in nodes[1:]:
        await node.dispose()


def test_the_command_line_says_which_row(database_url: str, tmp_path: Path) -> None:
    async def live(break_it: str = "") -> None:
        database = Database(database_url)
        if break_it:
            await force(database, break_it)
        else:
            await clear(database)
            await looks(database, 3)
        await database.dispose()

    village_config(database_url, tmp_path)
    asyncio.run(live())
    run = CliRunner()
    said = run.invoke(audit_group, ["verify"], obj=tmp_path / "config.toml")
    assert (said.exit_code, said.output[:18]) == (0, "看了 3 条，记录是对的。链头 3:"), said.output
    head = ["--head", said.output.split()[-1]]
    assert run.invoke(audit_group, ["verify", *head], obj=tmp_path / "config.toml").exit_code == 0
    asyncio.run(live("UPDATE audit_rows SET actor = 'other' WHERE seq = 2"))
    said = run.invoke(audit_group, ["verify"], obj=tmp_path / "config.toml")
    assert said.exit_code == 1
    assert said.output == "不对：row 2 was changed: its hash does not fit\n"
