"""A people file is read as the village wrote it; what is unclear is named, line by line."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
import xlsxwriter

from bot.people_file import PeopleFileError, Reading, open_table, read
from storage.people import Role
from storage.roster import Entry
from storage.rules import CheckinRules
from tests.importing.village import HEADER, LI_MEI, TODAY, VILLAGE, WANG, ZHANG


def understand(path: Path) -> Reading:
    return read(open_table(path).rows, TODAY, CheckinRules())


def read_lines(*lines: str) -> Reading:
    return read((line.split(",") for line in lines), TODAY, CheckinRules())


def faults_of(*lines: str) -> list[str]:
    return [f"{fault.line} {fault.sentence}" for fault in read_lines(*lines).faults]


def entry_of(line: str) -> Entry:
    reading = read_lines(HEADER, line)
    assert reading.faults == []
    return reading.entries[0]


def write_sheet(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    formats = {
        date: book.add_format({"num_format": "yyyy/m/d"}),
        datetime: book.add_format({"num_format": "yyyy/m/d"}),
        time: book.add_format({"num_format": "h:mm"}),
        timedelta: book.add_format({"num_format": "[h]:mm"}),
    }
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            sheet.write(number, column, cell, formats.get(type(cell)))
    book.close()
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_a_village_is_read_in_every_encoding_of_excel(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "people.CSV"
    path.write_bytes(VILLAGE.replace("\n", "\r\n").encode(encoding))

    reading = understand(path)

    assert reading.faults == []
    wang, zhang, li_mei, chen = reading.entries
    assert (wang.line, wang.id, wang.name, wang.gender) == (2, "E1", "王秀英", "female")
    assert (wang.born, wang.village, wang.group) == ("1941-03-05", "石桥村", "一组")
    assert (wang.checkin_from, wang.checkin_by, wang.tier) == (time(6), time(8, 30), 1)
    assert zhang.roles == {Role.ELDER, Role.VOLUNTEER}
    assert zhang.neighbour_of == {"E1"}
    assert zhang.skills == "编筐"
    assert li_mei.family_of == {"E1"}
    assert li_mei.phone == "138-0000 0003"
    assert chen.roles == {Role.LEADER, Role.COORDINATOR}


def test_a_rare_name_survives_the_encoding_of_excel(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes("id,name,village,roles\nE1,王䶮,石桥村,elder\n".encode("gb18030"))

    assert understand(path).entries[0].name == "王䶮"


def test_empty_hours_and_tier_take_the_rules_of_the_house() -> None:
    rules = CheckinRules(opens=time(5, 30), closes=time(10))
    reading = read([HEADER.split(","), ZHANG.split(",")], TODAY, rules)

    zhang = reading.entries[0]
    assert (zhang.checkin_from, zhang.checkin_by, zhang.tier) == (time(5, 30), time(10), 2)


def test_columns_may_stand_in_any_order_and_be_left_out() -> None:
    reading = read_lines("roles, Village ,tier,name,id", "elder,石桥村,3,王秀英,E1")

    assert reading.faults == []
    wang = reading.entries[0]
    assert (wang.id, wang.name, wang.village, wang.tier) == ("E1", "王秀英", "石桥村", 3)
    assert wang.stated == {"tier"}


def test_who_states_one_end_of_the_hours_states_both() -> None:
    reading = read_lines("id,name,village,roles,checkin_by", "E1,王秀英,石桥村,elder,8:00")

    assert reading.entries[0].stated == {"checkin_from", "checkin_by"}


def test_cells_of_excel_are_read_as_a_person_sees_them(tmp_path: Path) -> None:
    path = write_sheet(
        tmp_path / "people.xlsx",
        [
            HEADER.split(","),
            [
                *(12, "王秀英", "女", date(1941, 3, 5), 13800000001, "石桥村", 1, "elder", "owang"),
                *(time(6), timedelta(hours=8, minutes=30), 1, "", "", ""),
            ],
            [],
            ["F1", "李梅", "f", 1968, "", "石桥村", "", "family", "", "", "", "", 12.0],
        ],
    )

    reading = understand(path)

    assert reading.faults == []
    wang, li_mei = reading.entries
    assert (wang.id, wang.born, wang.phone, wang.group) == ("12", "1941-03-05", "13800000001", "1")
    assert (wang.checkin_from, wang.checkin_by, wang.tier) == (time(6), time(8, 30), 1)
    assert (li_mei.line, li_mei.born) == (4, "1968")
    assert li_mei.family_of == {"12"}


def test_a_table_may_begin_further_down_and_to_the_right(tmp_path: Path) -> None:
    path = write_sheet(
        tmp_path / "people.xlsx",
        [[], ["", "id", "name", "village", "roles"], ["", "E1", "", "石桥村", "elder"]],
    )

    assert [(fault.line, fault.sentence) for fault in understand(path).faults] == [
        (3, "name 不能空着")
    ]


def test_a_number_that_excel_has_rounded_is_no_id(tmp_path: Path) -> None:
    path = write_sheet(
        tmp_path / "people.xlsx",
        [["id", "name", "village", "roles"], [110101194103051234, "王秀英", "石桥村", "elder"]],
    )

    assert [fault.line for fault in understand(path).faults] == [2]


@pytest.mark.parametrize(
    ("written", "kept"),
    [("1941", "1941"), ("1941-03-05", "1941-03-05"), ("1941/3/5", "1941-03-05"), ("", "")],
)
def test_a_birthday_is_a_year_or_a_day(written: str, kept: str) -> None:
    assert entry_of(f"E1,王秀英,,{written},,石桥村,,elder").born == kept


@pytest.mark.parametrize("written", ["6:00", "06:00", "06:00:00", "6：00"])
def test_an_hour_may_be_written_in_many_ways(written: str) -> None:
    assert entry_of(f"E1,王秀英,,,,石桥村,,elder,,{written},9:00").checkin_from == time(6)


def test_what_pandas_and_excel_leave_behind_is_passed_over() -> None:
    li_mei = entry_of("7.0,李梅, 女 ,1968.0,\t13800000003,石桥村,,family;,,,,2.0,E1；E2;,,")

    assert (li_mei.id, li_mei.born, li_mei.phone) == ("7", "1968", "13800000003")
    assert li_mei.roles == {Role.FAMILY}
    assert li_mei.family_of == {"E1", "E2"}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (",王秀英,,,,石桥村,,elder", "id 不能空着"),
        ("E 1,王秀英,,,,石桥村,,elder", "id 只能用字母、数字、- 和 _，最多 32 个"),
        ("E1,,,,,石桥村,,elder", "name 不能空着"),
        (f"E1,{'王' * 41},,,,石桥村,,elder", "name 最多 40 个字"),
        ("E1,王秀英,,,,,,elder", "village 不能空着"),
        ("E1,王秀英,老太,,,石桥村,,elder", "gender 要写 female 或 male（女、男也行）"),
        (
            "E1,王秀英,,1941-02-30,,石桥村,,elder",
            "born 要写年份或日期，如 1941 或 1941-03-05",
        ),
        ("E1,王秀英,,2026-11-24,,石桥村,,elder", "born 不会是这个时候"),
        ("E1,王秀英,,2027,,石桥村,,elder", "born 不会是这个时候，写的是“2027”"),
        (
            "E1,王秀英,,,1.38E+10,石桥村,,elder",
            "phone 只能有数字、+、- 和空格，最多 20 个",
        ),
        (
            "E1,王秀英,,,,石桥村,,elder;king",
            "roles 里的“king”不认识，可以写 "
            "elder、family、volunteer、leader、coordinator、doctor、supervisor",
        ),
        (
            "E1,王秀英,,,,石桥村,,elder,o wang",
            "openid 只能用字母、数字、- 和 _，最多 64 个",
        ),
        (
            "E1,王秀英,,,,石桥村,,elder,,25:00,",
            "checkin_from 要写成 06:00 这样的时间，写的是“25:00”",
        ),
        (
            "E1,王秀英,,,,石桥村,,elder,,10:00,",
            "checkin_from 要早于 checkin_by，这里是 10:00 和 09:00",
        ),
        ("E1,王秀英,,,,石桥村,,elder,,1:00,4:00", "checkin_by 要晚于 04:00，这里是 04:00"),
        ("E1,王秀英,,,,石桥村,,elder,,,,9", "tier 要写 1、2 或 3，写的是“9”"),
        (
            "F1,李梅,,,,石桥村,,family,,,,,E1 E2",
            "family_of 里的一个不像 id，几个 id 之间用分号隔开",
        ),
        ("E1,王\x1b[2J英,,,,石桥村,,elder", "name 里有换行或看不见的字符"),
        ("E1,王\u202e秀英,,,,石桥村,,elder", "name 里有换行或看不见的字符"),
        ("E1,王秀英,,,,石桥村,,elder,,,,,,,,多", "这一行比表头多出 1 格"),
    ],
)
def test_a_faulty_line_is_named_with_its_reason(line: str, sentence: str) -> None:
    assert faults_of(HEADER, line) == [f"2 {sentence}"]


def test_all_faults_are_found_at_once() -> None:
    reading = read_lines(HEADER, WANG, "", "E1,,,,,石桥村,,elder,owang,,,9", LI_MEI, "F1,,,,,,,")

    assert [(fault.line, fault.sentence) for fault in reading.faults] == [
        (4, "id 和第 2 行的一样"),
        (4, "name 不能空着"),
        (4, "openid 和第 2 行的一样"),
        (4, "tier 要写 1、2 或 3，写的是“9”"),
        (6, "id 和第 5 行的一样"),
        (6, "name 不能空着"),
        (6, "village 不能空着"),
    ]


@pytest.mark.parametrize(
    ("header", "sentences"),
    [
        ("", ["1 表头缺少 id、name、village、roles"]),
        ("id,village,roles", ["1 表头缺少 name"]),
        ("id,name,village,roles,age", ["1 表头第 5 格“age”不认识"]),
        ("id,name,village,roles,name", ["1 表头里的“name”写了两次"]),
        ("id,name,,village,roles", ["1 表头第 3 格是空的"]),
        ("id,name,village,roles,a\x07", ["1 表头第 5 格里有看不见的字符"]),
        ("id,name,village,roles", ["1 表里一个人也没有"]),
    ],
)
def test_a_faulty_header_is_named(header: str, sentences: list[str]) -> None:
    assert faults_of(header) == sentences


def test_a_quotation_mark_left_open_is_named_where_it_opens(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text('id,name,village,roles\nE1,王秀英,石桥村,elder\nE2,"张有田,石桥村,elder\n')

    assert [(fault.line, fault.sentence) for fault in understand(path).faults] == [
        (3, "引号没有配对，从这一行起读不下去")
    ]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("people.txt", b"", "只认 .csv 和 .xlsx 文件"),
        ("people.xlsx", b"id,name", "这不是能读的 XLSX 文件，可能坏了，也可能加了密码"),
        ("people.csv", b"\xff\xfei\x00d\x00", "文件里的字认不出来"),
        ("people.csv", b"PK\x03\x04\xff\xff\xff", "文件里的字认不出来"),
    ],
)
def test_a_file_that_is_no_table_is_refused(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(PeopleFileError, match=sentence):
        open_table(path)


@pytest.mark.parametrize("name", ["none.csv", "none.xlsx"])
def test_a_file_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PeopleFileError, match="打不开"):
        open_table(tmp_path / name)
