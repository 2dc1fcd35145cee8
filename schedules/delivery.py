"""Carries letters: claims them under a lease, plans the way, hands them over, settles.

A letter is sent outside any transaction. If we die between sending and settling, its lease
runs out, it goes again, and says so.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from handlers import marks
from handlers.feature import Paper
from schedules import pacing
from schedules.planner import Address, Known, Plan, Rest, Step, is_card, plan, use_up
from schedules.transport import Outgoing, Remedy, TransportError, Way
from schedules.way_health import WayHealth
from storage import (
    incidents,
    ladder,
    letters,
    partings,
    people,
    relatives,
    subscriptions,
    windows,
)
from storage.database import Database, Here
from storage.incidents import CALLS
from storage.ladder import Failed
from storage.letters import Claimed, LetterState, Outcome, Urgency
from storage.people import Reach
from storage.rules import LetterRules
from storage.subscriptions import Notice

log = structlog.get_logger()

REPEATED = "【重复提醒】"
ALARMS = (Urgency.ALARM,)
OTHERS = (Urgency.NOTICE, Urgency.REMINDER)

BATCH, MOST = 5, 50
"""How many letters are claimed for each that is under way at the same time: at least, at most."""

WHY = {
    Remedy.RETRY: "平台一直忙",
    Remedy.WAIT: "平台一直忙",
    Remedy.MIDNIGHT: "今天的次数用完了",
    Remedy.OTHER_WAY: "很久没说话，微信不让发",
    Remedy.UNREACHABLE: "没关注公众号，送不到",
    Remedy.STOP: "公众号没有权限",
    Remedy.DEAD: "平台不收这样的内容",
}
"""Why a letter did not arrive, as a coordinator understands it."""
NO_ADDRESS = "没有能用的联系办法"
NOT_IN_WORDS = "写不成话"
WAITS_FOR_A_WAY = "路不通，等着再发"


@dataclass(slots=True)
class Parcel:
    """Letters to one person that travel together, mostly one, with the ways that are open."""

    letters: list[Claimed]
    steps: list[Step]
    lost: set[Address] = field(default_factory=set)
    shut: set[Address] = field(default_factory=set)
    not_agreed: list[Notice] = field(default_factory=list)
    again: list[datetime] = field(default_factory=list)
    """When a way that was busy may be asked again."""
    later: list[datetime] = field(default_factory=list)
    """When a way that rests for long comes back: nobody waits for it who has another."""
    refusals: list[dict[str, Any]] = field(default_factory=list)
    numbers: Mapping[Address, str] = field(default_factory=dict)
    """The phone numbers of which an address is only the mark."""
    taken_by: Step | None = None
    reason: str = NO_ADDRESS
    was_tried: bool = False

    @property
    def first(self) -> Claimed:
        return self.letters[0]

    @property
    def is_alarm(self) -> bool:
        return self.first.urgency == Urgency.ALARM


@dataclass(slots=True)
class Claim:
    """What one batch takes into our hands, and what has to wait."""

    parcels: list[Parcel] = field(default_factory=list)
    waits: dict[int, datetime] = field(default_factory=dict)
    """Letters that wait by choice."""
    stuck: dict[int, datetime] = field(default_factory=dict)
    """Letters that wait because a way rests."""
    found: int = 0


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
        self._together = frozenset(kind for kind, paper in papers.items() if paper.together)
        self._ways = ways
        self._asks_consent = any(way.needs_consent for way in ways)
        self._health = {way.name: WayHealth(way.name, way.per_minute, rules) for way in ways}
        self._in_hand: set[str] = set()
        """Who is being written to just now: nobody gets two messages at the same moment."""
        self.became: Counter[str] = Counter()
        """How many letters were sent, failed, or queued again, since the start."""

    @property
    def in_trouble(self) -> dict[str, bool]:
        """Of each way whether it is in trouble now."""
        return {name: health.is_in_trouble for name, health in self._health.items()}

    async def carry_alarms(self, now: datetime) -> int:
        """Carry all alarms that are due; returns how many. Nothing else is in their way."""
        return await self._carry_lane(now, ALARMS)

    async def carry_others(self, now: datetime) -> int:
        """Carry all notices and reminders that are due; returns how many."""
        return await self._carry_lane(now, OTHERS)

    async def carry_all(self, now: datetime) -> int:
        """Carry whatever is due, alarms first; returns how many letters were taken."""
        return await self.carry_alarms(now) + await self.carry_others(now)

    async def _carry_lane(self, now: datetime, lane: Sequence[Urgency]) -> int:
        """Carry batch after batch until few are left for the next ring.

        While one batch is under way the next is claimed, and the last is settled. A long run
        ends early: the leases of its letters begin at `now`, however long it takes.
        """
        ends = asyncio.get_running_loop().time() + self._rules.lease_seconds / 4
        carried = 0
        settling: asyncio.Task[None] | None = None
        portion = self._rules.at_once * BATCH
        claiming = asyncio.create_task(self._claim(now, lane, portion, tidy=True))
        while True:
            claim = await asyncio.shield(claiming)
            begins = asyncio.get_running_loop().time()
            goes_on = claim.found >= self._rules.at_once and begins < ends
            if goes_on:
                claiming = asyncio.create_task(self._claim(now, lane, portion))
            outcomes = await self._send_all(claim.parcels, now)
            took = asyncio.get_running_loop().time() - begins
            portion = self._next_portion(len(outcomes), took)
            if settling is not None:
                await asyncio.shield(settling)
            settling = asyncio.create_task(self._settle(claim.parcels, outcomes, now))
            carried += len(outcomes)
            if not goes_on:
                await asyncio.shield(settling)
                return carried

    def _next_portion(self, carried: int, seconds: float) -> int:
        """Claim as many as go out in a second, where they go quickly: each claim costs the same.

        Where they go slowly few are held, so that their leases do not run out while they wait.
        """
        least, most = self._rules.at_once * BATCH, self._rules.at_once * MOST
        return max(least, min(most, int(carried / max(seconds, 0.01))))

    async def _send_all(self, parcels: Sequence[Parcel], now: datetime) -> list[Outcome]:
        """Hand over so many at a time; who is done takes the next."""
        outcomes: list[Outcome] = []
        waiting = iter(parcels)
        at_once = min(self._rules.at_once, len(parcels))
        await asyncio.gather(*(self._send_in_turn(waiting, outcomes, now) for _ in range(at_once)))
        return outcomes

    async def _send_in_turn(
        self, waiting: Iterator[Parcel], outcomes: list[Outcome], now: datetime
    ) -> None:
        for parcel in waiting:
            outcomes += await self._send(parcel, now)

    # --- claiming

    async def _claim(
        self, now: datetime, lane: Sequence[Urgency], portion: int, *, tidy: bool = False
    ) -> Claim:
        lease = timedelta(seconds=self._rules.lease_seconds)
        async with self._database.writing(Here.READS) as session:
            if tidy:
                await letters.tidy(session, now, lane)
                for word in await letters.early_reports(session, now):
                    arrived, why = word.arrived, word.reason
                    await ladder.take_report(session, word.far_id, now, arrived=arrived, reason=why)
            due = await letters.due(session, now, lane, portion)
            claim = Claim(found=len(due))
            if not due:
                return claim
            due = await self._with_company(session, due, portion, now)
            due = await incidents.without_stale(session, due)
            due = await partings.without_the_dead(session, due)
            claim.waits = await self._pace(session, due, now, lane)
            going = [one for one in due if one.id not in claim.waits]
            await self._plan_all(session, claim, going, now)
            taken = [one.id for parcel in claim.parcels for one in parcel.letters]
            await letters.take(session, taken, now, lease)
            await letters.put_off(session, claim.waits)
            await letters.put_off(session, claim.stuck, WAITS_FOR_A_WAY)
            self._in_hand.update(one.first.recipient_id for one in claim.parcels)
        return claim

    async def _with_company(
        self, session: AsyncSession, due: Sequence[Claimed], portion: int, now: datetime
    ) -> list[Claimed]:
        """Add what else is due to whoever is called now, so that it can go along."""
        called = {one.recipient_id for one in due if one.kind in self._together}
        if len(due) < portion or not called:
            return list(due)  # all that is due is here
        known = {one.id for one in due}
        beside = await letters.alarms_beside(session, called, self._together, known, now)
        return [*due, *beside]

    async def _pace(
        self,
        session: AsyncSession,
        due: Sequence[Claimed],
        now: datetime,
        lane: Sequence[Urgency],
    ) -> dict[int, datetime]:
        recipients = {one.recipient_id for one in due if pacing.may_wait(one, self._together)}
        since = now - pacing.longest(self._rules)
        got = await incidents.last_got(session, recipients, since) if recipients else {}
        got |= {(one, urgency): now for one in recipients & self._in_hand for urgency in lane}
        roles = await people.roles_among(session, {person for person, _ in got}) if got else {}
        return pacing.put_off(due, got, roles, self._together, now, self._rules)

    async def _plan_all(
        self, session: AsyncSession, claim: Claim, going: Sequence[Claimed], now: datetime
    ) -> None:
        """Plan each letter in turn: what one of them uses up the next has to do without."""
        reach = await people.reach(session, {one.recipient_id for one in going})
        left, cards = await windows.left(session, reach.everywhere, now)
        agreed = await subscriptions.left(session, reach.everywhere) if self._asks_consent else {}
        clocks = await self._clocks(session, going, reach)
        known = Known(left, agreed, cards, reach.declined, clocks)
        resting = self._resting(now)
        used: list[tuple[Step, int]] = []
        with_room: dict[str, Parcel] = {}
        for letter in going:
            beside = with_room.get(letter.recipient_id)
            if beside is not None and self._goes_along(beside, letter):
                beside.letters.append(letter)
                continue
            found = self._plan(letter, reach.of(letter.recipient_id), known, resting, now)
            if found.back is not None and not found.steps:
                waiting = claim.stuck if found.looks else claim.waits
                waiting[letter.id] = found.back
                continue
            later = [found.back] if found.back else []
            parcel = Parcel([letter], found.steps, later=later, numbers=reach.numbers)
            claim.parcels.append(parcel)
            if found.steps:
                first = found.steps[0]
                used.append((first, letter.urgency))
                use_up(first, letter.urgency, known, self._rules)
                self._take_place(first.way, resting, now)
                if self._is_sociable(letter) and first.way.forms is None:
                    with_room[letter.recipient_id] = parcel
        await self._count(session, used, now)

    async def _clocks(
        self, session: AsyncSession, going: Sequence[Claimed], reach: Reach
    ) -> dict[Address, tzinfo]:
        """Return the clocks of whoever lives by another; an alarm asks for no hour."""
        sleepers = {one.recipient_id for one in going if one.urgency != Urgency.ALARM}
        found = await relatives.clocks(session, sleepers) if sleepers else {}
        return {address: clock for one, clock in found.items() for address in reach.of(one)}

    def _goes_along(self, parcel: Parcel, letter: Claimed) -> bool:
        return self._is_sociable(letter) and len(parcel.letters) < self._rules.most_together

    def _is_sociable(self, letter: Claimed) -> bool:
        """Tell whether a letter may be said with others: what is only a drill stays apart."""
        return letter.kind in self._together and not letter.is_drill

    async def _count(
        self, session: AsyncSession, used: Sequence[tuple[Step, int]], now: datetime
    ) -> None:
        by_window = [(*step.address, step.window) for step, _ in used if step.window]
        cards = [step.address for step, urgency in used if _counts_as_card(step, urgency)]
        await windows.count(session, by_window)
        await subscriptions.count(session, [notice for step, _ in used for notice in _notice(step)])
        await windows.count_cards(session, cards, now, self._rules.cards_a_day)

    def _plan(
        self,
        letter: Claimed,
        addresses: Sequence[Address],
        known: Known,
        resting: Mapping[str, Rest],
        now: datetime,
    ) -> Plan:
        form = self._papers[letter.kind].travels_under(letter)
        return plan(letter.urgency, form, addresses, known, self._ways, resting, now, self._rules)

    def _resting(self, now: datetime) -> dict[str, Rest]:
        return {
            name: rest
            for name, health in self._health.items()
            if (rest := health.rests(now)) is not None
        }

    def _take_place(self, way: Way, resting: dict[str, Rest], now: datetime) -> None:
        health = self._health[way.name]
        health.take(now)
        if (rest := health.rests(now)) is not None:
            resting[way.name] = rest

    # --- sending

    async def _send(self, parcel: Parcel, now: datetime) -> list[Outcome]:
        try:
            return await self._hand_over(parcel, now)
        except Exception:
            log.exception("letter_broken", letter=parcel.first.id, kind=parcel.first.kind)
            parcel.reason = NOT_IN_WORDS
            return [self._failed(one, parcel) for one in parcel.letters]

    async def _hand_over(self, parcel: Parcel, now: datetime) -> list[Outcome]:
        """Try the ways; what could not go together and need not wait is tried letter by letter."""
        together = len(parcel.letters) > 1
        steps = [one for one in parcel.steps if not together or one.way.forms is None]
        if outcomes := await self._try_steps(parcel, steps, now):
            return outcomes
        if together and not parcel.again:
            return [outcome for one in _apart(parcel) for outcome in await self._alone(one, now)]
        return [self._no_way(one, parcel, now) for one in parcel.letters]

    async def _alone(self, parcel: Parcel, now: datetime) -> list[Outcome]:
        outcomes = await self._try_steps(parcel, parcel.steps, now)
        return outcomes or [self._no_way(parcel.first, parcel, now)]

    async def _try_steps(
        self, parcel: Parcel, steps: Sequence[Step], now: datetime
    ) -> list[Outcome]:
        """Return what became of the letters where one of the ways took them, else nothing."""
        for number, step in enumerate(steps):
            if step.address in parcel.lost:
                continue
            health = self._health[step.way.name]
            rest = health.rests(now) if number else health.fell_silent(now)
            if rest is not None:
                parcel.again.append(rest.until)
            else:
                parcel.was_tried = True
                try:
                    far_id = await step.way.send(self._outgoing(parcel, step))
                except TransportError as error:
                    health.refused(error.remedy, now)
                    self._learn(error, parcel, step, now)
                else:
                    health.answered()
                    parcel.taken_by = step
                    return _taken(parcel, step, far_id)
            if parcel.again and not self._falls_over(parcel, now):
                break
        return []

    def _falls_over(self, parcel: Parcel, now: datetime) -> bool:
        """Tell whether an alarm takes the next way: it has waited, or this one rests anyhow."""
        fall_over = timedelta(minutes=self._rules.fall_over_minutes)
        waited = now - parcel.first.written_at >= fall_over
        return parcel.is_alarm and (waited or not parcel.was_tried)

    def _outgoing(self, parcel: Parcel, step: Step) -> Outgoing:
        letter = parcel.first
        paper = self._papers[letter.kind]
        about = letter.about_name or str((letter.detail or {}).get("village", ""))
        ask = paper.asks(letter)
        keys = tuple([one.key for one in parcel.letters])
        return Outgoing(
            key="|".join(sorted(keys)),
            address=parcel.numbers.get(step.address, step.address[1]),
            text=f"{_marks(parcel)}{self._in_words(parcel)}",
            form=paper.travels_under(letter),
            about=marks.field_of_a_drill(about) if letter.is_drill else about,
            when=letter.written_at,
            ask=marks.field_of_a_drill(ask) if letter.is_drill else ask,
            voice="" if paper.shows_picture else letter.media,
            picture=letter.media if paper.shows_picture else "",
            keys=keys,
            urgency=letter.urgency,
            in_confidence=any(
                self._papers[one.kind].is_in_confidence(one) for one in parcel.letters
            ),
        )

    def _in_words(self, parcel: Parcel) -> str:
        """Say each kind once: what is asked first, and then what has become of others."""
        if len(parcel.letters) == 1:
            return self._papers[parcel.first.kind].text(parcel.first)
        by_kind: dict[str, list[Claimed]] = {}
        for letter in sorted(parcel.letters, key=lambda one: one.kind not in CALLS):
            by_kind.setdefault(letter.kind, []).append(letter)
        return "\n".join(self._of_kind(kind, of_it) for kind, of_it in by_kind.items())

    def _of_kind(self, kind: str, of_it: Sequence[Claimed]) -> str:
        paper = self._papers[kind]
        if len(of_it) > 1 and paper.together is not None:
            return paper.together(of_it)
        return paper.text(of_it[0])

    def _learn(self, error: TransportError, parcel: Parcel, step: Step, now: datetime) -> None:
        """Keep in mind what a refusal says about this address and these letters."""
        parcel.reason = WHY[error.remedy]
        for letter in parcel.letters:
            log.info("letter_refused", letter=letter.id, way=step.way.name, why=str(error))
            parcel.refusals.append(_refusal(letter, error, step, now))
        if error.remedy is Remedy.RETRY:
            parcel.again.append(now + _backoff(parcel.first))
        elif error.remedy is Remedy.WAIT:
            parcel.again.append(now + timedelta(seconds=error.wait_seconds or 60))
        elif error.remedy in (Remedy.MIDNIGHT, Remedy.STOP):
            rest = self._health[step.way.name].fell_silent(now)
            parcel.later.extend([rest.until] if rest else [])
        elif error.remedy is Remedy.UNREACHABLE:
            parcel.lost.add(step.address)
        elif error.remedy is Remedy.OTHER_WAY and step.way.needs_window:
            parcel.shut.add(step.address)
        elif error.remedy is Remedy.OTHER_WAY and step.consent:
            parcel.not_agreed.append((*step.address, step.consent))

    def _no_way(self, letter: Claimed, parcel: Parcel, now: datetime) -> Outcome:
        """Queue the letter for when a busy or resting way may be open again, or give up.

        An alarm is never given up while any of its ways may still come back. What was held
        back because its way fell silent meanwhile was no try.
        """
        is_there = not parcel.steps or any(one.address not in parcel.lost for one in parcel.steps)
        back = min(parcel.again or (parcel.later if is_there else []), default=None)
        is_alarm = letter.urgency == Urgency.ALARM
        is_patient = is_alarm or letter.tries < self._rules.tries or not parcel.was_tried
        if back is None or not is_patient:
            return self._failed(letter, parcel)
        return Outcome(
            id=letter.id,
            state=LetterState.QUEUED,
            due_at=min(back, now + timedelta(minutes=1)) if is_alarm else back,
            reason=parcel.reason if parcel.was_tried else WAITS_FOR_A_WAY,
            tried=parcel.was_tried,
        )

    def _failed(self, letter: Claimed, parcel: Parcel) -> Outcome:
        return Outcome(id=letter.id, state=LetterState.FAILED, reason=parcel.reason)

    # --- settling

    async def _settle(
        self, parcels: Sequence[Parcel], outcomes: Sequence[Outcome], now: datetime
    ) -> None:
        self._in_hand.difference_update(one.first.recipient_id for one in parcels)
        self.became.update(outcome.state for outcome in outcomes)
        if not parcels:
            return
        async with self._database.writing() as session:
            await letters.settle(session, outcomes, now)
            await letters.note_refusals(session, [row for one in parcels for row in one.refusals])
            await windows.give_back(session, [use for one in parcels for use in _unused(one)])
            await windows.shut(session, [address for one in parcels for address in one.shut])
            await subscriptions.refused(session, [it for one in parcels for it in one.not_agreed])
            for address in {address for one in parcels for address in one.lost}:
                await people.lose(session, address)
            await ladder.pass_over(session, _failed_calls(parcels, outcomes), now)


def _marks(parcel: Parcel) -> str:
    """Return what stands before the words. Of a drill nobody else has to remember it."""
    repeated = REPEATED if any(one.repeated for one in parcel.letters) else ""
    return f"{marks.DRILL}{repeated}{marks.NOBODY}" if parcel.first.is_drill else repeated


def _notice(step: Step) -> list[Notice]:
    return [(*step.address, step.consent)] if step.consent else []


def _counts_as_card(step: Step, urgency: int) -> bool:
    return is_card(step) and urgency != Urgency.ALARM


def _unused(parcel: Parcel) -> list[tuple[str, str, str]]:
    """Return what was counted for the first way where another took the parcel, or none."""
    first = parcel.steps[0] if parcel.steps else None
    if first is None or parcel.taken_by == first:
        return []
    kind = first.window or (windows.CARD if _counts_as_card(first, parcel.first.urgency) else "")
    return [(*first.address, kind)] if kind else []


def _apart(parcel: Parcel) -> list[Parcel]:
    """Part the letters of a parcel: each may go where her window is not, as a card of its own."""
    open_steps = [
        step
        for step in parcel.steps
        if step.address not in parcel.lost
        and not (step.way.needs_window and step.address in parcel.shut)
    ]
    return [
        Parcel(
            [one],
            open_steps,
            lost=parcel.lost,
            shut=parcel.shut,
            not_agreed=parcel.not_agreed,
            refusals=parcel.refusals,
            later=parcel.later,
            numbers=parcel.numbers,
            reason=parcel.reason,
        )
        for one in parcel.letters
    ]


def _taken(parcel: Parcel, step: Step, far_id: str) -> list[Outcome]:
    first = parcel.first.id
    return [
        Outcome(
            id=one.id,
            state=LetterState.SENT,
            way=step.way.name,
            far_id=far_id,
            carried_with=None if one.id == first else first,
        )
        for one in parcel.letters
    ]


def _refusal(letter: Claimed, error: TransportError, step: Step, now: datetime) -> dict[str, Any]:
    return {
        "letter_id": letter.id,
        "number": letter.tries,
        "at": now,
        "way": step.way.name,
        "remedy": error.remedy,
        "why": str(error)[:120],
    }


def _backoff(letter: Claimed) -> timedelta:
    """Wait twice as long after each try, but no two letters quite the same."""
    seconds = min(5 * 2**letter.tries, 300)
    spread = (letter.id * 2_654_435_761 % 1_000) / 1_000  # Knuth's multiplicative hash
    return timedelta(seconds=seconds * (0.75 + spread / 2))


def _failed_calls(parcels: Sequence[Parcel], outcomes: Sequence[Outcome]) -> list[Failed]:
    by_id = {one.id: one for parcel in parcels for one in parcel.letters}
    failed = [by_id[outcome.id] for outcome in outcomes if outcome.state is LetterState.FAILED]
    return [
        Failed(one.id, one.incident_id, one.recipient_id)
        for one in failed
        if one.kind in CALLS and one.incident_id is not None
    ]
