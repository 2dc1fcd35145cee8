"""Papers that end soon: told once to whose they are, to his leader and to the coordinators."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from storage import contacts, credentials, letters
from storage.credentials import Credential, Ending
from storage.letters import NewLetter, Urgency
from storage.people import addresses
from storage.rules import DispatchRules, village_day

PAPERS_END = "papers_end"


async def tell(session: AsyncSession, now: datetime, rules: DispatchRules) -> int:
    """Write of every paper that has come near its end; returns how many there were."""
    today = village_day(now)
    untold = Credential.told_on.is_(None)
    found = await credentials.ending(session, untold, today, rules.expiring_days)
    if not found:
        return 0
    owners = {one.person_id for one in found}
    phones = await addresses(session, owners)
    hears: dict[str, list[Ending]] = {}
    around = await contacts.around(session, owners, now)
    for one in found:
        for person in around[one.person_id].of(["leader", "coordinators"]):
            hears.setdefault(person, []).append(one)
    written = [_letter(person, theirs) for person, theirs in hears.items()]
    written += [_letter(one.person_id, [one]) for one in found if one.person_id in phones]
    await letters.write(session, written, now)
    told = {one.id for theirs in hears.values() for one in theirs}
    told |= {one.id for one in found if one.person_id in phones}
    await credentials.note_told(session, told, today)
    return len(told)


def _letter(recipient: str, found: Sequence[Ending]) -> NewLetter:
    return NewLetter(
        key=f"{PAPERS_END}:{found[0].id}:{recipient}",
        kind=PAPERS_END,
        urgency=Urgency.NOTICE,
        recipient_id=recipient,
        about_id=found[0].person_id if found[0].person_id == recipient else None,
        detail={"papers": [(one.name, one.kind, one.valid_until.isoformat()) for one in found]},
    )
