"""`shouwang wechat doctor`: one line for each thing, what to do about it, and never a secret."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.wechat import WechatInbox
from bot.channels.wechat_account import create_menu
from bot.channels.wechat_client import AwaitableWeChatClient
from bot.config import Config, load_values
from bot.doctor import HELLO, Doctor
from bot.simulator.attach import FIELDS
from bot.simulator.platform import Api, SimulatedPlatform
from schedules.clock import Clock, WallClock
from tests.channels.wire import ListeningDesk
from tests.clock import HandMovedClock
from tests.durability.serving import ACCOUNT, Street, run

LOOKS = ["配置", "时钟", "令牌", "白名单", "菜单", "模板", "订阅通知", "额度", "网址"]


@dataclass
class Surgery:
    """An account in good health, and the doctor's eyes on it."""

    platform: SimulatedPlatform
    session: aiohttp.ClientSession
    api: str
    door: str
    clock: Clock = field(default_factory=WallClock)
    wechat: dict[str, Any] = field(default_factory=dict)

    def config(self) -> Config:
        account = {
            "app_id": ACCOUNT.app_id,
            "app_secret": ACCOUNT.app_secret,
            "token": ACCOUNT.token,
            "encoding_aes_key": ACCOUNT.encoding_aes_key,
            "api_base_url": self.api,
            "timeout_seconds": 0.5,
            "templates": {"missed": "T-missed"},
            "subscriptions": {"missed": "N-missed"},
        }
        wechat = {**account, **self.wechat}
        return load_values({"wechat": wechat, "server": {"public_url": self.door}})

    def client(self, config: Config) -> AwaitableWeChatClient:
        return AwaitableWeChatClient(config.wechat, self.session, self.clock)

    async def lines(self, to: str = "") -> list[str]:
        config = self.config()
        doctor = Doctor(config, self.client(config), self.session, self.clock)
        return [str(finding) async for finding in doctor.examine(to)]

    async def complaints(self, to: str = "") -> list[str]:
        return [line for line in await self.lines(to) if line.startswith("✗")]


@pytest.fixture
async def surgery() -> AsyncIterator[Surgery]:
    clock = WallClock()
    platform = SimulatedPlatform(clock=clock, account=ACCOUNT)
    platform.add_template("T-missed", "没有报平安", FIELDS)
    platform.add_notice("N-missed", "没有报平安", FIELDS)
    async with (
        TestServer(platform.application()) as far,
        TestServer(web.Application()) as probe,
        aiohttp.ClientSession() as session,
    ):
        surgery = Surgery(platform, session, str(far.make_url("")), str(probe.make_url("")))
        door = WechatInbox(surgery.config().wechat, ListeningDesk(), clock)
        app = web.Application()
        app.add_routes([web.get("/wechat", door.url_check)])
        async with TestServer(app) as near:
            surgery.door = str(near.make_url("/"))
            await create_menu(surgery.client(surgery.config()))
            yield surgery


async def test_a_healthy_account_is_ticked_off_line_by_line(surgery: Surgery) -> None:
    lines = await surgery.lines()
    assert [line[:2] for line in lines] == ["✓ "] * len(LOOKS), lines
    assert [line[2:].partition("：")[0] for line in lines] == LOOKS
    assert "✓ 额度：今天客服消息还能发500000条，模板消息还能发100000条" in lines


async def test_something_is_sent_only_where_it_is_asked_for(surgery: Surgery) -> None:
    surgery.platform.wrote_earlier("o-wang", datetime.now(UTC))
    await surgery.lines()
    assert surgery.platform.phone("o-wang").heard == []
    assert (await surgery.lines("o-wang"))[-2] == "✓ 发给自己：发出去了，请看手机"
    assert surgery.platform.phone("o-wang").heard == [HELLO]


async def test_a_closed_window_is_explained(surgery: Surgery) -> None:
    surgery.platform.followed_earlier("o-wang")
    (complaint,) = await surgery.complaints("o-wang")
    assert complaint == "✗ 发给自己：平台不答应（45015）。请先用这个微信给公众号发一句话，再试"


async def test_an_address_that_is_not_listed_is_named(surgery: Surgery) -> None:
    surgery.platform.refuse("stable_token", 40164, times=None)
    lines = await surgery.lines()
    assert [line[0] for line in lines] == ["✓", "✓", "✗", "✗", "·", "·", "·", "·", "✓"]
    assert lines[3].startswith("✗ 白名单：我们的地址 203.0.113.9 不在上面。到公众平台")


