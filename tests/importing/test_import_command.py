"""`shouwang import` at the terminal: a whole village, or every fault and nothing."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.config import Config, load
from storage.database import Base, Database
from storage.people import Person, Tie
from storage.villages import Village
from tests.databases import clear_at
from tests.importing.village import HEADER, VILLAGE, rows_of

CONFIG = """
[database]
url = "{url}"
[wechat]
app_id = "wx0000000000000001"
token = "{token}"
encryption = "plain"
"""

Import = Callable[[str], Result]


@pytest.fixture
def config_file(database_url: str, tmp_path: Path) -> Path:
    asyncio.run(clear_at(database_url))
    path = tmp_path / "config.toml"
    path.write_text(CONFIG.format(url=database_url, token="invented"), encoding="utf-8")
    return path


@pytest.fixture
def config(config_file: Path) -> Config:
    return load(config_file)


@pytest.fixture
def import_text(config_file: Path, tmp_path: Path) -> Import:
    path = tmp_path / "people.csv"

    def run(content: str) -> Result:
        path.write_text(content, encoding="utf-8")
        return import_file(path, config_file)

    return run


def import_file(path: Path, config_file: Path) -> Result:
    return CliRunner().invoke(main, ["--config", str(config_file), "import", str(path)])


def kept(config: Config, model: type[Base], *columns: str) -> set[tuple[object, ...]]:
    async def look() -> set[tuple[object, ...]]:
        database = Database(config.database.url.get_secret_value())
        try:
            return await rows_of(database, model, *columns)
        finally:
            await database.dispose()

    return asyncio.run(look())


def test_a_village_comes_in(config: Config, import_text: Import) -> None:
    result = import_text(VILLAGE)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "导入好了：1 个村，4 人。新增 4 人，改动 0 人，没变 0 人。\n"
    assert kept(config, Person, "name") == {("王秀英",), ("张有田",), ("李梅",), ("陈支书",)}
    assert kept(config, Tie) == {("E1", "E2", "neighbour"), ("E1", "F1", "family")}


def test_the_same_file_again_changes_nobody(import_text: Import) -> None:
    import_text(VILLAGE)

    assert import_text(VILLAGE).stdout.endswith("新增 0 人，改动 0 人，没变 4 人。\n")


def test_every_fault_is_said_and_nothing_is_kept(config: Config, import_text: Import) -> None:
    result = import_text(
        VILLAGE + "E9,赵大娘,,,,新村,,elder,,,,9,,,\nF9,赵小玉,,,,新村,,family,,,,,E9;E404,,\n"
    )

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        "第 6 行：tier 要写 1、2 或 3，写的是“9”",
        "第 7 行：family_of 里的“E404”，表里和库里都没有这个人",
        "一共 2 处不对，一个人也没有导入。改好以后请再导入一次。",
    ]
    assert kept(config, Village) == set()


def test_a_long_list_of_faults_is_cut_short(import_text: Import) -> None:
    result = import_text("\n".join([HEADER, *(f"E{n},,,,,石桥村,,elder" for n in range(250))]))

    said = result.stderr.splitlines()
    assert said[199:] == [
        "第 201 行：name 不能空着",
        "还有 50 处没有列出。",
        "一共 250 处不对，一个人也没有导入。改好以后请再导入一次。",
    ]


def test_faults_against_the_village_are_said_too(config: Config, import_text: Import) -> None:
    import_text(VILLAGE)

    result = import_text(f"{HEADER}\nE9,赵大娘,,,,新村,,elder,owang\n")

    assert result.exit_code == 1
    assert result.stderr.startswith("第 2 行：这个 openid 已经是“E1”的\n一共 1 处不对")
    assert kept(config, Village, "name") == {("石桥村",)}


def test_a_database_in_use_is_left_alone(sqlite_url: str, tmp_path: Path) -> None:
    config_file, people = tmp_path / "config.toml", tmp_path / "people.csv"
    config_file.write_text(CONFIG.format(url=sqlite_url, token="invented"), encoding="utf-8")
    people.write_text(VILLAGE, encoding="utf-8")
    watching = Database(sqlite_url)

    result = import_file(people, config_file)

    assert (result.exit_code, result.stderr) == (
        1,
        "没有导入：守望正在用这个数据库，请先停下它。\n",
    )
    asyncio.run(watching.dispose())


def test_a_file_that_is_not_there_is_one_clear_sentence(config_file: Path, tmp_path: Path) -> None:
    result = import_file(tmp_path / "none.csv", config_file)

    assert result.exit_code == 1
    assert result.stderr.startswith("没有导入：打不开 ")
