"""How well the ear hears: recall and false alarms over labelled sentences."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Protocol

from handlers.hearing.verdict import DISTRESS, Category, Level, Verdict

HARMLESS = frozenset({Level.ALIVE, Level.OK})


class Ear(Protocol):
    def hear(self, text: str, now: datetime) -> Verdict: ...


class LabelError(ValueError):
    """A line that is not `text<TAB>level<TAB>category`, told by its number."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and what a person says it means."""

    text: str
    level: Level
    category: Category | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard in one sentence, beside what should have been."""

    text: str
    expected: str
    level: str
    category: str
    rule: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Score:
    """The figures of one file. Each share is None where there is nothing to share out."""

    heard: tuple[Heard, ...]
    recall: dict[str, float]
    false_alarms: float | None
    right_category: float | None


def sentences(lines: Iterable[str]) -> Iterator[Sentence]:
    """Read labelled lines; the category may be left out.

    Raises LabelError with the number of the line that cannot be read.
    """
    for count, line in enumerate(lines, 1):
        if line.strip():
            yield _sentence(count, line.rstrip("\r\n").split("\t"))


def _sentence(count: int, cells: list[str]) -> Sentence:
    text, level, category = (*cells, "", "")[:3]
    if level.strip() not in set(Level):
        raise LabelError(f"line {count}: the level must be one of {', '.join(Level)}")
    if category.strip() and category.strip() not in set(Category):
        raise LabelError(f"line {count}: there is no category {category.strip()!r}")
    wanted = Category(category.strip()) if category.strip() else None
    return Sentence(text, Level(level.strip()), wanted)


def measure(ear: Ear, labelled: Iterable[Sentence], now: datetime) -> Score:
    """Let the ear hear every sentence and count what it made of them."""
    told = list(labelled)
    heard = tuple(_heard(ear, sentence, now) for sentence in told)
    named = [
        one.category == sentence.category
        for one, sentence in zip(heard, told, strict=True)
        if sentence.category
    ]
    return Score(heard, _recall(heard), _false_alarms(heard), _share(named))


def _heard(ear: Ear, sentence: Sentence, now: datetime) -> Heard:
    verdict = ear.hear(sentence.text, now)
    category = verdict.category.value if verdict.category else ""
    return Heard(sentence.text, sentence.level.value, verdict.level.value, category, verdict.rule)


def _recall(heard: Iterable[Heard]) -> dict[str, float]:
    right: dict[str, list[bool]] = {}
    for one in heard:
        right.setdefault(one.expected, []).append(one.level == one.expected)
    return {level.value: sum(right[level]) / len(right[level]) for level in Level if level in right}


def _false_alarms(heard: Iterable[Heard]) -> float | None:
    """Return the share of harmless sentences that were taken for an emergency or a crisis."""
    harmless = [one for one in heard if Level(one.expected) in HARMLESS]
    return _share([Level(one.level) in DISTRESS for one in harmless])


def _share(hits: list[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None
