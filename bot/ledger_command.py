"""`shouwang ledger`: look the books over, take them out, and put right what went wrong."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import TypeVar

import click
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.command import configured, open_database
from bot.config import Config
from bot.statements import NoFontError, Proof, draw_proof, liability_lines, write_transfers
from schedules import auditing
from schedules.clock import WallClock
from storage import ledger, ledger_audit, ledger_members, ledger_statements, villages
from storage.authority import is_of_household
from storage.database import Database
from storage.ledger import (
    ChainHead,
    ClosedError,
    FrozenError,
    LedgerError,
    NotEnoughError,
    OtherContentError,
)
from storage.ledger_audit import Verdict
from storage.ledger_moves import Book, SecondPersonError, UnknownTransferError
from storage.people import Person, Role, roles_of
from storage.policies import Policy, TimebankRules
from storage.rules import village_day
from storage.villages import Village

T = TypeVar("T")

_CANNOT_WRITE = "写不进 {}：请看看文件夹在不在，能不能写。"

MAY_CORRECT = frozenset({Role.COORDINATOR, Role.SUPERVISOR})


def _rules(config: Config) -> TimebankRules:
    return config.timebank


class PrintedHead(click.ParamType[ChainHead]):
    """A head of the chain as the weekly digest prints it: 1234:9f86d0…"""

    name = "SEQ:HASH"

    def convert(
        self, value: object, param: click.Parameter | None, context: click.Context | None
    ) -> ChainHead:
        if isinstance(value, ChainHead):
            return value
        found = re.fullmatch(r"(\d+):([0-9a-f]{64})", str(value).strip())
        if found is None:
            self.fail("请照周报写：序号:64位校验码", param, context)
        return ChainHead(int(found[1]), found[2])


@click.group("ledger")
def ledger_group() -> None:
    """时间银行的账：核对、审计、导出、更正、证明。"""


@ledger_group.command()
@click.option("--head", "heads", type=PrintedHead(), multiple=True, help="周报上印的链头。")
@configured
def verify(config: Config, heads: tuple[ChainHead, ...]) -> None:
    """从第一笔起重算全部账目，有一处不对就以 1 退出。"""
    verdict = _run(config, lambda database: _verify(database, heads))
    _tell(verdict)


async def _verify(database: Database, heads: tuple[ChainHead, ...]) -> Verdict:
    async with database.reading() as session:
        return await ledger_audit.verify(session, heads)


def _tell(verdict: Verdict) -> None:
    for fault in verdict.faults:
        click.echo(f"不对：{fault}", err=True)
    if not verdict.is_whole:
        click.echo(f"看了 {verdict.transfers} 笔，有 {len(verdict.faults)} 处不对。", err=True)
        raise click.exceptions.Exit(1)
    click.echo(f"看了 {verdict.transfers} 笔，账是对的。链头 {verdict.head}")


@ledger_group.command()
@click.option("--thaw", is_flag=True, help="账对了，就解除冻结。")
@configured
def audit(config: Config, thaw: bool) -> None:
    """核对一遍：对就封存链头，不对就冻结全部转账并通知协调员。"""
    verdict = _run(config, lambda database: _audit(database, config, thaw=thaw))
    _tell(verdict)


async def _audit(database: Database, config: Config, *, thaw: bool) -> Verdict:
    now = config.clock.start or WallClock().now()
    verdict = await _verify(database, ())
    async with database.writing() as session:
        await ledger.take_head(session)
        await auditing.conclude(session, verdict, now)
        if thaw and verdict.is_whole:
            await ledger.thaw(session)
    return verdict


@ledger_group.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@configured
def export(config: Config, file: Path) -> None:
    """把全部流水写进一张 XLSX 表：只有账户号，没有人名。"""
    try:
        file.touch()  # before a million rows are read for nothing
    except OSError:
        raise click.ClickException(_CANNOT_WRITE.format(file)) from None
    rows = _run(config, lambda database: _export(database, file))
    click.echo(f"写好了：{rows} 笔，在 {file}")


async def _export(database: Database, file: Path) -> int:
    async with database.reading() as session:
        return await write_transfers(ledger_statements.all_transfers(session), file)


@ledger_group.command()
@click.option("--village", default="", help="村名；不写就是全部。")
@configured
def liability(config: Config, village: str) -> None:
    """欠大家多少时间：按年龄，对着时间池。"""
    day = village_day(config.clock.start or WallClock().now())

    async def count(database: Database) -> list[str]:
        async with database.reading() as session:
            number = await _village(session, village) if village else None
            return liability_lines(await ledger_statements.liability(session, day, number))

    click.echo("\n".join(_run(config, count)))


async def _village(session: AsyncSession, name: str) -> int:
    village = await villages.named(session, name)
    if village is None:
        raise click.ClickException(f"没有叫 {name} 的村。")
    return village.id


@ledger_group.command()
@click.argument("transfer")
@click.option("--by", required=True, help="经手人的编号（协调员或督导）。")
@click.option("--second", default="", help="第二人的编号；数目大时必须有。")
@click.option("--reason", required=True, help="原因的代码，如 typo、wrong-person。")
@configured
def correct(config: Config, transfer: str, by: str, second: str, reason: str) -> None:
    """冲销一笔转账：原来那笔不动，另记一笔指着它的。"""
    if not re.fullmatch(r"[a-z0-9-]{1,60}", reason):
        raise click.ClickException("原因请用小写字母、数字和连字符，不写人名。")
    undone = _run(
        config, lambda database: _correct(database, config, transfer, (by, second), reason)
    )
    click.echo(f"冲销好了：{'，'.join(undone)}")


async def _correct(
    database: Database, config: Config, transfer: str, hands: tuple[str, str], reason: str
) -> list[str]:
    policy = _rules(config).preset
    now = config.clock.start or WallClock().now()
    async with database.writing() as session:
        parties = await ledger_members.parties_of(session, transfer)
        actor, second = [await _hand(session, one, parties, policy) for one in hands]
        book = Book(session, now, policy)
        return await book.undo(transfer, actor=actor, reason=reason, second=second)


async def _hand(
    session: AsyncSession, person: str, parties: Collection[str], policy: Policy
) -> str:
    """Return the account behind which somebody signs. Raises where he may not."""
    if not person:
        return ""
    if not await roles_of(session, person) & MAY_CORRECT:
        raise click.ClickException(f"{person} 不是协调员或督导，不能经手更正。")
    if await is_of_household(session, person, parties):
        raise click.ClickException(f"这笔账是 {person} 自己或家里人的，请换一个人经手。")
    return await ledger_members.account_of(session, person, policy)


@ledger_group.command()
@click.argument("number")
@click.argument("code")
@click.option("--png", type=click.Path(path_type=Path, dir_okay=False), help="画成图片。")
@configured
def certificate(config: Config, number: str, code: str, png: Path | None) -> None:
    """核对一张志愿服务记录证明，要的话画出来。"""
    proof = _run(config, lambda database: _proof(database, number, code))
    if proof is None:
        raise click.ClickException("编号和验证码对不上：这不是我们开的证明。")
    found = proof.certificate
    click.echo(f"是真的：{proof.name}，{found.services} 次，{found.service_minutes} 分钟。")
    if png is not None:
        try:
            draw_proof(proof, png)
        except NoFontError as error:
            raise click.ClickException(str(error)) from None
        except OSError:
            raise click.ClickException(_CANNOT_WRITE.format(png)) from None
        click.echo(f"画好了：{png}")


async def _proof(database: Database, number: str, code: str) -> Proof | None:
    async with database.reading() as session:
        found = await ledger_statements.check_certificate(session, number, code)
        if found is None:
            return None
        people = await ledger_members.people_behind(session, [found.account])
        row = (
            await session.execute(
                select(Person.name, Village.name)
                .join(Village, Village.id == Person.village_id)
                .where(Person.id == people.get(found.account, ""))
            )
        ).first()
    name, village = row or ("（已注销）", "")
    return Proof(found, name, village)


def _run(config: Config, do: Callable[[Database], Awaitable[T]]) -> T:
    """Open the database, do it, and say in one sentence why it was refused."""

    async def run() -> T:
        async with open_database(config) as database:
            return await do(database)

    try:
        return asyncio.run(run())
    except LedgerError as error:
        raise click.ClickException(f"账本不答应：{_why(error)}") from None


def _why(error: LedgerError) -> str:
    """Say why in the words of the office; what it would never ask for stays as it is."""
    if isinstance(error, NotEnoughError):
        return f"{error.account} 只有 {error.has} 分钟，要 {error.needs} 分钟，已经用掉了。"
    reasons = {
        SecondPersonError: "数目大，要第二个人一起签：--second 编号。",
        OtherContentError: "这笔已经冲销过，经手人或原因不一样。",
        FrozenError: "账冻结着，先核对：shouwang ledger audit --thaw。",
        ClosedError: "有一个账户已经结清。",
        UnknownTransferError: "没有这笔转账，请核对编号。",
    }
    return reasons.get(type(error), str(error))
