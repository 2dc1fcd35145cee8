"""`shouwang privacy`: the keys under which people's words are sealed, and what was let go of."""

import asyncio
from datetime import datetime

import click

from bot.command import configured, open_database
from bot.config import Config
from bot.export_person import in_one_writing
from bot.privacy_section import NO_KEYS
from schedules.clock import WallClock
from storage import privacy_wishes
from storage.privacy_wishes import WishKind
from storage.purging import Purged, report
from storage.rotation import Rotated, rotate
from storage.rules import VILLAGE_TIME
from storage.sealing import make_key


@click.group("privacy")
def privacy_group() -> None:
    """资料怎么保管：加密的钥匙，过了期的东西。"""


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


@privacy_group.command("purges")
@click.option("--days", default=7, show_default=True, help="看最近几天。")
@configured
def purges(config: Config, days: int) -> None:
    """每天清掉了哪些过了期的东西，各多少。"""
    now = config.clock.start or WallClock().now()
    found = asyncio.run(_purges(config, days, now))
    for one in found:
        unfinished = "" if one.is_finished else "，还没清完"
        if one.rows or unfinished:
            click.echo(f"{one.day} {one.kind} {one.rows} 条{unfinished}")
    click.echo(f"最近 {days} 天清了 {len({one.day for one in found})} 天。")


async def _purges(config: Config, days: int, now: datetime) -> list[Purged]:
    async with open_database(config) as database, database.reading() as session:
        return await report(session, days, now)


@privacy_group.command("wishes")
@configured
def wishes(config: Config) -> None:
    """谁要看或要删自己的资料，还没办的。"""
    found = asyncio.run(in_one_writing(config, privacy_wishes.open_wishes))
    for one in found:
        does = "看" if one.kind is WishKind.EXPORT else "删"
        asked = one.asked_at.astimezone(VILLAGE_TIME)
        click.echo(f"{asked:%Y-%m-%d %H:%M} {one.village} {one.name}（{one.person_id}）要{does}")
    if not found:
        click.echo("没有还没办的。")


async def _rotate(config: Config) -> Rotated:
    async with open_database(config) as database:
        return await rotate(database)
