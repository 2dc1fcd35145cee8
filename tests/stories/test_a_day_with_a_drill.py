"""A day with a drill is the same day without it, but for what the drill itself has said.

Whoever counts, shows or judges incidents and forgets that some are only played will be found
out here: the same morning is lived twice, and everything that anybody reads is compared.
"""

import re
import shutil
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from storage.incidents import Incident
from storage.letters import Letter, LetterState
from storage.schema import metadata
from tests.databases import clear_at
from tests.village import Village, open_village

TABLES = ("expectations", "signs_of_life", "silent_elders", "holds", "plans", "downtimes")
"""What the village knows of its elders."""


async def live(url: str, path: Path, channel: str, words: str) -> dict[str, Any]:
    """Live a morning with two silent elders, and return what was known and said of it."""
    await clear_at(url)
    async with open_village(url, path, channel) as village:
        await village.settle()
        await village.all_well_but("wang", "chen")
        await village.until("09:31")
        await village.says("zhang", words)
        await village.says("zhang", "开始演练" if "演练" in words else "帮助")
        await village.until("09:44")
        await _lose_what_the_drill_has_written(village)
        await village.says("zhang", "帮助")
        await village.until("09:46")
        await village.says("dashan", "我去 1")
        await village.says("dashan", "忘了 1")
        board, figures = await _page(village, "/board"), await _page(village, "/metrics")
        await village.until("11:00")
        return {
            "board": [board, await _page(village, "/board")],
            "open": re.findall(r"^shouwang_incidents_live .*", figures, re.MULTILINE),
            "letters": await _letters_in_earnest(village),
            "rows": await _rows(village),
            "incidents": await _incidents(village),
        }


async def _page(village: Village, path: str) -> str:
    url = village.platform.webhook_url.replace("/wechat", path)
    async with aiohttp.ClientSession() as session, session.get(url) as page:
        return await page.text()


async def _lose_what_the_drill_has_written(village: Village) -> None:
    played = select(Incident.id).where(Incident.kind == "drill")
    async with village.database.writing() as session:
        await session.execute(
            update(Letter)
            .where(Letter.incident_id.in_(played), Letter.recipient_id == "laosi")
            .values(state=LetterState.FAILED)
        )


async def _letters_in_earnest(village: Village) -> list[tuple[object, ...]]:
    async with village.database.reading() as session:
        letters = (await session.scalars(select(Letter))).all()
    return sorted(
        (one.key, one.recipient_id, one.about_id, str(one.detail), one.written_at)
        for one in letters
        if "drill" not in (one.detail or {})
    )


async def _rows(village: Village) -> dict[str, list[str]]:
    found = {}
    async with village.database.reading() as session:
        for table in (metadata.tables[name] for name in TABLES):
            columns = [column for column in table.columns if column.name != "id"]
            found[table.name] = sorted(map(str, await session.execute(select(*columns))))
    return found


async def _incidents(village: Village) -> list[tuple[object, ...]]:
    async with village.database.reading() as session:
        found = await session.scalars(
            select(Incident).where(Incident.kind != "drill").order_by(Incident.id)
        )
        return [(one.number, one.kind, one.step, one.result, one.closed_at) for one in found]


async def test_a_day_with_a_drill_is_the_day_without_it(
    home: tuple[str, str], migrated_sqlite: Path, tmp_path: Path
) -> None:
    url, channel = home
    without = await live(url, tmp_path, channel, "帮助")
    if url.startswith("sqlite"):
        url = f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'again.sqlite3')}"
    with_drill = await live(url, tmp_path, channel, "演练 孙老根 出事")
    assert with_drill["board"] == without["board"]
    assert with_drill["open"] == without["open"] == ["shouwang_incidents_live 1.0"]
    assert with_drill["letters"] == without["letters"]
    assert with_drill == without


@pytest.mark.parametrize("elder", ["wang", None])
async def test_no_incident_of_an_elder_can_be_a_drill(village: Village, elder: str | None) -> None:
    """What is asked by elder or by kind never finds a drill, whoever asks."""
    await village.says("wang", "救命")
    kind = "drill" if elder else "missed"
    with pytest.raises(IntegrityError, match="about"):
        async with village.database.writing() as session:
            await session.execute(update(Incident).values(elder_id=elder, kind=kind))
