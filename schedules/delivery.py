"""Carries letters: claims them under a lease, plans the way, hands them over, settles.

A letter is sent outside any transaction. If we die between sending and settling, its lease
runs out, it goes again, and says so.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from handlers.feature import Paper
from schedules.transport import Outgoing, Remedy, TransportError, Way
from storage import incidents, ladder, letters, people, windows
from storage.database import Database
from storage.incidents import CALLS
from storage.ladder import Failed
from storage.letters import Claimed, LetterState, Outcome, Urgency
from storage.rules import VILLAGE_TIME, LetterRules, at_village, village_day
from storage.windows import Left

log = structlog.get_logger()

REPEATED = "【重复提醒】"
Address = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Try:
    """One way to one address. `window` is the reply window that a send there uses up."""

    way: Way
    address: Address
    window: str = ""
    is_open: bool = True


@dataclass(slots=True)
class Planned:
    """A claimed letter with the ways that are open to it, best first."""

    letter: Claimed
    tries: list[Try]
    lost: set[Address] = field(default_factory=set)
    shut: set[Address] = field(default_factory=set)
    again: list[datetime] = field(default_factory=list)


class Delivery:
    """Brings letters to people by the ways it is given, in their order of preference."""

    def __init__(
        self,
        database: Database,
        rules: LetterRules,
        papers: Mapping[str, Paper],
        ways: Sequence[Way],
    ) -> None:
        self._database = database
        self._rules = rules
        self._papers = papers
        self._ways = ways
        self._resting: dict[str, datetime] = {}
        self.became: Counter[str] = Counter()
        """How many letters were sent, failed, or queued again, since the start."""

    async def carry_all(self, now: datetime) -> int:
        """Carry batch after batch until few are left for the next ring; returns how many."""
        carried = 0
        while True:
            taken = await self.carry(now)
            carried += taken
            if taken < self._rules.at_once:
                return carried

    async def carry(self, now: datetime) -> int:
        """Carry one batch of due letters; returns how many were taken."""
        planned = await asyncio.shield(self._claim(now))
        at_once = asyncio.Semaphore(self._rules.at_once)
        outcomes = await asyncio.gather(*(self._send(one, now, at_once) for one in planned))
        await asyncio.shield(self._settle(planned, outcomes, now))
        self.became.update(outcome.state for outcome in outcomes)
        return len(planned)

    async def _claim(self, now: datetime) -> list[Planned]:
        lease = timedelta(seconds=self._rules.lease_seconds)
        async with self._database.writing() as session:
            claimed = await letters.claim(session, now, self._rules.at_once * 5, lease)
            claimed = await incidents.without_stale(session, claimed)
            await self._put_off_for_quiet_hours(session, claimed, now)
            awake = [one for one in claimed if not self._must_wait(one, now)]
            addresses = await people.addresses(session, {one.recipient_id for one in awake})
            reachable = {address for theirs in addresses.values() for address in theirs}
            left = await windows.left(session, reachable, now)
            planned = [self._plan(one, addresses, left, now) for one in awake]
            await windows.count(session, [use for one in planned for use in _first_use(one)])
        return planned

    def _must_wait(self, letter: Claimed, now: datetime) -> bool:
        return letter.urgency != Urgency.ALARM and self._quiet_until(now) is not None

    def _quiet_until(self, now: datetime) -> datetime | None:
        """Return when the quiet hours end, None outside of them."""
        hour, rules = now.astimezone(VILLAGE_TIME).time(), self._rules
        if rules.quiet_until <= hour < rules.quiet_from:
            return None
        day = village_day(now) + timedelta(days=1 if hour >= rules.quiet_from else 0)
        return at_village(day, rules.quiet_until)

    async def _put_off_for_quiet_hours(
        self, session: AsyncSession, claimed: Sequence[Claimed], now: datetime
    ) -> None:
        morning = self._quiet_until(now)
        waiting = [
            Outcome(id=one.id, state=LetterState.QUEUED, due_at=morning)
            for one in claimed
            if self._must_wait(one, now)
        ]
        await letters.settle(session, waiting, now)

    def _plan(
        self,
        letter: Claimed,
        addresses: Mapping[str, Sequence[Address]],
        left: Mapping[Address, list[Left]],
        now: datetime,
    ) -> Planned:
        """Order the ways that are open to this letter, and take the window of the first.

        An alarm that has no other way knocks at a window that we believe shut: the platform
        knows better than our count, and asking costs nothing.
        """
        tries = [
            attempt
            for address in addresses.get(letter.recipient_id, ())
            for way in self._ways
            if way.channel == address[0] and self._is_awake(way, now)
            for attempt in self._tries(way, address, letter, left)
        ]
        is_alarm = letter.urgency == Urgency.ALARM
        tries = [one for one in tries if one.is_open] + [
            one for one in tries if is_alarm and not one.is_open
        ]
        if tries and tries[0].window:
            _take(left[tries[0].address], tries[0].window)
        return Planned(letter, tries)

    def _tries(
        self, way: Way, address: Address, letter: Claimed, left: Mapping[Address, list[Left]]
    ) -> list[Try]:
        """Return how this way is open to an address: of five sends, two are kept for alarms."""
        if not way.needs_window:
            return [Try(way, address)]
        kept = 0 if letter.urgency == Urgency.ALARM else self._rules.kept_for_alarms
        for window in left.get(address, ()):
            if window.sends > (kept if window.kind == windows.MESSAGE else 0):
                return [Try(way, address, window.kind)]
        return [Try(way, address, is_open=False)]

    def _is_awake(self, way: Way, now: datetime) -> bool:
        return self._resting.get(way.name, now) <= now

    async def _send(self, planned: Planned, now: datetime, at_once: asyncio.Semaphore) -> Outcome:
        async with at_once:
            try:
                return await self._try_ways(planned, now)
            except Exception:
                log.exception("letter_broken", letter=planned.letter.id, kind=planned.letter.kind)
                return self._failed(planned, "it could not be put into words")

    async def _try_ways(self, planned: Planned, now: datetime) -> Outcome:
        reason = "no way is open to this person"
        for attempt in planned.tries:
            try:
                far_id = await attempt.way.send(self._outgoing(planned.letter, attempt))
            except TransportError as error:
                reason = f"{attempt.way.name}: {error}"
                log.info("letter_refused", letter=planned.letter.id, why=reason)
                self._learn(error.remedy, planned, attempt, now)
                if planned.again and not self._falls_over(planned.letter, now):
                    break
            else:
                state, way = LetterState.SENT, attempt.way.name
                return Outcome(id=planned.letter.id, state=state, way=way, far_id=far_id)
        return self._no_way(planned, reason, now)

    def _falls_over(self, letter: Claimed, now: datetime) -> bool:
        """Tell whether an alarm has waited long enough for a busy way to take the next one."""
        fall_over = timedelta(minutes=self._rules.fall_over_minutes)
        return letter.urgency == Urgency.ALARM and now - letter.written_at >= fall_over

    def _outgoing(self, letter: Claimed, attempt: Try) -> Outgoing:
        paper = self._papers[letter.kind]
        text = paper.text(letter)
        return Outgoing(
            key=letter.key,
            address=attempt.address[1],
            text=f"{REPEATED}{text}" if letter.repeated else text,
            form=paper.travels_under(letter),
            about=letter.about_name or str((letter.detail or {}).get("village", "")),
            when=letter.written_at,
            ask=paper.asks(letter),
            voice=letter.media,
        )

    def _learn(self, remedy: Remedy, planned: Planned, attempt: Try, now: datetime) -> None:
        """Keep in mind what a refusal says about this way, this address and this letter."""
        if remedy is Remedy.RETRY:
            planned.again.append(now + _backoff(planned.letter.tries))
        elif remedy is Remedy.WAIT:
            planned.again.append(now + timedelta(seconds=60))
        elif remedy is Remedy.UNREACHABLE:
            planned.lost.add(attempt.address)
        elif remedy is Remedy.OTHER_WAY and attempt.way.needs_window:
            planned.shut.add(attempt.address)
        elif remedy in (Remedy.MIDNIGHT, Remedy.STOP):
            self._rest(attempt.way, remedy, now)

    def _rest(self, way: Way, remedy: Remedy, now: datetime) -> None:
        until = (
            at_village(village_day(now) + timedelta(days=1), datetime.min.time())
            if remedy is Remedy.MIDNIGHT
            else now + timedelta(minutes=5)
        )
        if self._is_awake(way, now):
            log.error("way_rests", way=way.name, until=until.isoformat(), because=remedy)
        self._resting[way.name] = until

    def _no_way(self, planned: Planned, reason: str, now: datetime) -> Outcome:
        """Queue the letter for when a busy or resting way may be open again, or give up.

        An alarm is never given up while any of its ways may still come back.
        """
        letter = planned.letter
        is_alarm = letter.urgency == Urgency.ALARM
        may_come_back = planned.again or (is_alarm and self._waits_for_rest(planned, now))
        if may_come_back and (is_alarm or letter.tries < self._rules.tries):
            at = min([*planned.again, now + timedelta(minutes=1)])
            queued = LetterState.QUEUED
            return Outcome(id=letter.id, state=queued, due_at=at, reason=reason[:200])
        return self._failed(planned, reason)

    def _waits_for_rest(self, planned: Planned, now: datetime) -> bool:
        is_there = any(attempt.address not in planned.lost for attempt in planned.tries)
        rests = any(not self._is_awake(way, now) for way in self._ways)
        return rests and (is_there or not planned.tries)

    def _failed(self, planned: Planned, reason: str) -> Outcome:
        return Outcome(id=planned.letter.id, state=LetterState.FAILED, reason=reason[:200])

    async def _settle(
        self, planned: Sequence[Planned], outcomes: Sequence[Outcome], now: datetime
    ) -> None:
        if not planned:
            return
        async with self._database.writing() as session:
            await letters.settle(session, outcomes, now)
            await windows.shut(session, [address for one in planned for address in one.shut])
            for address in {address for one in planned for address in one.lost}:
                await people.lose(session, address)
            await ladder.pass_over(session, _failed_calls(planned, outcomes), now)


def _first_use(planned: Planned) -> list[tuple[str, str, str]]:
    first = planned.tries[:1]
    return [(*attempt.address, attempt.window) for attempt in first if attempt.window]


def _take(left: Sequence[Left], kind: str) -> None:
    for window in left:
        if window.kind == kind:
            window.sends -= 1


def _backoff(tries: int) -> timedelta:
    return timedelta(seconds=min(5 * 2**tries, 300))


def _failed_calls(planned: Sequence[Planned], outcomes: Sequence[Outcome]) -> list[Failed]:
    return [
        Failed(one.letter.id, one.letter.incident_id, one.letter.recipient_id)
        for one, outcome in zip(planned, outcomes, strict=True)
        if outcome.state is LetterState.FAILED
        and one.letter.kind in CALLS
        and one.letter.incident_id is not None
    ]
