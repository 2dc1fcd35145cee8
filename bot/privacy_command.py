"""`shouwang privacy`: the keys under which people's words are sealed."""

import asyncio

import click

from bot.command import configured
from bot.config import Config
from bot.privacy_section import NO_KEYS
from storage.database import Database
from storage.migrate import check_schema
from storage.rotation import Rotated, rotate
from storage.sealing import make_key


@click.group("privacy")
def privacy_group() -> None:
    """加密的钥匙：做一把新的，换上新的。"""


@privacy_group.command("key")
def key() -> None:
    """做一把新钥匙，写在屏幕上：请存进只有守望能读的文件。"""
    click.echo(make_key())


@privacy_group.command("rotate")
@configured
def rotate_command(config: Config) -> None:
    """把电话和原话都用最新的钥匙重新封好；断了可以再来。"""
    if config.privacy.keyring is None:
        raise click.ClickException(NO_KEYS)
    found = asyncio.run(_rotate(config))
    click.echo(f"封好了：{found.sealed} 处用上了最新的钥匙。")
    if found.unreadable:
        raise click.ClickException(f"还有 {found.unreadable} 处打不开，旧钥匙请先留着。")
    click.echo("旧钥匙可以收起来了；旧的备份还要用它们才打得开。")


async def _rotate(config: Config) -> Rotated:
    database = Database(config.database.url.get_secret_value(), config.privacy.keyring)
    try:
        await check_schema(database)
        return await rotate(database)
    finally:
        await database.dispose()
