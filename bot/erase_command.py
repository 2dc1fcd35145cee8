"""`shouwang erase`: somebody goes, and what was counted stays."""

import asyncio

import click
from sqlalchemy.ext.asyncio import AsyncSession

from bot.command import configured
from bot.config import Config
from bot.export_person import in_one_writing
from schedules.clock import WallClock
from storage import erasing
from storage.erasing import Erased, Open, OpenMatterError
from storage.people import Person

WHY_NOT = {
    Open.INCIDENT: "还有一件找她的事没了结，先了结再删",
    Open.LETTER: "那件事还有人没收到回音，过一会儿再删",
    Open.PROMISE: "她应承了去看人，办完再删",
    Open.CALL: "她请人帮忙的事还没了结，办完或取消了再删",
    Open.VISIT: "她还有要去帮的忙没了结，办完或退掉了再删",
    Open.LEDGER: "时间币的账冻结着，先核对：shouwang ledger audit --thaw",
}


@click.command("erase")
@click.argument("person")
@click.option("--yes", is_flag=True, help="不再问一遍。")
@configured
def erase(config: Config, person: str, yes: bool) -> None:
    """删掉一个人的姓名、电话、微信、亲友和原话；账目和统计照旧。删了就找不回来。"""
    name = asyncio.run(in_one_writing(config, lambda session: _name(session, person)))
    if name is None:
        raise click.ClickException(f"没有编号是 {person} 的人。")
    if not yes and name != erasing.NOBODY:
        click.confirm(f"{name}（{person}）的资料删了就找不回来，真的要删吗？", abort=True)
    try:
        erased = asyncio.run(
            in_one_writing(config, lambda session: _erase(config, session, person))
        )
    except OpenMatterError as error:
        raise click.ClickException(f"没有删：{WHY_NOT[error.what]}。") from None
    already = erased is Erased.ALREADY
    click.echo(f"{person} 早就删了，没有再动什么。" if already else f"{person} 的资料删好了。")


async def _name(session: AsyncSession, person: str) -> str | None:
    found = await session.get(Person, person)
    return found.name if found else None


async def _erase(config: Config, session: AsyncSession, person: str) -> Erased:
    now = config.clock.start or WallClock().now()
    return await erasing.erase(session, person, now, config.timebank.preset, by=None)