@pytest.mark.parametrize(
    ("wechat", "complaint"),
    [
        (
            {"app_secret": "planted-wrong-one"},
            "✗ 令牌：平台不答应（40125）。核对 wechat.app_secret",
        ),
        ({"app_id": "wx00"}, "✗ 令牌：平台不答应（40013）。核对 wechat.app_id"),
        ({"app_secret": ""}, "✗ 配置：wechat.app_secret 是空的。从公众平台抄过来"),
        (
            {"templates": {"missed": "T-missed", "digest": "T-digest", "offer": "T-offer"}},
            "✗ 模板：号上没有：offer、digest。核对 wechat.templates 里的编号",
        ),
        (
            {"subscriptions": {"missed": "T-missed"}},
            "✗ 订阅通知：号上没有：missed。核对 wechat.subscriptions 里的编号",
        ),
        (
            {"templates": {"missed": "T-missed", "fields": {"missed": {"name1": "about"}}}},
            "✗ 模板：missed 的字段是 thing1、thing3、time2。写进 wechat.templates.fields.missed",
        ),
        ({"token": "anothertoken"}, "答的不对（403）。看看跑着的是不是同一份配置"),
    ],
)
async def test_what_is_wrong_in_the_configuration_is_found(
    surgery: Surgery, wechat: dict[str, Any], complaint: str
) -> None:
    surgery.wechat = wechat
    complaints = await surgery.complaints()
    assert any(complaint in one for one in complaints), complaints


async def test_without_a_menu_the_command_for_it_is_named(surgery: Surgery) -> None:
    surgery.platform.refuse("menu/get", 46003)
    assert await surgery.complaints() == ["✗ 菜单：还没有。运行 shouwang wechat menu"]
    other = {"button": [{"type": "click", "name": "别的", "key": "other"}]}
    await surgery.client(surgery.config()).menu.create(other)
    assert await surgery.complaints() == ["✗ 菜单：和我们的不一样。运行 shouwang wechat menu"]


@pytest.mark.parametrize(("minutes", "way"), [(5, "快"), (-5, "慢")])
async def test_a_clock_that_is_off_is_noticed(surgery: Surgery, minutes: int, way: str) -> None:
    surgery.clock = HandMovedClock(datetime.now(UTC) + timedelta(minutes=minutes))
    (complaint, *_) = await surgery.complaints()
    assert complaint.startswith(f"✗ 时钟：我们{way}了")
    assert complaint.endswith("秒。请打开这台机器的自动对时")


@pytest.mark.parametrize(
    ("api", "code"), [("menu/get", 48001), ("template/get_all_private_template", 50002)]
)
async def test_what_the_platform_refuses_is_told_by_its_number(
    surgery: Surgery, api: Api, code: int
) -> None:
    surgery.platform.refuse(api, code)
    (complaint,) = await surgery.complaints()
    assert f"平台不答应（{code}）" in complaint


async def test_a_quota_that_nobody_tells_is_nothing_wrong(surgery: Surgery) -> None:
    surgery.platform.refuse("openapi/quota/get", 48001)
    assert "· 额度：平台不肯说" in await surgery.lines()


async def test_where_nothing_answers_it_says_so(surgery: Surgery) -> None:
    surgery.wechat, surgery.door = {"api_base_url": "http://127.0.0.1:9"}, "http://127.0.0.1:9"
    complaints = await surgery.complaints()
    assert complaints[0].startswith("✗ 令牌：平台没有应声（")
    assert complaints[1].startswith("✗ 网址：http://127.0.0.1:9/wechat 没有应声。先运行 shouwang")


async def test_no_line_holds_a_secret(surgery: Surgery) -> None:
    lines = await surgery.lines()
    surgery.wechat = {"app_secret": "planted-wrong-one"}
    for code in (40164, 40125, 40001):
        surgery.platform.refuse("stable_token", code)
        lines += await surgery.lines()
    assert "planted" not in "\n".join(lines)


async def test_the_commands_make_the_menu_and_exit_by_what_they_find(street: Street) -> None:
    """As an operator types them, with the server running beside."""
    await street.open()
    sick = await run(["wechat", "doctor"], street.folder)
    assert await sick.ended() == 1
    assert "✗ 菜单：还没有。运行 shouwang wechat menu" in sick.log
    assert await (await run(["wechat", "menu"], street.folder)).ended() == 0
    assert [name for name, _ in street.platform.menu_buttons()] == ["报平安", "我要帮忙", "帮助"]
    well = await run(["wechat", "doctor"], street.folder)
    assert await well.ended() == 0, well.log
    street.platform.refuse("menu/create", 48001)
    refused = await run(["wechat", "menu"], street.folder)
    assert await refused.ended() == 1
    assert "平台不答应（48001）：这个号没有这项权限" in refused.log
