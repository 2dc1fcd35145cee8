"""The two labelled files, measured: one the rules were tuned on, and one they never saw."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from handlers.hearing import Hearing
from handlers.hearing.measure import Score, Sentence, measure, sentences

HERE = Path(__file__).parent
FILES = ("tuned", "unseen")


def corpus(name: str) -> list[Sentence]:
    with (HERE / f"{name}.tsv").open(encoding="utf-8") as lines:
        return list(sentences(lines))


def figures(now: datetime) -> Iterator[str]:
    """Say the figures of both files, a line each."""
    ear = Hearing.load()
    for name in FILES:
        yield line(name, measure(ear, corpus(name), now))


def line(name: str, score: Score) -> str:
    recall = "  ".join(f"{level} {share:.3f}" for level, share in score.recall.items())
    false_alarms, category = score.false_alarms or 0.0, score.right_category or 0.0
    return (
        f"{name:7} {len(score.heard):5} sentences  {recall}  "
        f"category {category:.3f}  false alarms {false_alarms:.3f}"
    )
