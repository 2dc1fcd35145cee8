"""Reply windows: how long, and how often, an account may still write to somebody.

A user's message opens 48 hours and 5 sends; a click, a follow or a scan opens a minute
and 3 (WeChat's rule; the numbers are in the configuration). Sends are counted in the
transaction that claims the letters, so a crash can only make us count too many.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import Executable, String, bindparam, case, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, fetch, run, run_many
from storage.rules import at_village, village_day

Address = tuple[str, str]

MESSAGE = "message"
EVENT = "event"
CARD = "card"
"""Not a window but a day's ration: how many template messages an address may still be sent."""


class ReplyWindow(Base):
    __tablename__ = "reply_windows"

    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    address: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    closes_at: Mapped[datetime]
    sends_left: Mapped[int]


def _open_anew(into: sqlite.Insert | postgresql.Insert) -> Executable:
    return into.on_conflict_do_update(
        index_elements=["channel", "address", "kind"],
        set_={"closes_at": into.excluded.closes_at, "sends_left": into.excluded.sends_left},
    )


def _use_card(into: sqlite.Insert | postgresql.Insert) -> Executable:
    """Take one from today's ration; where that of another day is left, begin a new one."""
    is_todays = ReplyWindow.closes_at == into.excluded.closes_at
    left = case((is_todays, ReplyWindow.sends_left), else_=into.excluded.sends_left + 1)
    return into.on_conflict_do_update(
        index_elements=["channel", "address", "kind"],
        set_={
            "closes_at": into.excluded.closes_at,
            "sends_left": case((left > 0, left - 1), else_=0),
        },
    )


_USE_CARD: Mapping[str, Executable] = {
    "sqlite": _use_card(sqlite.insert(ReplyWindow)),
    "postgresql": _use_card(postgresql.insert(ReplyWindow)),
}
_OPEN_ANEW: Mapping[str, Executable] = {
    "sqlite": _open_anew(sqlite.insert(ReplyWindow)),
    "postgresql": _open_anew(postgresql.insert(ReplyWindow)),
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A window that somebody opened by what she did."""

    channel: str
    address: str
    kind: str
    closes_at: datetime
    sends: int


async def open_windows(session: AsyncSession, opened: Collection[Opened]) -> None:
    """Open windows anew; of two for the same address and kind the later one stands."""
    newest = {(one.channel, one.address, one.kind): one for one in opened}
    rows = [
        {
            "channel": one.channel,
            "address": one.address,
            "kind": one.kind,
            "closes_at": one.closes_at,
            "sends_left": one.sends,
        }
        for _, one in sorted(newest.items())
    ]
    await run_many(session, _OPEN_ANEW[session.get_bind().dialect.name], rows)


@dataclass(slots=True)
class Left:
    """What an address may still be sent, while a batch of letters is planned."""

    kind: str
    sends: int
    closes_at: datetime


_LEFT = (
    select(
        ReplyWindow.channel,
        ReplyWindow.address,
        ReplyWindow.kind,
        ReplyWindow.sends_left,
        ReplyWindow.closes_at,
    )
    .where(
        ReplyWindow.channel == bindparam("of_channel"),
        ReplyWindow.address.in_(bindparam("names", expanding=True)),
        ReplyWindow.closes_at > bindparam("moment"),
        or_(ReplyWindow.sends_left > 0, ReplyWindow.kind == CARD),
    )
    .order_by(ReplyWindow.address, ReplyWindow.closes_at.desc())
    .with_for_update()
)


async def left(
    session: AsyncSession, addresses: Collection[Address], now: datetime
) -> tuple[dict[Address, list[Left]], dict[Address, int]]:
    """Lock and return the open windows of addresses, and what is left of their cards today.

    Of the windows the one that lasts longest comes first; whose cards are not counted yet has
    no number.
    """
    by_channel: dict[str, list[str]] = {}
    for channel, address in addresses:
        by_channel.setdefault(channel, []).append(address)
    found: dict[Address, list[Left]] = {}
    cards: dict[Address, int] = {}
    for channel, names in sorted(by_channel.items()):
        asked = {"of_channel": channel, "names": names, "moment": now}
        for _, address, kind, sends, closes_at in await fetch(session, _LEFT, asked):
            if kind == CARD:
                cards[channel, address] = sends
            else:
                found.setdefault((channel, address), []).append(Left(kind, sends, closes_at))
    return found, cards


_OF_ADDRESS = (
    ReplyWindow.channel == bindparam("of_channel"),
    ReplyWindow.address == bindparam("of_address"),
)
_OF_WINDOW = (*_OF_ADDRESS, ReplyWindow.kind == bindparam("of_kind"))
_COUNT = (
    update(ReplyWindow)
    .where(
        ReplyWindow.channel == bindparam("of_channel"),
        ReplyWindow.address.in_(bindparam("names", expanding=True)),
        ReplyWindow.kind == bindparam("of_kind"),
        ReplyWindow.sends_left >= bindparam("times"),
    )
    .values(sends_left=ReplyWindow.sends_left - bindparam("times"))
)
_GIVE_BACK = update(ReplyWindow).where(*_OF_WINDOW).values(sends_left=ReplyWindow.sends_left + 1)


async def count(session: AsyncSession, sent: Sequence[tuple[str, str, str]]) -> None:
    """Count one send for each (channel, address, kind), never more than `left` has told of."""
    alike: dict[tuple[str, str, int], list[str]] = {}
    for (channel, address, kind), times in Counter(sent).items():
        alike.setdefault((channel, kind, times), []).append(address)
    for (channel, kind, times), names in alike.items():
        counted = {"of_channel": channel, "of_kind": kind, "times": times, "names": names}
        await run(session, _COUNT, counted)


async def give_back(session: AsyncSession, refused: Sequence[tuple[str, str, str]]) -> None:
    """Give back a send for each (channel, address, kind) that was counted and not taken."""
    await run_many(session, _GIVE_BACK, _named(refused))


def _named(windows: Sequence[tuple[str, str, str]]) -> list[dict[str, str]]:
    return [
        {"of_channel": channel, "of_address": address, "of_kind": kind}
        for channel, address, kind in windows
    ]


async def count_cards(
    session: AsyncSession, sent: Sequence[Address], now: datetime, a_day: int
) -> None:
    """Count one card for each address; at midnight in the village the ration is whole again."""
    midnight = at_village(village_day(now) + timedelta(days=1), time.min)
    rows = [
        {
            "channel": channel,
            "address": address,
            "kind": CARD,
            "closes_at": midnight,
            "sends_left": max(a_day - 1, 0),
        }
        for channel, address in sorted(set(sent))
    ]
    await run_many(session, _USE_CARD[session.get_bind().dialect.name], rows)


_SHUT = update(ReplyWindow).where(*_OF_ADDRESS, ReplyWindow.kind != CARD).values(sends_left=0)


async def shut(session: AsyncSession, addresses: Collection[tuple[str, str]]) -> None:
    """Believe the platform when it says that a window is closed."""
    rows = [{"of_channel": channel, "of_address": address} for channel, address in addresses]
    await run_many(session, _SHUT, rows)
