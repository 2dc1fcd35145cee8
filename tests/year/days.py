"""The laws of the daily watch: whom we wait for, until when, and when nobody may be called."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tests.year.calendar import at_hour, is_quiet, watch_day
from tests.year.county import FRAIL
from tests.year.diary import Entry
from tests.year.docket import Docket
from tests.year.law import BrokenError, Law
from tests.year.truth import SLACK, Said, Truth

GRACE = timedelta(minutes=30)
FRAIL_GRACE = timedelta(minutes=10)
CREDIT = timedelta(hours=3)
SETTLE = timedelta(minutes=15)
RAMP = timedelta(minutes=10)

_MOVES = {
    "pending": {"reminded", "late", "met", "excused", "unknown"},
    "reminded": {"late", "met", "excused", "unknown"},
    "late": {"missed", "met", "excused", "unknown", "reminded"},
    "unknown": {"unknown", "met", "excused", "late"},
}
"""What may become of an expectation. Of one that was met, excused or missed nothing more."""


@dataclass(slots=True)
class Awaited:
    """One elder's word of one day, and what the house makes of it."""

    elder: str
    day: date
    tier: int
    village: int
    opens: datetime
    closes: datetime
    state: str
    is_called: bool = False
    """Whether somebody was called for her this day, by herself or with her village."""

    @property
    def grace_ends(self) -> datetime:
        return self.closes + (FRAIL_GRACE if self.tier == FRAIL else GRACE)

    def __str__(self) -> str:
        return f"{self.elder} on {self.day} (tier {self.tier}, {self.state})"


