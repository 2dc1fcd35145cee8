"""The numbers of the house. Each is a default; `config.toml` may say otherwise.

Plain dataclasses, so that every floor can read them and the configuration can check them.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from storage.policies import TimebankRules

VILLAGE_TIME = ZoneInfo("Asia/Shanghai")
"""What people mean when they say an hour. The database keeps UTC."""

FRAIL = 1
"""The tier of an elder for whom minutes count; 3 is the sturdiest."""

Circle = Literal[
    "neighbours", "leader", "family", "coordinators", "deputies", "doctor", "supervisors"
]


def village_day(now: datetime) -> date:
    """Return the calendar day it is in the village."""
    return now.astimezone(VILLAGE_TIME).date()


def at_village(day: date, hour: time) -> datetime:
    """Return the instant of an hour of the village's clock on a day."""
    return datetime.combine(day, hour, VILLAGE_TIME)


class _Checked:
    """A key that no rule has is a mistake, and the configuration says so."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True, kw_only=True)
class CheckinRules(_Checked):
    """When an elder's word is waited for, and how long."""

    day_starts: time = time(4, 0)
    opens: time = time(6, 0)
    closes: time = time(9, 0)
    remind_before_minutes: int = 30
    grace_minutes: int = 30
    frail_grace_minutes: int = 10
    flood_messages: int = 5
    """How many messages of a minute are answered; of a flood, one a minute. Distress always."""
    hospital_days: int = 7
    """How long a stay in hospital is taken to last where nobody says so."""
    longest_hold_days: int = 60
    question_minutes: int = 30
    """How long an answer is taken for the answer to our question."""

    def grace(self, tier: int) -> timedelta:
        minutes = self.frail_grace_minutes if tier == FRAIL else self.grace_minutes
        return timedelta(minutes=minutes)


@dataclass(frozen=True, kw_only=True)
class LadderRules(_Checked):
    """Who is called when an elder is silent, and how long each circle is waited for.

    A step is a tuple of circles. The last step repeats after each of `repeat_minutes`, and
    from then on after the last of them, until a person has looked after her.
    """

    version: int = 1
    steps: tuple[tuple[Circle, ...], ...] = (
        ("neighbours", "leader"),
        ("family", "coordinators"),
        ("coordinators", "deputies"),
        ("supervisors",),
    )
    wait_minutes: int = 15
    emergency_wait_minutes: int = 3
    promise_minutes: int = 30
    emergency_promise_minutes: int = 10
    repeat_minutes: tuple[int, ...] = (15, 30, 60)
    crisis_steps: tuple[tuple[Circle, ...], ...] = (("leader", "doctor"),)
    crisis_repeat_minutes: tuple[int, ...] = (5, 10, 15, 30)
    crisis_follow_up_hours: tuple[int, ...] = (24, 168)


@dataclass(frozen=True, kw_only=True)
class LetterRules(_Checked):
    """What the platform grants, and how letters are carried within it."""

    message_window_hours: float = 48
    message_window_sends: int = 5
    event_window_minutes: float = 1
    event_window_sends: int = 3
    kept_for_alarms: int = 2
    lease_seconds: int = 60
    at_once: int = 20
    tries: int = 8
    fall_over_minutes: int = 5
    quiet_from: time = time(21, 0)
    quiet_until: time = time(6, 30)


@dataclass(frozen=True, kw_only=True)
class DigestRules(_Checked):
    """When coordinators hear how the village is."""

    morning: time = time(9, 45)


@dataclass(frozen=True, kw_only=True)
class HearingRules(_Checked):
    """How words and voices are understood."""

    extra_rules: str = ""
    """A file of the village's own phrases."""
    transcriber: Literal["none", "wechat", "faster-whisper", "http"] = "none"
    model: str = ""
    """For faster-whisper the folder of its model, for http the model's name."""
    url: str = ""
    seconds: float = 60.0
    sampled: int = 3
    """How many sentences that were not understood a coordinator sees each day."""

    @property
    def writes_down(self) -> bool:
        """Whether a machine of ours listens to voices."""
        return self.transcriber in ("faster-whisper", "http")


@dataclass(frozen=True, kw_only=True)
class PairingRules(_Checked):
    """How a phone is tied to a person."""

    code_hours: int = 24
    tries: int = 5
    pictures_at: str = ""
    """The address under which the pictures of pairings are seen, "" where there is none."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """All of them, as handed to handlers and rounds."""

    checkin: CheckinRules = field(default_factory=CheckinRules)
    ladder: LadderRules = field(default_factory=LadderRules)
    letters: LetterRules = field(default_factory=LetterRules)
    digest: DigestRules = field(default_factory=DigestRules)
    pairing: PairingRules = field(default_factory=PairingRules)
    hearing: HearingRules = field(default_factory=HearingRules)
    timebank: TimebankRules = field(default_factory=TimebankRules)
