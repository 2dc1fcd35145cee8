"""The questions of an enrolment in their order, and how each answer is read."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, time
from enum import StrEnum
from typing import Any

from handlers.hours_in import hours_in
from handlers.namesakes import the_one
from handlers.turn import Turn
from storage import enrolments
from storage.authority import Act
from storage.hours import Hours
from storage.people import Role, TieKind
from storage.rules import village_day


class Step(StrEnum):
    """What is asked, in this order; the answer is kept under the same name."""

    NAME = "name"
    SAME = "same"
    """Whether she is the one who has that name already; only where somebody has it."""
    GENDER = "gender"
    BORN = "born"
    PHONE = "phone"
    GROUP = "group"
    HOURS = "hours"
    TIER = "tier"
    NEAR = "near"
    SURE = "sure"


LABELS: Mapping[str, Step] = {
    "名字": Step.NAME,
    "姓名": Step.NAME,
    "男女": Step.GENDER,
    "性别": Step.GENDER,
    "哪年生": Step.BORN,
    "生年": Step.BORN,
    "出生": Step.BORN,
    "电话": Step.PHONE,
    "手机": Step.PHONE,
    "互助组": Step.GROUP,
    "组": Step.GROUP,
    "钟点": Step.HOURS,
    "时间": Step.HOURS,
    "身体": Step.TIER,
    "家人": Step.NEAR,
    "邻居": Step.NEAR,
}
"""What stands behind 改: 改 电话 13900000000."""

OTHER, HERSELF = "另一位", "是她"

_NONE = re.compile(r"没有|没|无|没手机|没电话|不知道|不清楚|不用")
_NAME = re.compile(r"[\u4e00-\u9fff]{2,6}(?:·[\u4e00-\u9fff]{1,8})?")
_DATE = re.compile(r"(?P<y>\d{4})(?:年|[-./])(?P<m>\d{1,2})(?:月|[-./])(?P<d>\d{1,2})日?生?")
_YEAR = re.compile(r"(?P<y>\d{4})年?(?:生|出生|生人)?|(?P<short>\d{2})年(?:生|出生|生人)?")
_AGE = re.compile(r"(?P<age>\d{2,3})岁")
_NUMBER = re.compile(r"1[3-9]\d{9}|0\d{9,11}")
_TIERS = {"体弱": 1, "弱": 1, "身体弱": 1, "一般": 2, "还行": 2, "硬朗": 3, "结实": 3, "好": 3}
_GENDERS = {"女": "female", "女的": "female", "男": "male", "男的": "male"}
_AS_USUAL = re.compile(r"行|好|好的|可以|照常|默认")
_NEAR = re.compile(
    r"(?:(?P<neighbour>邻居)|家人|儿子|女儿|闺女|姑娘|媳妇|女婿|孙子|孙女|老伴|侄子|侄女|外甥|亲戚)"
    r"\s*(?P<name>[\u4e00-\u9fff]{2,6})"
)
_YOUNGEST, _OLDEST = 18, 120


async def read(turn: Turn, step: Step, said: str) -> Any | None:
    """Return an answer as it is kept, None where the words are none to this question."""
    return await _READERS[step](turn, said)


async def _name(_turn: Turn, said: str) -> str | None:
    return said if _NAME.fullmatch(said) else None


async def _same(_turn: Turn, said: str) -> str | None:
    return said if said in (OTHER, HERSELF) else None


async def _gender(_turn: Turn, said: str) -> str | None:
    return _GENDERS.get(said)


async def _born(turn: Turn, said: str) -> str | None:
    if _NONE.fullmatch(said):
        return ""
    now = village_day(turn.now)
    if found := _DATE.fullmatch(said):
        born = _as_date(found)
    elif found := _YEAR.fullmatch(said):
        born = found["y"] or f"19{found['short']}"
    elif found := _AGE.fullmatch(said):
        born = str(now.year - int(found["age"]))
    else:
        return None
    return born if born and _YOUNGEST <= now.year - int(born[:4]) <= _OLDEST else None


def _as_date(found: re.Match[str]) -> str:
    try:
        day = datetime(int(found["y"]), int(found["m"]), int(found["d"]))  # noqa: DTZ001
    except ValueError:
        return ""
    return day.date().isoformat()


async def _phone(_turn: Turn, said: str) -> str | None:
    if _NONE.fullmatch(said):
        return ""
    number = re.sub(r"[\s-]", "", said)
    return number if _NUMBER.fullmatch(number) else None


async def groups(turn: Turn) -> list[tuple[int, str]]:
    """Return the groups into which he may enrol: his village's, or as a leader his own."""
    me = turn.speaker
    found = await enrolments.groups_in(turn.session, me.village_id)
    if me.is_a(Role.COORDINATOR):
        return list(found)
    return [(group, name) for group, name in found if group == me.group_id]


async def _group(turn: Turn, said: str) -> list[Any] | None:
    for group, name in await groups(turn):
        if said in (name, f"{name}组"):
            return [group, name]
    return None


async def _hours(turn: Turn, said: str) -> list[str] | None:
    rules = turn.rules.checkin
    if _AS_USUAL.fullmatch(said):
        return _as_kept(Hours(rules.opens, rules.closes))
    hours = hours_in(said, turn.hearing, turn.now) or _from(turn, said)
    limits = turn.rules.habits
    is_fit = (
        hours is not None
        and limits.earliest <= hours.opens
        and hours.closes <= limits.latest
        and limits.shortest_minutes <= hours.minutes
    )
    return _as_kept(hours) if hours and is_fit else None


def _from(turn: Turn, said: str) -> Hours | None:
    """Read 7点, 7点起: as long as usual."""
    rules = turn.rules.checkin
    begins = hours_in(f"{said.removesuffix('起')}到23点", turn.hearing, turn.now)
    if begins is None:
        return None
    day = village_day(turn.now)
    usual = datetime.combine(day, rules.closes) - datetime.combine(day, rules.opens)
    return Hours(begins.opens, (datetime.combine(day, begins.opens) + usual).time())


def _as_kept(hours: Hours) -> list[str]:
    return [f"{hour:%H:%M}" for hour in hours]


def hours_of(kept: list[str]) -> Hours:
    return Hours(*(time.fromisoformat(hour) for hour in kept))


async def _tier(_turn: Turn, said: str) -> int | None:
    return _TIERS.get(said)


async def _near(turn: Turn, said: str) -> list[str] | None:
    if _NONE.fullmatch(said):
        return []
    found = _NEAR.fullmatch(said)
    person = found and await the_one(turn, Act.NAME, found["name"])
    if not found or not person:
        return None
    kind = TieKind.NEIGHBOUR if found["neighbour"] else TieKind.FAMILY
    return [person.id, kind, person.name]


async def _sure(_turn: Turn, said: str) -> str | None:
    return said if re.fullmatch(r"对|对的|对了|没错", said) else None


_READERS: Mapping[Step, Callable[[Turn, str], Awaitable[Any | None]]] = {
    Step.NAME: _name,
    Step.SAME: _same,
    Step.GENDER: _gender,
    Step.BORN: _born,
    Step.PHONE: _phone,
    Step.GROUP: _group,
    Step.HOURS: _hours,
    Step.TIER: _tier,
    Step.NEAR: _near,
    Step.SURE: _sure,
}
