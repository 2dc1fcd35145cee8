"""The ear: what an elder means by what she sends. Text in, a verdict out; nothing else."""

from handlers.hearing.listen import Hearing
from handlers.hearing.rulebook import RuleError
from handlers.hearing.verdict import (
    DISTRESS,
    Category,
    Explanation,
    Finding,
    Level,
    Subject,
    Verdict,
    Wish,
)

__all__ = [
    "DISTRESS",
    "Category",
    "Explanation",
    "Finding",
    "Hearing",
    "Level",
    "RuleError",
    "Subject",
    "Verdict",
    "Wish",
]
