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


@dataclass
class PlainBank:
    """Minutes by name. `ceilings` holds the accounts that may not grow beyond a number."""

    ceilings: dict[str, int]
    minutes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    calls: dict[str, Call] = field(default_factory=dict)
    paid: dict[tuple[str, int, int], tuple[str, int, int]] = field(default_factory=dict)
    undone: set[tuple[str, int, int]] = field(default_factory=set)
    today: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def move(self, debit: str, credit: str, minutes: int) -> None:
        if debit != "issuer" and self.minutes[debit] < minutes:
            raise Refused
        if self.minutes[credit] + minutes > self.ceilings.get(credit, 10**12):
            raise Refused
        self.minutes[debit] -= minutes
        self.minutes[credit] += minutes

    def hold(self, request: str, payer: str, minutes: int) -> None:
        call = self.calls.get(request, Call())
        if call.is_closed or self.minutes[payer] < minutes:
            raise Refused
        self.calls[request] = call
        self.minutes[payer] -= minutes
        call.kept.append((payer, minutes))
        call.left += minutes

    def settle(self, request: str, slot: int, attempt: int, to: str, service: int) -> None:
        call = self.calls.get(request)
        pay = max((service + 7) // 15 * 15, 15)
        if call is None or call.is_closed or call.left < pay:
            raise Refused
        room = min(DAILY - self.today[to], self.ceilings.get(to, 10**12) - self.minutes[to])
        credited = max(min(pay, room), 0)
        call.left -= pay
        self.minutes[to] += credited
        self.minutes["pool"] += pay - credited
        self.today[to] += credited
        self.paid[request, slot, attempt] = (to, credited, pay - credited)

    def unsettle(self, request: str, slot: int, attempt: int) -> None:
        key = (request, slot, attempt)
        to, credited, overflow = self.paid[key]
        if key in self.undone or self.minutes[to] < credited or self.minutes["pool"] < overflow:
            raise Refused
        self.undone.add(key)
        self.minutes[to] -= credited
        self.minutes["pool"] -= overflow
        self.today[to] -= credited
        call = self.calls[request]
        call.left += credited + overflow
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
        room = max(self.ceilings.get(payer, 10**12) - self.minutes[payer], 0)
        self.minutes[payer] += min(back, room)
        self.minutes["pool"] += back - min(back, room)
        call.back[payer] += back
        call.left -= back

    def shown(self) -> dict[str, int]:
        """Return every balance that is not zero, as the ledger would name it."""
        found = {name: minutes for name, minutes in self.minutes.items() if minutes}
        return found | {f"hold:{name}": call.left for name, call in self.calls.items() if call.left}
