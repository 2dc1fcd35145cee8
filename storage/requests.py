"""Calls for help: an elder wants something done, and a neighbour comes.

draft → review → open → assigned → in_service → awaiting_confirm → settled, and disputed, void,
cancelled, unfilled. `next_at` is the moment something happens to it by itself. Whatever moves
a call holds its row, and moves it by a guarded update: what is not on the way changes nothing.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage import authority, people
from storage.authority import Act
from storage.categories import Terms, terms_of
from storage.database import Base, BigId, insert_new
from storage.letters import Letter
from storage.offers import Offer
from storage.people import Caller, Person, Role, Tie
from storage.policies import Policy
from storage.sealing import Sealed
from storage.visits import LIVE, Visit


class State(StrEnum):
    DRAFT = "draft"  # something is missing, and she was asked
    REVIEW = "review"  # somebody has to look at it first
    OPEN = "open"
    ASSIGNED = "assigned"
    IN_SERVICE = "in_service"
    AWAITING_CONFIRM = "awaiting_confirm"
    SETTLED = "settled"
    DISPUTED = "disputed"
    VOID = "void"
    CANCELLED = "cancelled"
    UNFILLED = "unfilled"


ENDED = frozenset({State.SETTLED, State.VOID, State.CANCELLED, State.UNFILLED})
BEFORE_SERVICE = frozenset({State.DRAFT, State.REVIEW, State.OPEN, State.ASSIGNED})


class Step(StrEnum):
    """What can be done to a call."""

    COMPLETE = "complete"
    SUBMIT = "submit"
    APPROVE = "approve"
    REFUSE = "refuse"
    SEND_BACK = "send_back"
    ASSIGN = "assign"
    REOPEN = "reopen"
    ARRIVE = "arrive"
    FINISH = "finish"
    CONFIRM = "confirm"
    DISPUTE = "dispute"
    PAY = "pay"
    REFUND = "refund"
    CANCEL = "cancel"
    GIVE_UP = "give_up"
    DROP = "drop"


WAY: Mapping[Step, tuple[frozenset[State], State]] = {
    Step.COMPLETE: (frozenset({State.DRAFT}), State.OPEN),
    Step.SUBMIT: (frozenset({State.DRAFT, State.OPEN}), State.REVIEW),
    Step.APPROVE: (frozenset({State.REVIEW}), State.OPEN),
    Step.REFUSE: (frozenset({State.REVIEW}), State.VOID),
    Step.SEND_BACK: (frozenset({State.OPEN}), State.REVIEW),
    Step.ASSIGN: (frozenset({State.OPEN, State.UNFILLED}), State.ASSIGNED),
    Step.REOPEN: (frozenset({State.ASSIGNED}), State.OPEN),
    Step.ARRIVE: (frozenset({State.ASSIGNED}), State.IN_SERVICE),
    Step.FINISH: (frozenset({State.IN_SERVICE}), State.AWAITING_CONFIRM),
    Step.CONFIRM: (frozenset({State.AWAITING_CONFIRM}), State.SETTLED),
    Step.DISPUTE: (frozenset({State.AWAITING_CONFIRM}), State.DISPUTED),
    Step.PAY: (frozenset({State.DISPUTED}), State.SETTLED),
    Step.REFUND: (frozenset({State.DISPUTED}), State.VOID),
    Step.CANCEL: (BEFORE_SERVICE, State.CANCELLED),
    Step.GIVE_UP: (frozenset({State.REVIEW, State.OPEN}), State.UNFILLED),
    Step.DROP: (frozenset({State.DRAFT}), State.VOID),
}
"""From where each step is legal, and where it leads. There is no other way."""

FIRST_NUMBER, LAST_NUMBER = 1001, 9999
_STATES = ", ".join(f"'{state}'" for state in State)
_LIVE = text("ended_at IS NULL")
_DUE = text("next_at IS NOT NULL")


class Request(Base):
    """A call. `turn` counts how often it was opened; `ring` and `told` how far it has come."""

    __tablename__ = "requests"
    __table_args__ = (
        UniqueConstraint("cause"),
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("minutes > 0 AND people > 0", name="size"),
        CheckConstraint("flowers BETWEEN 1 AND 5", name="flowers"),
        CheckConstraint(
            "state IN ('draft', 'void', 'cancelled') OR starts_at IS NOT NULL", name="has_an_hour"
        ),
        Index(
            "uq_requests_number",
            "village_id",
            "number",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index("ix_requests_due", "next_at", sqlite_where=_DUE, postgresql_where=_DUE),
        Index(None, "number"),
        Index(None, "elder_id", "said_at"),
        Index(None, "village_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    cause: Mapped[str] = mapped_column(String(240))
    """Why it was made, as a natural key: the same message makes one call."""
    number: Mapped[int]
    """Its name in the village: 接单 1234."""
    village_id: Mapped[int] = mapped_column(ForeignKey("villages.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("groups.id"))
    elder_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    category: Mapped[str] = mapped_column(String(4), default="")
    state: Mapped[str] = mapped_column(String(16))
    terms: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    starts_at: Mapped[datetime | None]
    minutes: Mapped[int]
    people: Mapped[int] = mapped_column(default=1)
    is_urgent: Mapped[bool] = mapped_column(default=False)
    said_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    said_at: Mapped[datetime]
    code: Mapped[str] = mapped_column(String(4))
    """The 服务码 that she tells whoever comes."""
    turn: Mapped[int] = mapped_column(default=1)
    ring: Mapped[int] = mapped_column(default=0)
    told: Mapped[int] = mapped_column(default=0)
    """Who has heard that nobody takes it, or has been asked to look: 1 leader, 2 coordinator."""
    decide_at: Mapped[datetime | None]
    """When the answers collected so far are looked at; none where the first one wins."""
    next_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(String(8), default="")
    """Why it waits for review: 'risk' or 'purse'."""
    vouched_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    """Who said that the pool pays."""
    pool_minutes: Mapped[int] = mapped_column(default=0)
    """What the pool has in its hold."""
    finished_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    confirmed_at: Mapped[datetime | None]
    flowers: Mapped[int | None]
    disputed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    verdict: Mapped[str] = mapped_column(String(6), default="")
    verdict_minutes: Mapped[int | None]
    verdict_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    verdict_reason: Mapped[str] = mapped_column(Sealed, default="")
    appealed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    ended_at: Mapped[datetime | None]

    @property
    def key(self) -> str:
        """How the ledger names it."""
        return f"r{self.id}"

    @property
    def agreed(self) -> Terms:
        if self.terms is None:
            raise LookupError("a draft has no terms yet")
        return terms_of(self.terms)

    @property
    def begins(self) -> datetime:
        if self.starts_at is None:
            raise LookupError("a draft has no hour yet")
        return self.starts_at

    @property
    def ends(self) -> datetime:
        return self.begins + timedelta(minutes=self.minutes)

    def most_minutes(self, policy: Policy, grace: int) -> int:
        """Return what the visits can cost at most: so much is kept before anybody goes."""
        return policy.rounded(self.minutes + grace) * self.people


class CallCounter(Base):
    """How far a village has counted its calls: 1001 to 9999, and then again."""

    __tablename__ = "call_counters"

    village_id: Mapped[int] = mapped_column(ForeignKey("villages.id"), primary_key=True)
    last_number: Mapped[int] = mapped_column(default=FIRST_NUMBER - 1)


async def move(
    session: AsyncSession, request: Request, step: Step, now: datetime, **values: Any
) -> bool:
    """Take a step; False, and nothing changed, where the call is not where it is legal."""
    before, after = WAY[step]
    values |= {"state": after, "ended_at": now if after in ENDED else None}
    if after in ENDED:
        values["next_at"] = None
    moved = await session.execute(
        update(Request)
        .where(Request.id == request.id, Request.state.in_(before))
        .values(**values)
        .returning(Request.id)
    )
    if moved.first() is None:
        return False
    await session.refresh(request)
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """A call as somebody says it; `cause` is the natural key of his saying it."""

    cause: str
    elder_id: str
    village_id: int
    group_id: int | None
    category: str
    said_by: str
    terms: Terms | None
    starts_at: datetime | None
    minutes: int
    is_urgent: bool = False


async def put(session: AsyncSession, new: NewRequest, now: datetime) -> Request:
    """Write a draft, or find the one that this cause has made before."""
    known = await session.scalar(select(Request).where(Request.cause == new.cause))
    if known is not None:
        return known
    row = {
        "cause": new.cause,
        "number": await _take_number(session, new.village_id),
        "village_id": new.village_id,
        "group_id": new.group_id,
        "elder_id": new.elder_id,
        "category": new.category,
        "state": State.DRAFT,
        "terms": new.terms.as_row() if new.terms else None,
        "starts_at": new.starts_at,
        "minutes": new.minutes,
        "people": new.terms.people if new.terms else 1,
        "is_urgent": new.is_urgent,
        "said_by": new.said_by,
        "said_at": now,
        "code": f"{secrets.randbelow(9_000) + 1_000}",
        "next_at": None,
    }
    await insert_new(session, Request, [], [row])
    return (await session.scalars(select(Request).where(Request.cause == new.cause))).one()


async def _take_number(session: AsyncSession, village: int) -> int:
    """Give the next number of the village that no call under way has."""
    await insert_new(session, CallCounter, [], [{"village_id": village}])
    while True:
        number = await session.scalar(
            update(CallCounter)
            .where(CallCounter.village_id == village)
            .values(
                last_number=case(
                    (CallCounter.last_number >= LAST_NUMBER, FIRST_NUMBER),
                    else_=CallCounter.last_number + 1,
                )
            )
            .returning(CallCounter.last_number)
        )
        taken = await session.scalar(
            select(Request.id).where(
                Request.village_id == village, Request.number == number, Request.ended_at.is_(None)
            )
        )
        if taken is None:
            return number or FIRST_NUMBER


async def hold(session: AsyncSession, request_id: int) -> Request:
    """Take the row of a call, as it is now, until the end of the transaction."""
    return (
        await session.scalars(
            select(Request)
            .where(Request.id == request_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).one()


async def find(session: AsyncSession, caller: Caller, number: int) -> Request | None:
    """Return the call of this number that the caller may speak of, and take its row.

    A call under way goes before one that has ended. Whoever may not know of it gets None, the
    same as where there is none.
    """
    found = await session.scalar(
        select(Request.id)
        .where(Request.number == number, concerns(caller))
        .order_by(*_asked_first(caller), Request.ended_at.is_(None).desc(), Request.id.desc())
        .limit(1)
    )
    return await hold(session, found) if found is not None else None


def _asked_first(caller: Caller) -> list[ColumnElement[bool]]:
    """A supervisor has many villages, and each its own call 1001: he means what he was asked."""
    if not caller.is_a(Role.SUPERVISOR):
        return []
    asked = exists().where(
        Letter.recipient_id == caller.id,
        Letter.number == Request.number,
        Letter.about_id == Request.elder_id,
        Letter.sent_at.is_not(None),  # the index of what he got
    )
    return [asked.desc()]


def concerns(caller: Caller) -> ColumnElement[bool]:
    """Return which calls somebody may speak of."""
    mine = [
        Request.elder_id == caller.id,
        Request.said_by == caller.id,
        exists().where(Person.id == Request.elder_id, authority.may(caller, Act.LOOK)),
        exists().where(Offer.request_id == Request.id, Offer.volunteer_id == caller.id),
        exists().where(Visit.request_id == Request.id, Visit.volunteer_id == caller.id),
    ]
    if caller.is_a(Role.VOLUNTEER):
        mine.append(Request.village_id == caller.village_id)
    if caller.is_a(Role.SUPERVISOR):
        mine.append(Request.state.in_((State.DISPUTED, State.REVIEW)))
    return or_(*mine)


async def answers_for(session: AsyncSession, caller: Caller, request: Request) -> bool:
    """Tell whether somebody may speak for the elder in this call: her side, and who asked."""
    return caller.id == request.said_by or await stands_by_her(session, caller, request)


async def stands_by_her(session: AsyncSession, caller: Caller, request: Request) -> bool:
    """Tell whether somebody is she herself, of her family, or her leader or coordinator."""
    if caller.id == request.elder_id:
        return True
    return leads(caller, request) or await people.is_family(session, caller.id, request.elder_id)


def leads(caller: Caller, request: Request) -> bool:
    return caller.leads(request.group_id) or coordinates(caller, request)


def coordinates(caller: Caller, request: Request) -> bool:
    return caller.coordinates(request.village_id)


async def alike(
    session: AsyncSession, elder: str, category: str, starts_at: datetime | None
) -> Request | None:
    """Return her call under way for the same thing: on the same day, where she says a day."""
    when = (
        [Request.starts_at.between(starts_at - _HALF_A_DAY, starts_at + _HALF_A_DAY)]
        if starts_at
        else []
    )
    return await session.scalar(
        select(Request)
        .where(
            Request.elder_id == elder,
            Request.category == category,
            Request.state.in_((State.REVIEW, State.OPEN, State.ASSIGNED)),
            *when,
        )
        .order_by(Request.starts_at)
        .limit(1)
    )


_HALF_A_DAY = timedelta(hours=12)


async def claim_due(session: AsyncSession, now: datetime, limit: int) -> list[Request]:
    """Lock and return the calls to which something happens now, the longest due first."""
    found = await session.scalars(
        select(Request)
        .where(Request.next_at <= now)
        .order_by(Request.next_at, Request.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return list(found)


async def put_off(session: AsyncSession, request_id: int, until: datetime) -> None:
    """Let a call under way rest until a moment."""
    await session.execute(
        update(Request)
        .where(Request.id == request_id, Request.ended_at.is_(None))
        .values(next_at=until)
    )


async def wake(session: AsyncSession, ids: Collection[int], now: datetime) -> None:
    """Let something happen now to calls that look for somebody."""
    await session.execute(
        update(Request)
        .where(Request.id.in_(ids), Request.state == State.OPEN)
        .values(next_at=now)
        .execution_options(synchronize_session=False)
    )


async def latest(
    session: AsyncSession, elder_or_kin: str, states: Collection[State], since: datetime
) -> list[Request]:
    """Return the calls of an elder, or of those somebody is family to, that stand so."""
    kin = select(Tie.elder_id).where(Tie.person_id == elder_or_kin, authority.is_seen_by_family())
    found = await session.scalars(
        select(Request)
        .where(
            or_(Request.elder_id == elder_or_kin, Request.elder_id.in_(kin)),
            Request.state.in_(states),
            Request.said_at >= since,
        )
        .order_by(Request.id.desc())
    )
    return list(found)


async def visited_by(session: AsyncSession, volunteer: str) -> list[Request]:
    """Return the calls to which somebody goes, the next first."""
    found = await session.scalars(
        select(Request)
        .join(Visit, Visit.request_id == Request.id)
        .where(Visit.volunteer_id == volunteer, Visit.state.in_(LIVE))
        .order_by(Visit.starts_at)
    )
    return list(found)


_REMEMBERED = timedelta(days=14)


def since(now: datetime) -> datetime:
    """Return from when on calls are meant where somebody speaks of one without its number."""
    return now - _REMEMBERED


async def open_in(session: AsyncSession, caller: Caller, limit: int) -> list[tuple[Request, str]]:
    """Return the calls that wait for somebody, in a leader's group or a coordinator's village."""
    rows = await session.execute(
        select(Request, Person.name)
        .join(Person, Person.id == Request.elder_id)
        .where(
            authority.may(caller, Act.ARRANGE),
            Request.state.in_((State.REVIEW, State.OPEN, State.DISPUTED)),
        )
        .order_by(Request.starts_at, Request.id)
        .limit(limit)
    )
    return [(request, name) for request, name in rows]


async def given_by_pool(session: AsyncSession, elder: str, since: datetime) -> int:
    """Return what the pool has paid and keeps for an elder without being asked, since a day."""
    found = await session.scalar(
        select(func.sum(Request.pool_minutes)).where(
            and_(
                Request.elder_id == elder,
                Request.said_at >= since,
                Request.vouched_by.is_(None),
                Request.state.not_in((State.CANCELLED, State.VOID, State.UNFILLED)),
            )
        )
    )
    return int(found or 0)
