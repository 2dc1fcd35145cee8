"""The ear for swindlers: what is not carried, and what an elder is warned of."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from handlers.hearing.normal import Writing
from handlers.hearing.pattern import read
from handlers.hearing.rulebook import Phrases

RULES = Path(__file__).with_name("money.toml")


@dataclass(frozen=True, slots=True)
class MoneyRule:
    """One rule: what it hears, clause by clause, and what stops it in the same clause."""

    phrases: Phrases
    unless: Phrases
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]

    def hears(self, spelt: str) -> bool:
        """Tell whether it hears itself in words as the rules of hearing spell them."""
        return any(
            _is_in(self.phrases, clause) and not _is_in(self.unless, clause)
            for clause in re.split("[，。]", spelt)
        )


def _is_in(phrases: Phrases, clause: str) -> bool:
    return next(phrases.spans(clause), None) is not None


@lru_cache(maxsize=1)
def rules() -> dict[str, MoneyRule]:
    """Return the rules `carried` and `asked`, read once in a process."""
    data = tomllib.loads(RULES.read_text(encoding="utf-8"))
    spell = Writing.load()
    return {name: _rule(data[name], spell) for name in ("carried", "asked")}


def _rule(data: dict[str, Any], writing: Writing) -> MoneyRule:
    return MoneyRule(
        _phrases(data["patterns"], writing),
        _phrases(data["unless"], writing),
        tuple(data["examples"]),
        tuple(data["not"]),
    )


def _phrases(written: Iterable[str], writing: Writing) -> Phrases:
    return Phrases([read(one, {}, writing.spell) for one in written])


def is_spoken_of(spelt: str) -> bool:
    """Tell whether words speak of money as a swindler's would: nobody carries them."""
    return rules()["carried"].hears(spelt)


def is_asked_for(spelt: str) -> bool:
    """Tell whether an elder says that somebody is after her money."""
    return rules()["asked"].hears(spelt)
