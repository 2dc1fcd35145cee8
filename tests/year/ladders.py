"""The laws of an incident: who is called, when, who goes, and how it ends."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from tests.year.calendar import watch_day
from tests.year.days import Days
from tests.year.diary import Entry
from tests.year.docket import Docket
from tests.year.law import BrokenError, Law
from tests.year.post import Paper, Post
from tests.year.truth import SLACK, Said, Sense, Truth

STEPS: Sequence[Sequence[str]] = (
    ("neighbours", "leader"),
    ("family", "coordinators"),
    ("coordinators", "deputies"),
    ("supervisors",),
)
CRISIS_STEPS: Sequence[Sequence[str]] = (("leader", "doctor"),)
WAIT, EMERGENCY_WAIT = 15, 3
PROMISE, URGENT_PROMISE = 30, 10
REPEATS, CRISIS_REPEATS = (15, 30, 60), (5, 10, 15, 30)
VILLAGE_HOURS = timedelta(hours=3)
DISTRESS = ("emergency", "crisis")


@dataclass(slots=True)
class Promise:
    id: int
    person: str
    due_at: datetime


@dataclass(slots=True)
class Case:
    """One incident as it ought to go."""

    id: int
    number: int
    village: int
    elder: str
    kind: str
    why: str
    opened_at: datetime
    stage: str = "open"
    step: int = -1
    lap: int = 0
    called_at: datetime | None = None
    reached: set[str] = field(default_factory=set)
    """Who was called in the present call, over all the steps that it took."""
    climbs_at: datetime | None = None
    """When it ought to climb by itself."""
    hurried_at: datetime | None = None
    """When it was told to climb sooner, or to wait anew: a word taken back, a call worse."""
    may_hurry: bool = False
    promises: dict[int, Promise] = field(default_factory=dict)
    members: dict[str, bool] = field(default_factory=dict)
    """Of a village: who is silent, and whether she was seen."""
    result: str = ""
    closed_by: str | None = None

    @property
    def is_live(self) -> bool:
        return self.stage != "closed"

    @property
    def steps(self) -> Sequence[Sequence[str]]:
        return CRISIS_STEPS if self.kind == "crisis" else STEPS

    @property
    def is_last(self) -> bool:
        return self.step >= len(self.steps) - 1

    @property
    def wait(self) -> timedelta:
        repeats = CRISIS_REPEATS if self.kind == "crisis" else REPEATS
        if self.is_last:
            return timedelta(minutes=repeats[min(self.lap, len(repeats) - 1)])
        return timedelta(minutes=EMERGENCY_WAIT if self.kind == "emergency" else WAIT)

    @property
    def promise_time(self) -> timedelta:
        return timedelta(minutes=URGENT_PROMISE if self.kind in DISTRESS else PROMISE)

    def put_back(self, back: timedelta) -> None:
        for promise in self.promises.values():
            promise.due_at -= back
        for name in ("called_at", "climbs_at", "hurried_at"):
            if (at := getattr(self, name)) is not None:
                setattr(self, name, at - back)

    def __str__(self) -> str:
        whom = self.elder or f"village {self.village}"
        return (
            f"incident {self.id} ({self.kind}, {whom}, {self.stage}, step {self.step}.{self.lap})"
        )


class Ladders:
    def __init__(self, truth: Truth, docket: Docket, days: Days, post: Post) -> None:
        self._truth = truth
        self._docket = docket
        self._days = days
        self._post = post
        self.cases: dict[int, Case] = {}
        self._opened: list[Case] = []
        self._closed: list[Case] = []
        self._hurried: list[Case] = []
        self._worsened: list[Case] = []
        self._is_put_back = False
        self._moved: dict[int, Case] = {}
        self._expected: dict[int, list[set[str]]] = {}

    def live(self) -> list[Case]:
        return [case for case in self.cases.values() if case.is_live]

    def is_any_village_called(self) -> bool:
        return any(case.kind == "village" for case in self.live())

    def put_back(self, back: timedelta) -> None:
        """Let what waits for minutes wait for as many by a clock that was put back."""
        self._is_put_back = True
        for case in self.live():
            case.put_back(back)
            self._moved[case.id] = case

    # what the house wrote

    def note_incident(self, entry: Entry) -> None:
        if entry.is_new:
            self._begin(entry)
        else:
            self._go_on(self.cases[entry.row["id"]], entry)

    def _begin(self, entry: Entry) -> None:
        row = entry.row
        case = Case(
            row["id"],
            row["number"],
            row["village_id"],
            row["elder_id"] or "",
            row["kind"],
            row["cause"].partition(":")[0],
            entry.at("opened_at"),
        )
        self.cases[case.id] = case
        self._opened.append(case)
        self._moved[case.id] = case

    def _go_on(self, case: Case, entry: Entry) -> None:
        row, now = entry.row, self._truth.now()
        if not case.is_live:
            raise BrokenError(Law.LEGAL_MOVE, now, f"{case} moved after its end")
        if entry.became("kind"):
            self._worsen(case, row["kind"])
        case.stage = row["stage"]
        self._moved[case.id] = case
        if case.stage == "closed":
            case.result, case.closed_by = row["result"], row["closed_by"]
            case.climbs_at = None
            self._closed.append(case)
        elif _is_hurried(entry) and not self._is_put_back:
            case.hurried_at, case.may_hurry = now, True
            self._hurried.append(case)

    def _worsen(self, case: Case, kind: str) -> None:
        now = self._truth.now()
        if (case.kind, kind) != ("missed", "emergency"):
            raise BrokenError(Law.LEGAL_MOVE, now, f"{case} became {kind}")
        self._worsened.append(case)
        case.kind, case.may_hurry = kind, True
        case.hurried_at = now + timedelta(minutes=EMERGENCY_WAIT)

    def note_step(self, entry: Entry) -> None:
        case, now = self.cases[entry.row["incident_id"]], self._truth.now()
        step, lap = entry.row["step"], entry.row["lap"]
        called_at = entry.at("called_at")
        if (step, lap) != self._next(case):
            raise BrokenError(Law.NO_STEP_SKIPPED, now, f"{case} called step {step}.{lap}")
        is_same_call = case.called_at == called_at and case.step >= 0 and not case.may_hurry
        if is_same_call:
            self._may_fall_through(case, step, now)
        else:
            self._may_climb(case, called_at, now)
            case.reached = set()
        case.step, case.lap, case.called_at = step, lap, called_at
        case.hurried_at, case.may_hurry = None, False
        people = self._people(case)
        case.reached |= people
        self._expected.setdefault(case.id, []).append(people)
        self._moved[case.id] = case
        if entry.row["people"] != len(people):
            raise BrokenError(
                Law.RIGHT_PEOPLE, now, f"{case} called {entry.row['people']}, not {sorted(people)}"
            )

    def _next(self, case: Case) -> tuple[int, int]:
        if case.step < 0:
            return 0, 0
        return (case.step, case.lap + 1) if case.is_last else (case.step + 1, 0)

    def _may_fall_through(self, case: Case, step: int, now: datetime) -> None:
        begins_wide = case.kind in ("emergency", "village") and step == 1
        if case.reached and not begins_wide:
            raise BrokenError(Law.NOT_BEFORE_TIME, now, f"{case} called step {step} together")

    def _may_climb(self, case: Case, called_at: datetime, now: datetime) -> None:
        if case.step < 0 or case.may_hurry:
            return
        if case.climbs_at is None or called_at < case.climbs_at:
            raise BrokenError(Law.NOT_BEFORE_TIME, now, f"{case} has time until {case.climbs_at}")

    def _people(self, case: Case) -> set[str]:
        """Return whom this step ought to call: each once, and at the end everybody if nobody."""
        people = self._of(case, case.steps[case.step]) - case.reached
        if case.is_last and not people and not case.reached:
            return self._of(case, [circle for step in case.steps for circle in step])
        return people

    def _of(self, case: Case, circles: Sequence[str]) -> set[str]:
        if case.kind != "village":
            return {one for circle in circles for one in self._truth.circle(case.elder, circle)}
        silent = {elder for elder, seen in case.members.items() if not seen}
        groups = {self._truth.county.people[elder].group for elder in silent}
        return {
            one
            for name in circles
            if name not in ("neighbours", "family")
            for one in self._truth.officials(case.village, name, groups)
            if one not in silent and self._truth.reaches(one)
        }

    def note_member(self, entry: Entry) -> None:
        case, now = self.cases[entry.row["incident_id"]], self._truth.now()
        elder = entry.row["elder_id"]
        if entry.is_new:
            self._days.may_be_called_with_village(entry.row["expectation"], now)
        case.members[elder] = entry.row["seen_at"] is not None

    def note_promise(self, entry: Entry) -> None:
        case, now = self.cases[entry.row["incident_id"]], self._truth.now()
        row = entry.row
        if entry.is_new:
            self._promised(case, entry, now)
            return
        promise = case.promises.pop(row["id"], None)
        if promise is None:
            raise BrokenError(Law.LEGAL_MOVE, now, f"{case}: promise {row['id']} ended twice")
        if row["state"] == "broken":
            if now < promise.due_at:
                raise BrokenError(Law.PROMISE_HOLDS, now, f"{case}: {promise} was broken early")
            case.may_hurry = True

    def _promised(self, case: Case, entry: Entry, now: datetime) -> None:
        promise = Promise(entry.row["id"], entry.row["person_id"], entry.at("due_at"))
        if case.promises:
            raise BrokenError(Law.PROMISE_HOLDS, now, f"{case} is promised to two")
        if promise.due_at != entry.at("made_at") + case.promise_time:
            raise BrokenError(Law.PROMISE_HOLDS, now, f"{case}: {promise} has a wrong end")
        case.promises[promise.id] = promise

    # what follows, when a transaction or a round has been read to its end

    def conclude(self, said: Sequence[Said], papers: Sequence[Paper]) -> None:
        now = self._truth.now()
        self._look_at_calls(papers, now)
        for case in self._opened:
            self._may_open(case, said, now)
        for case in self._closed:
            self._may_close(case, said, now)
            self._clear_is_right(case, papers, now)
        for case in self._hurried:
            self._may_hurry(case, said, now)
        for case in self._moved.values():
            self._wait(case, now)
        self._do_as_said(said, now)
        self._make_good_what_failed(now)
        self._is_put_back = False
        for moved in (self._opened, self._closed, self._hurried, self._worsened):
            moved.clear()
        self._moved.clear()
        self._expected.clear()

    def _look_at_calls(self, papers: Sequence[Paper], now: datetime) -> None:
        written: dict[int, list[str]] = {}
        for paper in papers:
            if paper.is_call:
                written.setdefault(paper.incident, []).append(paper.recipient)
        for id_ in written.keys() | self._expected.keys():
            expected = sorted(one for step in self._expected.get(id_, ()) for one in step)
            called, meant = Counter(written.get(id_, ())), Counter(expected)
            if meant - called or (called - meant).keys() - self._called_again(id_):
                raise BrokenError(
                    Law.RIGHT_PEOPLE,
                    now,
                    f"{self.cases[id_]} wrote to {sorted(written.get(id_, ()))}, not {expected}",
                )

    def _called_again(self, incident: int) -> set[str]:
        """Return whom a turn for the worse may call besides: those whom we called in vain."""
        case = self.cases[incident]
        if case not in self._worsened:
            return set()
        so_far = [circle for step in case.steps[: case.step + 1] for circle in step]
        return self._of(case, so_far) & self._post.called_in_vain(incident)

    def _may_open(self, case: Case, said: Sequence[Said], now: datetime) -> None:
        if case.step < 0:
            raise BrokenError(Law.NO_STEP_SKIPPED, now, f"{case} called nobody")
        if case.kind in ("emergency", "village") and case.step < 1:
            raise BrokenError(Law.HELP_AT_ONCE, now, f"{case} called only its first step")
        if case.kind == "village":
            longest = case.opened_at + VILLAGE_HOURS + SLACK
            self._docket.by(longest, partial(self._stands_no_longer, case))
        if case.kind == "missed":
            self._days.called(case.elder, now)
            if not self._was_called_each(case):
                self._days.may_be_called_for(case.elder, watch_day(now), now)
        if case.kind in DISTRESS and not any(
            one.about == case.elder and one.sense == case.kind for one in said
        ):
            raise BrokenError(Law.NO_WOLF, now, f"{case}, and nobody said so")

    def _stands_no_longer(self, case: Case, now: datetime) -> None:
        if case.is_live:
            raise BrokenError(Law.VILLAGE_ENDS, now, f"{case} stands for {case.members}")

    def _was_called_each(self, case: Case) -> bool:
        return any(one.result == "逐一找" and case.elder in one.members for one in self._closed)

    def _may_close(self, case: Case, said: Sequence[Said], now: datetime) -> None:
        if case.kind in DISTRESS and case.closed_by is None:
            raise BrokenError(Law.ONLY_A_PERSON, now, f"{case} ended by itself")
        if case.kind == "village" and case.closed_by is None:
            self._village_may_end(case, now)
            return
        if not any(self._ends(case, one) for one in said):
            raise BrokenError(
                Law.ENDED_FOR_A_REASON, now, f"{case} ended as {case.result} by {case.closed_by}"
            )

    def _village_may_end(self, case: Case, now: datetime) -> None:
        is_over = case.opened_at + VILLAGE_HOURS <= now
        all_seen = all(case.members.values())
        if not (all_seen if case.result == "报平安" else is_over):
            raise BrokenError(Law.ENDED_FOR_A_REASON, now, f"{case} ended as {case.result}")
        called = {one.elder for one in self._opened}
        for elder, seen in case.members.items():
            if not seen and elder not in called:
                raise BrokenError(Law.ENDS_IN_TIME, now, f"{case} ended, and {elder} was silent")

    def _ends(self, case: Case, said: Said) -> bool:
        if said.person != case.closed_by:
            return False
        if said.sense is Sense.OUTCOME and said.incident == case.id:
            return True
        if case.kind != "missed":
            return False
        is_hers = said.person == case.elder and said.sense not in (Sense.LEFT, Sense.REPORT)
        return is_hers or (said.about == case.elder and said.sense in (Sense.PROXY, Sense.AWAY))

    def _clear_is_right(self, case: Case, papers: Sequence[Paper], now: datetime) -> None:
        cleared = {
            one.recipient for one in papers if one.incident == case.id and one.kind == "clear"
        }
        told = self._post.have_it(case.id) - {case.closed_by}
        perhaps = self._post.may_have_it(case.id) - {case.closed_by}
        if told - cleared:
            raise BrokenError(
                Law.CLEAR_TO_THE_TOLD, now, f"{case}: {sorted(told - cleared)} hear no all-clear"
            )
        if cleared - perhaps:
            raise BrokenError(
                Law.CLEAR_TO_THE_TOLD, now, f"{case}: {sorted(cleared - perhaps)} were not told"
            )

    def _may_hurry(self, case: Case, said: Sequence[Said], now: datetime) -> None:
        """Only a word taken back, or a step of which nobody can be reached, lets it climb early."""
        is_taken_back = any(one.sense is Sense.CANNOT and one.incident == case.id for one in said)
        assert case.called_at is not None
        if not is_taken_back and self._post.is_called(case.id, case.called_at):
            raise BrokenError(Law.NOT_BEFORE_TIME, now, f"{case} hurries though people are called")

    def _make_good_what_failed(self, now: datetime) -> None:
        """Where a call did not arrive the ladder goes on, or who watches over her learns it."""
        for paper in self._post.failed:
            self._docket.by(now + SLACK, partial(self._is_made_good, paper))
        self._post.failed.clear()

    def _is_made_good(self, paper: Paper, now: datetime) -> None:
        case = self.cases[paper.incident]
        went_on = case.called_at is not None and case.called_at > paper.written_at
        is_past = case.is_last or case.stage == "promised" or went_on
        if not case.is_live or is_past or paper.written_at > now:
            return
        watchers = self._of(case, ["leader", "coordinators"]) - {paper.recipient}
        if watchers and not self._post.tells_of(paper):
            raise BrokenError(Law.NONE_LOST, now, f"{paper} failed, and nobody knows of it")

    def _wait(self, case: Case, now: datetime) -> None:
        """Note until when the ladder may rest, and look then whether it went on."""
        if not case.is_live:
            return
        if case.stage == "promised":
            if not case.promises:
                raise BrokenError(Law.PROMISE_HOLDS, now, f"{case} is promised by nobody")
            until = max(one.due_at for one in case.promises.values())
        elif case.hurried_at is not None:
            until = case.hurried_at
        else:
            assert case.called_at is not None
            until = case.called_at + case.wait
        case.climbs_at = until
        self._docket.by(until + SLACK, lambda now: self._has_climbed(case, until, now))

    def _has_climbed(self, case: Case, until: datetime, now: datetime) -> None:
        if case.is_live and case.climbs_at == until:
            law = Law.PROMISE_ENDS if case.stage == "promised" else Law.CLIMBS_IN_TIME
            raise BrokenError(law, now, f"{case} should have climbed at {until}")

    def _do_as_said(self, said: Sequence[Said], now: datetime) -> None:
        for one in said:
            if one.sense in (Sense.EMERGENCY, Sense.CRISIS) and not self._is_called_to(one):
                raise BrokenError(Law.HELP_AT_ONCE, now, f"{one.text} ({one.about}) moved nobody")
            case = self.cases.get(one.incident)
            if (
                one.sense is Sense.GO
                and case
                and case.stage == "open"
                and not _is_taken_back(one, said)
            ):
                raise BrokenError(Law.WORD_ENDS_IT, now, f"{case} heard nothing of {one.text}")
            if (
                one.sense is Sense.OUTCOME
                and case
                and case.is_live
                and not self._goes_on(case, one)
            ):
                raise BrokenError(Law.WORD_ENDS_IT, now, f"{case} goes on after {one.text}")

    def _is_called_to(self, said: Said) -> bool:
        return any(case.elder == said.about and case.kind == said.sense for case in self.live())

    def _goes_on(self, case: Case, said: Said) -> bool:
        """Only 出事 turns a missed word into more; of a village only 平安 is an end."""
        if case.kind == "village":
            return said.word != "平安"
        return said.word == "出事" and case.kind == "emergency"


def _is_taken_back(promise: Said, said: Sequence[Said]) -> bool:
    """Tell whether somebody took his back at the same moment: all are asked anew."""
    return any(one.sense is Sense.CANNOT and one.incident == promise.incident for one in said)


def _is_hurried(entry: Entry) -> bool:
    """Tell whether a ladder was only told to climb at once."""
    row, was = entry.row, entry.was
    rests = (row["step"], row["lap"], row["kind"]) == (was["step"], was["lap"], was["kind"])
    sooner = was["climbs_at"] is not None and row["climbs_at"] < was["climbs_at"]
    is_taken_back = was["stage"] == "promised"
    return rests and (sooner or is_taken_back) and row["stage"] == "open"
