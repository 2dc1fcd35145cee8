"""What delivery asks of a way to reach a person, and how such a way says no."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message, ready to be carried: a letter, or several to one person in one.

    `text` is the whole of it. Where a way has only a form with fields (a WeChat template),
    `form` names the form and `about`, `when` and `ask` fill it; without a form the letter
    cannot go that way. `voice` and `picture` are the platform's ids of what goes with the words,
    where the way can carry it. `key` is the same for every try, so that the far end may drop a
    repeat; `keys` are those of all the letters in it. `urgency` is that of the gravest.
    What is said `in_confidence` is for one pair of eyes: no way may carry it that several read.
    """

    key: str
    address: str
    text: str
    form: str
    about: str
    when: datetime
    ask: str
    voice: str = ""
    picture: str = ""
    keys: tuple[str, ...] = ()
    urgency: int = 1
    in_confidence: bool = True


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
    """A letter was not taken. The message never holds a person's words, name or address.

    `wait_seconds` is how long the far end asked us to wait, None where it did not say.
    """

    def __init__(self, message: str, remedy: Remedy, wait_seconds: float | None = None) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.wait_seconds = wait_seconds


class Way(Protocol):
    """One way to carry a letter to an address on a channel."""

    @property
    def name(self) -> str: ...

    @property
    def channel(self) -> str: ...

    @property
    def needs_window(self) -> bool:
        """Whether it is open only while the person's reply window is."""
        ...

    @property
    def needs_consent(self) -> bool:
        """Whether each letter uses up a consent that she has given to its form."""
        ...

    @property
    def forms(self) -> Collection[str] | None:
        """The forms it can carry, None where it carries free words."""
        ...

    @property
    def alarms_only(self) -> bool:
        """Whether nothing but an alarm is worth what it costs."""
        ...

    @property
    def per_minute(self) -> int | None:
        """How many letters a minute it takes, None where no limit is known."""
        ...

    async def send(self, letter: Outgoing) -> str:
        """Hand the letter over and return the far end's id for it, "" where it has none.

        Raises TransportError where it was refused, did not arrive, or took too long.
        """
        ...


class FreeWords:
    """What most ways are: open to any letter at any time, as fast as it comes."""

    needs_window = False
    needs_consent = False
    forms: Collection[str] | None = None
    alarms_only = False
    per_minute: int | None = None
