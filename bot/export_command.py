"""`shouwang export`: what leaves the house as a file."""

import click

from bot.export_week import week


@click.group("export")
def export() -> None:
    """导出表格：给例会，给档案。"""


export.add_command(week)
