"""What was heard, in the words of the house."""

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum


class Level(StrEnum):
    """What a message means, from a mere sign of life to the gravest."""

    ALIVE = "alive"
    OK = "ok"
    CARE = "care"
    REQUEST = "request"
    EMERGENCY = "emergency"
    CRISIS = "crisis"


DISTRESS = frozenset({Level.EMERGENCY, Level.CRISIS})
"""What people are called for at once."""


class Category(StrEnum):
    """What an elder may ask for."""

    MEALS = "助餐"
    BATHING = "助浴"
    CLEANING = "助洁"
    OUTINGS = "助行"
    URGENT = "助急"
    MEDICAL = "助医"
    HAIRCUT = "理发"
    COMPANY = "慰藉"
    CULTURE = "文体"
    ERRANDS = "代办"
    PHONE = "手机"


@dataclass(frozen=True, slots=True)
class Wish:
    """When she would like it, as far as she said so: a day, a part of the day, an hour."""

    day: date | None = None
    part: str = ""
    hour: time | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """Of whom is spoken: `herself` or `another`, and the words that name the other."""

    who: str = "herself"
    about: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one message means. `rule` is "" where no rule spoke; `minutes` is how long."""

    level: Level
    rule: str = ""
    version: int = 0
    category: Category | None = None
    when: Wish | None = None
    minutes: int | None = None
    subject: Subject = Subject()
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that saw its words, and what stopped it ("" where nothing did)."""

    rule: str
    level: Level
    words: str
    clause: int
    stopped_by: str = ""
    by_sound: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a verdict came about: the clauses as understood, and every rule that saw its words."""

    verdict: Verdict
    clauses: tuple[str, ...]
    findings: tuple[Finding, ...]
