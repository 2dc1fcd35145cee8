"""The command line: `shouwang serve|demo|check-config|migrate|import|hearing|ledger|…`."""

import asyncio
from pathlib import Path

import click

from bot import serve as street
from bot.audit_command import audit_group
from bot.command import address_told, config_option, configured, stop_at
from bot.config import Config
from bot.demo import demo
from bot.drill_command import drill_group
from bot.equipment import lacking
from bot.erase_command import erase
from bot.export_command import export
from bot.hearing_commands import hearing
from bot.import_command import bring_in
from bot.ledger_command import ledger_group
from bot.letters_command import letters_group
from bot.privacy_command import privacy_group
from bot.wechat_commands import wechat_group
from storage.database import Database
from storage.migrate import migrate


@click.group()
@config_option(envvar="SHOUWANG_CONFIG")
@click.version_option(package_name="shouwang")
@click.pass_context
def main(context: click.Context, path: Path | None) -> None:
    """守望: daily check-ins for elders, and people who go and look."""
    context.obj = path


@main.command()
@configured
def serve(config: Config) -> None:
    """Answer WeChat, and watch over the elders, until told to stop."""
    stop_at(lacking(config))
    with address_told(config):
        asyncio.run(street.serve(config))


@main.command("check-config")
@configured
def check_config(config: Config) -> None:
    """Say everything that is wrong with the configuration, or that nothing is."""
    stop_at(lacking(config))
    click.echo(
        f"The configuration is in order: it serves {config.server.host}:{config.server.port}."
    )
    if warning := config.privacy.warning:
        click.echo(f"But {warning}.", err=True)


@main.command("migrate")
@configured
def migrate_database(config: Config) -> None:
    """Bring the database to the newest schema."""

    async def run() -> None:
        database = Database(config.database.url.get_secret_value(), config.privacy.keyring)
        try:
            await migrate(database)
        finally:
            await database.dispose()

    asyncio.run(run())
    click.echo("The database has the newest schema.")


@main.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@configured
def import_(config: Config, file: Path) -> None:
    """把人员表（CSV 或 XLSX）导入数据库：有一行不对，就一行也不导入。"""
    bring_in(config, file)


main.add_command(audit_group)
main.add_command(demo)
main.add_command(drill_group)
main.add_command(hearing)
main.add_command(ledger_group)
main.add_command(letters_group)
main.add_command(wechat_group)
main.add_command(privacy_group)
main.add_command(export)
main.add_command(erase)
