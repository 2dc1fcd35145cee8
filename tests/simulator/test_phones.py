"""The page of phones as a browser's requests see it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.simulator.phone import Bubble
from bot.simulator.phones import PhoneOwner, add_phones, mood
from bot.simulator.platform import SimulatedPlatform
from tests.clock import HandMovedClock
from tests.simulator.account_server import AccountServer, reply_to, says

WANG = PhoneOwner("wang", "王秀英", "奶奶 · 独居", "东院互助组")
LIU = PhoneOwner("liu", "刘桂兰", "组长", "东院互助组")


class Browser:
    """A browser's side of the page, without the picture."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self.url = url

    async def get(self, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
        async with self._session.get(self.url + path, headers=headers) as response:
            return response.status, await response.text(), dict(response.headers)

    async def say(self, openid: str, fields: Any, **headers: str) -> tuple[int, str]:
        head = {"Content-Type": "application/json", "Origin": self.url} | headers
        body = json.dumps(fields)
        url = f"{self.url}/phones/{openid}/say"
        async with self._session.post(url, data=body, headers=head) as response:
            return response.status, await response.text()

    @asynccontextmanager
    async def events(self, last: str = "") -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        headers = {"Last-Event-ID": last} if last else {}
        async with self._session.get(f"{self.url}/phones/events", headers=headers) as response:
            assert response.content_type == "text/event-stream"
            yield _events(response)


async def _events(response: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
    event: dict[str, Any] = {}
    async for line in response.content:
        name, colon, value = line.decode().rstrip("\n").partition(": ")
        if colon:
            event[name] = json.loads(value) if name == "data" else value
        else:
            yield event
            event = {}


async def until(events: AsyncIterator[dict[str, Any]], name: str | None) -> list[dict[str, Any]]:
    """Return the events up to the first of that name, which comes last; a comment has none."""
    seen = []
    async for event in events:
        seen.append(event)
        if event.get("event") == name:
            break
    return seen


def words_of(events: list[dict[str, Any]]) -> list[str]:
    return [event["data"]["text"] for event in events if event.get("event") == "bubble"]


@pytest.fixture
async def browser(platform: SimulatedPlatform, clock: HandMovedClock) -> AsyncIterator[Browser]:
    app = web.Application()
    add_phones(app, platform, [WANG, LIU], clock)
    async with TestServer(app) as address, aiohttp.ClientSession() as session:
        yield Browser(session, str(address.make_url("")).rstrip("/"))


async def test_the_page_runs_nothing_but_its_own_files(browser: Browser) -> None:
    status, page, headers = await browser.get("/phones")
    assert status == 200
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert not re.search(r"<style|style=|\son\w+=|<script(?! src=\"/phones/)", page)
    files = re.findall(r"(?:src|href)=\"(/[^\"]+)\"", page)
    assert len(files) >= 4
    assert {(await browser.get(path))[0] for path in files} == {200}


async def test_the_page_meets_the_village_and_hears_what_was_said(
    browser: Browser, platform: SimulatedPlatform
) -> None:
    await platform.text("wang", "平安")
    async with browser.events() as events:
        seen = await until(events, "live")
    assert seen[1]["data"] == {
        "fresh": True,
        "people": [
            {"openid": "wang", "name": "王秀英", "role": "奶奶 · 独居", "group": "东院互助组"},
            {"openid": "liu", "name": "刘桂兰", "role": "组长", "group": "东院互助组"},
        ],
    }
    assert words_of(seen) == ["平安"]
    assert seen[2]["data"]["at"] == "07:00"


async def test_a_new_bubble_arrives_without_being_asked_for(
    browser: Browser, platform: SimulatedPlatform, server: AccountServer
) -> None:
    async with browser.events() as events:
        await until(events, "live")
        server.answers = [says(reply_to("wang", "王奶奶，记下了\n您好"))]
        await platform.text("wang", "平安")
        first, second = await until(events, "bubble"), await until(events, "bubble")
    assert words_of(first + second) == ["平安", "王奶奶，记下了\n您好"]


async def test_the_clock_of_the_village_ticks(browser: Browser, clock: HandMovedClock) -> None:
    async with browser.events() as events:
        (*_, first) = await until(events, "clock")
        clock.move(minutes=31)
        (*_, second) = await until(events, "clock")
    assert first["data"]["hour"] == "07:00"
    assert second["data"] == {
        "hour": "07:31",
        "second": "00",
        "day": "11月23日 星期一",
        "minutes": 451,
    }


async def test_where_nothing_moves_the_line_is_kept_alive(browser: Browser) -> None:
    async with browser.events() as events:
        await until(events, "clock")
        (*_, quiet) = await until(events, None)
    assert quiet == {"": "still here"}


async def test_a_page_that_was_cut_off_goes_on_where_it_was(
    browser: Browser, platform: SimulatedPlatform
) -> None:
    await platform.text("wang", "一")
    async with browser.events() as events:
        last = (await until(events, "bubble"))[-1]["id"]
    await platform.text("wang", "二")
    async with browser.events(last) as events:
        seen = await until(events, "live")
    assert not seen[1]["data"]["fresh"]
    assert words_of(seen) == ["二"]


async def test_a_page_of_an_earlier_run_begins_anew(
    browser: Browser, platform: SimulatedPlatform
) -> None:
    await platform.text("wang", "一")
    async with browser.events("another-7") as events:
        seen = await until(events, "live")
    assert seen[1]["data"]["fresh"]
    assert words_of(seen) == ["一"]


@pytest.mark.parametrize(
    ("kind", "words", "pushed"),
    [
        ("text", " 平安 12 ", "<Content><![CDATA[平安 12]]></Content>"),
        ("voice", "我挺好", "<Recognition><![CDATA[我挺好]]></Recognition>"),
        ("voice", "", "<Format><![CDATA[amr]]></Format>"),
        ("sticker", "", "[收到不支持的消息类型，暂无法显示]"),
        ("picture", "", "<MsgType><![CDATA[image]]></MsgType>"),
        ("menu", "checkin", "<EventKey><![CDATA[checkin]]></EventKey>"),
        ("scan", "code-1", "<EventKey><![CDATA[qrscene_code-1]]></EventKey>"),
        ("follow", "", "<Event><![CDATA[subscribe]]></Event>"),
        ("unfollow", "", "<Event><![CDATA[unsubscribe]]></Event>"),
    ],
)
async def test_what_is_typed_travels_the_whole_way(
    browser: Browser,
    platform: SimulatedPlatform,
    server: AccountServer,
    kind: str,
    words: str,
    pushed: str,
) -> None:
    assert await browser.say("wang", {"kind": kind, "text": words}) == (202, "正在发。")
    await platform.at_rest()
    assert pushed in server.last
    assert server.pushes[-1][0]["openid"] == "wang"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "text", "text": "  "}, "先写一句话，再发送。"),
        ({"kind": "scan"}, "先在框里写上码，再扫。"),
        ({"kind": "text", "text": "好" * 601}, "太长了，请短一些。"),
        ({"kind": "dance"}, "没看懂要发什么。"),
        ({"kind": ["text"]}, "没看懂要发什么。"),
        ({"kind": "text", "text": 1}, "没看懂要发什么。"),
        (["text"], "没看懂要发什么。"),
    ],
)
async def test_what_no_phone_does_is_refused_in_one_sentence(
    browser: Browser, server: AccountServer, fields: Any, sentence: str
) -> None:
    assert await browser.say("wang", fields) == (400, sentence)
    assert server.pushes == []


