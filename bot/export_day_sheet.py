"""`shouwang export day-sheet`: the elders of each group on paper, to be ticked off."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import click
from jinja2 import Environment, FileSystemLoader

from bot.command import configured, open_database
from bot.config import Config
from schedules.clock import WallClock
from storage import audit, sheets
from storage.audit import OPERATOR
from storage.rules import FRAIL, village_day
from storage.sheets import Page

PAGES = Path(__file__).parent / "pages"
WEEKDAYS = "一二三四五六日"
TIERS = {FRAIL: "弱"}
"""How the tier of an elder is marked on paper; the sturdy are not marked."""


@click.command("day-sheet")
@click.option("--village", default="", help="村名；不写就是所有的村。")
@click.option("--group", default="", help="组名；不写就是所有的组。")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="哪一天；不写就是今天。")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="写进哪个文件。"
)
@configured
def day_sheet(config: Config, village: str, group: str, day: datetime | None, out: Path) -> None:
    """每组一页的日报表（HTML，可打印成 A4）：上面没有电话和住址。"""
    now = config.clock.start or WallClock().now()
    on = day.date() if day else village_day(now)
    found = asyncio.run(_pages(config, on, village, group, now))
    if not found:
        raise click.ClickException(_nobody(village, group))
    try:
        out.write_text(render(found, on), encoding="utf-8")
    except OSError:
        raise click.ClickException(f"写不进 {out}：请看看文件夹在不在，能不能写。") from None
    click.echo(f"写好了：{len(found)} 组，{sum(len(one.lines) for one in found)} 位老人，在 {out}")


async def _pages(config: Config, day: date, village: str, group: str, now: datetime) -> list[Page]:
    async with open_database(config) as database, database.writing() as session:
        await sheets.number_villages(session, village)
        found = await sheets.pages(session, day, village, group)
        for page in found:
            await audit.note(session, "look:day_sheet", now, actor=OPERATOR, subject=page.elders)
        return found


def _nobody(village: str, group: str) -> str:
    where = "".join(f"“{name}”" for name in (village, group) if name)
    return f"{where or '库里'}没有登记的老人，请核对村名和组名。"


def render(pages: Sequence[Page], day: date) -> str:
    """Return the sheets as one page of HTML that needs nothing else to be printed."""
    environment = Environment(
        loader=FileSystemLoader(PAGES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    style = (PAGES / "day_sheet.css").read_text("utf-8")
    return environment.get_template("day_sheet.html").render(
        pages=pages, day=day, weekday=WEEKDAYS[day.weekday()], tiers=TIERS, style=style
    )
