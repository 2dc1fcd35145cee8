"""The operator's commands, and the round trip: in, out, gone, and in again."""

import asyncio
import csv
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from bot.cli import main
from storage import erasing, ledger_members, roster_out
from storage.database import Database
from storage.ledger_moves import Book
from storage.people import Person
from storage.policies import load
from storage.roster_out import COLUMNS, Stated
from storage.sealing import Keyring, make_key
from tests.village import CONFIG, MONDAY

KEY = make_key()
PEOPLE = int(os.environ.get("SHOUWANG_ROUND_TRIP", "200"))
"""SHOUWANG_ROUND_TRIP=10000 goes round with a county town."""


@pytest.fixture
def config(sqlite_url: str, tmp_path: Path) -> Path:
    file = tmp_path / "config.toml"
    keys = f'[privacy]\nkeys = ["{KEY}"]\n'
    file.write_text(CONFIG.format(database=sqlite_url) + keys, encoding="utf-8")
    return file


def say(config: Path, *arguments: str | Path, answer: str = "") -> Result:
    said = [str(one) for one in arguments]
    return CliRunner().invoke(main, [*said, "--config", str(config)], input=answer)


def townspeople(number: int) -> Iterator[Stated]:
    """Invent people of every kind, each with what the file can say of her."""
    chance = random.Random(6)  # noqa: S311
    for n in range(number):
        is_elder = n % 2 == 0
        yield dict.fromkeys(COLUMNS, "") | {
            "id": f"p{n:05}",
            "name": "".join(chance.choices("王李张秀英梅山花", k=3)),
            "gender": chance.choice(("female", "male", "")),
            "born": chance.choice(("1941", "1941-03-05", "")),
            "phone": chance.choice((f"138-{n:04} {n:04}", "")),
            "village": f"村{n % 5}",
            "group": chance.choice((f"组{n % 3}", "")),
            "roles": "elder" if is_elder else chance.choice(("family", "leader;volunteer")),
            "openid": chance.choice((f"o-{n:05}", "")),
            "checkin_from": "06:30" if is_elder else "",
            "checkin_by": "08:45" if is_elder else "",
            "tier": str(chance.choice((1, 2, 3))) if is_elder else "",
            "family_of": "" if is_elder else f"p{n - 1:05}",
            "neighbour_of": "" if is_elder or n < 9 else f"p{n - 3:05};p{n - 1:05}",
            "skills": "" if is_elder else chance.choice(("理发", "")),
        }


def write(path: Path, people: list[Stated]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(people)
    return path


def as_they_are(path: Path) -> list[Stated]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_people_go_round_without_loss(config: Path, tmp_path: Path, sqlite_url: str) -> None:
    town = list(townspeople(PEOPLE))
    file, out = write(tmp_path / "town.csv", town), tmp_path / "out.csv"
    assert say(config, "import", file).exit_code == 0
    assert say(config, "export", "people", "--out", out).exit_code == 0
    assert as_they_are(out) == town
    asyncio.run(_earn_and_erase_all(sqlite_url, [one["id"] for one in town]))
    assert say(config, "ledger", "verify").exit_code == 0
    audited = say(config, "audit", "verify")
    assert audited.exit_code == 0, audited.output
    gone = tmp_path / "gone.csv"
    assert say(config, "export", "people", "--out", gone).exit_code == 0
    assert as_they_are(gone) == []
    assert say(config, "import", out).exit_code == 0
    again = tmp_path / "again.csv"
    assert say(config, "export", "people", "--out", again).exit_code == 0
    assert again.read_bytes() == out.read_bytes()
    assert f"没变 {PEOPLE} 人" in say(config, "import", again).output


async def _earn_and_erase_all(url: str, people: list[str]) -> None:
    policy, database = load("village-default"), Database(url, Keyring([KEY]))
    async with database.writing() as session:
        book = Book(session, MONDAY, policy)
        for one in people[::7]:
            account = await ledger_members.account_of(session, one, policy)
            await book.grant(one, account, 60, actor="office", reason="start", second="second")
    for start in range(0, len(people), 50):
        async with database.writing() as session:
            for one in people[start : start + 50]:
                await erasing.erase(session, one, MONDAY, policy, by=None)
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Person)) == len(people)
        assert await roster_out.state(session) == []
    await database.dispose()


def test_one_is_exported_for_the_machine_and_for_herself(config: Path, tmp_path: Path) -> None:
    town = list(townspeople(10))
    say(config, "import", write(tmp_path / "town.csv", town))
    result = say(config, "export", "person", "p00001", "--out", tmp_path / "hers")
    assert result.exit_code == 0, result.output
    whole = json.loads((tmp_path / "hers" / "p00001.json").read_text("utf-8"))
    assert whole["stated"] == town[1]
    sheet = tmp_path / "hers" / "p00001.html"
    assert town[1]["name"] in sheet.read_text("utf-8")
    assert sheet.stat().st_mode & 0o077 == 0
    nobody = say(config, "export", "person", "nobody", "--out", tmp_path)
    assert (nobody.exit_code, "没有编号是 nobody 的人" in nobody.output) == (1, True)


def test_erasing_asks_first_and_says_when_it_is_done_already(config: Path, tmp_path: Path) -> None:
    town = list(townspeople(4))
    say(config, "import", write(tmp_path / "town.csv", town))
    asked = say(config, "erase", "p00000", answer="n\n")
    assert asked.exit_code == 1
    assert f"{town[0]['name']}（p00000）" in asked.output
    assert "删好了" in say(config, "erase", "p00000", answer="y\n").output
    assert "早就删了" in say(config, "erase", "p00000", "--yes").output
    assert "没有编号是" in say(config, "erase", "p99999", "--yes").output
    assert say(config, "privacy", "wishes").output.startswith("没有")
    assert say(config, "privacy", "purges").exit_code == 0