async def test_one_who_left_must_follow_before_she_writes(
    browser: Browser, platform: SimulatedPlatform
) -> None:
    await platform.text("wang", "平安")
    await platform.unfollow("wang")
    status, sentence = await browser.say("wang", {"kind": "text", "text": "平安"})
    assert (status, sentence) == (400, "已经取消关注了，先点关注，再发消息。")
    assert (await browser.say("wang", {"kind": "follow"}))[0] == 202
    await platform.at_rest()
    assert (await browser.say("wang", {"kind": "text", "text": "平安"}))[0] == 202


async def test_there_is_no_phone_of_a_stranger(browser: Browser) -> None:
    assert await browser.say("mallory", {"kind": "text", "text": "1"}) == (404, "没有这部手机。")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Host": "elsewhere.example"},
        {"Host": "127.0.0.1.elsewhere.example"},
        {"Host": "192.168.1.5"},
        {"Content-Type": "text/plain"},
    ],
)
async def test_no_other_site_can_make_a_phone_speak(
    browser: Browser, server: AccountServer, headers: dict[str, str]
) -> None:
    status, _ = await browser.say("wang", {"kind": "text", "text": "平安"}, **headers)
    assert status in {400, 403}
    assert server.pushes == []


@pytest.mark.parametrize("path", ["/phones", "/phones/events", "/phones/phones.js"])
async def test_a_name_pointed_at_this_machine_reads_nothing(browser: Browser, path: str) -> None:
    assert (await browser.get(path, Host="rebound.example:8080"))[0] == 403


async def test_an_open_page_does_not_hold_up_the_end(
    platform: SimulatedPlatform, clock: HandMovedClock
) -> None:
    app = web.Application()
    add_phones(app, platform, [WANG], clock)
    async with aiohttp.ClientSession() as session, asyncio.timeout(5):
        async with TestServer(app) as address:
            response = await session.get(address.make_url("/phones/events"))
            await response.content.readline()
        response.close()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("王秀英今天还没报平安。您能去看看吗？能去请回：我去 12", "alarm"),
        ("【急】王秀英出事了，快去看看！要去请回：我去 12", "alarm"),
        ("紧急求助提醒\n对象：王秀英\n时间：2026年11月23日 09:30\n事项：我去 12", "alarm"),
        ("放心吧，王秀英平安。", "calm"),
        ("刘桂兰已经去看王秀英了。谢谢您！", "calm"),
        ("王奶奶，记下了，您今天平安。", ""),
        ("王奶奶，还没听到您，您在吗？回个1就行。", ""),
    ],
)
def test_alarms_are_marked_and_greetings_are_not(
    clock: HandMovedClock, words: str, expected: str
) -> None:
    assert mood(Bubble("wang", 1, "ours", words, clock.now(), "text")) == expected
    assert mood(Bubble("wang", 1, "hers", words, clock.now(), "text")) == ""
