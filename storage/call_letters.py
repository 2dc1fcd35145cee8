"""Letters about a call: to whom each goes, and what its sentence needs."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage import letters
from storage.contacts import Around, around_daily
from storage.letters import NewLetter, Urgency
from storage.people import Person, addresses
from storage.requests import Request
from storage.villages import Group, Village

WON = "call_won"
LOST = "call_lost"
COMING = "call_coming"
GONE = "call_gone"
REVIEW = "call_review"
VOUCH = "call_vouch"
REFUSED = "call_refused"
UNCLEAR = "call_unclear"
UNTAKEN = "call_untaken"
SORRY = "call_sorry"
OFF = "call_off"
ABSENT = "call_absent"
ALONE = "call_alone"
LEFT = "call_left"
HOW = "call_how"
SEE = "call_see"
THANKS = "call_thanks"
POOR = "call_poor"
TELL = "call_tell"
JUDGE = "call_judge"
VERDICT = "call_verdict"
WITH_HER = "call_with_her"
LACKING = "call_lacking"


def letter(
    request: Request,
    kind: str,
    recipient: str,
    *,
    urgency: Urgency = Urgency.NOTICE,
    again: str = "",
    actor: str | None = None,
    expires_at: datetime | None = None,
    about: bool = True,
    **detail: object,
) -> NewLetter:
    """Write about a call; `again` tells apart what may be said twice in one turn.

    Where `about` is False the letter does not name her: nobody learns whose door it is before
    he goes there.
    """
    starts_at = request.starts_at.isoformat() if request.starts_at else None
    return NewLetter(
        key=f"{kind}:{request.id}:{request.turn}{again and f':{again}'}:{recipient}",
        kind=kind,
        urgency=urgency,
        recipient_id=recipient,
        about_id=request.elder_id if about else None,
        actor_id=actor,
        number=request.number,
        detail={"category": request.category, "starts_at": starts_at, **detail},
        expires_at=expires_at,
    )


def urgency(request: Request) -> Urgency:
    return Urgency.ALARM if request.is_urgent else Urgency.NOTICE


async def tell(session: AsyncSession, written: Iterable[NewLetter], now: datetime) -> None:
    await letters.write(session, list(written), now)


async def stands_around(session: AsyncSession, request: Request, now: datetime) -> Around:
    return (await around_daily(session, {request.elder_id}, now))[request.elder_id]


async def her_side(session: AsyncSession, request: Request, now: datetime) -> list[str]:
    """Return who hears for her: she, and who asked for her; where she has no phone, her people."""
    elder, said_by = request.elder_id, request.said_by
    phones = await addresses(session, {elder, said_by})
    hears = [one for one in dict.fromkeys((elder, said_by)) if one in phones]
    if elder in hears:
        return hears
    circles = await stands_around(session, request, now)
    speaks = circles.nearest(["family", "leader", "coordinators"])
    return list(dict.fromkeys([*hears, *speaks]))


async def family_of(session: AsyncSession, request: Request, now: datetime) -> list[str]:
    return (await stands_around(session, request, now)).of(["family"])


async def leaders(
    session: AsyncSession, request: Request, now: datetime, without: Collection[str] = ()
) -> list[str]:
    """Return her leader; where there is none that can be reached, the coordinators."""
    circles = (await stands_around(session, request, now)).without(without)
    return circles.nearest(["leader", "coordinators"])


async def coordinators(
    session: AsyncSession, request: Request, now: datetime, without: Collection[str] = ()
) -> list[str]:
    return (await stands_around(session, request, now)).without(without).of(["coordinators"])


async def supervisors(
    session: AsyncSession, request: Request, now: datetime, without: Collection[str] = ()
) -> list[str]:
    return (await stands_around(session, request, now)).without(without).of(["supervisors"])


async def place_of(session: AsyncSession, request: Request) -> tuple[str, str]:
    """Return the names of her village and of her group, "" where she has none."""
    row = (
        await session.execute(
            select(Village.name, Group.name)
            .select_from(Village)
            .outerjoin(Group, Group.id == request.group_id)
            .where(Village.id == request.village_id)
        )
    ).one()
    return row[0], row[1] or ""


async def home_of(session: AsyncSession, request: Request) -> dict[str, str]:
    """Return what whoever goes there needs to know, and nobody else."""
    village, group = await place_of(session, request)
    phone = await session.scalar(select(Person.phone).where(Person.id == request.elder_id))
    return {"village": village, "group": group, "phone": phone or ""}
