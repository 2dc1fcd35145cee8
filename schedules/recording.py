"""Keeps the addresses that nobody pairs as the village has them on record."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from storage import unpaired
from storage.database import Database
from storage.unpaired import Changes


async def keep_addresses(
    database: Database, _now: datetime, *, sms: bool, robots: Collection[str] | None
) -> int:
    """Return how many addresses came or went. `robots` are villages; None is every village.

    A county is compared while others write; only what differs is written.
    """
    async with database.reading() as session:
        found = [await _numbers(session, is_used=sms), await _groups(session, robots)]
    changes = [one for one in found if one.number]
    if changes:
        async with database.writing() as session:
            for one in changes:
                await unpaired.change(session, one)
    return sum(one.number for one in changes)


async def _numbers(session: AsyncSession, *, is_used: bool) -> Changes:
    owners = await unpaired.numbers(session) if is_used else {}
    return await unpaired.compare(session, unpaired.SMS, owners)


async def _groups(session: AsyncSession, robots: Collection[str] | None) -> Changes:
    owners = {} if robots is not None and not robots else await unpaired.groups(session)
    served = {
        village: one for village, one in owners.items() if robots is None or village in robots
    }
    return await unpaired.compare(session, unpaired.WECOM_ROBOT, served)
