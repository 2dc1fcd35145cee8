"""`shouwang export person|people`: everything kept of one, and everybody as they came in."""

import asyncio
import csv
import io
import json
import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click
from jinja2 import Environment, FileSystemLoader
from sqlalchemy.ext.asyncio import AsyncSession

from bot.command import configured, open_database
from bot.config import Config
from bot.dossier_labels import LABELS, TITLES
from schedules.clock import WallClock
from storage import audit, dossiers, privacy_wishes, roster_out
from storage.dossiers import Dossier
from storage.privacy_wishes import WishKind
from storage.roster_out import COLUMNS, Stated
from storage.rules import VILLAGE_TIME

PAGES = Path(__file__).parent / "pages"
T = TypeVar("T")


@click.command("person")
@click.argument("person")
@click.option(
    "--out",
    default=Path(),
    type=click.Path(path_type=Path, file_okay=False),
    help="写进哪个文件夹；不写就是这里。",
)
@configured
def person(config: Config, person: str, out: Path) -> None:
    """一个人的全部资料：一份给机器（JSON），一份给本人看（HTML）。请封好，当面交给本人。"""
    now = config.clock.start or WallClock().now()
    dossier = asyncio.run(in_one_writing(config, lambda session: _hers(session, person, now)))
    if dossier is None:
        raise click.ClickException(f"没有编号是 {person} 的人。")
    written = [
        _write(out / f"{person}.json", _as_json(dossier)),
        _write(out / f"{person}.html", render(dossier, now)),
    ]
    click.echo(f"写好了：{written[0]} 和 {written[1]}。请封好，当面交给本人。")


async def _hers(session: AsyncSession, person: str, now: datetime) -> Dossier | None:
    dossier = await dossiers.gather(session, person)
    if dossier is not None:
        await audit.note(session, "export", now, actor=None, subject=person)
        await privacy_wishes.done(session, person, WishKind.EXPORT, now)
    return dossier


@click.command("people")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="写进哪个文件。"
)
@configured
def people(config: Config, out: Path) -> None:
    """所有的人，照人员表的样子（CSV）：可以再用 shouwang import 导回来。"""
    now = config.clock.start or WallClock().now()
    stated = asyncio.run(in_one_writing(config, lambda session: _everybody(session, now)))
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, COLUMNS)
    writer.writeheader()
    writer.writerows(stated)
    _write(out, f"\ufeff{table.getvalue()}")  # by this mark Excel knows that it is UTF-8
    click.echo(f"写好了：{len(stated)} 人，在 {out}。里面有电话，请收好。")


async def _everybody(session: AsyncSession, now: datetime) -> list[Stated]:
    await audit.note(session, "export", now, actor=None, reason="people")
    return await roster_out.state(session)


async def in_one_writing(config: Config, do: Callable[[AsyncSession], Awaitable[T]]) -> T:
    async with open_database(config) as database, database.writing() as session:
        return await do(session)


def _write(path: Path, words: str) -> Path:
    """Write a file that only we may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
        file.write(words)
    return path


def _as_json(dossier: Dossier) -> str:
    whole = {"stated": dossier.stated, "kept": dossier.kept}
    return json.dumps(whole, ensure_ascii=False, indent=1)


def render(dossier: Dossier, now: datetime) -> str:
    """Return her record as one page of HTML that can be printed."""
    environment = Environment(
        loader=FileSystemLoader(PAGES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("person.html").render(
        dossier=dossier,
        now=now.astimezone(VILLAGE_TIME),
        titles=TITLES,
        labels=LABELS,
        style=(PAGES / "person.css").read_text("utf-8"),
    )
