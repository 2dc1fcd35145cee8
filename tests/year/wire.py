"""The far end of the wire: a platform that enforces its windows, has bad days, and keeps record.

It knows nothing of the house. What it lets through is on a phone, and the record says so.
"""

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.forms_section import FORMS
from schedules.transport import FreeWords, Outgoing, Remedy, TransportError
from tests.year.county import CHANNEL

MESSAGE_HOURS, MESSAGE_SENDS = 48, 5
EVENT_MINUTES, EVENT_SENDS = 1, 3


class Mood(StrEnum):
    """How the platform does."""

    WELL = "well"
    BUSY = "busy"  # -1: every call
    SHAKY = "shaky"  # -1 now and then, or no answer in time
    MUTE = "mute"  # nothing goes out, for hours


@dataclass(slots=True)
class Phone:
    """One subscriber as the platform sees her."""

    follows: bool = True
    closes_at: datetime | None = None
    sends: int = 0
    event_closes_at: datetime | None = None
    event_sends: int = 0


@dataclass(frozen=True, slots=True)
class Got:
    """A letter that is on somebody's phone. `life` is which life of the house sent it."""

    at: datetime
    person: str
    key: str
    text: str
    way: str
    life: int


@dataclass
class Platform:
    """The platform and all phones. `pass_point` is where the house may die while it sends."""

    chance: random.Random
    now: Callable[[], datetime]
    pass_point: Callable[[], None]
    mood: Mood = Mood.WELL
    well_since: datetime | None = None
    life: int = 0
    phones: dict[str, Phone] = field(default_factory=dict)
    record: list[Got] = field(default_factory=list)
    reports: list[tuple[str, str, str]] = field(default_factory=list)
    """(person, id of the template, success or why not), still to be told to the house."""
    unreported: set[str] = field(default_factory=set)
    """Keys of templates that were taken and did not arrive."""

    def turn(self, mood: Mood) -> None:
        """Have another mood from now on."""
        if mood is Mood.WELL and self.mood is not Mood.WELL:
            self.well_since = self.now()
        self.mood = mood

    def wrote(self, person: str, at: datetime, *, event: bool = False) -> None:
        """Somebody wrote to the account: it may answer for a while."""
        phone = self.phones[person]
        if event:
            phone.event_closes_at = at + timedelta(minutes=EVENT_MINUTES)
            phone.event_sends = EVENT_SENDS
        else:
            phone.closes_at, phone.sends = at + timedelta(hours=MESSAGE_HOURS), MESSAGE_SENDS

    def take(self, letter: Outgoing, way: str, *, needs_window: bool) -> str:
        """Take a letter, or refuse it with the platform's word for it."""
        self.pass_point()
        self._have_a_bad_day()
        phone = self.phones[letter.address]
        if not phone.follows:
            raise TransportError("43004", Remedy.UNREACHABLE)
        if needs_window:
            self._use_window(phone)
            far_id = ""
            self._put_on_phone(letter, way)
        else:
            far_id = self._take_template(letter, way)
        self.pass_point()
        return far_id

    def _have_a_bad_day(self) -> None:
        shaky = self.mood is Mood.SHAKY and self.chance.random() < 0.4
        if shaky or self.mood in (Mood.BUSY, Mood.MUTE):
            raise TransportError("-1", Remedy.RETRY)

    def _use_window(self, phone: Phone) -> None:
        """Use a window. Raises 45015 where none is open, 45047 where its sends are used up."""
        now = self.now()
        if phone.closes_at is not None and phone.closes_at > now and phone.sends > 0:
            phone.sends -= 1
        elif (
            phone.event_closes_at is not None
            and phone.event_closes_at > now
            and phone.event_sends > 0
        ):
            phone.event_sends -= 1
        else:
            is_open = phone.closes_at is not None and phone.closes_at > now
            raise TransportError("45047" if is_open else "45015", Remedy.OTHER_WAY)

    def _take_template(self, letter: Outgoing, way: str) -> str:
        if not letter.form:
            raise TransportError("no template", Remedy.OTHER_WAY)
        far_id = f"{self.chance.getrandbits(48):012x}"
        arrives = self.chance.random() > 0.02
        if arrives:
            self._put_on_phone(letter, way)
        else:
            self.unreported.update(letter.keys)
        self.reports.append(
            (letter.address, far_id, "success" if arrives else "failed: system failed")
        )
        return far_id

    def _put_on_phone(self, letter: Outgoing, way: str) -> None:
        """Keep each letter of what may be several in one message."""
        for key in letter.keys:
            got = Got(self.now(), letter.address, key, letter.text, way, self.life)
            self.record.append(got)


@dataclass
class Messages(FreeWords):
    """Customer-service messages of the platform of this county."""

    platform: Platform
    name: str = "wechat.message"
    channel: str = CHANNEL
    needs_window: bool = True

    async def send(self, letter: Outgoing) -> str:
        return self.platform.take(letter, self.name, needs_window=True)


@dataclass
class Templates(FreeWords):
    """Its template messages."""

    platform: Platform
    name: str = "wechat.template"
    channel: str = CHANNEL
    forms: Collection[str] | None = FORMS

    async def send(self, letter: Outgoing) -> str:
        return self.platform.take(letter, self.name, needs_window=False)
