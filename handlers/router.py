"""Routers: each feature names what it listens to; the first that matches answers."""

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from handlers.message import Kind, Reply
from handlers.turn import Turn
from storage.authority import Act


class NotMine:
    """What a handler returns when it looked closer and somebody else should answer."""


NOT_MINE = NotMine()

Answer = Reply | NotMine | None
Handler = Callable[[Turn], Awaitable[Answer]]
Condition = Callable[[Turn], bool]

SHORT = 12
"""How many signs of words are kept with who hears them: what is longer is seldom said twice."""


@dataclass(frozen=True, slots=True)
class Route:
    listens: Condition
    handler: Handler


class Router:
    """The routes of one feature, tried in the order in which they were named."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.routes: list[Route] = []

    def when(self, condition: Condition) -> Callable[[Handler], Handler]:
        """Name a handler for every turn that fulfils a condition."""

        def name(handler: Handler) -> Handler:
            self.routes.append(Route(condition, handler))
            return handler

        return name


class Switchboard:
    """All routes, in order of precedence.

    Most of them listen for words, and most people say the same few: which of them can hear what
    is kept for short words, and only those are asked.
    """

    def __init__(self, routers: Sequence[Router]) -> None:
        self._routes = [route for router in routers for route in router.routes]
        self._kept = lru_cache(maxsize=4_096)(self._that_hear)

    def listening(self, turn: Turn) -> Iterator[Handler]:
        """Yield the handlers that listen to this turn, in order."""
        words = turn.words
        routes = self._kept(words) if len(words) <= SHORT else self._that_hear(words)
        return (route.handler for route in routes if route.listens(turn))

    def _that_hear(self, words: str) -> Sequence[Route]:
        return [one for one in self._routes if _hears(one.listens, words)]


def _hears(condition: Condition, words: str) -> bool:
    """Tell whether words can fulfil a condition, where it is one on words."""
    if isinstance(condition, _Among):
        return _hears(condition.condition, words)
    return not isinstance(condition, _Says) or condition.pattern.fullmatch(words) is not None


@dataclass(frozen=True, slots=True)
class _Says:
    pattern: re.Pattern[str]
    where: Condition | None

    def __call__(self, turn: Turn) -> bool:
        if not turn.words or self.pattern.fullmatch(turn.words) is None:
            return False
        return self.where is None or self.where(turn)


@dataclass(frozen=True, slots=True)
class _Among:
    """Fulfilled by some people only."""

    people: Condition
    condition: Condition

    def __call__(self, turn: Turn) -> bool:
        return self.people(turn) and self.condition(turn)


def says(pattern: str, where: Condition | None = None) -> Condition:
    """Listen for words that match a whole pattern, written or heard, where something holds."""
    return _Says(re.compile(pattern), where)


def does(*kinds: Kind) -> Condition:
    """Listen for what a person does, whatever the words."""
    wanted = frozenset(kinds)
    return lambda turn: turn.message.kind in wanted


def may(act: Act, condition: Condition) -> Condition:
    """Listen only to people who may do this at all."""
    return _Among(lambda turn: turn.may(act), condition)


def known(condition: Condition) -> Condition:
    """Listen only to people we know."""
    return _Among(lambda turn: turn.caller is not None, condition)


def an_elder(condition: Condition) -> Condition:
    """Listen only to elders."""
    return _Among(lambda turn: turn.is_elder, condition)


def in_office(condition: Condition) -> Condition:
    """Listen only to leaders and coordinators."""
    return _Among(lambda turn: turn.has_office, condition)
