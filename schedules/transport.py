"""What delivery asks of a way to reach a person, and how such a way says no."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One letter, ready to be carried.

    `text` is the whole of it. Where a way has only a form with fields (a WeChat template),
    `form` names the form and `about`, `when` and `ask` fill it; without a form the letter
    cannot go that way. `voice` is the platform's id of a voice that goes with the words, where
    the way can carry one. `key` is the same for every try, so that the far end may drop a repeat.
    """

    key: str
    address: str
    text: str
    form: str
    about: str
    when: datetime
    ask: str
    voice: str = ""


class Remedy(StrEnum):
    """What helps after a letter was refused."""

    RETRY = "retry"  # busy: again, a little later
    WAIT = "wait"  # too many in one minute: again in sixty seconds
    MIDNIGHT = "midnight"  # the day's quota is used: this way rests until midnight in Shanghai
    OTHER_WAY = "other way"  # this way is shut to her for now: window closed, no consent
    UNREACHABLE = "unreachable"  # she is not there at all: unfollowed, unknown address
    STOP = "stop"  # the account may not do this: rest, and tell the operator
    DEAD = "dead"  # this letter can never go this way: tell the operator


class TransportError(Exception):
    """A letter was not taken. The message never holds a person's words, name or address."""

    def __init__(self, message: str, remedy: Remedy) -> None:
        super().__init__(message)
        self.remedy = remedy


class Way(Protocol):
    """One way to carry a letter to an address on a channel.

    `needs_window`: it is open only while the person's reply window is.
    """

    name: str
    channel: str
    needs_window: bool

    async def send(self, letter: Outgoing) -> str:
        """Hand the letter over and return the far end's id for it, "" where it has none.

        Raises TransportError where it was refused, did not arrive, or took too long.
        """
        ...
