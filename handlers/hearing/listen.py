"""Hearing: which rules see their words in a message, and what stops them.

What is said is looked through once, from left to right; at each character only those patterns are
tried that may begin with it, and each is bounded, so the time grows with the length and no more.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path

from handlers.hearing.days import duration, wish
from handlers.hearing.numerals import numbers_in
from handlers.hearing.people import name_in, subject_before
from handlers.hearing.rulebook import Cue, Phrases, Rule, Rulebook, load_rulebook
from handlers.hearing.verdict import (
    DISTRESS,
    Category,
    Explanation,
    Finding,
    Level,
    Subject,
    Verdict,
)

RANK = {
    Level.ALIVE: 0,
    Level.OK: 1,
    Level.CARE: 2,
    Level.REQUEST: 2,
    Level.EMERGENCY: 3,
    Level.CRISIS: 4,
}
NEAR = 2  # how far from the words, in characters, an anti-phrase of the same clause may stand
LONGEST_UNLESS = 24  # characters of an anti-phrase before the words it belongs to
UNASKED = ("不", "没", "别")  # 不想, 别帮: nothing is asked for
STOPPED_BY_RESOLVED = frozenset({Level.CARE, Level.EMERGENCY})
DAYS_AGO = (
    "昨天",
    "前天",
    "前几天",
    "上星期",
    "上周",
    "那天",
    "前些天",
    "头几天",
    "前阵",
    "夜里",
    "前段",
)

UNDER_WAY = re.compile(r"[呢哩咧嘞](?=\W|$)")
"""Somebody is just doing it; the particle itself is dropped when the text is spelt."""

REMEMBERED = 1024
"""How many sentences are remembered with their meaning: mornings are much alike."""

Span = tuple[int, int]


class Utterance:
    """One message on its way through the rules."""

    def __init__(self, book: Rulebook, spelt: str, *, is_under_way: bool = False) -> None:
        self.book = book
        self.text = spelt
        self.is_under_way = is_under_way
        self._unless: dict[str, list[Span]] = {}
        self._contexts: dict[str, list[Span]] = {}

    @cached_property
    def clause_starts(self) -> list[int]:
        return [0] + [at + 1 for at, sign in enumerate(self.text) if sign in "，。"]

    @cached_property
    def sentence_starts(self) -> list[int]:
        return [0] + [at + 1 for at, sign in enumerate(self.text) if sign == "。"]

    @cached_property
    def asks(self) -> bool:
        spans = self.book.asks.spans(self.text)
        return any(self.text[start - 1 : start] not in UNASKED for start, _ in spans)

    def clause_of(self, at: int) -> int:
        return bisect_right(self.clause_starts, at) - 1

    def clause(self, number: int) -> Span:
        starts = self.clause_starts
        end = starts[number + 1] - 1 if number + 1 < len(starts) else len(self.text)
        return starts[number], end

    def sentence(self, at: int) -> Span:
        starts = self.sentence_starts
        number = bisect_right(starts, at) - 1
        end = starts[number + 1] - 1 if number + 1 < len(starts) else len(self.text)
        return starts[number], end

    def found(self) -> Iterator[tuple[Cue, Span]]:
        """Yield every cue where its words stand, those by the letter before those by sound."""
        yield from _matches(self.book.cues, self.text)
        yield from _matches(self.book.sound_cues, self.text.translate(self.book.sounds))

    def counts(self, cue: Cue, span: Span) -> bool:
        """Tell whether a cue that needs asking is asked for, or is all the clause says.

        理发 alone asks for it; 扫院子呢 tells what she is doing.
        """
        if self.asks:
            return True
        is_all = self.clause(self.clause_of(span[0])) == span
        if is_all and self.is_under_way and cue.rule.level is Level.REQUEST:
            return any(sign in self.text[span[0] : span[1]] for sign in UNASKED)
        return is_all or not cue.asked

    def stopped_by(self, cue: Cue, span: Span) -> str:
        """Name what stops the rule at this place, "" where nothing does."""
        rule = cue.rule
        if cue.by_sound and _touched(self._spans(f"{rule.id} honest", rule.honest), span):
            return "honest words"
        if self._unless_nearby(rule, span):
            return "anti-phrase"
        return next((name for name in self._contexts_for(rule) if self._holds(name, span)), "")

    def _contexts_for(self, rule: Rule) -> Iterator[str]:
        names = ["negation"]
        if rule.level in DISTRESS:
            names += ["fear", "story", "long_past"]
        if rule.level is Level.CARE:
            names += ["fear", "long_past"]
        if rule.level in STOPPED_BY_RESOLVED:
            names.append("resolved")
        return (name for name in names if name not in rule.stands)

    def _unless_nearby(self, rule: Rule, span: Span) -> bool:
        clause_start, clause_end = self.clause(self.clause_of(span[0]))
        begin = max(clause_start, span[0] - NEAR)
        end = max(min(clause_end, span[1] + NEAR), span[1])
        near = rule.unless.spans(self.text, max(0, begin - LONGEST_UNLESS), end)
        if any(begin < found[1] and not self._cuts_a_name(found) for found in near):
            return True
        return bool(self._spans(f"{rule.id} near", rule.unless_near))

    def _cuts_a_name(self, found: Span) -> bool:
        """Tell whether words begin within a name: of 刘翠花 no flower fell, of 老马 no horse."""
        start, end = self.clause(self.clause_of(found[0]))
        name = name_in(self.text[start:end])
        return name is not None and start + name[0] < found[0] < start + name[1]

    def _spans(self, key: str, phrases: Phrases) -> list[Span]:
        if key not in self._unless:
            self._unless[key] = list(phrases.spans(self.text))
        return self._unless[key]

    def _context(self, name: str) -> list[Span]:
        if name not in self._contexts:
            context = self.book.contexts[name]
            exceptions = list(context.exceptions.spans(self.text))
            spans = context.phrases.spans(self.text)
            self._contexts[name] = [span for span in spans if not _touched(exceptions, span)]
        return self._contexts[name]

    def _holds(self, name: str, span: Span) -> bool:
        context = self.book.contexts[name]
        where = context.where
        if where == "just before":
            exceptions = self._spans(f"{name} except", context.exceptions)
            excepted = _touched(exceptions, (span[0] - 1, span[0]))
            return not excepted and context.phrases.ends_at(self.text, span[0])
        if where == "before":
            start = self.clause(self.clause_of(span[0]))[0]
            return any(start <= found[0] and found[1] <= span[0] for found in self._context(name))
        if where == "after":
            return any(found[0] >= span[1] - 1 for found in self._context(name))
        return self._told_of_elsewhere(name, span)

    def _told_of_elsewhere(self, name: str, span: Span) -> bool:
        start, end = self.sentence(span[0])
        for found in self._context(name):
            if start <= found[0] < end and not self._back_to_now(found, span):
                return True
        return False

    def _back_to_now(self, told: Span, span: Span) -> bool:
        if self.clause_of(told[0]) == self.clause_of(span[0]):
            return False
        begin = self.clause(self.clause_of(told[0]))[1]
        end = self.clause(self.clause_of(span[0]))[1]
        return any(begin <= now[0] < end for now in self._context("present"))

    def days_ago(self, span: Span) -> bool:
        return any(word in self.text[: span[0]] for word in DAYS_AGO)


class Hearing:
    """The ear, built once. `hear` and `explain` are total: no text is too strange for them."""

    def __init__(self, book: Rulebook) -> None:
        self._book = book
        self._spelt = lru_cache(REMEMBERED)(book.writing.normalise)
        self._heard = lru_cache(REMEMBERED)(self.listen)

    @classmethod
    def load(cls, extra_rules: Path | None = None) -> "Hearing":
        """Read the rules. Raises RuleError with a sentence for each fault in them."""
        return cls(load_rulebook(extra_rules))

    @property
    def book(self) -> Rulebook:
        return self._book

    def spell(self, text: str) -> str:
        """Return the text as the rules read it."""
        return self._spelt(text)

    def warm_up(self) -> None:
        """Make every pattern ready, so that not even the first long message waits for it."""
        for cues in (*self._book.cues.values(), *self._book.sound_cues.values()):
            for cue in cues:
                _ = cue.pattern.compiled
        for rule in self._book.rules:
            for phrases in (rule.unless, rule.unless_near, rule.honest):
                phrases.warm_up()
        for context in self._book.contexts.values():
            context.phrases.warm_up()
            context.exceptions.warm_up()

    def hear(self, text: str, now: datetime) -> Verdict:
        """Return what the message means; `now` is what 明天 and 礼拜三 are counted from."""
        verdict = self._heard(text)
        if verdict.level is Level.REQUEST:
            return replace(verdict, when=wish(self.spell(text), now))
        return verdict

    def listen(self, text: str) -> Verdict:
        """Return what the message means whenever it is said: no wish has a time yet."""
        said = self._utter(text)
        best: tuple[tuple[int, ...], Cue | None, Span, Level] = ((0,), None, (0, 0), Level.ALIVE)
        for cue, span in said.found():
            if _worth(cue.rule.level, cue, said) <= best[0] or not said.counts(cue, span):
                continue
            level = _level_left(said, cue, span)
            worth = _worth(level, cue, said)
            if level is not Level.ALIVE and worth > best[0]:
                best = (worth, cue, span, level)
        return _verdict(said, best[1], best[2], best[3])

    def _utter(self, text: str) -> Utterance:
        is_under_way = UNDER_WAY.search(text) is not None
        return Utterance(self._book, self.spell(text), is_under_way=is_under_way)

    def explain(self, text: str, now: datetime) -> Explanation:
        """Return the verdict and every rule that saw its words, with what stopped it."""
        said = self._utter(text)
        findings = tuple(
            Finding(
                rule=cue.rule.id,
                level=cue.rule.level,
                words=said.text[span[0] : span[1]],
                clause=said.clause_of(span[0]),
                stopped_by=_stop(said, cue, span),
                by_sound=cue.by_sound,
            )
            for cue, span in said.found()
        )
        clauses = tuple(said.text.replace("。", "，").split("，"))
        return Explanation(self.hear(text, now), clauses, findings)


def _matches(cues: Mapping[str, tuple[Cue, ...]], text: str) -> Iterator[tuple[Cue, Span]]:
    for start, character in enumerate(text):
        for cue in cues.get(character, ()):
            found = cue.pattern.compiled.match(text, start)
            if found and found.end() > start:
                yield cue, (start, found.end())


def _touched(spans: list[Span], span: Span) -> bool:
    return any(start < span[1] and span[0] < end for start, end in spans)


def _stop(said: Utterance, cue: Cue, span: Span) -> str:
    return said.stopped_by(cue, span) if said.counts(cue, span) else "nothing is asked"


def _level_left(said: Utterance, cue: Cue, span: Span) -> Level:
    """Return what is left of a rule's level at this place. What was grave and is over is care."""
    stop = said.stopped_by(cue, span)
    if stop == "resolved" and cue.rule.level is Level.EMERGENCY and not said.days_ago(span):
        return Level.CARE
    return Level.ALIVE if stop else cue.rule.level


def _worth(level: Level, cue: Cue, said: Utterance) -> tuple[int, ...]:
    only_ill = level is Level.REQUEST and cue.rule.category is Category.MEDICAL and not said.asks
    wanted = level is Level.REQUEST and not only_ill
    return RANK[level], wanted, level is Level.CARE, not cue.by_sound, -cue.rule.place


def _verdict(said: Utterance, cue: Cue | None, span: Span, level: Level) -> Verdict:
    text = said.text
    if cue is None:
        return Verdict(level, numbers=numbers_in(text))
    about = said.clause(said.clause_of(span[0]))[0]
    subject = Subject() if level is Level.OK else subject_before(text, about, span)
    return Verdict(
        level=level,
        rule=cue.rule.id,
        version=cue.rule.version,
        category=cue.rule.category if level is Level.REQUEST else None,
        minutes=duration(text),
        subject=subject,
        numbers=numbers_in(text),
    )
