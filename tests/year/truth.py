"""What really happened, reckoned without the house: who spoke, who is away, when we slept."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from handlers.message import Kind
from tests.year.calendar import calendar_day, watch_day
from tests.year.county import County

SLACK = timedelta(minutes=2)
"""By how much a thing may be late: a crash and a start lie in between."""

HOSPITAL_DAYS = 7


class Sense(StrEnum):
    """What a villager means by a message."""

    ALIVE = "alive"
    EMERGENCY = "emergency"
    CRISIS = "crisis"
    PROXY = "proxy"
    AWAY = "away"
    BACK = "back"
    GO = "go"
    CANNOT = "cannot"
    OUTCOME = "outcome"
    LEFT = "left"
    REPORT = "report"
    OTHER = "other"


@dataclass(slots=True, kw_only=True)
class Said:
    """One message, and what is meant by it; `about` is the elder, `incident` the one meant."""

    key: str
    person: str
    at: datetime
    sense: Sense
    text: str = ""
    kind: Kind = Kind.TEXT
    about: str = ""
    incident: int = 0
    days: int = 0
    word: str = ""
    report_of: str = ""
    report: str = ""
    reply: str | None = None
    is_answered: bool = False
    tries: int = 0


@dataclass(slots=True)
class Away:
    first: date
    last: date
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nobody watched: the house lay down, or the clock was put forward.

    One that is not sure may be taken for an outage, and may as well not be noticed: letters that
    do not leave for a while.
    """

    began: datetime
    ended: datetime
    is_sure: bool = True


@dataclass
class Truth:
    """`now` is the clock of the house; everything in here is in its time."""

    county: County
    now: Callable[[], datetime]
    said: dict[str, Said] = field(default_factory=dict)
    heard: dict[str, list[datetime]] = field(default_factory=dict)
    away: dict[str, list[Away]] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    put_backs: list[tuple[datetime, timedelta]] = field(default_factory=list)
    """When the clock was put back, and by how much."""
    unreachable: set[str] = field(default_factory=set)
    troubles: list[int] = field(default_factory=list)
    """How long the record of the platform was at each crash and each commit that failed."""

    def note_trouble(self, record: int) -> None:
        self.troubles.append(record)

    def signs_in(self, said: Said) -> list[tuple[str, str]]:
        """Return the signs of life in a message: of whom, and by whom."""
        signs = []
        if said.person in self.county.elders and said.sense not in (Sense.LEFT, Sense.REPORT):
            signs.append((said.person, said.person))
        if said.sense is Sense.PROXY:
            signs.append((said.about, said.person))
        return signs

    def hear(self, said: Said) -> None:
        """Take a message that was kept."""
        for elder, _ in self.signs_in(said):
            self.heard.setdefault(elder, []).append(said.at)
        if said.sense is Sense.AWAY:
            self._go_away(said)
        elif said.sense is Sense.BACK:
            self._come_back(said.about)

    def _go_away(self, said: Said) -> None:
        self._be_away(said.about, said.at, said.days or HOSPITAL_DAYS)

    def go_to_hospital(self, elder: str, at: datetime) -> None:
        """Somebody says so who was called to look after her."""
        self._be_away(elder, at, HOSPITAL_DAYS)

    def _be_away(self, elder: str, at: datetime, days: int) -> None:
        first = calendar_day(at)
        self.away.setdefault(elder, []).append(Away(first, first + timedelta(days=days - 1)))

    def _come_back(self, elder: str) -> None:
        for away in self.away.get(elder, ()):
            away.ended = True

    def was_heard(self, elder: str, day: date) -> bool:
        return any(watch_day(at) == day for at in reversed(self.heard.get(elder, ())))

    def is_away(self, elder: str, day: date, *, still: bool) -> bool:
        """Tell whether she is excused on a day; `still`: and has not come back since."""
        return any(
            away.first <= day <= away.last and not (still and away.ended)
            for away in self.away.get(elder, ())
        )

    def lost(self, begin: datetime, end: datetime, *, sure: bool = False) -> timedelta:
        """Return how much of a time we slept."""
        return sum(
            (
                min(gap.ended, end) - max(gap.began, begin)
                for gap in self._touching(begin, end, sure=sure)
            ),
            timedelta(),
        )

    def _touching(self, begin: datetime, end: datetime, *, sure: bool) -> list[Gap]:
        return [
            gap
            for gap in self.gaps
            if gap.began < end and gap.ended > begin and (gap.is_sure or not sure)
        ]

    def last_gap(self, begin: datetime, end: datetime, *, sure: bool = False) -> Gap | None:
        """Return the last of our outages that touches a time."""
        touching = self._touching(begin, end, sure=sure)
        return max(touching, key=lambda gap: gap.ended, default=None)

    def put_back_since(self, moment: datetime) -> timedelta:
        return sum((back for at, back in self.put_backs if at >= moment), timedelta())

    def reaches(self, person: str) -> bool:
        return self.county.people[person].has_phone and person not in self.unreachable

    def circle(self, elder: str, name: str) -> set[str]:
        """Return one circle around an elder: only who can be reached, and never she herself."""
        people = {one for one in self._circle(elder, name) if one != elder and self.reaches(one)}
        if name == "doctor" and not people:  # where there is none, the coordinators stand in
            return self.circle(elder, "coordinators")
        return people

    def _circle(self, elder: str, name: str) -> list[str]:
        home = self.county.people[elder]
        if name == "neighbours":
            return self.county.neighbours.get(elder, [])
        if name == "family":
            return self.county.family.get(elder, [])
        return self.officials(home.village, name, {home.group})

    def officials(self, village: int, name: str, groups: set[int]) -> list[str]:
        """Return who serves a village in an office, for some of its groups."""
        county = self.county
        if name == "supervisors":
            return county.serving("supervisor")
        if name == "coordinators":
            return county.of_village(village, "coordinator")
        if name == "doctor":
            return county.of_village(village, "doctor")
        leaders = county.of_village(village, "leader")
        return [
            one for one in leaders if (county.people[one].group in groups) == (name == "leader")
        ]
