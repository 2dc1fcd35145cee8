"""What an elder may ask for (助餐, 理发 …), and what each kind of help takes.

A list is a preset in `storage/categories/`. It has a version, and every call keeps the terms
under which it was made: whoever changes the list changes no call that is under way.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

Allocation = Literal["first", "collect"]
Risk = Literal["low", "high"]
Paper = Literal["培训", "承诺书", "保险", "执照", "健康证"]
Evidence = Literal["code", "checkout", "picture"]
"""`code`: she told him her 服务码; `checkout`: he said himself when he left; `picture`: what he
sent of what was done or paid."""

PAPERS: tuple[str, ...] = get_args(Paper)
NAMES = ("助餐", "助浴", "助洁", "助行", "助急", "助医", "理发", "慰藉", "文体", "代办", "手机")

_PRESETS = Path(__file__).parent / "categories"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a call is made under. `policy` names the list and its version."""

    policy: str
    minutes: int
    people: int
    risk: Risk
    review: bool
    urgent: bool
    allocation: Allocation
    same_gender: bool
    skill: str
    needs: tuple[Paper, ...]
    evidence: tuple[Evidence, ...]

    @property
    def needs_review(self) -> bool:
        return self.review or self.risk == "high"

    def as_row(self) -> dict[str, Any]:
        return asdict(self)


def terms_of(row: Mapping[str, Any]) -> Terms:
    """Read the terms as a call keeps them."""
    return Terms(**{**row, "needs": tuple(row["needs"]), "evidence": tuple(row["evidence"])})


@cache
def load(name: str) -> Mapping[str, Terms]:
    """Read a list, by category. Raises LookupError where there is none of this name."""
    path = _PRESETS / f"{name}.toml"
    if not path.exists():
        raise LookupError(f"there is no list of categories {name}")
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    listed = found["categories"]
    if set(listed) != set(NAMES):
        raise ValueError(f"{name}: a list has each of {' '.join(NAMES)}")
    policy = f"{found['name']}@{found['version']}"
    return {
        category: terms_of({"policy": policy, **found["defaults"], **listed[category]})
        for category in NAMES
    }
