"""A small language for phrases, so that a village can write rules without knowing regexes.

    摔倒          these characters
    (摔|跌)倒     one of them
    我?           perhaps
    {body}疼      any word of a slot
    ~             up to four characters of the same clause, none of them a negation
    ~~            up to eight characters, and a comma may be among them
    ^ and $       here a clause begins or ends

There is no repetition, so every match is bounded and no text can make it slow.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

GAP = "[^，。不没别未无]{0,4}?"
WIDE_GAP = "[^。]{0,8}?"
BEGINS = "(?:(?<=[，。])|(?<![^，。]))"
ENDS = "(?=[，。]|$)"
SYNTAX = frozenset("(|)?{}~^$")
WORDS = re.compile(r"[^(|)?{}~^$]+")
PLAIN_GROUP = re.compile(r"\(([^()?{}~^$]+)\)")


class PatternError(ValueError):
    """Why a pattern cannot be read, in one sentence."""


@dataclass(frozen=True)
class Pattern:
    """One phrase: the characters it may begin with, and the expression that finds it."""

    written: str
    begins: frozenset[str]
    expression: str

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.expression)


@dataclass(frozen=True)
class Part:
    """A piece of a pattern: what it may begin with, whether it may be nothing, its regex."""

    begins: frozenset[str]
    may_be_empty: bool
    expression: str


Spelling = Callable[[str], str]
"""How the characters of a pattern are written before they are matched: canonical, or folded."""


Slots = Mapping[str, Part]
"""The slots a pattern may name, each spelt once for all of them."""


def slot(words: Iterable[str], spell: Spelling) -> Part:
    """Return the words that stand in for one another as one part."""
    return _any_of([_literal(spell(word)) for word in words])


def read(written: str, slots: Slots, spell: Spelling) -> Pattern:
    """Read one pattern. Raises PatternError with one sentence that says what is wrong."""
    reader = _Reader(written, slots, spell)
    part = reader.alternatives()
    if reader.rest():
        raise PatternError(f"{written!r}: unexpected {reader.rest()[0]!r}")
    if part.may_be_empty:
        raise PatternError(f"{written!r} would match nothing at all")
    if written.lstrip("^(").startswith("~") or not part.begins:
        raise PatternError(f"{written!r} must begin with words, not with a gap")
    return Pattern(written, part.begins, part.expression)


class _Reader:
    def __init__(self, written: str, slots: Slots, spell: Spelling) -> None:
        self._written = written
        self._slots = slots
        self._spell = spell
        self._at = 0

    def rest(self) -> str:
        return self._written[self._at :]

    def _take(self, expected: str) -> None:
        if not self.rest().startswith(expected):
            raise PatternError(f"{self._written!r}: a {expected!r} is missing")
        self._at += len(expected)

    def alternatives(self) -> Part:
        choices = [self._sequence()]
        while self.rest().startswith("|"):
            self._take("|")
            choices.append(self._sequence())
        if len(choices) == 1:
            return choices[0]
        return _any_of(choices)

    def _sequence(self) -> Part:
        parts = []
        while self.rest() and self.rest()[0] not in "|)":
            parts.append(self._perhaps(self._atom()))
        return _in_turn(parts)

    def _perhaps(self, part: Part) -> Part:
        if not self.rest().startswith("?"):
            return part
        self._take("?")
        return Part(part.begins, True, f"(?:{part.expression})?")

    def _atom(self) -> Part:
        sign = self.rest()[0]
        if sign == "(":
            return self._group()
        if sign == "{":
            return self._slot()
        if sign in "~^$":
            return self._boundary()
        if sign in SYNTAX:
            raise PatternError(f"{self._written!r}: unexpected {sign!r}")
        return self._words()

    def _group(self) -> Part:
        if plain := PLAIN_GROUP.match(self._written, self._at):
            self._at = plain.end()
            return _any_of([_literal(words) for words in self._spell(plain[1]).split("|")])
        self._take("(")
        part = self.alternatives()
        self._take(")")
        return Part(part.begins, part.may_be_empty, f"(?:{part.expression})")

    def _slot(self) -> Part:
        name, closed, _ = self.rest()[1:].partition("}")
        if not closed or name not in self._slots:
            raise PatternError(f"{self._written!r}: there is no slot {name!r}")
        self._at += len(name) + 2
        return self._slots[name]

    def _boundary(self) -> Part:
        for sign, expression in (("~~", WIDE_GAP), ("~", GAP), ("^", BEGINS), ("$", ENDS)):
            if self.rest().startswith(sign):
                self._take(sign)
                return Part(frozenset(), True, expression)
        raise AssertionError(self.rest())

    def _words(self) -> Part:
        found = WORDS.match(self._written, self._at)
        end = found.end() if found else self._at + 1
        if end - self._at > 1 and self._written[end : end + 1] == "?":
            end -= 1  # the question mark belongs to the last character alone
        words = self._written[self._at : end]
        self._at = end
        return _literal(self._spell(words))


def _literal(words: str) -> Part:
    return Part(frozenset(words[:1]), not words, re.escape(words))


def _any_of(choices: list[Part]) -> Part:
    longest_first = sorted((c.expression for c in choices), key=len, reverse=True)
    begins = frozenset().union(*(c.begins for c in choices))
    empty = any(c.may_be_empty for c in choices)
    return Part(begins, empty, f"(?:{'|'.join(longest_first)})")


def _in_turn(parts: list[Part]) -> Part:
    begins: frozenset[str] = frozenset()
    for part in parts:
        begins |= part.begins
        if not part.may_be_empty:
            break
    empty = all(part.may_be_empty for part in parts)
    return Part(begins, empty, "".join(part.expression for part in parts))
