"""Plans by which ways a letter goes to a person, best first. It only reckons: nothing is read,
nothing is sent, and of every way it says why it is taken or not.

The order of the ways is the order in which they are given. A reply window is for whoever still
has sends in it, and the last of them are kept for alarms. A consent is good for one letter. What
is no alarm waits for the morning, for a better way that is only tired, and is not sent as a card
to who has had enough of them today or wants none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import NamedTuple

from schedules.transport import Way
from storage.letters import Urgency
from storage.rules import VILLAGE_TIME, LetterRules
from storage.windows import MESSAGE, Left

Address = tuple[str, str]


class Because(StrEnum):
    """Why a way is taken, or is not."""

    ALWAYS = "随时能用"
    WINDOW = "回复窗口开着"
    CONSENT = "有一次订阅"
    KNOCK = "窗口该是关了，警报还是试一试"
    SHUT = "回复窗口关着"
    KEPT = "剩下的次数留给警报"
    NO_CONSENT = "没有订阅"
    NO_FORM = "没有这种模板"
    ENOUGH = "今天的模板消息够多了"
    DECLINED = "退订了"
    RESTS = "这条路暂停"
    ONLY_ALARMS = "只送警报"


class Step(NamedTuple):
    """One way to one address. `window` or `consent` is what a send there uses up."""

    way: Way
    address: Address
    window: str = ""
    consent: str = ""


class Look(NamedTuple):
    """What was found of one way: until when it is so, and how many sends are left, if known."""

    way: str
    because: Because
    until: datetime | None = None
    left: int = 0


class Plan(NamedTuple):
    """The ways to try, in order. `back` is when a way that rests, or the morning, comes back:
    where there is nothing to try, the letter waits for it.
    """

    steps: list[Step]
    looks: list[Look]
    back: datetime | None = None


@dataclass(slots=True)
class Rest:
    """That a way rests until a moment; it comes back soon where it is only tired."""

    until: datetime
    is_short: bool = False


@dataclass(slots=True)
class Known:
    """What is known of addresses while letters are planned; what is used up is taken from it."""

    windows: Mapping[Address, Sequence[Left]] = field(default_factory=dict)
    consents: Mapping[Address, dict[str, int]] = field(default_factory=dict)
    cards: dict[Address, int] = field(default_factory=dict)
    """How many cards each address may still be sent today, where it is known."""
    declined: frozenset[Address] = frozenset()
    clocks: Mapping[Address, tzinfo] = field(default_factory=dict)
    """By which clock they sleep who do not live by the village's."""

    def clock_at(self, addresses: Sequence[Address]) -> tzinfo:
        own = (self.clocks[one] for one in addresses if one in self.clocks)
        return next(own, VILLAGE_TIME) if self.clocks else VILLAGE_TIME


def plan(
    urgency: int,
    form: str,
    addresses: Sequence[Address],
    known: Known,
    ways: Sequence[Way],
    resting: Mapping[str, Rest],
    now: datetime,
    rules: LetterRules,
) -> Plan:
    """Return the ways open to a letter of this urgency and form, and why, for each way.

    `addresses` are the recipient's, `resting` are the ways that rest. An alarm that has no other
    way knocks at a window that we believe shut: the platform knows better than our count, and
    asking costs nothing.
    """
    is_alarm = urgency == Urgency.ALARM
    morning = None if is_alarm else rules.quiet_ends(now, known.clock_at(addresses))
    if morning is not None:
        return Plan([], [], morning)
    steps: list[Step] = []
    knocks: list[Step] = []
    looks: list[Look] = []
    back: datetime | None = None
    for address in addresses:
        channel = address[0]
        for way in ways:
            if way.channel != channel:
                continue
            rest = resting.get(way.name)
            if rest is not None:
                looks.append(Look(way.name, Because.RESTS, rest.until))
                back = rest.until if back is None or rest.until < back else back
                if rest.is_short and not is_alarm and not steps:
                    return Plan([], looks, rest.until)
                continue
            look, step = _look(way, address, form, is_alarm, known, rules)
            looks.append(look)
            if step is not None:
                (knocks if look.because is Because.KNOCK else steps).append(step)
    steps += knocks
    return Plan(steps, looks, back)


def _look(
    way: Way, address: Address, form: str, is_alarm: bool, known: Known, rules: LetterRules
) -> tuple[Look, Step | None]:
    """Look at one way to one address that is awake."""
    if way.forms is not None and form not in way.forms:
        return Look(way.name, Because.NO_FORM), None
    if way.alarms_only and not is_alarm:
        return Look(way.name, Because.ONLY_ALARMS), None
    if way.needs_window:
        return _through_a_window(way, address, is_alarm, known, rules)
    if way.needs_consent:
        left = known.consents.get(address, {}).get(form, 0)
        if not left:
            return Look(way.name, Because.NO_CONSENT), None
        return Look(way.name, Because.CONSENT, left=left), Step(way, address, consent=form)
    if way.forms is not None and not is_alarm:
        return _as_a_card(way, address, known, rules)
    return Look(way.name, Because.ALWAYS), Step(way, address)


def _through_a_window(
    way: Way, address: Address, is_alarm: bool, known: Known, rules: LetterRules
) -> tuple[Look, Step | None]:
    because = Because.SHUT
    for window in known.windows.get(address, ()):
        kept = 0 if is_alarm or window.kind != MESSAGE else rules.kept_for_alarms
        if window.sends > kept:
            look = Look(way.name, Because.WINDOW, window.closes_at, window.sends)
            return look, Step(way, address, window.kind)
        because = Because.KEPT if window.sends else because
    if is_alarm:
        return Look(way.name, Because.KNOCK), Step(way, address)
    return Look(way.name, because), None


def _as_a_card(
    way: Way, address: Address, known: Known, rules: LetterRules
) -> tuple[Look, Step | None]:
    """Cards unasked for annoy, and the platform bans who sends too many (its rule 3.9.4)."""
    if address in known.declined:
        return Look(way.name, Because.DECLINED), None
    left = known.cards.get(address, rules.cards_a_day)
    if not left:
        return Look(way.name, Because.ENOUGH), None
    return Look(way.name, Because.ALWAYS, left=left), Step(way, address)


def use_up(step: Step, urgency: int, known: Known, rules: LetterRules) -> None:
    """Take from what is known what a send uses up, so that the next letter plans without it."""
    if step.window:
        for window in known.windows[step.address]:
            if window.kind == step.window:
                window.sends -= 1
    elif step.consent:
        known.consents[step.address][step.consent] -= 1
    elif is_card(step) and urgency != Urgency.ALARM:
        known.cards[step.address] = known.cards.get(step.address, rules.cards_a_day) - 1


def is_card(step: Step) -> bool:
    """Tell whether a step is a card that nobody agreed to beforehand."""
    return step.way.forms is not None and not step.way.needs_consent
