"""Routers: each feature names what it listens to; the first that matches answers."""

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from handlers.message import Kind, Reply
from handlers.turn import Turn
from storage.authority import Act


class NotMine:
    """What a handler returns when it looked closer and somebody else should answer."""


NOT_MINE = NotMine()

Answer = Reply | NotMine | None
Handler = Callable[[Turn], Awaitable[Answer]]
Condition = Callable[[Turn], bool]


@dataclass(frozen=True, slots=True)
class Route:
    listens: Condition
    handler: Handler


class Router:
    """The routes of one feature, tried in the order in which they were named."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._routes: list[Route] = []

    def when(self, condition: Condition) -> Callable[[Handler], Handler]:
        """Name a handler for every turn that fulfils a condition."""

        def name(handler: Handler) -> Handler:
            self._routes.append(Route(condition, handler))
            return handler

        return name

    def listening(self, turn: Turn) -> Iterator[Handler]:
        """Yield the handlers that listen to this turn, in order."""
        return (route.handler for route in self._routes if route.listens(turn))


def says(pattern: str) -> Condition:
    """Listen for words that match a whole pattern, written or heard."""
    compiled = re.compile(pattern)
    return lambda turn: bool(turn.words) and compiled.fullmatch(turn.words) is not None


def does(*kinds: Kind) -> Condition:
    """Listen for what a person does, whatever the words."""
    wanted = frozenset(kinds)
    return lambda turn: turn.message.kind in wanted


def may(act: Act, condition: Condition) -> Condition:
    """Listen only to people who may do this at all."""
    return lambda turn: turn.may(act) and condition(turn)


def known(condition: Condition) -> Condition:
    """Listen only to people we know."""
    return lambda turn: turn.caller is not None and condition(turn)
