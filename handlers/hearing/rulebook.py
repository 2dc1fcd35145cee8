"""The rules as data: read, checked, and ready to be matched.

A fault in a file a village wrote stops the start with one sentence that names the file, the rule
and what is wrong.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from handlers.hearing.normal import Writing
from handlers.hearing.pattern import Pattern, PatternError, Slots, Spelling, read, slot
from handlers.hearing.sound import load_sounds
from handlers.hearing.verdict import Category, Level

RULES = Path(__file__).with_name("rules")
LONGEST_TAIL = 8
ORDER = ("crisis", "emergency", "care", "request", "ok")
LISTS = ("patterns", "asked", "sounds", "sounds_unless", "unless", "unless_near", "stands")
KNOWN = frozenset({"id", "level", "category", "examples", "not", *LISTS})
PLACES = frozenset({"just before", "before", "clause", "sentence", "after"})


class RuleError(Exception):
    """What is wrong with the rules, one sentence for each fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Phrases:
    """Patterns sorted by the character they may begin with, read when they are first needed."""

    def __init__(self, patterns: Iterable[Pattern] = ()) -> None:
        self._patterns = patterns

    @cached_property
    def _by_first(self) -> dict[str, list[Pattern]]:
        by_first: dict[str, list[Pattern]] = {}
        for pattern in self._patterns:
            for first in pattern.begins:
                by_first.setdefault(first, []).append(pattern)
        self._patterns = ()
        return by_first

    def spans(self, text: str, begin: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
        """Yield where any of them begins between the two; one finding for each beginning."""
        by_first = self._by_first
        for start in range(begin, len(text) if end is None else end):
            for pattern in by_first.get(text[start], ()):
                found = pattern.compiled.match(text, start)
                if found and found.end() > start:
                    yield start, found.end()
                    break

    def warm_up(self) -> None:
        """Make every pattern ready."""
        for patterns in self._by_first.values():
            for pattern in patterns:
                _ = pattern.compiled

    def ends_at(self, text: str, end: int) -> bool:
        """Tell whether any of them ends exactly there, beginning at most `LONGEST_TAIL` before."""
        for start in range(max(0, end - LONGEST_TAIL), end):
            for pattern in self._by_first.get(text[start], ()):
                if pattern.compiled.fullmatch(text, start, end):
                    return True
        return False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `place` is its rank among all rules, the first being the gravest."""

    id: str
    level: Level
    category: Category | None
    version: int
    place: int
    unless: Phrases
    unless_near: Phrases
    honest: Phrases
    stands: frozenset[str]
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cue:
    """One pattern of a rule: whether it counts only where she asks, and whether by sound."""

    pattern: Pattern
    rule: Rule
    asked: bool
    by_sound: bool


@dataclass(frozen=True, slots=True)
class Context:
    """What may stop a rule, and where it has to stand to do so."""

    where: str
    phrases: Phrases
    exceptions: Phrases


@dataclass(frozen=True)
class Rulebook:
    """Everything the ear knows."""

    writing: Writing
    sounds: Mapping[int, str]
    rules: tuple[Rule, ...]
    cues: Mapping[str, tuple[Cue, ...]]
    sound_cues: Mapping[str, tuple[Cue, ...]]
    contexts: Mapping[str, Context]
    asks: Phrases


@lru_cache(maxsize=4)
def load_rulebook(extra_rules: Path | None = None) -> Rulebook:
    """Read the rules of the house, and those of the village after them.

    They are read once in a process. Raises RuleError where any of them cannot be used.
    """
    return _Reading(extra_rules).rulebook()


class _Reading:
    def __init__(self, extra_rules: Path | None) -> None:
        self._writing = Writing.load()
        self._sounds = load_sounds()
        self._files = [RULES / f"{name}.toml" for name in ORDER]
        if extra_rules is not None:
            self._files.append(extra_rules)
        self._faults: list[str] = []
        self._of_the_village = False  # its anti-phrases are read at once, to tell the faults
        words = _table(RULES / "slots.toml")["slots"]
        self._slots = {name: slot(words[name], self._writing.spell) for name in words}
        self._folded = {name: slot(words[name], self._fold) for name in words}
        self._rules: list[Rule] = []
        self._cues: dict[str, list[Cue]] = {}
        self._sound_cues: dict[str, list[Cue]] = {}

    def rulebook(self) -> Rulebook:
        for file in self._files:
            self._of_the_village = file.parent != RULES
            self._read_file(file)
        self._of_the_village = False
        contexts = {name: self._context(data) for name, data in _contexts().items()}
        asks = self._phrases(["{asks}"], "slot asks")
        if self._faults:
            raise RuleError(self._faults)
        return Rulebook(
            self._writing,
            self._sounds,
            tuple(self._rules),
            {first: tuple(cues) for first, cues in self._cues.items()},
            {first: tuple(cues) for first, cues in self._sound_cues.items()},
            contexts,
            asks,
        )

    def _read_file(self, file: Path) -> None:
        try:
            data = _table(file)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            self._faults.append(f"{file.name}: cannot be read: {error}")
            return
        version = data.get("version")
        if not isinstance(version, int):
            self._faults.append(f"{file.name}: version must be a whole number")
            return
        rules = data.get("rule", [])
        if unknown := sorted(set(data) - {"version", "rule"}):
            self._faults.append(f"{file.name}: unknown key {unknown[0]!r}")
        for rule in rules if isinstance(rules, list) else []:
            self._read_rule(file.name, version, rule)

    def _read_rule(self, file: str, version: int, data: dict[str, Any]) -> None:
        name = f"{file}, rule {data.get('id', '?')!r}"
        faults = list(_faults_of(data, {rule.id for rule in self._rules}))
        if faults:
            self._faults.extend(f"{name}: {fault}" for fault in faults)
            return
        rule = Rule(
            id=data["id"],
            level=Level(data["level"]),
            category=Category(data["category"]) if "category" in data else None,
            version=version,
            place=len(self._rules),
            unless=self._phrases(data.get("unless", []), name),
            unless_near=self._phrases(data.get("unless_near", []), name),
            honest=self._phrases(data.get("sounds_unless", []), name),
            stands=frozenset(data.get("stands", [])),
            examples=tuple(data.get("examples", [])),
            counterexamples=tuple(data.get("not", [])),
        )
        self._rules.append(rule)
        self._add_cues(name, rule, data)

    def _add_cues(self, name: str, rule: Rule, data: dict[str, Any]) -> None:
        spell = self._writing.spell
        for key, asked in (("patterns", False), ("asked", True)):
            for pattern in self._patterns(data.get(key, []), name, spell, self._slots):
                _file_under(self._cues, Cue(pattern, rule, asked, by_sound=False))
        for pattern in self._patterns(data.get("sounds", []), name, self._fold, self._folded):
            _file_under(self._sound_cues, Cue(pattern, rule, asked=False, by_sound=True))

    def _fold(self, words: str) -> str:
        return self._writing.spell(words).translate(self._sounds)

    def _context(self, data: dict[str, Any]) -> Context:
        patterns = self._phrases(data["patterns"], "contexts")
        return Context(data["where"], patterns, self._phrases(data.get("except", []), "contexts"))

    def _phrases(self, written: list[str], name: str) -> Phrases:
        patterns = self._patterns(written, name, self._writing.spell, self._slots)
        return Phrases(list(patterns) if self._of_the_village else patterns)

    def _patterns(
        self, written: list[str], name: str, spell: Spelling, slots: Slots
    ) -> Iterator[Pattern]:
        for one in written:
            try:
                yield read(one, slots, spell)
            except PatternError as fault:
                self._faults.append(f"{name}: {fault}")


def _file_under(cues: dict[str, list[Cue]], cue: Cue) -> None:
    for first in cue.pattern.begins:
        cues.setdefault(first, []).append(cue)


def _table(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _contexts() -> dict[str, dict[str, Any]]:
    data = _table(RULES / "contexts.toml")
    return {name: table for name, table in data.items() if name != "version"}


def _faults_of(data: dict[str, Any], taken: set[str]) -> Iterator[str]:
    checks: tuple[Callable[[dict[str, Any]], str], ...] = (
        _fault_of_keys,
        _fault_of_level,
        _fault_of_category,
        _fault_of_lists,
    )
    if not isinstance(data.get("id"), str) or not data["id"]:
        yield "id is missing"
    elif data["id"] in taken:
        yield "this id is already taken"
    yield from filter(None, (check(data) for check in checks))


def _fault_of_keys(data: dict[str, Any]) -> str:
    unknown = sorted(set(data) - KNOWN)
    return f"unknown key {unknown[0]!r}" if unknown else ""


def _fault_of_level(data: dict[str, Any]) -> str:
    known = [level.value for level in Level if level is not Level.ALIVE]
    return "" if data.get("level") in known else f"level must be one of {', '.join(known)}"


def _fault_of_category(data: dict[str, Any]) -> str:
    known = [category.value for category in Category]
    if data.get("category", known[0]) not in known:
        return f"category must be one of {' '.join(known)}"
    if "category" in data and data.get("level") != Level.REQUEST:
        return "only a request has a category"
    return ""


def _fault_of_lists(data: dict[str, Any]) -> str:
    for key in (*LISTS, "examples", "not"):
        value = data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            return f"{key} must be a list of phrases"
    if not any(data.get(key) for key in ("patterns", "asked", "sounds")):
        return "there is not a single phrase in it"
    return ""
