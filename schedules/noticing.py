"""Notices when it was we who failed: nobody watched, nothing reached us, nothing left us.

A round that comes through leaves a beat. Where the beats of the watch have a gap, we were
asleep, or the clock was put forward, which for an elder is the same. Where the clock was put
back, everything that waits for its minutes is moved with it.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from schedules.bell import Round
from storage import beats, clock_moves, downtimes, inbox, letters
from storage.database import Database
from storage.downtimes import Outage
from storage.rules import WatchRules

log = structlog.get_logger()

WATCH = "expecting"
"""The round whose beats tell whether somebody watched."""

TOLERANCE = timedelta(minutes=1)
"""How far clocks may differ without one of them having been moved."""

WEEK = range(1, 8)
"""Days ago: this hour of each of them tells how many messages are usual now."""


class Noticing:
    """Looks at what the last rounds left behind.

    `pause` is the longest time between two rounds that is no outage, on this clock.
    """

    def __init__(self, database: Database, rules: WatchRules, pause: timedelta) -> None:
        self._database = database
        self._rules = rules
        self._pause = pause
        self._last: datetime | None = None

    def before(self, round_: Round) -> Round:
        """Return a round that judges no silence before it is known whether we were there."""

        async def notice_and_run(now: datetime) -> int:
            await self.notice(now)
            return await round_(now)

        return notice_and_run

    async def notice(self, now: datetime) -> None:
        """Note where nobody watched until now."""
        async with self._database.reading() as session:
            beat = (await beats.last(session)).get(WATCH)
        before = self._last or (beat if self._database.is_sqlite else None)
        self._last = now
        if before is not None and before - now > TOLERANCE:
            await self._move_with_the_clock(before - now, now)
        elif beat is not None and now - beat > self._pause:
            await self._note_sleep(beat, now)

    async def _move_with_the_clock(self, back: timedelta, now: datetime) -> None:
        log.error("clock_put_back", seconds=round(back.total_seconds()))
        async with self._database.writing() as session:
            await clock_moves.put_back(session, back, now)
            await beats.begin_anew(session, now)

    async def _note_sleep(self, since: datetime, now: datetime) -> None:
        log.error("nobody_watched", since=since.isoformat(), until=now.isoformat())
        async with self._database.writing() as session:
            await downtimes.note(session, Outage.ASLEEP, since, now)

    async def examine(self, now: datetime) -> int:
        """Note whether we are deaf or mute, or no longer; returns how many outages go on."""
        async with self._database.writing() as session:
            going_on = await downtimes.going_on(session)
            for outage, since in (
                (Outage.DEAF, await self._deaf_since(session, now)),
                (
                    Outage.MUTE,
                    await self._mute_since(session, now, is_known=Outage.MUTE in going_on),
                ),
            ):
                await _keep(session, outage, since, now, is_known=outage in going_on)
            return len(await downtimes.going_on(session))

    async def _deaf_since(self, session: AsyncSession, now: datetime) -> datetime | None:
        """Return since when nothing was heard though much should have been, None where we hear.

        While we slept nothing could be heard: that silence says nothing.
        """
        last = await inbox.last_received(session, now)
        if last is None:
            return None
        last = max(last, await downtimes.last_end(session, Outage.ASLEEP) or last)
        if now - last < timedelta(minutes=self._rules.deaf_minutes):
            return None
        usual = [
            await inbox.received(session, last - timedelta(days=ago), now - timedelta(days=ago))
            for ago in WEEK
        ]
        known = sorted(number for number in usual if number is not None)
        fewest = known[:2][-1:]  # but for one day of the week, which may have been an outage too
        return last if fewest and fewest[0] >= self._rules.deaf_messages else None

    async def _mute_since(
        self, session: AsyncSession, now: datetime, *, is_known: bool
    ) -> datetime | None:
        """Return since when nothing left us though much was tried, None where letters leave.

        Once we are known to be mute we are it while a single letter waits; when none is left
        only the next can tell.
        """
        patience = timedelta(minutes=self._rules.mute_minutes)
        last = await letters.last_sent(session)
        if last is not None and now - last < patience:
            return None
        tried = await letters.tried_in_vain(session, now - patience)
        enough = 1 if is_known else self._rules.mute_letters
        if tried.number < enough or tried.since is None:
            return None
        return max(last or tried.since, tried.since)


async def _keep(
    session: AsyncSession,
    outage: Outage,
    since: datetime | None,
    now: datetime,
    *,
    is_known: bool,
) -> None:
    if since is not None and not is_known:
        log.error("outage_began", outage=outage, since=since.isoformat())
        await downtimes.note(session, outage, since, None)
    elif since is None and is_known:
        log.warning("outage_over", outage=outage)
        await downtimes.end(session, outage, now)
