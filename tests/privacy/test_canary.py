"""Who is exported, refused and erased leaves no name, phone, openid or word where others look."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date

import aiohttp
import pytest
import structlog
from aiohttp.test_utils import TestServer
from sqlalchemy import text, update
from sqlalchemy.exc import SQLAlchemyError

from bot import people_file
from bot.log import only_allowed, where_not_what
from handlers.message import LostError
from storage.people import Person
from storage.rules import CheckinRules
from tests.importing.village import HEADER
from tests.village import NAMES, Village

PHONE, SENTENCE = "13800138000", "俺家的鸟儿今天飞走了"
SAID = ("1", SENTENCE, "我去儿子家3天", "我回来了", "想理发", "救命，" + SENTENCE, "123456")
ASKED = ("我的资料", "确定要资料", "删除我的资料", "确定删除", "同意删除 王秀英")


async def test_nothing_of_her_is_in_a_log_line_or_a_figure(village: Village) -> None:
    async with village.database.writing() as session:
        await session.execute(update(Person).where(Person.id == "wang").values(phone=PHONE))
    village.platform.http_error("message/template/send", 502, 3)
    with structlog.testing.capture_logs() as lines:
        await village.until("06:30")
        for words in (*SAID, *ASKED):
            await village.says("wang", words)
        await village.says("dashan", "我去")
        await village.says("dashan", "平安")
        await village.says("zhang", "同意删除 王秀英")
        await village.until("07:10")
    figures = await _metrics(village)
    told = "\n".join([*map(str, lines), figures])
    assert lines
    planted = (NAMES["wang"], PHONE, SENTENCE, "王奶奶", "鸟儿")
    assert [word for word in planted if word in told] == []


@pytest.mark.parametrize("table", ["signs_of_life", "letters"])
async def test_an_error_in_the_middle_of_it_quotes_nobody(village: Village, table: str) -> None:
    await village.until("06:30")
    with structlog.testing.capture_logs([where_not_what, only_allowed]) as lines:
        async with _takes_no_rows(village, table):
            for words in ("1", "救命，" + SENTENCE):
                with suppress(LostError, SQLAlchemyError):
                    await village.says("wang", words)
    assert "error" in {key for line in lines for key in line}
    told = json.dumps(lines, ensure_ascii=False)
    assert [word for word in (NAMES["wang"], SENTENCE, "王奶奶", "鸟儿") if word in told] == []


@asynccontextmanager
async def _takes_no_rows(village: Village, table: str) -> AsyncIterator[None]:
    """Let a table refuse every row in words that quote it, as far as the database can."""
    broken = {
        "sqlite": f"CREATE TRIGGER broken BEFORE INSERT ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'a bad day'); END",
        "postgresql": f"ALTER TABLE {table} ADD CONSTRAINT broken CHECK (false) NOT VALID",
    }
    whole = {
        "sqlite": "DROP TRIGGER broken",
        "postgresql": f"ALTER TABLE {table} DROP CONSTRAINT broken",
    }
    kind = village.database.url.get_backend_name()
    async with village.database.writing() as session:
        await session.execute(text(broken[kind]))
    try:
        yield
    finally:
        async with village.database.writing() as session:
            await session.execute(text(whole[kind]))


@pytest.mark.parametrize("planted", [NAMES["wang"], PHONE, "oWang_5-a9XkQ77tbcd0", SENTENCE])
def test_a_file_that_cannot_be_read_is_not_said_back(planted: str) -> None:
    columns = HEADER.split(",")
    whole = dict.fromkeys(columns, "") | {"name": "王秀英", "village": "石桥村", "roles": "elder"}
    lines = [[*whole.values()] for _ in columns]
    for column, line in enumerate(lines):
        line[0] = f"E{column}"
        line[column] = f"{planted}，"
    for header in (columns, lines[1]):  # the second has forgotten its header
        faults = people_file.read([header, *lines], date(2026, 11, 23), CheckinRules()).faults
        assert faults
        assert [one for one in faults if planted in one.sentence] == []


async def _metrics(village: Village) -> str:
    async with TestServer(village.house.web) as server, aiohttp.ClientSession() as session:
        response = await session.get(server.make_url("/metrics"))
        assert response.status == 200
        return await response.text()
