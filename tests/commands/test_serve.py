"""`shouwang serve` as its operator sees it: what it answers, logs, and when it will not open."""

import json
import re
import socket
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from click.testing import CliRunner
from sqlalchemy import update
from sqlalchemy.engine import make_url

from bot.cli import main
from storage.database import Database
from storage.people import Person
from tests.databases import clear_at
from tests.durability.serving import (
    Process,
    Street,
    eventually,
    free_port,
    open_street,
)
from tests.village import open_village

NAME, PHONE, SENTENCE = "金丝雀", "13800013800", "俺家的鸟儿今天飞走了"
OPENID = "oCanary_bird-0123456789"


async def ask(url: str, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"{url}{path}") as response:
        return response.status, await response.text()


async def until_ready(street: Street) -> None:
    """Every round comes through within a second or two of such a fast clock."""
    for _ in range(100):
        status, _ = await ask(street.url, "/readyz")
        if status == 200:
            return
    raise AssertionError(await ask(street.url, "/readyz"))


# --- health


async def test_it_says_that_it_lives_that_it_is_ready_and_what_it_has_done(street: Street) -> None:
    server = await street.open()
    assert await ask(street.url, "/healthz") == (200, '{"status": "ok"}')
    await until_ready(street)
    for number, words in enumerate(("1", "难受")):
        assert await street.deliver(street.push("o-e1", words, number))
    await eventually(lambda: len(street.platform.phone("o-l1").heard) > 0)
    status, figures = await ask(street.url, "/metrics")
    assert status == 200
    assert 'shouwang_messages{kind="text"} 2.0' in figures
    assert "shouwang_messages_troubled 0.0" in figures
    assert "shouwang_incidents_live 0.0" in figures
    assert 'shouwang_letters_waiting{urgency="alarm"} 0.0' in figures
    assert re.search(r'shouwang_round_age_seconds\{round="delivery"\} \d', figures)
    assert await server.terminate() == 0


@pytest.fixture
async def county(
    empty_postgres: str, postgres_server: str, tmp_path: Path
) -> AsyncIterator[tuple[Street, str]]:
    """A street on a PostgreSQL whose connections can be cut; also the server's own address."""
    async with open_street(empty_postgres, tmp_path) as street:
        yield street, postgres_server


@pytest.fixture
async def empty_postgres(postgres_url: str) -> str:
    await clear_at(postgres_url)
    return postgres_url


async def _allow_connections(server: str, url: str, *, allow: bool) -> None:
    name = make_url(url).database
    connection = await asyncpg.connect(server)
    await connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {str(allow).lower()}')
    if not allow:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
        )
    await connection.close()


async def test_without_its_database_it_lives_and_is_not_ready(
    county: tuple[Street, str], empty_postgres: str
) -> None:
    street, server = county
    await street.open()
    await until_ready(street)
    await _allow_connections(server, empty_postgres, allow=False)
    try:
        status, answer = await ask(street.url, "/readyz")
        assert status == 503
        assert "the database does not answer" in json.loads(answer)["faults"]
        assert (await ask(street.url, "/healthz"))[0] == 200
        assert await street.deliver(street.push("o-e1", "1", 1)) is None, "nothing is acknowledged"
    finally:
        await _allow_connections(server, empty_postgres, allow=True)
    await until_ready(street)
    assert await street.deliver(street.push("o-e1", "1", 1)) is not None


async def test_rounds_that_do_not_come_through_are_named(sqlite_url: str, tmp_path: Path) -> None:
    async with open_village(sqlite_url, tmp_path, "wechat") as village:
        url = village.platform.webhook_url.removesuffix("/wechat")
        village.house.start()
        assert (await ask(url, "/readyz"))[0] == 200
        village.clock.move(minutes=10)
        status, answer = await ask(url, "/readyz")
        assert status == 503
        assert "round opening is late" in json.loads(answer)["faults"]
        await village.house.finish()


# --- it will not open


async def test_an_old_schema_is_not_served_and_migrate_is_named(
    street: Street, sqlite_url: str
) -> None:
    file = sqlite3.connect(str(make_url(sqlite_url).database))
    file.execute("UPDATE alembic_version SET version_num = '0000'")
    file.commit()
    file.close()
    server = await street.begin()
    assert await server.ended() == 1
    (sentence,) = server.log.splitlines()
    assert sentence.startswith("Error: the database has schema 0000")
    assert sentence.endswith("say `shouwang migrate`")


def test_migrate_makes_a_database_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    environment = _environment(f"sqlite:///{tmp_path}/new.sqlite3")
    for _ in range(2):
        result = CliRunner().invoke(main, ["migrate"], env=environment)
        assert (result.exit_code, result.output) == (0, "The database has the newest schema.\n")


