"""How long a county takes to come in: a people file of 252,000 elders in 445 villages.

The command itself, from the CSV file to the committed SQLite file;
then the same file once more, which must change nobody. The mark is two minutes.
"""

import csv
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from click.testing import CliRunner

from benchmarks import _report
from bot.cli import main as shouwang

PEOPLE = 252_000
VILLAGES = 445
IN_A_GROUP = 12
MARK_SECONDS = 120.0
SEED = 20261123

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "秀英桂兰玉珍凤有田德福长贵春生金水"
HILLS = "石桥李家柳沟河湾大坪青山白塔杏树高坡"
HEADER = (
    *("id", "name", "gender", "born", "phone", "village", "group", "roles", "openid"),
    *("checkin_from", "checkin_by", "tier", "family_of", "neighbour_of", "skills"),
)

CONFIG = """
[database]
url = "sqlite:///{database}"
[wechat]
app_id = "wx0000000000000001"
token = "invented"
encryption = "plain"
"""


def county(chance: random.Random) -> Iterator[list[str]]:
    """Return the lines of the file; every elder has a plan and a neighbour, half a phone."""
    for number in range(PEOPLE):
        village = number * VILLAGES // PEOPLE
        group = number // IN_A_GROUP
        beside = min(number ^ 1, PEOPLE - 1)
        yield [
            f"E{number:06d}",
            chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=2)),
            chance.choice(["female", "male"]),
            f"{chance.randint(1930, 1966)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
            f"1{chance.randrange(10**10):010}",
            f"{HILLS[village % len(HILLS)]}{village}村",
            f"{group}组",
            "elder;leader" if number % IN_A_GROUP == 0 else "elder",
            f"o{chance.randrange(10**27):027}" if chance.random() < 0.5 else "",
            chance.choice(["", "5:30", "6:30"]),
            chance.choice(["", "8:30", "10:00"]),
            str(chance.choices([1, 2, 3], weights=[1, 6, 3])[0]),
            "",
            f"E{beside:06d}",
            chance.choice(["", "", "理发", "编筐", "做饭"]),
        ]


def write_county(path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(HEADER)
        lines.writerows(county(random.Random(SEED)))


def import_once(config: Path, people: Path, says: str) -> float:
    """Return the seconds of one import, which has to say this in the end."""
    began = time.perf_counter()
    result = CliRunner().invoke(shouwang, ["--config", str(config), "import", str(people)])
    seconds = time.perf_counter() - began
    assert result.exit_code == 0, result.output
    assert says in result.stdout, result.stdout
    return seconds


def peak_megabytes() -> float:
    """Return the most memory that this process has held."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        people, config = Path(folder, "people.csv"), Path(folder, "config.toml")
        config.write_text(CONFIG.format(database=Path(folder, "county.sqlite3")))
        write_county(people)
        megabytes = people.stat().st_size / 1e6
        first = import_once(config, people, f"新增 {PEOPLE} 人")
        again = import_once(config, people, f"没变 {PEOPLE} 人")
    _report.table(
        [f"{PEOPLE:,} people, {VILLAGES} villages, {megabytes:.0f} MB", "seconds", "people/s"],
        [
            ["into an empty database", first, round(PEOPLE / first)],
            ["the same again, nobody changed", again, round(PEOPLE / again)],
        ],
    )
    print(f"peak memory of the importing process: {peak_megabytes():.0f} MB")
    _report.conclude(
        "import",
        first / MARK_SECONDS,
        {"seconds": first, "again_seconds": again, "peak_megabytes": peak_megabytes()},
    )


if __name__ == "__main__":
    main()
