"""`shouwang export week`: a village's week as a workbook, for the meeting (例会)."""

import asyncio
from datetime import date, datetime
from pathlib import Path

import click

from bot.command import configured, open_database
from bot.config import Config
from bot.week_sheet import write_week
from schedules.clock import WallClock
from storage import audit, village_weeks, villages
from storage.audit import OPERATOR
from storage.rules import CheckinRules
from storage.village_weeks import VillageWeek, Week, last_week, week_of


class IsoWeek(click.ParamType[date]):
    """A week as calendars count it, 2026-W48, or one of its days."""

    name = "YYYY-Www"

    def convert(
        self, value: object, param: click.Parameter | None, context: click.Context | None
    ) -> date:
        try:
            return date.fromisoformat(str(value).strip())
        except ValueError:
            raise click.BadParameter("周要写成 2026-W48 的样子", context, param) from None


@click.command()
@click.option("--village", required=True, help="村名。")
@click.option("--week", "within", type=IsoWeek(), help="哪一周，如 2026-W48；不写就是上周。")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="写到哪个文件。"
)
@configured
def week(config: Config, village: str, within: date | None, out: Path) -> None:
    """把一个村的一周写成表格：概况、未报与结果、各人误报、应承的人。"""
    now = config.clock.start or WallClock().now()
    chosen = week_of(within, config.checkin) if within else last_week(now, config.checkin)
    lived, before = asyncio.run(_gather(config, village, chosen, now))
    try:
        write_week(lived, before, out)
    except OSError as error:
        raise click.ClickException(
            f"写不进 {out}：{error.strerror or '请看看文件夹在不在'}"
        ) from None
    click.echo(f"写好了：{village} {chosen.monday} 到 {chosen.sunday}，在 {out}")


async def _gather(
    config: Config, name: str, week: Week, now: datetime
) -> tuple[VillageWeek, VillageWeek]:
    async with open_database(config) as database, database.writing() as session:
        village = await villages.named(session, name)
        if village is None:
            raise click.ClickException(f"没有叫 {name} 的村。")
        place = f"village:{village.id}"
        await audit.note(session, "look:week_sheet", now, actor=OPERATOR, reason=place)
        rules: CheckinRules = config.checkin
        return (
            await village_weeks.of_village(session, village, week, now, rules),
            await village_weeks.of_village(session, village, week.before(), now, rules),
        )
