"""Evidence: what proves a visit, as the terms of its call ask for it.

Her 服务码, his own word that he is done, and where the kind of help leaves a trace (a receipt,
a clean room) a picture of that. Of what is missing he is asked; what stays missing, a person
of her side answers for.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage import pictures, requests, visits
from storage.categories import Evidence
from storage.pictures import NewPicture, Picture
from storage.requests import Request, State
from storage.visits import Visit, VisitState

STILL_GIVEN: tuple[Evidence, ...] = ("code", "picture")
"""What can be given after a visit has ended: nobody can say afterwards when he left."""
MOST_PICTURES = 5
"""Of one visit."""

_OPEN = (State.IN_SERVICE, State.AWAITING_CONFIRM)
_BEEN_THERE = (VisitState.ARRIVED, VisitState.DONE)


async def lacking(
    session: AsyncSession, request: Request, done: Sequence[Visit]
) -> tuple[Evidence, ...]:
    """Return what the terms ask for and the visits do not have.

    Code and 完成 are of everybody who had to come, a picture is of the call.
    """
    seen = await pictures.of_visits(session, [one.id for one in done])
    has: dict[Evidence, bool] = {
        "code": all(one.has_code for one in done),
        "checkout": all(one.has_checkout for one in done),
        "picture": bool(seen),
    }
    return tuple(one for one in request.agreed.evidence if not has[one])


async def lacking_of(
    session: AsyncSession, request: Request, done: Sequence[Visit], visit: Visit
) -> tuple[Evidence, ...]:
    """Return what one of those who were there can still give."""
    missing = await lacking(session, request, done)
    own = missing if not visit.has_code else [one for one in missing if one != "code"]
    return tuple(one for one in own if one in STILL_GIVEN)


async def is_complete(session: AsyncSession, request: Request, done: Sequence[Visit]) -> bool:
    """Tell whether everybody came who had to, and nothing is lacking."""
    return len(done) == request.people and not await lacking(session, request, done)


async def take_picture(session: AsyncSession, new: NewPicture) -> Request | None:
    """Keep a picture with the visit it can only be of: the call, or None where it is of none.

    He is there just now; or he has been, and the picture is what is still missing.
    """
    for visit in await _been_there(session, new.sent_by):
        request = await requests.hold(session, visit.request_id)
        if await _wants(session, request, visit):
            kept = await pictures.keep(session, replace(new, visit_id=visit.id))
            return request if kept else None
    return None


async def pictures_of(session: AsyncSession, request: int) -> list[Picture]:
    """Return the pictures of all visits of a call, the oldest first."""
    found = await session.scalars(
        select(Picture)
        .join(Visit, Visit.id == Picture.visit_id)
        .where(Visit.request_id == request)
        .order_by(Picture.id)
    )
    return list(found)


async def _been_there(session: AsyncSession, volunteer: str) -> list[Visit]:
    """Return the visits a picture may be of: where he is now, and then where he was last."""
    found = await session.scalars(
        select(Visit)
        .join(Request, Request.id == Visit.request_id)
        .where(
            Visit.volunteer_id == volunteer,
            Visit.state.in_(_BEEN_THERE),
            Request.state.in_(_OPEN),
        )
        .order_by(Visit.state == VisitState.DONE, Visit.id.desc())
    )
    return list(found)


async def _wants(session: AsyncSession, request: Request, visit: Visit) -> bool:
    if request.state not in _OPEN or "picture" not in request.agreed.evidence:
        return False
    been = await visits.of_request(session, request.id, _BEEN_THERE)
    seen = await pictures.of_visits(session, [one.id for one in been])
    if visit.state == VisitState.DONE:
        return not seen
    return seen.get(visit.id, 0) < MOST_PICTURES
