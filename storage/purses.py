"""The purse of a call: minutes are kept before anybody goes, paid when it was well, or given back.

An elder pays with her own hours, and the pool helps as the policy says. What she lacks the
village gives: up to `gift_minutes` a month, beyond that where a coordinator vouches for her, and
always where it is urgent. Minutes that the pool has not are issued into it, by name and to be
seen in the books.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage import ledger, ledger_members, requests
from storage.checkins import DAY, Plan
from storage.ledger import POOL, SYSTEM, ClosedError, NotEnoughError
from storage.ledger_moves import Book, GateError, Service, Spender
from storage.people import Person
from storage.policies import Policy, age_on
from storage.requests import Request
from storage.rules import FRAIL, Rules, at_village, village_day
from storage.visits import Visit

_BY_THE_MONTH = "monthly-gift"
_VOUCHED = "vouched"
_URGENT = "urgent"


class ShortError(Exception):
    """Nobody has promised the minutes of this call yet."""


@dataclass(frozen=True, slots=True)
class Purse:
    """The minutes of one call, in one transaction."""

    session: AsyncSession
    request: Request
    now: datetime
    rules: Rules

    @property
    def _policy(self) -> Policy:
        return self.rules.timebank.preset

    @property
    def _book(self) -> Book:
        return Book(self.session, self.now, self._policy)

    @property
    def needs(self) -> int:
        return self.request.most_minutes(self._policy, self.rules.dispatch.grace_minutes)

    async def is_short(self) -> bool:
        """Foresee whether `keep` would find too little, without moving anything."""
        if self.request.vouched_by is not None or self.request.is_urgent:
            return False
        elder = await self._spender()
        in_need = self._policy.helps(frail=elder.is_frail, poor=False)
        if not self._policy.may_spend(age_on(elder.born, village_day(self.now)), in_need=in_need):
            return True
        own = await ledger.balance(self.session, elder.account) if elder.account else 0
        pool = await ledger.balance(self.session, POOL) if in_need else 0
        return own + pool < self.needs and self.needs - own > await self._gift_left()

    async def keep(self) -> None:
        """Keep the minutes of the call, once for all its turns. Raises ShortError, FrozenError."""
        elder = await self._spender(opened=True)
        if self.request.vouched_by is not None:
            await self._let_the_pool_pay(elder, 0, _VOUCHED)
            return
        try:
            await self._book.hold_for(self.request.key, elder, self.needs, actor=elder.account)
        except (GateError, ClosedError):
            if not self.request.is_urgent:
                raise ShortError from None
            await self._let_the_pool_pay(elder, 0, _URGENT)
        except NotEnoughError:
            own = min(await ledger.balance(self.session, elder.account), self.needs)
            by_the_month = self.needs - own <= await self._gift_left()
            if not (by_the_month or self.request.is_urgent):
                raise ShortError from None
            await self._let_the_pool_pay(elder, own, _BY_THE_MONTH if by_the_month else _URGENT)

    async def _let_the_pool_pay(self, elder: Spender, own: int, reason: str) -> None:
        if await self._is_kept():
            return
        actor = await self._voucher()
        rest = self.needs - own
        lacking = rest - await ledger.balance(self.session, POOL)
        if lacking > 0:
            await self._issue(lacking, actor, reason)
        await self._book.hold(
            self.request.key,
            [(elder.account, own), (POOL, rest)],
            actor=actor,
            on_behalf_of=elder.account,
        )
        self.request.pool_minutes = rest
        await self.session.flush()

    async def _issue(self, minutes: int, actor: str, reason: str) -> None:
        step = self._policy.second_above_minutes
        for part, start in enumerate(range(0, minutes, step), 1):
            await self._book.grant(
                f"{self.request.key}:{part}",
                POOL,
                min(step, minutes - start),
                actor=actor,
                reason=reason,
            )

    async def _is_kept(self) -> bool:
        await ledger.take_head(self.session)
        return await ledger.balance(self.session, ledger.hold_of(self.request.key)) > 0

    async def _voucher(self) -> str:
        if self.request.vouched_by is None:
            return SYSTEM
        return await ledger_members.account_of(self.session, self.request.vouched_by, self._policy)

    async def _gift_left(self) -> int:
        month = at_village(village_day(self.now).replace(day=1), datetime.min.time())
        given = await requests.given_by_pool(self.session, self.request.elder_id, month)
        return self.rules.dispatch.gift_minutes - given

    async def _spender(self, *, opened: bool = False) -> Spender:
        elder = self.request.elder_id
        row = (
            await self.session.execute(
                select(Person.born, Plan.tier)
                .outerjoin(Plan, (Plan.elder_id == Person.id) & (Plan.slot == DAY))
                .where(Person.id == elder)
            )
        ).one()
        account = (
            await ledger_members.account_of(self.session, elder, self._policy)
            if opened
            else await ledger_members.find_account(self.session, elder) or ""
        )
        return Spender(account=account, born=row.born, tier=row.tier or FRAIL + 1)

    async def pay(
        self, visit: Visit, minutes: int, confirmed_by: str | None, *, served: bool = True
    ) -> int:
        """Pay one visit out of what was kept; returns the minutes that were credited."""
        to = await ledger_members.account_of(self.session, visit.volunteer_id, self._policy)
        actor = (
            await ledger_members.account_of(self.session, confirmed_by, self._policy)
            if confirmed_by
            else SYSTEM
        )
        born = await self.session.scalar(select(Person.born).where(Person.id == visit.volunteer_id))
        paid = await self._book.settle(
            Service(
                request=self.request.key,
                slot=visit.slot,
                attempt=1,
                to=to,
                minutes=minutes,
                day=village_day(visit.starts_at),
                actor=actor,
                born=born or "",
                served=served,
            )
        )
        return paid.credited

    async def give_back(self, by: str | None) -> None:
        """Give back what is left, and close the hold. Where nothing was kept, nothing moves."""
        if not await self._is_kept():
            return
        actor = await ledger_members.account_of(self.session, by, self._policy) if by else SYSTEM
        await self._book.release(self.request.key, actor=actor)
