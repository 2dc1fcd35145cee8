"""Asks a leader to tell an elder what she cannot read or hear on a phone of her own."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from storage import contacts, letters, people, tidings, villages
from storage.letters import NewLetter, Urgency
from storage.people import Person
from storage.tidings import TELL_HER, asking_key


@dataclass(frozen=True, slots=True)
class ToTell:
    """What is to be told: `words`, or the voice that its channel keeps under the id `media`."""

    tiding: int
    sender: str
    elder: str
    words: str
    media: str


async def leaders_of(session: AsyncSession, elder: str, sender: str, now: datetime) -> list[str]:
    """Return who can tell her: her leader, else the coordinators; never who sends it himself."""
    around = (await contacts.around(session, {elder}, now))[elder].without({sender, elder})
    return around.nearest(["leader", "coordinators"])


async def ask_leaders(session: AsyncSession, what: ToTell, now: datetime) -> list[str]:
    """Give it a number and ask them; returns their names, none where there is nobody."""
    leaders = await leaders_of(session, what.elder, what.sender, now)
    if not leaders:
        return []
    elder = await session.get_one(Person, what.elder)
    number = await villages.take_number(session, elder.village_id)
    await tidings.number(session, what.tiding, number, now)
    await letters.write(session, [_letter(what, one, number) for one in leaders], now)
    names = await people.names_of(session, leaders)
    return [names[one] for one in leaders]


async def ask_again(session: AsyncSession, what: ToTell, number: int, now: datetime) -> None:
    leaders = await leaders_of(session, what.elder, what.sender, now)
    again = [_letter(what, one, number, again="1") for one in leaders]
    await letters.write(session, again, now)


def _letter(what: ToTell, leader: str, number: int, again: str = "") -> NewLetter:
    return NewLetter(
        key=asking_key(what.tiding, leader, again),
        kind=TELL_HER,
        urgency=Urgency.NOTICE,
        recipient_id=leader,
        about_id=what.elder,
        actor_id=what.sender,
        number=number,
        detail={"words": what.words, **({"again": True} if again else {})},
        media=what.media,
    )
