"""The laws of letters: none lost, none twice, none too late, none at night but alarms."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.year.calendar import is_quiet
from tests.year.diary import Entry
from tests.year.docket import Docket
from tests.year.law import BrokenError, Law
from tests.year.truth import Truth
from tests.year.wire import Got, Mood, Platform

CALLS = ("alarm", "distress", "crisis", "silence")
ALARM = 1
SOON = timedelta(minutes=10)
"""The longest rest of a way, the pause of a coordinator in a storm, a lease, and some to spare."""
REPEATED = "【重复提醒】"

_MOVES = {
    "queued": {"sending", "withdrawn", "expired"},
    "sending": {"queued", "sent", "failed", "withdrawn"},
    "sent": {"delivered", "failed"},
}


@dataclass(slots=True)
class Paper:
    """A letter, as far as its row tells."""

    id: int
    key: str
    kind: str
    urgency: int
    recipient: str
    incident: int
    written_at: datetime
    state: str = "queued"
    is_repeated: bool = False
    is_watched: bool = False

    @property
    def is_call(self) -> bool:
        return self.kind in CALLS

    @property
    def has_gone(self) -> bool:
        return self.state in ("sent", "delivered", "failed", "withdrawn", "expired")

    def __str__(self) -> str:
        return f"letter {self.id} {self.key} ({self.kind} to {self.recipient}, {self.state})"


class Post:
    def __init__(self, truth: Truth, docket: Docket, platform: Platform) -> None:
        self._truth = truth
        self._docket = docket
        self._platform = platform
        self._by_id: dict[int, Paper] = {}
        self._by_key: dict[str, Paper] = {}
        self._of_incident: dict[int, list[Paper]] = {}
        self._arrived: dict[str, tuple[int, Got]] = {}
        self._read = 0
        self.written = 0
        self.failed: list[Paper] = []
        """Calls that will not arrive, since this was last looked at."""

    def note(self, entry: Entry) -> Paper | None:
        """Take a letter's row; returns the letter where it is new."""
        if entry.is_new:
            return self._begin(entry)
        paper, state, now = self._by_id[entry.row["id"]], entry.row["state"], self._truth.now()
        paper.is_repeated = bool(entry.row["repeated"])
        if state == paper.state:
            return None
        if state not in _MOVES.get(paper.state, ()):
            raise BrokenError(Law.LEGAL_MOVE, now, f"{paper} became {state}")
        paper.state = state
        if state == "sent" and not self._is_taken(paper):
            raise BrokenError(Law.NONE_LOST, now, f"{paper} is on no phone")
        if state == "failed" and paper.is_call:
            self.failed.append(paper)
        if state == "queued" and paper.urgency == ALARM:
            self._watch(paper)
        return None

    def _begin(self, entry: Entry) -> Paper:
        row = entry.row
        paper = Paper(
            row["id"],
            row["key"],
            row["kind"],
            row["urgency"],
            row["recipient_id"],
            row["incident_id"] or 0,
            entry.at("written_at"),
        )
        self._by_id[paper.id] = self._by_key[paper.key] = paper
        self._of_incident.setdefault(paper.incident, []).append(paper)
        self.written += 1
        if paper.urgency == ALARM:
            self._watch(paper)
        return paper

    def _watch(self, paper: Paper) -> None:
        if not paper.is_watched:
            paper.is_watched = True
            self._docket.by(self._truth.now() + SOON, lambda now: self._has_left(paper, now))

    def _has_left(self, paper: Paper, now: datetime) -> datetime | None:
        if paper.has_gone:
            paper.is_watched = False
            return None
        well_since = self._platform.well_since
        if self._platform.mood is not Mood.WELL or (well_since and well_since + SOON > now):
            return now + SOON
        raise BrokenError(Law.LEAVES_SOON, now, f"{paper}, written {paper.written_at}")

    def _is_taken(self, paper: Paper) -> bool:
        return (
            paper.key in self._platform.unreported
            or any(got.key == paper.key for got in self._unread())
            or paper.key in self._arrived
        )

    def _unread(self) -> list[Got]:
        return self._platform.record[self._read :]

    def look_at_phones(self, is_over: dict[int, bool]) -> list[Got]:
        """Judge what has come to phones since the last time, and return it."""
        new, place = self._unread(), self._read
        for got in new:
            place += 1
            self._arrives(got, place, is_over)
        self._read = place
        return new

    def _arrives(self, got: Got, place: int, is_over: dict[int, bool]) -> None:
        paper = self._by_key[got.key]
        if paper.urgency != ALARM and is_quiet(got.at):
            raise BrokenError(Law.QUIET_AT_NIGHT, got.at, str(paper))
        if paper.is_call and is_over.get(paper.incident, False):
            raise BrokenError(Law.NOT_AFTER_THE_END, got.at, str(paper))
        before = self._arrived.get(got.key)
        if before is not None:
            self._may_repeat(paper, got, before[0])
        self._arrived[got.key] = place, got

    def _may_repeat(self, paper: Paper, got: Got, before: int) -> None:
        is_known = any(before <= trouble for trouble in self._truth.troubles)
        if not is_known:
            raise BrokenError(Law.ONCE_EACH, got.at, f"{paper} came twice")
        if not got.text.startswith(REPEATED):
            raise BrokenError(Law.ONCE_EACH, got.at, f"{paper} came twice and does not say so")

    def have_it(self, incident: int) -> set[str]:
        """Return on whose phone a call about an incident is."""
        calls = self._calls(incident)
        unread = {got.key for got in self._unread()}
        return {one.recipient for one in calls if one.key in self._arrived or one.key in unread}

    def may_have_it(self, incident: int) -> set[str]:
        """Return in addition who may have one: it was on its way, or is said to have arrived."""
        calls = self._calls(incident)
        maybe = {
            one.recipient
            for one in calls
            if one.state in ("sending", "sent", "delivered") or one.is_repeated
        }
        return maybe | self.have_it(incident)

    def called_in_vain(self, incident: int) -> set[str]:
        """Return for whom there is a call that failed, as far as we know."""
        return {one.recipient for one in self._calls(incident) if one.state == "failed"}

    def _calls(self, incident: int) -> list[Paper]:
        return [one for one in self._of_incident.get(incident, ()) if one.is_call]

    def is_called(self, incident: int, since: datetime) -> bool:
        """Tell whether a call written since a moment is on its way or has gone out."""
        return any(
            one.written_at >= since and one.state in ("queued", "sending", "sent", "delivered")
            for one in self._calls(incident)
        )

    def tells_of(self, letter: Paper) -> bool:
        """Tell whether a watcher was told that this letter did not reach anybody."""
        return f"unreached:{letter.id}" in {
            ":".join(one.key.split(":")[:2]) for one in self._of_incident.get(letter.incident, ())
        }

    def incident_of(self, key: str) -> int:
        return self._by_key[key].incident
