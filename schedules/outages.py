"""What our own outages took from elders is made good before anybody is called for them.

An expectation whose window was touched is `unknown`. She gets the lost time back, up to three
hours, and is asked once more; whoever is silent even then is called for with her village.
Frail elders get no credit: for them minutes count, and a call too many does less harm.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.checkin.talk import LAST_ASK, RE_ASK, REMINDER
from schedules.asking import ask, ask_to_look_in, by_phone
from storage import checkins, downtimes, ladder, letters, silences
from storage.checkins import Due, State, watch_day
from storage.downtimes import Lost
from storage.rules import FRAIL, Rules, at_village, village_day

Touched = tuple[Due, Lost]

LOOK_AGAIN = timedelta(minutes=10)
"""How often it is looked whether an outage that goes on is over."""


async def part(
    session: AsyncSession, due: Sequence[Due], now: datetime, rules: Rules
) -> tuple[list[Touched], list[Due]]:
    """Part those whose window an outage of ours has touched from those who are simply silent.

    The frail who could be asked in time belong to the second, whatever we lost.
    """
    spans = await downtimes.since(session, min(row.opens_at for row in due)) if due else []
    ours: list[Touched] = []
    hers: list[Due] = []
    for row in due:
        ends = row.settles_at or row.closes_at + rules.checkin.grace(row.tier)
        lost = downtimes.lost(spans, row.opens_at, ends, now)
        was_asked = row.tier == FRAIL and row.state != State.UNKNOWN
        if lost is None or (was_asked and _is_today(row, now, rules)):
            hers.append(row)
        else:
            ours.append((row, lost))
    return ours, hers


def _is_today(row: Due, now: datetime, rules: Rules) -> bool:
    return row.day == watch_day(now, rules.checkin)


async def make_good(
    session: AsyncSession, ours: Sequence[Touched], now: datetime, rules: Rules
) -> None:
    """Let each wait, be asked again, or be called for, as far as she has come."""
    today = [(row, lost) for row, lost in ours if _is_today(row, now, rules)]
    frail = [row for row, _ in today if row.tier == FRAIL]
    sturdy = [one for one in today if one[0].tier != FRAIL]
    waiting = [one for one in sturdy if _must_wait(*one, now, rules)]
    over = [one for one in sturdy if not _must_wait(*one, now, rules)]
    await _let_go(session, [row for row, _ in ours if not _is_today(row, now, rules)])
    await _ask_the_frail(session, frail, now, rules)
    await _wait(session, [row for row, _ in waiting], now)
    await _ask_again(session, [one for one in over if one[0].settles_at is None], now, rules)
    await _settle(session, [one for one in over if one[0].settles_at is not None], now, rules)


async def _let_go(session: AsyncSession, due: Sequence[Due]) -> None:
    """Leave a day unknown that is over: today's word tells more."""
    await checkins.move(session, due, State.UNKNOWN, [None] * len(due))


async def _ask_the_frail(
    session: AsyncSession, due: Sequence[Due], now: datetime, rules: Rules
) -> None:
    missed_at = [now + rules.checkin.grace(row.tier) for row in due]
    await checkins.move(session, due, State.LATE, list(missed_at))
    await _write_asks(session, due, missed_at, now)


def _must_wait(row: Due, lost: Lost, now: datetime, rules: Rules) -> bool:
    """Tell whether asking is no use yet: the outage goes on, and her credit is not used up."""
    return lost.goes_on and now < row.closes_at + timedelta(hours=rules.watch.credit_hours)


async def _wait(session: AsyncSession, due: Sequence[Due], now: datetime) -> None:
    await checkins.move(session, due, State.UNKNOWN, [now + LOOK_AGAIN] * len(due))


async def _ask_again(
    session: AsyncSession, touched: Sequence[Touched], now: datetime, rules: Rules
) -> None:
    """Ask once more, and let what was asked before expire; at night nobody is asked any more."""
    if now >= at_village(village_day(now), rules.letters.quiet_from):
        await _let_go(session, [row for row, _ in touched])
        return
    due = [row for row, _ in touched]
    until = [max(_deadline(*one, rules), now + _settling(rules)) for one in touched]
    await letters.expire(session, [f"{kind}:{row.key}" for row in due for kind in _ASKED_BEFORE])
    await checkins.move(session, due, State.UNKNOWN, list(until), settles_at=list(until))
    await _write_asks(session, due, until, now)


_ASKED_BEFORE = (REMINDER, LAST_ASK)


async def _write_asks(
    session: AsyncSession, due: Sequence[Due], until: Sequence[datetime], now: datetime
) -> None:
    ends = {row.elder_id: end for row, end in zip(due, until, strict=True)}
    with_phone, without = await by_phone(session, due)
    asks = [ask(row, RE_ASK, ends[row.elder_id]) for row in with_phone]
    await letters.write(session, asks, now)
    await ask_to_look_in(session, without, ends, now)


def _deadline(row: Due, lost: Lost, rules: Rules) -> datetime:
    """Return until when she may answer: her window with what was lost, and time to settle.

    After an outage villages are not called for all at once, but over some minutes.
    """
    most = timedelta(hours=rules.watch.credit_hours)
    until = row.closes_at + most if lost.goes_on else lost.until
    spread = timedelta(seconds=row.village_id * 37 % max(rules.watch.ramp_minutes * 60, 1))
    extended = max(row.closes_at + min(lost.time, most), until)
    return max(extended + _settling(rules) + spread, row.closes_at + rules.checkin.grace(row.tier))


def _settling(rules: Rules) -> timedelta:
    return timedelta(minutes=rules.watch.settle_minutes)


async def _settle(
    session: AsyncSession, touched: Sequence[Touched], now: datetime, rules: Rules
) -> None:
    """Call for who is silent even now, village by village; a new outage gives more time once."""
    longer = [(row, _longest(row, lost, rules)) for row, lost in touched]
    again = [(row, until) for row, until in longer if until > now]
    until = [end for _, end in again]
    due = [row for row, _ in again]
    await checkins.move(session, due, State.UNKNOWN, list(until), settles_at=list(until))
    silent = [row for row, end in longer if end <= now]
    await _let_go(session, silent)
    together: dict[int, list[Due]] = {}
    for row in silent:
        together.setdefault(row.village_id, []).append(row)
    await ladder.call_villages(session, silences.OUTAGE, together, now, rules.ladder)


def _longest(row: Due, lost: Lost, rules: Rules) -> datetime:
    """Return her deadline anew, but however often we fall over, not for ever."""
    most = row.closes_at + 2 * timedelta(hours=rules.watch.credit_hours)
    return min(_deadline(row, lost, rules), most)
