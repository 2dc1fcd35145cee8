"""One turn of talk: what was said, by whom, and the transaction in which it is answered."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.hearing import Hearing, Level, Verdict
from handlers.message import Kind, Message
from storage import audit, authority
from storage.authority import Act
from storage.incidents import Live
from storage.people import Caller, Role
from storage.questions import Asked
from storage.rules import Rules

_WORDED = frozenset({Kind.TEXT, Kind.VOICE})
_AROUND_WORDS = " \t\r\n。，,.！!？?～~…、;；:：“”\"'"


def plain(text: str) -> str:
    """Return the words alone: full width made half, and no punctuation around them."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip(_AROUND_WORDS)


@dataclass
class Turn:
    """What a handler is given. `caller` is None for a stranger.

    `promised` are the incidents that the caller has promised to look after, `distress` those
    in which people are called to herself, `question` is what we asked him last, `is_flood`
    tells that he writes faster than he can read, and `meant` whom he means by a name that
    several have.
    """

    message: Message
    session: AsyncSession
    now: datetime
    rules: Rules
    hearing: Hearing
    caller: Caller | None = None
    promised: Sequence[Live] = field(default=())
    distress: Sequence[Live] = field(default=())
    question: Asked | None = None
    is_flood: bool = False
    meant: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def words(self) -> str:
        return plain(self.message.text)

    @cached_property
    def spelt(self) -> str:
        """The words as the rules of hearing spell them: 礼拜 as 星期, clauses parted by ，."""
        return self.hearing.spell(self.message.text) if self.message.kind in _WORDED else ""

    @cached_property
    def verdict(self) -> Verdict:
        """What the words mean. What a machine wrote down may raise a level, and is never ok."""
        if self.message.kind not in _WORDED or not self.message.text:
            return Verdict(Level.ALIVE)
        heard = self.hearing.hear(self.message.text, self.now)
        by_machine = self.message.kind is Kind.VOICE
        return Verdict(Level.ALIVE) if by_machine and heard.level is Level.OK else heard

    def named(self, pattern: str) -> str:
        """Return the `name` that words of this pattern hold, "" where they are none."""
        said = re.fullmatch(pattern, self.words)
        return said["name"] if said else ""

    def means(self, *levels: Level) -> bool:
        return self.verdict.level in levels

    def is_asked(self, kind: str) -> bool:
        """Tell whether we are waiting for the answer to a question of this kind."""
        return self.question is not None and self.question.kind == kind

    @property
    def asked_about(self) -> Mapping[str, Any]:
        return self.question.about if self.question else {}

    @property
    def address(self) -> tuple[str, str]:
        return self.message.channel, self.message.sender

    @property
    def cause(self) -> str:
        """The natural key of what follows from this message."""
        return f"{self.message.channel}:{self.message.key}"

    @property
    def is_elder(self) -> bool:
        return self.caller is not None and self.caller.is_a(Role.ELDER)

    @property
    def has_office(self) -> bool:
        return self.caller is not None and self.caller.has_office

    def may(self, act: Act) -> bool:
        """Tell whether the speaker may do this at all, to whomsoever."""
        return self.caller is not None and authority.does(self.caller, act)

    async def note_look(self, what: str, whom: str | Collection[str] = (), why: str = "") -> None:
        """Note that the speaker was shown something of others. `whom` are ids, `why` a code."""
        me = self.speaker.id
        await audit.note(self.session, f"look:{what}", self.now, actor=me, subject=whom, reason=why)

    @property
    def speaker(self) -> Caller:
        """Who speaks, where a feature has made sure that it is nobody strange."""
        if self.caller is None:
            raise LookupError("a stranger reached a handler for people we know")
        return self.caller
