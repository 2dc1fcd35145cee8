"""`shouwang drill`: hold a drill and see it through, or read what one has shown."""

import asyncio
import secrets
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import click
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot.app import make_clock, node_name
from bot.command import address_told, configured, open_database, stop_at
from bot.config import Config
from bot.equipment import lacking
from bot.serve import on_the_street
from handlers.drill import words
from handlers.drill.before import hindrance
from schedules.bell import BEAT
from schedules.clock import Clock
from storage import beats, drill_reports, drills, ladder, villages
from storage.database import Database, DatabaseInUseError
from storage.drill_reports import Call, DrillReport
from storage.drills import Drill, NewDrill
from storage.incidents import IncidentKind
from storage.letters import LetterState
from storage.people import Person, PersonRole, Role
from storage.rules import VILLAGE_TIME
from storage.villages import Village

LOOK_AGAIN_SECONDS = 0.5

_IN_USE = (
    "守望正在用这个数据库（SQLite 只许一个程序打开）。"
    "请在微信里说“演练 姓名”，或者先停下守望再用这个命令。"
)
_STATES = {
    LetterState.QUEUED: "还没送",
    LetterState.SENDING: "正在送",
    LetterState.SENT: "送出",
    LetterState.DELIVERED: "送到",
    LetterState.FAILED: "没送到",
    LetterState.WITHDRAWN: "没送就撤了",
    LetterState.EXPIRED: "过时",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A drill as it is asked for at the command line."""

    village: str
    elder: str
    kind: str
    pace: float


class _HoldsOrReports(click.Group):
    """Without the name of a command it holds a drill."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, "--help"}:
            args = ["hold", *args]
        return super().parse_args(context, args)


@click.group("drill", cls=_HoldsOrReports)
def drill_group() -> None:
    """演练：真的叫一遍人，话都带“演练”二字，再报告快慢。

    shouwang drill --village 村名 --elder 编号 [--kind missed|emergency] [--pace 倍数] [--wait]
    """


@drill_group.command(hidden=True)
@click.option("--village", required=True, help="村名。")
@click.option("--elder", required=True, help="老人的编号，和人员表里的一样。")
@click.option("--kind", type=click.Choice(["missed", "emergency"]), default="missed")
@click.option("--pace", type=click.FloatRange(min=0, min_open=True), help="比平时快几倍。")
@click.option("--wait", is_flag=True, help="等到演练结束，再印报告。")
@configured
def hold(
    config: Config, village: str, elder: str, kind: str, pace: float | None, wait: bool
) -> None:
    """交给正在值守的守望演练；没有守望在值守，就自己值守到演练结束。"""
    stop_at(lacking(config))
    order = Order(village=village, elder=elder, kind=kind, pace=pace or config.drill.pace)
    with address_told(config):
        asyncio.run(hold_drill(config, order, make_clock(config), wait=wait))


async def hold_drill(config: Config, order: Order, clock: Clock, *, wait: bool) -> None:
    """Hand it to the house that watches, else open one for the time of the drill."""
    try:
        async with open_database(config) as database:
            somebody_watches = await _somebody_watches(database, config, clock.now())
            if somebody_watches:
                await _hand_over(database, config, order, clock, wait=wait)
    except DatabaseInUseError:
        raise click.ClickException(_IN_USE) from None
    if not somebody_watches:
        await _hold_alone(config, order)


async def _somebody_watches(database: Database, config: Config, now: datetime) -> bool:
    """Tell whether a house has left a beat just now; of an SQLite file we are the only one."""
    if database.is_sqlite:
        return False
    async with database.reading() as session:
        last = (await beats.last(session)).get(BEAT)
    return last is not None and now - last < timedelta(minutes=config.watch.gap_minutes)


async def _hand_over(
    database: Database, config: Config, order: Order, clock: Clock, *, wait: bool
) -> None:
    cause = await _ask(database, config, order, clock.now())
    click.echo("已经交给正在值守的守望，几秒钟里就开始。报告请用：shouwang drill report")
    if wait:
        await _until_over(database, cause)
        await _print_report(database, config, cause)


async def _hold_alone(config: Config, order: Order) -> None:
    """Watch as any house does until the drill is over; who presses Ctrl-C calls it off."""
    logs.set_up("error", node_name())
    async with on_the_street(config) as opened:
        database, clock = opened.house.database, opened.house.clock
        cause = await _ask(database, config, order, clock.now())
        click.echo("没有别的守望在值守，这个命令值守到演练结束。按 Ctrl-C 停下演练。")
        over = asyncio.create_task(_until_over(database, cause))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, over.cancel)
        await asyncio.wait([over])
        if over.cancelled():
            await _call_off(database, cause, clock.now())
        else:
            over.result()
        await _print_report(database, config, cause)


