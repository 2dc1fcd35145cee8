"""Lists in words: one mark for each name, and of one elder a few short lines."""

from collections.abc import Sequence
from datetime import datetime

from handlers.lists.seen import Closer, Seen
from handlers.spoken import about, day, moment
from storage.checkins import BY_PROXY
from storage.holds import HOSPITAL
from storage.rules import village_day
from storage.today import FirstSign, Standing

_MARKS = {
    Standing.WELL: "平安",
    Standing.HEARD: "听到",
    Standing.HARMED: "出事",
    Standing.TO_SEE: "要去看",
    Standing.MISSED: "没报",
    Standing.SEEN: "看过",
    Standing.WAITING: "还没报",
    Standing.UNKNOWN: "没问成",
}
_SENT = {"voice": "语音", "picture": "图片", "video": "视频", "location": "位置"}


def mark(seen: Seen) -> str:
    """Return how she stands, with the number under which one can go and see her."""
    if seen.elder.standing is Standing.EXCUSED:
        return f"请假到{_day(seen)}" if seen.hold else "请假"
    if seen.elder.standing is Standing.WAITING and seen.is_late:
        return "比平时晚"
    number = f" {seen.call.number}号" if seen.call else ""
    return f"{_MARKS[seen.elder.standing]}{number}"


def _day(seen: Seen) -> str:
    last = seen.hold.last_day if seen.hold else None
    return day(last) if last else ""


def page(title: str, people: int, entries: Sequence[tuple[int, Seen]], following: int) -> str:
    """Word one piece of a list; `following` is the number of the next piece, 0 for none."""
    lines = [f"{title}{people}位："]
    lines += [f"{number} {seen.elder.name} {mark(seen)}" for number, seen in entries]
    if following:
        lines.append(f"后面的请回：{title} {following}")
    else:
        lines.append("细看请回：详情 号码")
    return "\n".join(lines)


def all_heard() -> str:
    return "都有回音了，没有未报的。"


def no_such_page(title: str) -> str:
    return f"没有这一页了。从头看请回：{title}"


def nobody(who: str) -> str:
    return f"没找到“{who}”。请先回：名单，再回：详情 号码"


def closer(told: Closer) -> str:
    seen = told.seen
    group = f"（{seen.elder.group}）" if seen.elder.group else ""
    lines = [f"{seen.elder.name}{group}：{mark(seen)}"]
    lines += [_heard(told.sign, serves=told.serves)] if told.sign else []
    lines += ["在住院"] if seen.hold and seen.hold.reason == HOSPITAL else []
    lines += _goes(told)
    lines += [f"平时{about(told.usual.median, 5)}左右"] if told.usual else []
    lines += [f"以前：{'，'.join(_ended(*one) for one in told.ended)}"] if told.ended else []
    return "\n".join(lines)


def _heard(sign: FirstSign, *, serves: bool) -> str:
    """Say when and how she was heard, and never what she said, or whether she is unwell."""
    at = f"今天{moment(sign.at)}"
    if not serves:
        return f"{at}有回音"
    if sign.kind == BY_PROXY:
        return f"{at}{sign.by}代报"
    return f"{at}发来{_SENT.get(sign.kind, '消息')}"


def _goes(told: Closer) -> list[str]:
    if told.goes:
        return [f"{told.goes}去看了"]
    call = told.seen.call
    return [f"还没人去看，能去请回：我去 {call.number}"] if call else []


def _ended(at: datetime, result: str) -> str:
    return f"{day(village_day(at))}{result}"
