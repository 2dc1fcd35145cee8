"""What can be done with minutes, each under an id that names its cause.

A `Book` is the ledger open in one transaction. Its verbs look at what was made before, so each
may be said twice; they raise a LedgerError, and change nothing, where the rules say no.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage import ledger
from storage.ledger import (
    ESTATE,
    ISSUER,
    POOL,
    REDEEM,
    Account,
    ClosedError,
    IllegalMoveError,
    Kind,
    LedgerError,
    Move,
    NotEnoughError,
    OtherContentError,
    Transfer,
    hold_of,
)
from storage.policies import Policy, age_on
from storage.rules import FRAIL, village_day

_NO_ROOM = "no-room"
"""Why released minutes went to the pool: the payer's account was full, or closed."""


class GateError(LedgerError):
    """She may not use hours yet: the policy has an age for it."""


class SecondPersonError(LedgerError):
    """An entry by hand of this size needs a second person."""


class UnknownTransferError(IllegalMoveError):
    """What should be undone was never made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spender:
    """An elder for whom a call is made, as far as the purse needs to know her."""

    account: str
    born: str = ""
    tier: int = 2
    is_poor: bool = False

    @property
    def is_frail(self) -> bool:
        return self.tier == FRAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One volunteer's finished visit. `slot` tells the volunteers of a request apart.

    `attempt` is 1, and one more after each reversal. `minutes` are real ones; `day` is the
    day on which they were given. `to` is the volunteer's account, or a team's. Where nobody was
    `served` they are paid all the same, and no certificate counts them.
    """

    request: str
    slot: int
    attempt: int
    to: str
    minutes: int
    day: date
    actor: str
    born: str = ""
    served: bool = True

    @property
    def truth(self) -> int:
        return self.minutes if self.served else 0


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a visit: real minutes, those credited, and those that went to the pool."""

    service: int
    credited: int
    overflow: int


@dataclass(frozen=True, slots=True)
class RequestSums:
    """The minutes of a request: held = paid + overflow + released + what is still there."""

    held: int
    paid: int
    overflow: int
    released: int
    left: int


@dataclass(frozen=True, slots=True)
class Book:
    """The ledger, open in one transaction, at one moment, under one policy."""

    session: AsyncSession
    now: datetime
    policy: Policy

    async def _post(self, *moves: Move, opens: str | None = None) -> list[str]:
        return await ledger.post(self.session, moves, self.now, self.policy.key, opens)

    async def grant(
        self, cause: str, to: str, minutes: int, *, actor: str, reason: str, second: str = ""
    ) -> None:
        """Issue new minutes by hand."""
        self._ask_for_second(minutes, second)
        await self._post(
            Move(
                id=f"grant:{cause}",
                kind=Kind.GRANT,
                debit=ISSUER,
                credit=to,
                minutes=minutes,
                actor=actor,
                second=second,
                reason=reason,
            )
        )

    def _ask_for_second(self, minutes: int, second: str) -> None:
        if minutes > self.policy.second_above_minutes and not second:
            raise SecondPersonError(
                f"{minutes} minutes by hand need a second person"
                f" above {self.policy.second_above_minutes}"
            )

    async def hold_for(
        self, request: str, elder: Spender, minutes: int, *, actor: str, attempt: int = 1
    ) -> None:
        """Keep the minutes of a call: hers, and the pool's where the policy lets it help.

        `attempt` is 2 and more for a top-up. The gates of the policy are asked here, when
        minutes are kept, and not again when they are paid.
        Raises GateError for the age, NotEnoughError where also the pool cannot help.
        """
        await ledger.take_head(self.session)
        if await self._held_before(request, attempt, elder.account, minutes):
            return
        in_need = self.policy.helps(frail=elder.is_frail, poor=elder.is_poor)
        if not self.policy.may_spend(age_on(elder.born, village_day(self.now)), in_need=in_need):
            raise GateError(f"{elder.account} may not spend yet")
        own = min(await ledger.balance(self.session, elder.account), minutes)
        if own < minutes and not in_need:
            raise NotEnoughError(elder.account, own, minutes)
        payers = [(elder.account, own), (POOL, minutes - own)]
        await self.hold(request, payers, actor=actor, on_behalf_of=elder.account, attempt=attempt)

    async def _held_before(self, request: str, attempt: int, elder: str, minutes: int) -> bool:
        """Tell whether this was kept before, whoever paid for it then."""
        ids = [_hold_id(request, attempt, part) for part in (1, 2)]
        before = (await ledger.made_with(self.session, ids)).values()
        if not before:
            return False
        same = sum(move.minutes for move in before) == minutes
        if not same or any(move.on_behalf_of != elder for move in before):
            raise OtherContentError(f"hold {request} {attempt} was made before otherwise")
        return True

    async def hold(
        self,
        request: str,
        payers: Sequence[tuple[str, int]],
        *,
        actor: str,
        on_behalf_of: str = "",
        attempt: int = 1,
    ) -> None:
        """Keep minutes of one or more payers for a request; a payer of 0 is passed over.

        The first payer's minutes are used first, the last one's come back first.
        """
        await ledger.take_head(self.session)
        await self._post(
            *(
                Move(
                    id=_hold_id(request, attempt, part),
                    kind=Kind.HOLD,
                    debit=payer,
                    credit=hold_of(request),
                    minutes=minutes,
                    request=request,
                    attempt=attempt,
                    actor=actor,
                    on_behalf_of=on_behalf_of or payer,
                )
                for part, (payer, minutes) in enumerate(payers, 1)
                if minutes
            ),
            opens=hold_of(request),
        )

    async def settle(self, service: Service) -> Settled:
        """Pay a volunteer out of the hold, up to her caps; what is above goes to the pool.

        Her certificate counts the real minutes all the same. Raises NotEnoughError where the
        hold is too small: top it up first. A volunteer too young to earn is paid nothing,
        and the pool has her minutes.
        """
        await ledger.take_head(self.session)
        before = await self._settled_before(service)
        if before is not None:
            return before
        pay = self.policy.rounded(service.minutes)
        credited = min(pay, await self._room(service))
        moves = [
            _settlement(service, Kind.SETTLE, service.to, credited),
            _settlement(service, Kind.OVERFLOW, POOL, pay - credited),
        ]
        moves = [move for move in moves if move.minutes]
        moves[0] = replace(moves[0], service_minutes=service.truth)
        await self._post(*moves)
        return Settled(service.truth, credited, pay - credited)

    async def _settled_before(self, service: Service) -> Settled | None:
        parts = _parts(service.request, service.slot, service.attempt)
        made = await ledger.made_with(self.session, parts)
        if not made:
            return None
        moves = list(made.values())
        known = {(move.on_behalf_of, move.day, move.actor) for move in moves}
        truth = sum(move.service_minutes for move in moves)
        if known != {(service.to, service.day, service.actor)} or truth != service.truth:
            raise OtherContentError(f"settle {service.request} was made before otherwise")
        paid = {move.kind: move.minutes for move in moves}
        return Settled(truth, paid.get(Kind.SETTLE, 0), paid.get(Kind.OVERFLOW, 0))

    async def _room(self, service: Service) -> int:
        """Return how many minutes the volunteer may still be credited with for that day."""
        if not self.policy.may_earn(age_on(service.born, service.day)):
            return 0
        row = (
            await self.session.execute(
                select(
                    Account.balance, Account.ceiling, Account.daily_cap, Account.is_closed
                ).where(Account.id == service.to)
            )
        ).first()
        if row is None or row.is_closed:
            raise ClosedError(f"{service.to} is not open")
        rooms = [service.minutes + self.policy.round_to_minutes]
        if row.ceiling is not None:
            rooms.append(row.ceiling - row.balance)
        caps = [row.daily_cap, self.policy.daily_cap_minutes]
        least = min((cap for cap in caps if cap is not None), default=None)
        if least is not None and ledger.is_member(service.to):
            rooms.append(least - await self._credited_on(service.to, service.day))
        return max(min(rooms), 0)

    async def _credited_on(self, account: str, day: date) -> int:
        undone = aliased(Transfer)
        found = await self.session.scalar(
            select(func.sum(Transfer.minutes)).where(
                Transfer.credit == account,
                Transfer.day == day,
                Transfer.kind == "settle",
                ~select(undone.seq).where(undone.reverses == Transfer.id).exists(),
            )
        )
        return int(found or 0)

    async def release(self, request: str, *, actor: str, attempt: int = 1) -> int:
        """Give back what a request has not used, and close its hold; returns how many minutes.

        What was kept last comes back first. Where somebody has meanwhile earned up to the
        ceiling, what no longer fits goes to the pool. `attempt` is one more after a reversal:
        an old attempt said again gives back nothing of what a reversal brought.
        """
        await ledger.take_head(self.session)
        before = await self._returned(request, attempt)
        if before:
            return before
        left = await ledger.balance(self.session, hold_of(request))
        for part, (payer, kept) in enumerate(await self._kept(request), 1):
            back = min(left, kept)
            left -= back
            if back:
                await self._give_back(request, payer, back, actor, attempt, part)
        await self._close_hold(request)
        return await self._returned(request, attempt)

    async def _kept(self, request: str) -> list[tuple[str, int]]:
        """Return who has how much in a hold that has not come back yet, the latest first."""
        account = hold_of(request)
        rows = await self.session.execute(
            select(Transfer.kind, Transfer.debit, Transfer.on_behalf_of, Transfer.minutes)
            .where(_touches(account), _kept_or_back())
            .order_by(Transfer.seq.desc())
        )
        kept: dict[str, int] = {}
        back: dict[str, int] = {}
        for kind, debit, on_behalf_of, minutes in rows:
            side, payer = (kept, debit) if kind == Kind.HOLD else (back, on_behalf_of)
            side[payer] = side.get(payer, 0) + minutes
        return [(payer, minutes - back.get(payer, 0)) for payer, minutes in kept.items()]

    async def _give_back(
        self, request: str, payer: str, minutes: int, actor: str, attempt: int, part: int
    ) -> None:
        row = await self.session.execute(
            select(Account.ceiling, Account.balance, Account.is_closed).where(Account.id == payer)
        )
        ceiling, balance, is_closed = row.one()
        fits = minutes if ceiling is None else min(minutes, max(ceiling - balance, 0))
        fits = 0 if is_closed else fits
        back = Move(
            id=f"release:{request}:{attempt}:{part}",
            kind=Kind.RELEASE,
            debit=hold_of(request),
            credit=payer,
            minutes=fits,
            request=request,
            attempt=attempt,
            actor=actor,
            on_behalf_of=payer,
        )
        rest = replace(
            back,
            id=f"overflow:{request}:{attempt}:back:{part}",
            kind=Kind.OVERFLOW,
            credit=POOL,
            minutes=minutes - fits,
            reason=_NO_ROOM,
        )
        await self._post(*(move for move in (back, rest) if move.minutes))

    async def _close_hold(self, request: str) -> None:
        await self.session.execute(
            update(Account)
            .where(Account.id == hold_of(request), Account.balance == 0)
            .values(is_closed=True)
        )

    async def _returned(self, request: str, attempt: int) -> int:
        found = await self.session.scalar(
            select(func.sum(Transfer.minutes)).where(
                Transfer.debit == hold_of(request),
                Transfer.attempt == attempt,
                _kept_or_back(),
            )
        )
        return int(found or 0)

    async def gift(self, cause: str, giver: str, to: str, minutes: int, *, actor: str = "") -> None:
        """Give minutes to another person. Who may be given to, the policy tells the caller."""
        await self._post(
            Move(
                id=f"gift:{cause}",
                kind=Kind.GIFT,
                debit=giver,
                credit=to,
                minutes=minutes,
                actor=actor or giver,
                on_behalf_of=giver,
            )
        )

    async def donate(
        self, cause: str, giver: str, minutes: int, *, to: str = POOL, actor: str = ""
    ) -> None:
        """Give minutes to the common pool, or to a team."""
        await self._post(
            Move(
                id=f"donate:{cause}",
                kind=Kind.DONATE,
                debit=giver,
                credit=to,
                minutes=minutes,
                actor=actor or giver,
                on_behalf_of=giver,
            )
        )

    async def redeem(
        self, cause: str, giver: str, minutes: int, *, actor: str, reason: str = ""
    ) -> None:
        """Hand in minutes for something that is no neighbour's visit, such as a place in a home."""
        await self._post(
            Move(
                id=f"redeem:{cause}",
                kind=Kind.REDEEM,
                debit=giver,
                credit=REDEEM,
                minutes=minutes,
                actor=actor,
                on_behalf_of=giver,
                reason=reason,
            )
        )

    async def unredeem(self, cause: str, *, actor: str, reason: str) -> None:
        """Take back what was handed in: the thing was not to be had after all."""
        made = await self._made(f"redeem:{cause}")
        await self._post(_mirror(made, f"unredeem:{cause}", Kind.UNREDEEM, actor, reason))

    async def reverse(self, transfer: str, *, actor: str, reason: str, second: str = "") -> None:
        """Undo a transfer by its mirror, which names it. Only once, and never a reversal.

        Raises NotEnoughError where the minutes have been used since: then somebody has to
        decide who pays, by `adjust`.
        """
        made = await self._made(transfer)
        if made.kind in (Kind.HOLD, Kind.RELEASE) or made.reason == _NO_ROOM:
            raise IllegalMoveError("a hold ends by settling and releasing it")
        await self._take_back([made], actor, reason, second)

    async def _take_back(self, made: Sequence[Move], actor: str, reason: str, second: str) -> None:
        """Post the mirrors of transfers, all or none; what was paid from a closed hold reopens."""
        self._ask_for_second(sum(move.minutes for move in made), second)
        mirrors = [
            replace(_mirror(one, f"correct:{one.id}", Kind.CORRECT, actor, reason), second=second)
            for one in made
        ]
        async with self.session.begin_nested():
            await self._reopen(made[0].debit)
            await self._post(*mirrors)

    async def reverse_settlement(
        self, request: str, slot: int, attempt: int, *, actor: str, reason: str, second: str = ""
    ) -> None:
        """Take a payment back into the hold; the next settlement is attempt + 1."""
        made = await ledger.made_with(self.session, _parts(request, slot, attempt))
        if not made:
            raise IllegalMoveError(f"nothing was settled for {request} {slot} {attempt}")
        parts = [made[transfer] for transfer in sorted(made)]
        await self._take_back(parts, actor, reason, second)

    async def undo(self, transfer: str, *, actor: str, reason: str, second: str = "") -> list[str]:
        """Undo whatever a transfer belongs to, and return the ids of the reversals.

        Of a payment that is both its parts, what was credited and what went to the pool: half
        a payment could not be made anew.
        """
        made = await self._made(transfer)
        if transfer not in _parts(made.request, made.slot, made.attempt):
            await self.reverse(transfer, actor=actor, reason=reason, second=second)
            return [f"{Kind.CORRECT}:{transfer}"]
        slot = (made.request, made.slot, made.attempt)
        await self.reverse_settlement(*slot, actor=actor, reason=reason, second=second)
        parts = await ledger.made_with(self.session, _parts(*slot))
        return [f"{Kind.CORRECT}:{part}" for part in sorted(parts)]

    async def _made(self, transfer: str) -> Move:
        made = (await ledger.made_with(self.session, [transfer])).get(transfer)
        if made is None:
            raise UnknownTransferError(f"there is no transfer {transfer}")
        if made.reverses is not None:
            raise IllegalMoveError("a reversal is not reversed: make a new attempt")
        return made

    async def _reopen(self, account: str) -> None:
        if not ledger.is_member(account):
            await self.session.execute(
                update(Account)
                .where(Account.id == account, Account.is_closed)
                .values(is_closed=False)
            )

    async def adjust(
        self,
        cause: str,
        debit: str,
        credit: str,
        minutes: int,
        *,
        actor: str,
        reason: str,
        second: str = "",
    ) -> None:
        """Move minutes by hand, where no reversal fits. `reason` is a code, such as 'typo'."""
        if not reason or any(account.startswith(hold_of("")) for account in (debit, credit)):
            raise IllegalMoveError("an entry by hand needs a reason, and touches no hold")
        self._ask_for_second(minutes, second)
        await self._post(
            Move(
                id=f"correct:hand:{cause}",
                kind=Kind.CORRECT,
                debit=debit,
                credit=credit,
                minutes=minutes,
                actor=actor,
                second=second,
                reason=reason,
            )
        )

    async def close(self, account: str, *, actor: str, reason: str) -> int:
        """End a member's account, or a team's; returns the minutes that it left.

        A person's minutes go to the estate, from which heirs are given; a team's to the pool.
        """
        await ledger.take_head(self.session)
        left = await ledger.balance(self.session, account)
        if left:
            to = ESTATE if ledger.is_member(account) else POOL
            await self._post(
                Move(
                    id=f"close:{account}",
                    kind=Kind.CLOSE,
                    debit=account,
                    credit=to,
                    minutes=left,
                    actor=actor,
                    on_behalf_of=account,
                    reason=reason,
                )
            )
        await self.session.execute(
            update(Account).where(Account.id == account).values(is_closed=True)
        )
        return left

    async def inherit(
        self, cause: str, heir: str, minutes: int, *, actor: str, second: str = ""
    ) -> None:
        """Give an heir minutes out of the estate."""
        self._ask_for_second(minutes, second)
        await self._post(
            Move(
                id=f"gift:estate:{cause}",
                kind=Kind.GIFT,
                debit=ESTATE,
                credit=heir,
                minutes=minutes,
                actor=actor,
                second=second,
                reason="inherited",
            )
        )

    async def sums(self, request: str) -> RequestSums:
        """Add up a request; reversed payments are not counted."""
        account = hold_of(request)
        undone = aliased(Transfer)
        counts = ~select(undone.seq).where(undone.reverses == Transfer.id).exists()
        rows = await self.session.execute(
            select(Transfer.kind, func.sum(Transfer.minutes))
            .where(_touches(account), counts, Transfer.kind != "correct")
            .group_by(Transfer.kind)
        )
        by_kind = {kind: int(minutes) for kind, minutes in rows}
        return RequestSums(
            held=by_kind.get("hold", 0),
            paid=by_kind.get("settle", 0),
            overflow=by_kind.get("overflow", 0),
            released=by_kind.get("release", 0),
            left=await ledger.balance(self.session, account),
        )


