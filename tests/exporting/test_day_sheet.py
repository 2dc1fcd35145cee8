"""`shouwang export day-sheet`: the paper on the leader's table, and how it is printed."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from playwright.async_api import Page, async_playwright

from bot.cli import main
from bot.export_day_sheet import render
from storage import sheets
from storage.database import Database
from storage.holds import AWAY, NewHold, put
from storage.sheets import Line
from tests.databases import clear_at
from tests.importing.village import NOW, TODAY, VILLAGE, elder, enrol_all

CONFIG = """
[database]
url = "{url}"
[wechat]
app_id = "wx0000000000000001"
token = "invented"
encryption = "plain"
"""
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)
A4 = re.compile(rb"/MediaBox\s*\[\s*0 0 59[45](?:\.\d+)? 84[12](?:\.\d+)?\s*\]")


@pytest.fixture
def config_file(database_url: str, tmp_path: Path) -> Path:
    asyncio.run(clear_at(database_url))
    path = tmp_path / "config.toml"
    path.write_text(CONFIG.format(url=database_url), encoding="utf-8")
    people = tmp_path / "people.csv"
    people.write_text(VILLAGE, encoding="utf-8")
    assert shouwang(path, "import", str(people)).exit_code == 0
    return path


def shouwang(config_file: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(config_file), *arguments])


def sheet_of(config_file: Path, *arguments: str) -> str:
    out = config_file.with_name("sheet.html")
    said = shouwang(config_file, "export", "day-sheet", "--out", str(out), *arguments)
    assert said.exit_code == 0, said.output
    return out.read_text("utf-8")


def test_a_sheet_is_written_and_says_how_many(config_file: Path) -> None:
    out = config_file.with_name("sheet.html")
    said = shouwang(config_file, "export", "day-sheet", "--day", "2026-11-24", "--out", str(out))
    assert said.output == f"写好了：1 组，2 位老人，在 {out}\n"
    html = out.read_text("utf-8")
    assert "石桥村 · 一组" in html
    assert "2026年11月24日　星期二" in html
    assert "晚录 一组 1 3 5" in html


def test_neither_phone_number_nor_address_is_on_it(config_file: Path) -> None:
    html = sheet_of(config_file)
    assert "王秀英" in html
    assert not re.search(r"1380000|owang|1941", html)


def test_printed_twice_it_has_the_same_numbers(config_file: Path) -> None:
    first = sheet_of(config_file, "--day", "2026-11-24")
    assert sheet_of(config_file, "--day", "2026-11-24") == first


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--village", "新村"), "“新村”没有登记的老人，请核对村名和组名。"),
        (("--village", "石桥村", "--group", "九组"), "“石桥村”“九组”没有登记的老人"),
    ],
)
def test_what_is_not_there_is_said(
    config_file: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    out = config_file.with_name("sheet.html")
    said = shouwang(config_file, "export", "day-sheet", "--out", str(out), *arguments)
    assert said.exit_code == 1
    assert sentence in said.output
    assert not out.exists()


async def numbers(database: Database, day: date = TODAY) -> list[tuple[str, list[tuple[int, str]]]]:
    async with database.writing() as session:
        await sheets.number_villages(session)
        found = await sheets.pages(session, day)
        return [(page.group, [(line.number, line.name) for line in page.lines]) for page in found]


async def test_a_newcomer_is_put_at_the_end(database: Database) -> None:
    await enrol_all(database, elder("E2", group="一组"), elder("E3", name="孙大娥", group="一组"))
    before = [("一组", [(1, "王秀英"), (2, "孙大娥")])]
    assert await numbers(database) == before
    await enrol_all(database, elder("E1", name="安大妈", group="一组"))
    assert await numbers(database) == [("一组", [*before[0][1], (3, "安大妈")])]


async def test_the_number_of_one_who_left_is_nobodys_and_waits_for_her(database: Database) -> None:
    await enrol_all(database, elder("E1", group="一组"), elder("E2", name="孙大娥", group="一组"))
    await numbers(database)
    await enrol_all(database, elder("E2", name="孙大娥", group="二组"))
    await enrol_all(database, elder("E3", name="安大妈", group="一组"))
    assert await numbers(database) == [
        ("一组", [(1, "王秀英"), (3, "安大妈")]),
        ("二组", [(1, "孙大娥")]),
    ]
    await enrol_all(database, elder("E2", name="孙大娥", group="一组"))
    assert (await numbers(database))[0] == ("一组", [(1, "王秀英"), (2, "孙大娥"), (3, "安大妈")])


async def test_who_is_in_no_group_has_a_sheet_as_well(database: Database) -> None:
    await enrol_all(database, elder("E1"))
    assert await numbers(database) == [("未分组", [(1, "王秀英")])]


async def test_who_is_away_is_marked_until_when(database: Database) -> None:
    await enrol_all(database, elder("E1", group="一组", tier=1))
    async with database.writing() as session:
        hold = NewHold(
            cause="test",
            elder_id="E1",
            reason=AWAY,
            first_day=TODAY,
            last_day=date(2026, 11, 25),
            said_by="E1",
        )
        await put(session, hold, NOW)
        await sheets.number_villages(session)
        (page,) = await sheets.pages(session, date(2026, 11, 24))
        (later,) = await sheets.pages(session, date(2026, 11, 26))
    assert page.lines == [Line(1, "王秀英", 1, False, date(2026, 11, 25))]
    assert later.lines == [Line(1, "王秀英", 1, False, None)]
    html = render([page], date(2026, 11, 24))
    assert "请假到11月25日" in html
    assert ">弱<" in html
    assert ">无手机<" in html


def a_page(group: str, elders: int) -> sheets.Page:
    lines = [
        Line(
            number,
            "欧阳王秀英" if number == 3 else "王秀英",
            1 if number % 5 == 3 else 2,
            number % 2 == 0,
            date(2026, 11, 30) if number == 4 else None,
        )
        for number in range(1, elders + 1)
    ]
    return sheets.Page("石桥村", group, ["李大山"], lines)


@pytest.fixture
async def paper() -> AsyncIterator[Page]:
    """Two groups as a printer sees them: one that fits a page, and one that does not."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine, so the sheet is not printed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": 794, "height": 1123})
        await page.set_content(render([a_page("东院互助组", 18), a_page("西院互助组", 30)], TODAY))
        await page.emulate_media(media="print")
        yield page
        await browser.close()


async def test_each_group_begins_a_page_of_a4(paper: Page) -> None:
    pdf = await paper.pdf(prefer_css_page_size=True, print_background=True)
    assert len(A4.findall(pdf)) == 3


async def test_on_paper_nothing_sticks_out_and_the_type_is_large(paper: Page) -> None:
    width = await paper.evaluate("document.documentElement.scrollWidth")
    assert width <= 794
    size = await paper.locator("td.name").first.evaluate("one => getComputedStyle(one).fontSize")
    assert float(size.removesuffix("px")) >= 24  # 18 points, for old eyes
    tall = await paper.locator("tbody tr").evaluate_all(
        "rows => Math.max(...rows.map(row => row.offsetHeight))"
    )
    assert tall <= 48  # a long name with both marks still stands on one line
