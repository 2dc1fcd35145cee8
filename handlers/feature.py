"""What a feature brings: what it listens to, and the sentences of the letters it causes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from handlers.router import Router
from storage.incidents import IncidentKind
from storage.letters import Claimed


@dataclass(frozen=True, slots=True)
class Paper:
    """How a kind of letter is worded.

    `form` names the template that can carry it where only templates are open: its heading has
    to be true of the letter. `ask` is what that template asks, in at most twenty characters.
    `together` says several letters of the kind to one person in one message; where it is
    missing, each needs its own. What is `private` is for its reader alone, though a card may
    tell him that it waits. The medium of what `shows_picture` is one, and a voice elsewhere.
    """

    text: Callable[[Claimed], str]
    form: Callable[[Claimed], str] | str = ""
    ask: Callable[[Claimed], str] | str = ""
    together: Callable[[Sequence[Claimed]], str] | None = None
    private: bool = False
    shows_picture: bool = False

    def travels_under(self, letter: Claimed) -> str:
        return self.form if isinstance(self.form, str) else self.form(letter)

    def asks(self, letter: Claimed) -> str:
        return self.ask if isinstance(self.ask, str) else self.ask(letter)

    def is_in_confidence(self, letter: Claimed) -> bool:
        """Tell whether only its reader may see it: a crisis of the soul, and what has no form."""
        is_crisis = (letter.detail or {}).get("kind") == IncidentKind.CRISIS
        return is_crisis or self.private or not self.travels_under(letter)


@dataclass(frozen=True, slots=True)
class Feature:
    router: Router
    papers: Mapping[str, Paper] = field(default_factory=dict)
