"""What leaves the time bank on paper: the table of transfers, what is owed, and the proof.

The table of transfers names accounts and never people. The proof is a picture, with a number
and a code by which anybody can have it checked.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from PIL import Image, ImageDraw, ImageFont

from storage.ledger import Transfer
from storage.ledger_statements import Certificate, Liability
from storage.rules import VILLAGE_TIME

FONT_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("~/.local/share/fonts").expanduser(),
    Path("/System/Library/Fonts"),
    Path("/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)
FONTS = {
    "NotoSansCJK-Regular.ttc": 2,
    "NotoSansCJKsc-Regular.otf": 0,
    "NotoSansSC-Regular.otf": 0,
    "SourceHanSansCN-Regular.otf": 0,
    "wqy-microhei.ttc": 0,
    "wqy-zenhei.ttc": 0,
    "PingFang.ttc": 0,
    "Hiragino Sans GB.ttc": 0,
    "msyh.ttc": 0,
    "simsun.ttc": 0,
    "simhei.ttf": 0,
}
"""Fonts by preference, each with the face in its file that is Chinese and not Japanese."""

HEADS = (
    ("序号", 8),
    ("编号", 28),
    ("时间", 20),
    ("种类", 10),
    ("付出", 26),
    ("收入", 26),
    ("分钟", 8),
    ("实际服务分钟", 12),
    ("服务日", 12),
    ("请求", 16),
    ("名额", 6),
    ("次", 6),
    ("经手", 26),
    ("代", 26),
    ("第二人", 26),
    ("原因", 16),
    ("冲销", 28),
    ("规矩", 20),
    ("校验", 66),
)
ROWS = 1_000_000
"""Transfers on one sheet; a sheet ends at 1,048,576 rows, and what is beyond is lost in silence."""

KINDS = {
    "grant": "发放",
    "hold": "预留",
    "settle": "支付",
    "overflow": "超出入池",
    "release": "退回",
    "gift": "转赠",
    "donate": "捐赠",
    "redeem": "兑换",
    "unredeem": "兑换退回",
    "correct": "更正",
    "close": "结清",
}

INK, SOFT, RED = "#1d1d1f", "#6b6b70", "#a4262c"
SIZE = (1240, 876)
"""A5 across at 150 dots an inch."""


class NoFontError(Exception):
    """No Chinese font was found on this machine; the message says what to install."""


async def write_transfers(transfers: AsyncIterator[Transfer], path: Path) -> int:
    """Write every transfer into a table, row by row; returns how many."""
    count = 0
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        bold = book.add_format({"bold": True})
        sheet = _sheet(book, bold)
        async for transfer in transfers:
            if count and count % ROWS == 0:
                sheet = _sheet(book, bold)
            for column, value in enumerate(_cells(transfer)):
                sheet.write(count % ROWS + 1, column, value)
            count += 1
    return count


def _sheet(book: xlsxwriter.Workbook, bold: Any) -> Any:
    """Begin a sheet: 流水, 流水2 … as many as it takes."""
    number = len(book.worksheets()) + 1
    sheet = book.add_worksheet("流水" if number == 1 else f"流水{number}")
    for column, (head, width) in enumerate(HEADS):
        sheet.write_string(0, column, head, bold)
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    return sheet


def _cells(one: Transfer) -> Sequence[str | int]:
    return (
        one.seq,
        one.id,
        _local(one.at),
        KINDS[one.kind],
        one.debit,
        one.credit,
        one.minutes,
        one.service_minutes,
        one.day.isoformat() if one.day else "",
        one.request,
        one.slot,
        one.attempt,
        one.actor,
        one.on_behalf_of,
        one.second,
        one.reason,
        one.reverses or "",
        one.policy,
        one.hash,
    )


def _local(at: datetime) -> str:
    return f"{at.astimezone(VILLAGE_TIME):%Y-%m-%d %H:%M:%S}"


def liability_lines(owed: Liability) -> list[str]:
    """Say what is owed, for a coordinator: by age, since the old will ask for it first."""
    lines = [
        f"存着时间的：{owed.members}人，一共{_hours(owed.owed)}。",
        *(
            f"  {_band(name)}：{members}人，{_hours(minutes)}"
            for name, members, minutes in owed.by_band
        ),
        f"公共时间池：{_hours(owed.pool)}。正在请人、预留着：{_hours(owed.held)}。",
        f"发放后还在账上的：{_hours(owed.issued)}。",
    ]
    if owed.owed:
        lines.append(f"时间池够付：{owed.pool * 100 // owed.owed}%。")
    return lines


def _band(name: str) -> str:
    if name == "?":
        return "年龄不详"
    return f"{name[:-1]}岁以上" if name.endswith("+") else f"{name}岁"


def _hours(minutes: int) -> str:
    return f"{minutes / 60:,.1f}小时".replace(".0小时", "小时")


@dataclass(frozen=True, slots=True)
class Proof:
    """A certificate with the name that belongs on it, and the village that stands for it."""

    certificate: Certificate
    name: str
    village: str


def find_font() -> Path:
    """Return a Chinese font of this machine. Raises NoFontError where there is none."""
    for folder in FONT_FOLDERS:
        if folder.is_dir():
            found = {path.name: path for path in sorted(folder.rglob("*")) if path.is_file()}
            for name in FONTS:
                if name in found:
                    return found[name]
    raise NoFontError("这台机器没有中文字体，画不了证明。请先安装，例如 fonts-noto-cjk。")


def draw_proof(proof: Proof, path: Path, font: Path | None = None) -> None:
    """Draw the proof of service (志愿服务记录证明) into a PNG."""
    face = font or find_font()
    picture = Image.new("RGB", SIZE, "white")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((30, 30, SIZE[0] - 30, SIZE[1] - 30), outline=RED, width=4)
    pen.rectangle((42, 42, SIZE[0] - 42, SIZE[1] - 42), outline=RED, width=1)
    for y, size, ink, words in _proof_lines(proof):
        shape = ImageFont.truetype(str(face), size, index=FONTS.get(face.name, 0))
        width = pen.textlength(words, font=shape)
        pen.text(((SIZE[0] - width) / 2, y), words, font=shape, fill=ink)
    picture.save(path, "PNG", dpi=(150, 150))


def _proof_lines(proof: Proof) -> list[tuple[int, int, str, str]]:
    one = proof.certificate
    return [
        (92, 56, RED, "志愿服务记录证明"),
        (216, 44, INK, proof.name),
        (306, 30, INK, f"自{one.first_day:%Y年%m月%d日}至{one.last_day:%Y年%m月%d日}"),
        (362, 30, INK, f"在{proof.village}参加志愿互助服务{one.services}次"),
        (426, 48, INK, f"实际服务 {_exact(one.service_minutes)}"),
        (520, 24, SOFT, "按实际服务时间记录，超过当日上限的部分也在内。"),
        (600, 28, INK, f"证明编号 {one.number}    验证码 {one.code}"),
        (654, 20, SOFT, f"账本第{one.seq}笔  {one.hash[:32]}"),
        (684, 20, SOFT, one.hash[32:]),
        (750, 28, INK, f"{proof.village}    {_day(one.issued_at)}"),
    ]


def _exact(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours} 小时 {rest} 分钟" if rest else f"{hours} 小时"


def _day(at: datetime) -> str:
    return f"{at.astimezone(VILLAGE_TIME):%Y年%m月%d日}"
