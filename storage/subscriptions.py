"""Subscriptions: how many notices of a form somebody has agreed to get.

One consent is one message (WeChat's rule for services that are not a government's or a
hospital's). Consents are used up in the transaction that claims the letters, so a crash can
only make us count too many.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    String,
    and_,
    bindparam,
    false,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, run_many

Address = tuple[str, str]
Notice = tuple[str, str, str]
"""The channel and the address of a person, and the form of the notices."""


class Subscription(Base):
    """What one person still agrees to, notice by notice of one form."""

    __tablename__ = "subscriptions"
    __table_args__ = (CheckConstraint("consents >= 0", name="consents"),)

    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    address: Mapped[str] = mapped_column(String(64), primary_key=True)
    form: Mapped[str] = mapped_column(String(16), primary_key=True)
    consents: Mapped[int]
    agreed_at: Mapped[datetime]


async def give(session: AsyncSession, notice: Notice, now: datetime) -> None:
    """Count one more consent. Who calls sees to it that each is heard once."""
    channel, address, form = notice
    dialect = session.get_bind().dialect.name
    into = sqlite.insert(Subscription) if dialect == "sqlite" else postgresql.insert(Subscription)
    row = {"channel": channel, "address": address, "form": form, "consents": 1, "agreed_at": now}
    await session.execute(
        into.values(row).on_conflict_do_update(
            index_elements=["channel", "address", "form"],
            set_={"consents": Subscription.consents + 1, "agreed_at": now},
        )
    )


async def left(
    session: AsyncSession, addresses: Collection[Address]
) -> dict[Address, dict[str, int]]:
    """Return and lock how many notices of each form each address still agrees to."""
    rows = await session.execute(
        select(Subscription.channel, Subscription.address, Subscription.form, Subscription.consents)
        .where(_among(addresses), Subscription.consents > 0)
        .order_by(Subscription.channel, Subscription.address, Subscription.form)
        .with_for_update()
    )
    found: dict[Address, dict[str, int]] = {}
    for channel, address, form, consents in rows:
        found.setdefault((channel, address), {})[form] = consents
    return found


def _among(addresses: Collection[Address]) -> ColumnElement[bool]:
    by_channel: dict[str, list[str]] = {}
    for channel, address in addresses:
        by_channel.setdefault(channel, []).append(address)
    return or_(
        false(),
        *(
            and_(Subscription.channel == channel, Subscription.address.in_(names))
            for channel, names in by_channel.items()
        ),
    )


_HERS = and_(
    Subscription.channel == bindparam("of_channel"),
    Subscription.address == bindparam("of_address"),
    Subscription.form == bindparam("of_form"),
    Subscription.consents > 0,
)
_USE_UP = update(Subscription).where(_HERS).values(consents=Subscription.consents - 1)
_REFUSE = update(Subscription).where(_HERS).values(consents=0)


async def count(session: AsyncSession, uses: Sequence[Notice]) -> None:
    """Use up one consent for each notice."""
    await run_many(session, _USE_UP, _rows(uses))


async def refused(session: AsyncSession, notices: Sequence[Notice]) -> None:
    """Believe the platform, or her, that no consent is left."""
    await run_many(session, _REFUSE, _rows(notices))


def _rows(notices: Sequence[Notice]) -> list[dict[str, str]]:
    return [
        {"of_channel": channel, "of_address": address, "of_form": form}
        for channel, address, form in notices
    ]
