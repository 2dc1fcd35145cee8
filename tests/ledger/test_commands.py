"""What an operator does to the books from the command line."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from bot import statements
from bot.ledger_command import ledger_group
from storage import ledger, ledger_members, ledger_statements, policies
from storage.database import Database
from storage.ledger import POOL
from storage.ledger_moves import Book, Service
from storage.people import Person, PersonRole, Role
from storage.villages import Village
from tests.databases import clear
from tests.ledger.bank import DAY, NOON
from tests.village import village_config

POLICY = policies.load("village-default")
T = TypeVar("T")


class Office:
    """A village office with a bank, and somebody at its command line."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        village_config(url, folder)
        self.config = folder / "config.toml"

    def say(self, *words: str) -> Result:
        return CliRunner().invoke(ledger_group, list(words), obj=self.config)

    def do(self, what: Callable[[Database], Awaitable[T]]) -> T:
        async def run() -> T:
            database = Database(self.url)
            try:
                return await what(database)
            finally:
                await database.dispose()

        return asyncio.run(run())

    def sql(self, *statements_: str) -> None:
        async def run(database: Database) -> None:
            async with database.engine.begin() as connection:
                for statement in statements_:
                    await connection.execute(text(statement))

        self.do(run)


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Office:
    office = Office(database_url, tmp_path)
    office.do(_settle)
    return office


async def _settle(database: Database) -> None:
    await clear(database)
    async with database.writing() as session:
        session.add(Village(id=1, name="李家沟"))
        await session.flush()
        people = {
            "wang": ("王秀英", "1941"),
            "liu": ("刘翠花", "1962"),
            "zhang": ("张主任", "1970"),
        }
        for person, (name, born) in people.items():
            session.add(Person(id=person, name=name, born=born, village_id=1))
        await session.flush()
        session.add(PersonRole(person_id="zhang", role=Role.COORDINATOR))
        wang = await ledger_members.account_of(session, "wang", POLICY)
        liu = await ledger_members.account_of(session, "liu", POLICY)
        book = Book(session, NOON, POLICY)
        await book.grant("start", wang, 300, actor="system", reason="start")
        await book.hold("r1", [(wang, 120)], actor=wang)
        await book.settle(
            Service(request="r1", slot=1, attempt=1, to=liu, minutes=80, day=DAY, actor=wang)
        )
        await book.release("r1", actor=wang)


def test_verify_says_that_the_books_are_right(office: Office) -> None:
    said = office.say("verify")
    assert said.exit_code == 0, said.output
    assert "看了 4 笔，账是对的。链头 4:" in said.output


def test_verify_takes_the_head_of_the_weekly_sheet(office: Office) -> None:
    head = office.say("verify").output.split()[-1]
    assert office.say("verify", "--head", head).exit_code == 0
    other = head[:-1] + ("0" if head[-1] != "0" else "1")
    wrong = office.say("verify", "--head", other)
    assert wrong.exit_code == 1
    assert "transfer 4 is not the one that was sealed or printed" in wrong.output
    assert office.say("verify", "--head", "nonsense").exit_code == 2


def test_audit_freezes_what_is_not_right_and_thaws_what_is(office: Office) -> None:
    assert office.say("audit").exit_code == 0
    office.sql("INSERT INTO ledger_seals (seq, hash, at) VALUES (3, 'x', '2026-11-22 00:00:00')")
    said = office.say("audit", "--thaw")
    assert said.exit_code == 1
    assert "不对：transfer 3 is not the one that was sealed" in said.output
    assert office.do(_is_frozen)


def test_audit_thaws_only_on_request(office: Office) -> None:
    office.do(_freeze)
    assert "账是对的" in office.say("audit").output
    assert office.do(_is_frozen)
    assert "账是对的" in office.say("audit", "--thaw").output
    assert not office.do(_is_frozen)


async def _freeze(database: Database) -> None:
    async with database.writing() as session:
        await ledger.freeze(session, "a test", NOON)


async def _is_frozen(database: Database) -> bool:
    async with database.reading() as session:
        return await ledger.is_frozen(session)


