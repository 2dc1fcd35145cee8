"""`shouwang wechat`: is the official account as it should be, and its menu."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
import click
from wechatpy.exceptions import WeChatClientException

from bot.app import make_clock
from bot.channels.wechat_account import create_menu
from bot.channels.wechat_client import AwaitableWeChatClient
from bot.command import configured
from bot.config import Config
from bot.doctor import ADVICE, Doctor
from schedules.clock import WallClock

T = TypeVar("T")
Ask = Callable[[AwaitableWeChatClient, aiohttp.ClientSession], Awaitable[T]]


@click.group("wechat")
def wechat_group() -> None:
    """公众号：自检、菜单。"""


@wechat_group.command()
@click.option("--to", default="", metavar="OPENID", help="再给这个微信发一句话试试。")
@configured
def doctor(config: Config, to: str) -> None:
    """一样一样地查，说清该怎么办；有一样不对就以 1 退出。"""

    async def examine(client: AwaitableWeChatClient, session: aiohttp.ClientSession) -> bool:
        is_well = True
        async for finding in Doctor(config, client, session, make_clock(config)).examine(to):
            click.echo(str(finding))
            is_well = is_well and finding.is_well is not False
        return is_well

    if not _run(config, examine):
        raise click.exceptions.Exit(1)


@wechat_group.command()
@configured
def menu(config: Config) -> None:
    """把三个按钮放到对话框下面。"""
    try:
        _run(config, lambda client, _: create_menu(client))
    except WeChatClientException as refusal:
        # its own words may quote what is secret
        advice = ADVICE.get(refusal.errcode, "运行 shouwang wechat doctor 看看")
        raise click.ClickException(f"平台不答应（{refusal.errcode}）：{advice}。") from None
    click.echo("菜单放好了。手机上过一会儿，或重新关注，就看得见。")


def _run(config: Config, ask: Ask[T]) -> T:
    async def run() -> T:
        async with aiohttp.ClientSession() as session:
            return await ask(AwaitableWeChatClient(config.wechat, session, WallClock()), session)

    return asyncio.run(run())
