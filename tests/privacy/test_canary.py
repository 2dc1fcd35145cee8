"""Who is exported, refused and erased leaves no name, phone, openid or word where others look."""

import aiohttp
import structlog
from aiohttp.test_utils import TestServer
from sqlalchemy import update

from storage.people import Person
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


async def _metrics(village: Village) -> str:
    async with TestServer(village.house.web) as server, aiohttp.ClientSession() as session:
        response = await session.get(server.make_url("/metrics"))
        assert response.status == 200
        return await response.text()
