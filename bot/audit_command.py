"""`shouwang audit`: whether what was written down of looks and acts is still as it was written."""

import asyncio
import re

import click

from bot.command import configured, open_database
from bot.config import Config
from storage import audit
from storage.audit import ChainHead, Verdict


@click.group("audit")
def audit_group() -> None:
    """谁看过谁、做过什么的记录。"""


@audit_group.command()
@click.option("--head", "heads", multiple=True, help="以前印下的链头，序号:64位校验码。")
@configured
def verify(config: Config, heads: tuple[str, ...]) -> None:
    """从第一条起核对，有一条不对就说是哪一条，以 1 退出。"""
    verdict = asyncio.run(_verify(config, [_printed(head) for head in heads]))
    if not verdict.is_whole:
        click.echo(f"不对：{verdict.fault}", err=True)
        raise click.exceptions.Exit(1)
    click.echo(f"看了 {verdict.head.seq} 条，记录是对的。链头 {verdict.head}")


def _printed(head: str) -> ChainHead:
    found = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", head.strip())
    if found is None:
        raise click.BadParameter("请照印的写：序号:64位校验码")
    return ChainHead(int(found[1]), found[2])


async def _verify(config: Config, heads: list[ChainHead]) -> Verdict:
    async with open_database(config) as database, database.reading() as session:
        return await audit.verify(session, heads)
