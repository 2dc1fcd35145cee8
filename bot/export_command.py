"""`shouwang export`: what leaves the house on paper or as a file."""

import click

from bot.export_day_sheet import day_sheet
from bot.export_person import people, person
from bot.export_week import week


@click.group("export")
def export() -> None:
    """把名单和表格导出来：打印，给例会，或者存成文件。"""


export.add_command(day_sheet)
export.add_command(week)
export.add_command(person)
export.add_command(people)