def test_export_writes_every_transfer_and_no_name(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "transfers.xlsx"
    said = office.say("export", str(file))
    assert "写好了：4 笔" in said.output
    rows = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()
    assert [row[3] for row in rows] == ["种类", "发放", "预留", "支付", "退回"]
    assert [row[6] for row in rows[1:]] == [300, 120, 75, 45]
    assert "王秀英" not in str(rows)


def test_correct_undoes_a_transfer_by_another(office: Office) -> None:
    said = office.say("correct", "settle:r1:1:1", "--by", "zhang", "--reason", "wrong-person")
    assert said.exit_code == 0, said.output
    again = office.say("correct", "settle:r1:1:1", "--by", "zhang", "--reason", "wrong-person")
    assert again.exit_code == 0
    assert "看了 5 笔，账是对的" in office.say("verify").output


@pytest.mark.parametrize("elder", ["wang", "liu"])
def test_nobody_corrects_what_is_his_own_households(office: Office, elder: str) -> None:
    tie = f"INSERT INTO ties (elder_id, person_id, kind) VALUES ('{elder}', 'zhang', 'family')"  # noqa: S608
    office.sql(tie)
    said = office.say("correct", "settle:r1:1:1", "--by", "zhang", "--reason", "typo")
    assert said.exit_code == 1
    assert "这笔账是 zhang 自己或家里人的，请换一个人经手" in said.output
    assert "看了 4 笔" in office.say("verify").output


def test_correct_undoes_both_parts_of_a_payment(office: Office) -> None:
    office.do(_long_day)
    said = office.say("correct", "settle:r2:1:1", "--by", "zhang", "--reason", "typo")
    assert "冲销好了：correct:overflow:r2:1:1，correct:settle:r2:1:1" in said.output
    assert "看了 10 笔，账是对的" in office.say("verify").output


async def _long_day(database: Database) -> None:
    """Let her help five hours on one day, of which four are credited."""
    async with database.writing() as session:
        book = Book(session, NOON, POLICY)
        liu = await ledger_members.account_of(session, "liu", POLICY)
        await book.grant("pool", POOL, 300, actor="system", reason="fund")
        await book.hold("r2", [(POOL, 300)], actor="system")
        day = DAY + timedelta(days=1)
        service = Service(
            request="r2", slot=1, attempt=1, to=liu, minutes=300, day=day, actor="system"
        )
        await book.settle(service)


def test_what_one_sheet_cannot_hold_goes_on_the_next(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "ROWS", 3)
    file = tmp_path / "transfers.xlsx"
    assert "写好了：4 笔" in office.say("export", str(file)).output
    book = CalamineWorkbook.from_path(file)
    assert book.sheet_names == ["流水", "流水2"]
    sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    assert [[row[0] for row in sheet] for sheet in sheets] == [["序号", 1, 2, 3], ["序号", 4]]


def test_where_nothing_can_be_written_one_sentence_says_so(office: Office, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    said = office.say("export", str(nowhere / "transfers.xlsx"))
    assert said.exit_code == 1
    assert "写不进" in said.output
    if _has_chinese_font():
        number, code = office.do(_issue)
        said = office.say("certificate", number, code, "--png", str(nowhere / "proof.png"))
        assert said.exit_code == 1
        assert "写不进" in said.output


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("settle:r1:1:1", "--by", "liu", "--reason", "typo"), "不是协调员或督导"),
        (("settle:r9:1:1", "--by", "zhang", "--reason", "typo"), "没有这笔转账"),
        (("grant:start", "--by", "zhang", "--reason", "typo"), "只有 225 分钟，要 300 分钟"),
        (("hold:r1:1:1", "--by", "zhang", "--reason", "typo"), "账本不答应"),
        (("settle:r1:1:1", "--by", "zhang", "--reason", "王奶奶说的"), "不写人名"),
    ],
)
def test_correct_refuses(office: Office, words: tuple[str, ...], answer: str) -> None:
    said = office.say("correct", *words)
    assert said.exit_code == 1
    assert answer in said.output
    assert "看了 4 笔" in office.say("verify").output


def test_liability_tells_what_is_owed_by_age(office: Office) -> None:
    said = office.say("liability", "--village", "李家沟").output
    assert "存着时间的：2人，一共5小时。" in said
    assert "60-69岁：1人，1.2小时" in said
    assert "80岁以上：1人，3.8小时" in said
    assert "没有叫 王家沟 的村" in office.say("liability", "--village", "王家沟").output


def test_a_proof_is_checked_by_its_code_and_drawn(office: Office, tmp_path: Path) -> None:
    number, code = office.do(_issue)
    png = tmp_path / "proof.png"
    said = office.say("certificate", number, code, "--png", str(png))
    assert "是真的：刘翠花，1 次，80 分钟。" in said.output
    if not _has_chinese_font():
        assert "fonts-noto-cjk" in said.output
        pytest.skip("no Chinese font on this machine: nothing to draw with")
    with Image.open(png) as picture:
        assert picture.size == statements.SIZE
        assert len(picture.convert("L").getcolors() or []) > 2
    assert office.say("certificate", number, "00000000").exit_code == 1
    assert office.say("certificate", "20261123-0", code).exit_code == 1


def _has_chinese_font() -> bool:
    try:
        statements.find_font()
    except statements.NoFontError:
        return False
    return True


async def _issue(database: Database) -> tuple[str, str]:
    async with database.writing() as session:
        account = await ledger_members.account_of(session, "liu", POLICY)
        proof = await ledger_statements.issue_certificate(session, account, NOON)
        assert proof is not None
        return proof.number, proof.code


def test_without_a_chinese_font_one_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "FONT_FOLDERS", (tmp_path,))
    with pytest.raises(statements.NoFontError, match="fonts-noto-cjk"):
        statements.find_font()
