"""The people file: a table as a village keeps it in Excel, read row by row into the roster.

Nothing is guessed: what cannot be understood is a fault on its line, and all faults are
found in one reading.
"""

import codecs
import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from sys import intern
from typing import TypeVar

from python_calamine import CalamineError, CalamineWorkbook

from storage.people import Role
from storage.roster import OPTIONAL, Entry, Fault
from storage.rules import CheckinRules

REQUIRED = ("id", "name", "village", "roles")
COLUMNS = frozenset(REQUIRED) | OPTIONAL

ENCODINGS = ("utf-8-sig", "gb18030")
"""UTF-8 as everybody else writes it, and what Excel makes of "CSV" in China."""

_BLOCK = 1 << 20
_EXACT = 1e15
"""From here on a cell of Excel has lost digits of the number that was typed."""

_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ufffd]"
)
_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_OPENID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PHONE = re.compile(r"[0-9+ -]{1,20}")
_YEAR = re.compile(r"[0-9]{4}")
_DAY = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
_HOUR = re.compile(r"([0-9]{1,2})[:：]([0-9]{2})(?::00)?")
_SEPARATOR = re.compile(r"[;；]")
_GENDERS = {
    "": "",
    "female": "female",
    "f": "female",
    "女": "female",
    "male": "male",
    "m": "male",
    "男": "male",
}

_OLDEST = date(1900, 1, 1)
_NOBODY: frozenset[str] = frozenset()
_NOBODYS = re.compile(r"[A-Za-z]{1,12}|[0-9]{1,4}|[0-9]{1,2}[:：][0-9]{2}")
"""What may be said back: a word of ours, a year, an hour. No name, phone or openid is like it."""

Row = Sequence[object]
T = TypeVar("T")


class PeopleFileError(Exception):
    """The file as a whole cannot be read; the message is a sentence for whoever chose it."""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file as they stand in it, and about how many there are."""

    length: int
    rows: Iterator[Row]


@dataclass(slots=True)
class Reading:
    """What was understood of a file, and what was not.

    `doubtful` are the ids on faulty lines: they are people all the same.
    """

    entries: list[Entry] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)


def open_table(path: Path) -> Table:
    """Open a CSV file, or the first sheet of an XLSX file. Raises PeopleFileError."""
    kinds = {".csv": _open_csv, ".xlsx": _open_xlsx}
    opener = kinds.get(path.suffix.lower())
    if opener is None:
        raise PeopleFileError("只认 .csv 和 .xlsx 文件")
    try:
        return opener(path)
    except OSError as error:
        raise PeopleFileError(f"打不开 {path}：{error.strerror or '读不了'}") from None


def _open_csv(path: Path) -> Table:
    for encoding in ENCODINGS:
        lines = _count_lines(path, encoding)
        if lines is not None:
            return Table(lines, _csv_rows(path, encoding))
    raise PeopleFileError("文件里的字认不出来，请在 Excel 里另存为“CSV UTF-8”再导入")


def _count_lines(path: Path, encoding: str) -> int | None:
    """Return how many lines there are, None where they are not in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                lines += decoder.decode(block).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return lines


def _csv_rows(path: Path, encoding: str) -> Iterator[Row]:
    with path.open(encoding=encoding, newline="") as file:
        yield from csv.reader(file, strict=True)


def _open_xlsx(path: Path) -> Table:
    try:
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    except CalamineError:
        raise PeopleFileError("这不是能读的 XLSX 文件，可能坏了，也可能加了密码") from None
    return Table(sheet.total_height, iter(sheet.iter_rows()))


def read(rows: Iterable[Row], today: date, rules: CheckinRules) -> Reading:
    """Read the rows, the header first, into entries; a row with a fault gives none."""
    reading = Reading()
    numbered = _filled(rows, reading.faults)
    line, header = next(numbered, (1, []))
    names = [name.lower() for name in header]
    reading.faults += [Fault(line, sentence) for sentence in _header_faults(names)]
    if reading.faults:
        return reading
    lines = _Lines(names, today, rules)
    for line, cells in numbered:
        lines.read(line, cells, reading)
    if not reading.entries and not reading.faults:
        reading.faults.append(Fault(line, "表里一个人也没有"))
    return reading


