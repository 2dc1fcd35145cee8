"""Who watches the watch: a ping to somebody outside, who calls the operator when it stays away."""

from datetime import datetime, timedelta

import aiohttp
import structlog
from pydantic import SecretStr

from schedules.bell import Bell
from storage import letters
from storage.database import Database

log = structlog.get_logger()

PATIENCE = timedelta(minutes=2)
"""How old an alarm may grow before it counts as not carried."""

SECONDS = 10.0


class SelfWatch:
    """Pings an address only while every round is fresh and every alarm leaves in time."""

    def __init__(
        self, session: aiohttp.ClientSession, url: SecretStr, bell: Bell, database: Database
    ) -> None:
        self._session = session
        self._url = url
        self._bell = bell
        self._database = database

    async def ping(self, now: datetime) -> int:
        """Ping, unless something is wrong; returns how often that succeeded, 0 or 1."""
        if faults := await self._faults(now):
            log.error("self_watch_silent", because=faults)
            return 0
        try:
            async with self._session.get(
                self._url.get_secret_value(), timeout=aiohttp.ClientTimeout(total=SECONDS)
            ) as response:
                response.raise_for_status()
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("self_watch_unheard", error=type(error).__name__)
            return 0
        return 1

    async def _faults(self, now: datetime) -> list[str]:
        faults = [f"round {name} is late" for name in self._bell.stale(now)]
        async with self._database.reading() as session:
            waiting = await letters.alarms_waiting(session, now - PATIENCE)
        return [*faults, f"{waiting} alarms wait"] if waiting else faults
