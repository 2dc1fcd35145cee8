"""`shouwang export week`: the sheet for the meeting, opened and read back."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result
from python_calamine import CalamineWorkbook

from bot.cli import main
from storage import roster
from storage.checkins import State
from storage.database import Database
from storage.people import Role
from tests.databases import clear
from tests.storage.settlers import settler
from tests.village import village_config
from tests.weeks import NOW, called_for, expected, promised

CLOCK = f"[clock]\nstart = {NOW.isoformat()}\n[simulator]"


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Path:
    village_config(database_url, tmp_path)
    path = tmp_path / "config.toml"
    path.write_text(path.read_text("utf-8").replace("[simulator]", CLOCK), "utf-8")
    asyncio.run(_live(database_url))
    return path


async def _live(url: str) -> None:
    database = Database(url)
    try:
        await clear(database)
        async with database.writing() as session:
            people = [
                settler("wang", "=王秀英", Role.ELDER),
                settler("chen", "陈德福", Role.ELDER),
                settler("dashan", "李大山", Role.LEADER),
            ]
            await roster.enrol(session, people, NOW)
            session.add_all(
                [
                    *(expected("wang", number, State.MISSED) for number in (1, 2, 3)),
                    *(expected("chen", number, State.MET, "07:00") for number in (-6, 1, 2, 3)),
                    called_for(1, "wang", 1, "没电", by="dashan"),
                    called_for(2, "wang", 2, "没电", by="dashan", closed="09:50"),
                    called_for(3, "wang", 3, "住院", by="dashan"),
                ]
            )
            await session.flush()
            session.add(promised(1, "dashan", 1, "09:36", "kept"))
    finally:
        await database.dispose()


def say(config: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(config), "export", "week", *words])


def read(path: Path) -> dict[str, list[list[Any]]]:
    with CalamineWorkbook.from_path(path) as book:
        return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_the_week_is_four_sheets_that_read_back_as_they_were_counted(
    config: Path, tmp_path: Path
) -> None:
    out = tmp_path / "week.xlsx"
    result = say(config, "--village", "李家沟", "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "2026-11-16 到 2026-11-22" in result.output
    sheets = read(out)
    assert list(sheets) == ["概况", "未报与结果", "各人误报", "应承的人"]
    overview = {row[0]: row[1:] for row in sheets["概况"]}
    assert overview["应报（次）"] == [6, 1, 5]
    assert overview["报平安（%）"] == [50, 100, -50]
    assert overview["真有事占有结果的（%）"] == [33, "", ""]
    assert overview["结果：没电"] == [2, 0, 2]
    assert sheets["未报与结果"][1][:9] == [
        1, "2026-11-16", "09:30", "=王秀英", "柿树院", "没报", "李大山", 6, "没电",
    ]  # fmt: skip
    assert sheets["未报与结果"][3][-1] == "真有事"
    assert sheets["各人误报"][1:] == [["=王秀英", "柿树院", 3, 2, "没电×2", "睡前充电"]]
    assert sheets["应承的人"][1:] == [["李大山", 1, 0, 0, 0, 24]]


def test_it_prints_on_a4_with_its_head_on_every_page(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "week.xlsx"
    say(config, "--village", "李家沟", "--week", "2026-W47", "--out", str(out))
    with ZipFile(out) as parts:
        for number in range(1, 5):
            sheet = parts.read(f"xl/worksheets/sheet{number}.xml").decode()
            assert 'paperSize="9"' in sheet
            assert 'state="frozen"' in sheet
        assert "Print_Titles" in parts.read("xl/workbook.xml").decode()


def test_another_week_is_another_sheet(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "week.xlsx"
    say(config, "--village", "李家沟", "--week", "2026-W46", "--out", str(out))
    sheets = read(out)
    assert {row[0]: row[1] for row in sheets["概况"]}["应报（次）"] == 1
    assert sheets["未报与结果"][1:] == sheets["各人误报"][1:] == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--village", "没有的村", "--out", "w.xlsx"), "没有叫 没有的村 的村"),
        (("--village", "李家沟", "--week", "2026-48", "--out", "w.xlsx"), "2026-W48 的样子"),
        (("--village", "李家沟", "--week", "2027-W53", "--out", "w.xlsx"), "2026-W48 的样子"),
        (("--village", "李家沟", "--out", "nowhere/w.xlsx"), "写不进 nowhere/w.xlsx"),
    ],
)
def test_what_cannot_be_written_is_said_in_a_sentence(
    config: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: Sequence[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = say(config, *words)
    assert result.exit_code != 0
    assert sentence in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "w.xlsx").exists()