def _filled(rows: Iterable[Row], faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    """Number the rows from 1 as Excel does, and pass over those with nothing in them."""
    line = 0
    try:
        for line, row in enumerate(rows, 1):
            cells = [_text(cell) for cell in row]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                yield line, cells
    except csv.Error:
        faults.append(Fault(line + 1, "引号没有配对，从这一行起读不下去"))


def _text(cell: object) -> str:
    """Return what a person sees in the cell."""
    if isinstance(cell, str):
        return _whole(cell.strip())
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(cell)


def _whole(text: str) -> str:
    """Take off what other programs append to a number: 12.0 is 12."""
    return text[:-2] if text.endswith(".0") and text[:-2].isdecimal() else text


def _header_faults(names: Sequence[str]) -> Iterator[str]:
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        yield f"表头缺少 {'、'.join(missing)}"
    for number, name in enumerate(names, 1):
        if not name:
            yield f"表头第 {number} 格是空的"
        elif _HIDDEN.search(name):
            yield f"表头第 {number} 格里有看不见的字符"
        elif name not in COLUMNS:
            yield f"表头第 {number} 格{_quote(name)}不认识"
        elif names.index(name) < number - 1:
            yield f"表头里的“{name}”写了两次"


def _stated(names: Sequence[str]) -> frozenset[str]:
    """Return what the file speaks of; whoever states one end of the hours states both."""
    hours = {"checkin_from", "checkin_by"}
    return OPTIONAL & (set(names) | hours if hours & set(names) else set(names))


class _Lines:
    """Reads one line after the other, and remembers which ids and openids are taken."""

    def __init__(self, names: Sequence[str], today: date, rules: CheckinRules) -> None:
        self._names = names
        self._stated = _stated(names)
        self._today = today
        self._rules = rules
        self._ids: dict[str, int] = {}
        self._openids: dict[str, int] = {}

    def read(self, number: int, cells: Sequence[str], reading: Reading) -> None:
        line = _Line(number, dict(zip(self._names, cells, strict=False)))
        entry = self._entry(line)
        self._check_hours(line, entry)
        if len(cells) > len(self._names):
            line.faults.append(f"这一行比表头多出 {len(cells) - len(self._names)} 格")
        if line.faults:
            reading.doubtful.add(entry.id)
            reading.faults += [Fault(number, sentence) for sentence in line.faults]
        else:
            reading.entries.append(entry)

    def _entry(self, line: "_Line") -> Entry:
        opens, closes = self._rules.opens, self._rules.closes
        return Entry(
            line=line.number,
            id=line.take("id", lambda text: _first(self._ids, _id(text), line.number), ""),
            name=line.take("name", _name, ""),
            village=line.take("village", _name, ""),
            roles=line.take("roles", _roles, frozenset()),
            gender=line.take("gender", _gender, ""),
            born=line.take("born", lambda text: _born(text, self._today), ""),
            phone=line.take("phone", _phone, ""),
            group=line.take("group", lambda text: _words(text, 40), ""),
            openid=line.take(
                "openid", lambda text: _first(self._openids, _openid(text), line.number), ""
            ),
            checkin_from=line.take("checkin_from", lambda text: _hour(text, opens), time.min),
            checkin_by=line.take("checkin_by", lambda text: _hour(text, closes), time.max),
            tier=line.take("tier", _tier, 2),
            family_of=line.take("family_of", _ids, _NOBODY),
            neighbour_of=line.take("neighbour_of", _ids, _NOBODY),
            skills=line.take("skills", lambda text: _words(text, 200), ""),
            stated=self._stated,
        )

    def _check_hours(self, line: "_Line", entry: Entry) -> None:
        opens, closes, dawn = entry.checkin_from, entry.checkin_by, self._rules.day_starts
        if opens >= closes:
            line.faults.append(
                f"checkin_from 要早于 checkin_by，这里是 {opens:%H:%M} 和 {closes:%H:%M}"
            )
        elif closes <= dawn:
            # before dawn a word still counts for the day before: she could never be on time
            line.faults.append(f"checkin_by 要晚于 {dawn:%H:%M}，这里是 {closes:%H:%M}")


class _UnclearError(Exception):
    """What is wrong with a cell, in words that follow the name of its column."""


class _Line:
    """The cells of one line, by column, and what is wrong with them."""

    def __init__(self, number: int, cells: dict[str, str]) -> None:
        self.number = number
        self.faults: list[str] = []
        self._cells = cells

    def take(self, column: str, understand: Callable[[str], T], otherwise: T) -> T:
        """Return what the cell means, or else note why it means nothing."""
        text = self._cells.get(column, "")
        try:
            if not text.isprintable() and _HIDDEN.search(text):
                raise _UnclearError("里有换行或看不见的字符")
            return understand(text)
        except _UnclearError as error:
            self.faults.append(f"{column} {error}")
            return otherwise


def _unclear(rule: str, text: str) -> _UnclearError:
    if not text:
        return _UnclearError("不能空着")
    return _UnclearError(f"{rule}，写的是{quoted}" if (quoted := _quote(text)) else rule)


def _quote(text: str) -> str:
    """Say back what is wrong where it is nobody's; the line and the column are named anyhow."""
    return f"“{text}”" if _NOBODYS.fullmatch(text) else ""


def _first(taken: dict[str, int], text: str, number: int) -> str:
    first = taken.setdefault(text, number) if text else number
    if first != number:
        raise _UnclearError(f"和第 {first} 行的一样")
    return text


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise _unclear("只能用字母、数字、- 和 _，最多 32 个", text)
    return text


def _name(text: str) -> str:
    if not text:
        raise _unclear("", text)
    return _words(text, 40)


def _words(text: str, limit: int) -> str:
    if len(text) > limit:
        raise _unclear(f"最多 {limit} 个字", text)
    return intern(text)


def _gender(text: str) -> str:
    gender = _GENDERS.get(text.lower())
    if gender is None:
        raise _unclear("要写 female 或 male（女、男也行）", text)
    return gender


@lru_cache(4096)
def _born(text: str, today: date) -> str:
    if not text:
        return ""
    born, first_day = _birthday(text)
    if not _OLDEST <= first_day <= today:
        raise _unclear("不会是这个时候", text)
    return born


def _birthday(text: str) -> tuple[str, date]:
    """Return a year or a day as we keep it, and the first day that it may mean."""
    try:
        if _YEAR.fullmatch(text):
            return text, date(int(text), 1, 1)
        if found := _DAY.fullmatch(text):
            day = date(*map(int, found.groups()))
            return day.isoformat(), day
    except ValueError:
        pass  # 1941-02-30 is no day
    raise _unclear("要写年份或日期，如 1941 或 1941-03-05", text)


def _phone(text: str) -> str:
    if text and not _PHONE.fullmatch(text):
        raise _unclear("只能有数字、+、- 和空格，最多 20 个", text)
    return text


def _openid(text: str) -> str:
    if text and not _OPENID.fullmatch(text):
        raise _unclear("只能用字母、数字、- 和 _，最多 64 个", text)
    return text


@lru_cache(1024)
def _roles(text: str) -> frozenset[Role]:
    roles = set()
    for name in _several(text):
        try:
            roles.add(Role(name.lower()))
        except ValueError:
            raise _UnclearError(
                f"里的{_quote(name) or '一个'}不认识，可以写 {'、'.join(Role)}"
            ) from None
    return frozenset(roles)


@lru_cache(4096)
def _hour(text: str, otherwise: time) -> time:
    if not text:
        return otherwise
    found = _HOUR.fullmatch(text)
    try:
        hour, minute = map(int, found.groups()) if found else (24, 0)
        return time(hour, minute)
    except ValueError:
        raise _unclear("要写成 06:00 这样的时间", text) from None


def _tier(text: str) -> int:
    if text not in {"", "1", "2", "3"}:
        raise _unclear("要写 1、2 或 3", text)
    return int(text or 2)


def _ids(text: str) -> frozenset[str]:
    if not text:
        return _NOBODY
    ids = frozenset(_several(text))
    for one in ids:
        if not _ID.fullmatch(one):
            raise _UnclearError(f"里的{_quote(one) or '一个'}不像 id，几个 id 之间用分号隔开")
    return ids


def _several(text: str) -> list[str]:
    return [part.strip() for part in _SEPARATOR.split(text) if part.strip()]