class Days:
    def __init__(self, truth: Truth, docket: Docket) -> None:
        self._truth = truth
        self._docket = docket
        self.awaited: dict[tuple[str, date], Awaited] = {}
        self._met: list[Awaited] = []
        self.elder_days = 0

    def open(self, day: date) -> None:
        """From now on somebody has to be waiting for each elder's word of this day."""

        def everybody_is_waited_for(now: datetime) -> None:
            for elder in self._truth.county.elders:
                if (elder, day) not in self.awaited:
                    raise BrokenError(Law.WAITED_FOR, now, f"nobody waits for {elder} on {day}")

        self._docket.by(self._truth.now() + SLACK, everybody_is_waited_for)

    def forget_before(self, day: date) -> None:
        self.awaited = {key: one for key, one in self.awaited.items() if key[1] >= day}

    def note(self, entry: Entry) -> None:
        now = self._truth.now()
        row = entry.row
        key = row["elder_id"], date.fromisoformat(row["day"])
        if entry.is_new:
            self._begin(entry, key, now)
            return
        awaited = self.awaited[key]
        if entry.became("state") is None:
            return
        if row["state"] not in _MOVES.get(awaited.state, ()):
            raise BrokenError(Law.LEGAL_MOVE, now, f"{awaited} became {row['state']}")
        awaited.state = row["state"]
        self._look_at_end(awaited, now)

    def _begin(self, entry: Entry, key: tuple[str, date], now: datetime) -> None:
        if key in self.awaited:
            raise BrokenError(Law.WAITED_FOR, now, f"{key[0]} is waited for twice on {key[1]}")
        row, elder = entry.row, self._truth.county.elders[key[0]]
        awaited = Awaited(
            *key,
            elder.tier,
            row["village_id"],
            at_hour(key[1], elder.opens),
            at_hour(key[1], elder.closes),
            row["state"],
        )
        self.awaited[key] = awaited
        self.elder_days += 1
        self._docket.by(awaited.grace_ends + SLACK, lambda now: self._has_ended(awaited, now))

    def _look_at_end(self, awaited: Awaited, now: datetime) -> None:
        if awaited.state == "met":
            self._met.append(awaited)
        elif awaited.state == "missed":
            self.may_be_called_for(awaited.elder, awaited.day, now)
        elif awaited.state == "excused" and not self._truth.is_away(
            awaited.elder, awaited.day, still=False
        ):
            raise BrokenError(Law.EXCUSED_WHEN_AWAY, now, f"{awaited} is at home")

    def may_be_called_for(self, elder: str, day: date, now: datetime) -> None:
        """Nobody cries wolf: not too early, not for the heard or the away, not for our sleep."""
        awaited, truth = self.awaited[elder, day], self._truth
        if truth.was_heard(elder, day) or truth.is_away(elder, day, still=True):
            raise BrokenError(Law.NO_WOLF, now, f"{awaited} was heard or is away")
        if now < awaited.grace_ends - truth.put_back_since(awaited.closes):
            raise BrokenError(Law.NO_WOLF, now, f"{awaited} has time until {awaited.grace_ends}")
        if awaited.tier != FRAIL and truth.last_gap(awaited.opens, awaited.grace_ends, sure=True):
            raise BrokenError(Law.OUR_FAULT, now, f"{awaited} was waited for while we slept")

    def may_be_called_with_village(self, expectation: str, now: datetime) -> None:
        """After an outage a village is called for only when its credit is used up."""
        elder, day, _ = expectation.split(":")
        awaited = self.awaited[elder, date.fromisoformat(day)]
        awaited.is_called = True
        if not self._truth.last_gap(awaited.opens, awaited.grace_ends):
            self.may_be_called_for(elder, awaited.day, now)
            return
        if self._truth.was_heard(elder, awaited.day):
            raise BrokenError(Law.NO_WOLF, now, f"{awaited} was heard")
        lost = self._truth.lost(awaited.opens, awaited.closes, sure=True)
        until = awaited.closes + min(lost, CREDIT) + SETTLE
        if now < until:
            raise BrokenError(Law.CREDIT, now, f"{awaited} has time until {until}")

    def called(self, elder: str, now: datetime) -> None:
        """Somebody was called for her by herself."""
        awaited = self.awaited.get((elder, watch_day(now)))
        if awaited is not None:
            awaited.is_called = True

    def words_meet(self, said: Sequence[Said], now: datetime) -> None:
        """What was heard has met what is expected, and what is met was heard."""
        for one in said:
            for elder, _ in self._truth.signs_in(one):
                awaited = self.awaited.get((elder, watch_day(one.at)))
                if awaited is not None and awaited.state not in ("met", "missed", "excused"):
                    raise BrokenError(Law.MET_BY_A_WORD, now, f"{awaited} said {one.text}")
        for awaited in self._met:
            if not self._truth.was_heard(awaited.elder, awaited.day):
                raise BrokenError(Law.MET_BY_A_WORD, now, f"{awaited} was never heard")
        self._met.clear()

    def _has_ended(self, awaited: Awaited, now: datetime) -> datetime | None:
        if awaited.state in ("met", "excused"):
            return None
        until = self._latest(awaited)
        if until + SLACK > now:
            return until + SLACK
        if not awaited.is_called and not self._is_let_go(awaited, until):
            raise BrokenError(Law.ENDS_IN_TIME, now, f"{awaited} should have ended by {until}")
        return None

    def _latest(self, awaited: Awaited) -> datetime:
        """Return when she has to be called for at last, whatever we slept through."""
        until = awaited.grace_ends
        while gap := self._truth.last_gap(awaited.opens, until):
            longer = self._made_good(awaited, gap.ended, until)
            if longer <= until:
                break
            until = longer
        return until

    def _made_good(self, awaited: Awaited, woke: datetime, until: datetime) -> datetime:
        if awaited.tier == FRAIL:
            return max(awaited.grace_ends, woke + FRAIL_GRACE)
        lost = min(self._truth.lost(awaited.opens, until), CREDIT)
        longest = max(awaited.closes + 2 * CREDIT, woke + SETTLE + RAMP)
        return min(max(awaited.closes + lost, woke) + SETTLE + RAMP, longest)

    def _is_let_go(self, awaited: Awaited, until: datetime) -> bool:
        """At night nobody is asked any more, and the word of a new day tells more."""
        gap = self._truth.last_gap(awaited.opens, until)
        if gap is None:
            return False
        over = watch_day(gap.ended) != awaited.day
        return over or (awaited.tier != FRAIL and is_quiet(gap.ended))