def _touches(account: str) -> ColumnElement[bool]:
    return (Transfer.debit == account) | (Transfer.credit == account)


def _kept_or_back() -> ColumnElement[bool]:
    return Transfer.kind.in_((Kind.HOLD, Kind.RELEASE)) | (Transfer.reason == _NO_ROOM)


def _hold_id(request: str, attempt: int, part: int) -> str:
    return f"hold:{request}:{attempt}:{part}"


def _parts(request: str, slot: int, attempt: int) -> list[str]:
    """Return the ids of a payment: what the volunteer got, and what went to the pool."""
    return [f"{kind}:{request}:{slot}:{attempt}" for kind in (Kind.SETTLE, Kind.OVERFLOW)]


def _settlement(service: Service, kind: Kind, to: str, minutes: int) -> Move:
    return Move(
        id=f"{kind}:{service.request}:{service.slot}:{service.attempt}",
        kind=kind,
        debit=hold_of(service.request),
        credit=to,
        minutes=minutes,
        day=service.day,
        request=service.request,
        slot=service.slot,
        attempt=service.attempt,
        actor=service.actor,
        on_behalf_of=service.to,
    )


def _mirror(made: Move, id_: str, kind: Kind, actor: str, reason: str) -> Move:
    return replace(
        made,
        id=id_,
        kind=kind,
        debit=made.credit,
        credit=made.debit,
        actor=actor,
        second="",
        reason=reason,
        reverses=made.id,
        service_minutes=0,
    )
