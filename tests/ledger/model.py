"""A plain model of the time bank: dictionaries, whole numbers, and the rules as one reads them."""

from collections import defaultdict
from dataclasses import dataclass, field

DAILY = 240


@dataclass
class Refused(Exception):  # noqa: N818 - in the model it is an outcome, not an error
    """The rules say no, and nothing has changed."""


@dataclass
class Call:
    """What a request has kept, by payer, and what became of it."""

    kept: list[tuple[str, int]] = field(default_factory=list)
    back: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    left: int = 0
    is_closed: bool = False


@dataclass(frozen=True)
class Paid:
    """What became of one volunteer's visit, and on which day it was."""

    to: str
    day: int
    credited: int
    overflow: int


Slot = tuple[str, int, int]
"""A payment: its request, slot and attempt."""


@dataclass
class PlainBank:
    """Minutes by name. `ceilings` holds the accounts that may not grow beyond a number."""

    ceilings: dict[str, int]
    minutes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    calls: dict[str, Call] = field(default_factory=dict)
    paid: dict[Slot, Paid] = field(default_factory=dict)
    undone: set[Slot] = field(default_factory=set)
    days: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    ended: set[str] = field(default_factory=set)

    def move(self, debit: str, credit: str, minutes: int) -> None:
        if debit == credit or {debit, credit} & self.ended:
            raise Refused
        if debit != "issuer" and self.minutes[debit] < minutes:
            raise Refused
        if minutes > self._room(credit):
            raise Refused
        self.minutes[debit] -= minutes
        self.minutes[credit] += minutes

    def _room(self, account: str) -> int:
        return self.ceilings.get(account, 10**12) - self.minutes[account]

    def hold(self, request: str, payers: list[tuple[str, int]]) -> None:
        call = self.calls.get(request, Call())
        if call.is_closed or any(payer in self.ended for payer, _ in payers):
            raise Refused
        if any(self.minutes[payer] < minutes for payer, minutes in payers):
            raise Refused
        self.calls[request] = call
        for payer, minutes in payers:
            self.minutes[payer] -= minutes
            call.kept.append((payer, minutes))
            call.left += minutes

    def settle(self, slot: Slot, to: str, day: int, service: int) -> None:
        call = self.calls.get(slot[0])
        pay = max((service + 7) // 15 * 15, 15)
        if call is None or call.is_closed or call.left < pay or to in self.ended:
            raise Refused
        cap = DAILY - self.days[to, day] if to.startswith("m:") else pay
        credited = max(min(pay, cap, self._room(to)), 0)
        call.left -= pay
        self.minutes[to] += credited
        self.minutes["pool"] += pay - credited
        self.days[to, day] += credited
        self.paid[slot] = Paid(to, day, credited, pay - credited)

    def unsettle(self, slot: Slot) -> None:
        paid = self.paid[slot]
        if paid.credited and paid.to in self.ended:
            raise Refused
        if self.minutes[paid.to] < paid.credited or self.minutes["pool"] < paid.overflow:
            raise Refused
        self.undone.add(slot)
        self.minutes[paid.to] -= paid.credited
        self.minutes["pool"] -= paid.overflow
        self.days[paid.to, paid.day] -= paid.credited
        call = self.calls[slot[0]]
        call.left += paid.credited + paid.overflow
        call.is_closed = False

    def release(self, request: str) -> None:
        call = self.calls[request]
        kept: dict[str, int] = {}
        for payer, minutes in reversed(call.kept):
            kept[payer] = kept.get(payer, 0) + minutes
        for payer, minutes in kept.items():
            self._give_back(call, payer, min(call.left, minutes - call.back[payer]))
        call.is_closed = True

    def _give_back(self, call: Call, payer: str, back: int) -> None:
        room = 0 if payer in self.ended else max(self._room(payer), 0)
        self.minutes[payer] += min(back, room)
        self.minutes["pool"] += back - min(back, room)
        call.back[payer] += back
        call.left -= back

    def close(self, account: str) -> None:
        """End an account; what it leaves goes to the estate, a team's to the pool."""
        if account in self.ended:
            raise Refused
        heir = "estate" if account.startswith("m:") else "pool"
        self.minutes[heir] += self.minutes.pop(account, 0)
        self.ended.add(account)

    def shown(self) -> dict[str, int]:
        """Return every balance that is not zero, as the ledger would name it."""
        found = {name: minutes for name, minutes in self.minutes.items() if minutes}
        return found | {f"hold:{name}": call.left for name, call in self.calls.items() if call.left}
