"""The rules of a time bank: which hours count, how many, and who may use them.

A policy is a preset in `storage/policies/`, with its source and what of it could not be
verified. It has a version, and every transfer names the policy under which it was made: a
preset that was used is never changed, it gets a new version.
"""

import tomllib
from dataclasses import dataclass, fields
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

HOUR = 60
"""Minutes. One 时间币 is an hour; the ledger only knows minutes."""

PolicyName = Literal[
    "village-default",
    "beijing-2022",
    "nanjing-2019",
    "shanghai-2026",
    "guangzhou-2019",
    "changning-pilot",
]
NAMES: tuple[str, ...] = get_args(PolicyName)
Gifts = Literal["relatives", "anyone", "none"]
Need = Literal["frail", "poor"]

_PRESETS = Path(__file__).parent / "policies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One preset. Minutes and years; None where there is no limit.

    `pool_pays` names the needs for which the common pool pays what an elder has not.
    `spend_from_age_in_need` is the age from which one who is frail or poor may spend.
    `late_cancel_minutes` has whoever was on his way when her side took the call back.
    """

    name: str
    version: int
    title: str
    sources: tuple[str, ...]
    unverified: tuple[str, ...]
    round_to_minutes: int = 15
    daily_cap_minutes: int | None = 4 * HOUR
    ceiling_minutes: int | None = 1500 * HOUR
    earn_from_age: int | None = 18
    spend_from_age: int | None = 60
    spend_from_age_in_need: int | None = 60
    gifts: Gifts = "relatives"
    pool_pays: tuple[Need, ...] = ("frail", "poor")
    second_above_minutes: int = 8 * HOUR
    late_cancel_minutes: int = 0

    @property
    def key(self) -> str:
        """How a transfer names it: nanjing-2019@1."""
        return f"{self.name}@{self.version}"

    def rounded(self, minutes: int) -> int:
        """Return real minutes as they are credited: the nearest step, and never less than one."""
        step = self.round_to_minutes
        return max((minutes + step // 2) // step * step, step)

    def may_earn(self, age: int | None) -> bool:
        return _is_old_enough(age, self.earn_from_age)

    def may_spend(self, age: int | None, *, in_need: bool) -> bool:
        return _is_old_enough(age, self.spend_from_age_in_need if in_need else self.spend_from_age)

    def helps(self, *, frail: bool, poor: bool) -> bool:
        """Tell whether the pool pays for an elder in this need."""
        return (frail and "frail" in self.pool_pays) or (poor and "poor" in self.pool_pays)


@dataclass(frozen=True, kw_only=True)
class TimebankRules:
    """What the configuration says of the time bank, section `[timebank]`."""

    policy: PolicyName = "village-default"
    confirm_minutes: int = 30
    """How long a question such as 把2小时转给… waits for its answer."""
    audit_at: time = time(2, 30)
    statement_day: int = 1
    """The day of the month on which last month's statement is written."""
    reminder_month: int = 1
    """The month of the yearly letter on what the hours are good for."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    @property
    def preset(self) -> Policy:
        return load(self.policy)


@cache
def load(name: str) -> Policy:
    """Read a preset. Raises LookupError where there is none of this name."""
    path = _PRESETS / f"{name}.toml"
    if name not in NAMES:
        raise LookupError(f"there is no time bank policy {name}")
    return _from_toml(tomllib.loads(path.read_text(encoding="utf-8")))


def _from_toml(found: dict[str, Any]) -> Policy:
    values = {key: found[key] for key in ("name", "version", "title")}
    for key in ("sources", "unverified"):
        values[key] = tuple(found[key])
    rules = {key: _value(value) for key, value in found["rules"].items()}
    unknown = set(rules) - {one.name for one in fields(Policy)}
    if unknown:
        raise ValueError(f"{found['name']}: {', '.join(sorted(unknown))} is no rule of ours")
    return Policy(**values, **rules)


def _value(value: Any) -> Any:
    """Turn TOML into ours: it has no None, so "no limit" stands for it."""
    if isinstance(value, list):
        return tuple(value)
    return None if value == "no limit" else value


def age_on(born: str, day: date) -> int | None:
    """Return the age on a day; None where the birth is not known.

    Where only the year is known she is as old as she becomes in this year: nobody is shut
    out because a village never wrote down her birthday.
    """
    if len(born) == 4 and born.isdigit():
        return day.year - int(born)
    try:
        birthday = date.fromisoformat(born)
    except ValueError:
        return None
    had_it = (day.month, day.day) >= (birthday.month, birthday.day)
    return day.year - birthday.year - (0 if had_it else 1)


def _is_old_enough(age: int | None, limit: int | None) -> bool:
    """Let an unknown age pass: the village knows its people, and the register is incomplete."""
    return limit is None or age is None or age >= limit
