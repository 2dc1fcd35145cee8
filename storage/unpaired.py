"""Addresses that nobody has to pair, because the village has them on record.

The number of a phone serves text messages, the name of a village the group of its
coordinators. They are identities like the others, and older than all of them: what somebody
paired herself is tried first. An elder gets none by her number: she could not answer there, and
those who answer for her would not be asked any more.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import insert_new, run_many
from storage.departures import has_gone
from storage.people import Identity, Person, PersonRole, Role, is_elder
from storage.sealing import MARK
from storage.villages import Village

SMS, WECOM_ROBOT = "sms", "wecom_robot"
SINCE = {SMS: datetime(2000, 1, 1, tzinfo=UTC), WECOM_ROBOT: datetime(2000, 1, 2, tzinfo=UTC)}
"""Before anything was paired; the group goes before the text message."""

_NUMBER = re.compile(r"\+?[0-9]{5,20}")


async def numbers(session: AsyncSession) -> dict[str, str]:
    """Return whose each phone number is; where several share one, the first by id.

    Where the village has keys, the address is the mark of the number, and the number is looked
    up when a letter goes there.
    """
    rows = await session.execute(
        select(Person.id, Person.phone_mark)
        .where(Person.phone_mark != "", ~is_elder(), ~has_gone(Person.id))
        .order_by(Person.id)
    )
    owners: dict[str, str] = {}
    for person, number in rows:
        if number.startswith(MARK) or _NUMBER.fullmatch(number):
            owners.setdefault(number, person)
    return owners


async def groups(session: AsyncSession) -> dict[str, str]:
    """Return for each village the coordinator to whom its group belongs, the first by id."""
    rows = await session.execute(
        select(Village.name, Person.id)
        .join(Person, Person.village_id == Village.id)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(PersonRole.role == Role.COORDINATOR)
        .order_by(Person.id.desc())
    )
    return {row.name: row.id for row in rows}


@dataclass(frozen=True, slots=True)
class Changes:
    """Which addresses of a channel are not on record any more, and which are new, and whose."""

    channel: str
    gone: Sequence[str]
    new: Mapping[str, str]

    @property
    def number(self) -> int:
        return len({*self.gone, *self.new})


async def compare(session: AsyncSession, channel: str, owners: Mapping[str, str]) -> Changes:
    """Return what has to change so that the addresses of a channel are these and no others."""
    rows = await session.execute(
        select(Identity.address, Identity.person_id).where(Identity.channel == channel)
    )
    before = {row.address: row.person_id for row in rows}
    gone = [address for address, person in before.items() if owners.get(address) != person]
    new = {address: one for address, one in owners.items() if before.get(address) != one}
    return Changes(channel, gone, new)


async def change(session: AsyncSession, changes: Changes) -> None:
    """Make the changes. One that stays keeps what is known of it: whether it is reachable."""
    channel, since = changes.channel, SINCE[changes.channel]
    gone = delete(Identity).where(
        Identity.channel == channel, Identity.address == bindparam("gone")
    )
    await run_many(session, gone, [{"gone": address} for address in changes.gone])
    new = [
        {
            "channel": channel,
            "address": address,
            "person_id": person,
            "paired_at": since,
            "reachable": True,
        }
        for address, person in changes.new.items()
    ]
    await insert_new(session, Identity, [], new)