@pytest.mark.parametrize("command", ["migrate", "serve"])
def test_a_database_of_a_newer_program_is_left_alone(sqlite_url: str, command: str) -> None:
    file = sqlite3.connect(str(make_url(sqlite_url).database))
    file.execute("UPDATE alembic_version SET version_num = '9999'")
    file.commit()
    result = CliRunner().invoke(main, [command], env=_environment(sqlite_url))
    (sentence,) = result.output.splitlines()
    assert result.exit_code == 1
    assert sentence.startswith("Error: the database has schema 9999, which this program does not")
    assert file.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
    file.close()


def test_a_file_that_is_no_database_is_named_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "letter.sqlite3").write_text("Dear grandmother, " * 100, encoding="utf-8")
    url = f"sqlite:///{tmp_path}/letter.sqlite3"
    result = CliRunner().invoke(main, ["migrate"], env=_environment(url))
    (sentence,) = result.output.splitlines()
    assert result.exit_code == 1
    assert sentence.endswith("cannot be opened: file is not a database")


def _environment(url: str) -> dict[str, str]:
    return {
        "SHOUWANG_DATABASE__URL": url,
        "SHOUWANG_WECHAT__APP_ID": "wx0123456789abcdef",
        "SHOUWANG_WECHAT__TOKEN": "plantedtoken",
        "SHOUWANG_WECHAT__ENCRYPTION": "plain",
    }


async def test_a_port_that_is_taken_is_named(street: Street) -> None:
    address = street.url.removeprefix("http://")
    with socket.create_server(("127.0.0.1", int(address.rpartition(":")[2]))):
        server = await street.begin()
        assert await server.ended() == 1
    assert server.log.splitlines()[-1].startswith(f"Error: cannot serve at {address}: ")


async def test_a_database_that_does_not_answer_is_named_without_its_password(
    street: Street,
) -> None:
    url = f"postgresql://keeper:plantedpassword@127.0.0.1:{free_port()}/county"
    server = await street.begin(SHOUWANG_DATABASE__URL=url)
    assert await server.ended() == 1
    assert "planted" not in server.log
    (sentence,) = server.log.splitlines()
    assert "database" in sentence


# --- logs


async def _let_a_canary_live_here(url: str) -> None:
    database = Database(url)
    async with database.writing() as session:
        await session.execute(
            update(Person).where(Person.id == "e1").values(name=NAME, phone=PHONE)
        )
    await database.dispose()


async def _canary_sings(street: Street) -> None:
    """Let her be heard, misheard, paired, refused and called about."""
    for number, words in enumerate((SENTENCE, "1", "难受", "123456", "救命，" + SENTENCE)):
        assert await street.deliver(street.push("o-e1", words, number)) is not None
        assert await street.deliver(street.push(OPENID, words, number)) is not None
    hostile = street.push(OPENID, SENTENCE, 9)
    await street.platform.push_raw(SENTENCE.encode(), hostile.query)
    await street.platform.push_raw(hostile.body[:-40], hostile.query)
    await street.platform.push_raw(hostile.body, {**hostile.query, "signature": OPENID})
    await street.platform.event(OPENID, SENTENCE, {"EventKey": NAME})
    await street.platform.follow(OPENID, SENTENCE)


async def test_no_log_line_holds_a_word_a_name_a_phone_or_an_openid(
    street: Street, sqlite_url: str
) -> None:
    await _let_a_canary_live_here(sqlite_url)
    street.platform.refuse("message/custom/send", 45015, 3)
    street.platform.http_error("message/template/send", 502, 2)
    server = await street.open()
    await _canary_sings(street)
    await eventually(lambda: any(NAME in heard for heard in street.platform.phone("o-n1").heard))
    await _break_a_table(sqlite_url)
    await street.deliver(street.push("o-e1", SENTENCE, 10))
    await eventually(lambda: "message_lost" in server.log)
    assert await server.terminate() == 0
    _nothing_is_told(server)


async def _break_a_table(url: str) -> None:
    file = sqlite3.connect(str(make_url(url).database))
    file.execute("ALTER TABLE inbox RENAME TO inbox_lost")
    file.commit()
    file.close()


def _nothing_is_told(server: Process) -> None:
    lines = server.log.splitlines()
    assert len(lines) > 10
    for line in lines:
        assert isinstance(json.loads(line), dict), line
    planted = ("planted", NAME, PHONE, SENTENCE, OPENID, "o-e1", "o-n1", "o-l1")
    assert [word for word in planted if word in server.log] == []