async def _ask(database: Database, config: Config, order: Order, now: datetime) -> str:
    """Put the drill in line, and return its cause. Raises ClickException where it cannot be."""
    async with database.writing() as session:
        village = await _village_of(session, order)
        if why_not := await hindrance(session, order.elder, village, now, config.ladder):
            raise click.ClickException(why_not)
        drill = NewDrill(
            cause=f"{IncidentKind.DRILL}:command:{secrets.token_hex(8)}",
            village_id=village,
            elder_id=order.elder,
            kind=order.kind,
            pace=order.pace,
        )
        if not await drills.ask(session, drill, now):
            raise click.ClickException("村里正在演练，一次只能有一场。")
    return drill.cause


async def _village_of(session: AsyncSession, order: Order) -> int:
    found = await session.scalar(
        select(Village.id)
        .join(Person, Person.village_id == Village.id)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(
            Village.name == order.village,
            Person.id == order.elder,
            PersonRole.role == Role.ELDER,
        )
    )
    if found is None:
        raise click.ClickException(f"{order.village}没有编号是 {order.elder} 的老人。")
    return found


async def _until_over(database: Database, cause: str) -> None:
    while True:
        async with database.reading() as session:
            over_at = await session.scalar(select(Drill.over_at).where(Drill.cause == cause))
        if over_at is not None:
            return
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def _call_off(database: Database, cause: str, now: datetime) -> None:
    async with database.writing() as session:
        drill = (await session.scalars(select(Drill).where(Drill.cause == cause))).one()
        await ladder.call_off(session, drill, None, now)


async def _print_report(database: Database, config: Config, cause: str) -> None:
    async with database.reading() as session:
        drill = (await session.scalars(select(Drill).where(Drill.cause == cause))).one()
        if drill.begun_at is None:
            click.echo("演练没有开始就停了。")
            return
        shown = await drill_reports.report(session, drill, config.drill)
    click.echo("\n".join(_lines(shown)))


@drill_group.command("report")
@click.option("--number", type=int, help="演练的号；不写就是最近一次。")
@click.option("--village", help="村名；号在每个村里各排各的。")
@configured
def report_(config: Config, number: int | None, village: str | None) -> None:
    """印一次演练的报告：叫了谁，多快，谁先应，怎么结束。"""
    click.echo("\n".join(asyncio.run(_read(config, number, village))))


async def _read(config: Config, number: int | None, village: str | None) -> list[str]:
    try:
        async with open_database(config) as database, database.reading() as session:
            place = None if village is None else await _village_named(session, village)
            drill = await drill_reports.latest(session, village=place, number=number)
            if drill is None:
                raise click.ClickException("没有这样一次演练。")
            return list(_lines(await drill_reports.report(session, drill, config.drill)))
    except DatabaseInUseError:
        raise click.ClickException(_IN_USE.replace("演练 姓名", "演练报告")) from None


async def _village_named(session: AsyncSession, name: str) -> int:
    village = await villages.named(session, name)
    if village is None:
        raise click.ClickException(f"没有叫{name}的村。")
    return village.id


def _lines(shown: DrillReport) -> Iterator[str]:
    """The whole report: the verdict, the marks, every call, and how it ended."""
    began = datetime.fromisoformat(shown.began).astimezone(VILLAGE_TIME)
    yield words.verdict(shown)
    yield f"{shown.village}，{began:%Y-%m-%d %H:%M:%S}起"
    yield words.title(shown)
    yield from _measured(shown)
    for step in shown.steps:
        yield words.step(step)
        yield from (f"    {_call(one)}" for one in step.calls)
    if shown.never_reached:
        yield f"没联系上：{'、'.join(shown.never_reached)}"
    if shown.without_phone:
        yield f"没有手机：{'、'.join(shown.without_phone)}"
    yield words.end(shown)


def _measured(shown: DrillReport) -> Iterator[str]:
    marks, answered = shown.marks, shown.acknowledged
    yield f"开始叫人：{shown.to_incident:.1f}秒（不超过{marks.incident_seconds:g}秒）"
    latest = max((one.late for one in shown.steps), default=0)
    yield f"往上叫，最晚：晚{latest:.1f}秒（不超过{marks.incident_seconds:g}秒）"
    slowest = f"{shown.slowest:.1f}秒" if shown.slowest is not None else "没有"
    yield f"送出，最慢：{slowest}（不超过{marks.hand_over_seconds:g}秒）"
    first = words.lasts(answered.after) if answered else "没有"
    yield f"第一个应的：{first}（不超过{marks.acknowledge_minutes:g}分）"


def _call(call: Call) -> str:
    seconds = f"{call.seconds:.1f}秒" if call.seconds is not None else "—"
    parts = [call.name, seconds, call.way, _STATES[LetterState(call.state)], call.reason]
    return "  ".join(part for part in parts if part)
