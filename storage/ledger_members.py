"""Whose account is whose: the one place that ties a person to the ledger, and where it is cut.

An account's name is random, so nothing in the ledger leads back to anybody once her row here
is gone: the balances, the sums and the chain stay as they were.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import (
    ForeignKey,
    String,
    UniqueConstraint,
    and_,
    case,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from storage.authority import Act, kin_of, may
from storage.database import Base, insert_new
from storage.departures import has_gone
from storage.ledger import Account, Head, Transfer, open_accounts, take_head
from storage.people import Caller, Person, Tie, is_of_family
from storage.policies import Gifts, Policy
from storage.villages import Group

NAMESAKES = 4
"""People of one name that are asked about at most; the others are told to say the whole name."""


class Member(Base):
    __tablename__ = "ledger_members"
    __table_args__ = (UniqueConstraint("account"),)

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("ledger_accounts.id"))
    stated_month: Mapped[str] = mapped_column(String(7), default="")
    """The month of the last statement that was written for her: 2026-11."""
    reminded_year: Mapped[int] = mapped_column(default=0)


async def account_of(session: AsyncSession, person_id: str, policy: Policy) -> str:
    """Return a person's account, and open it under the policy's caps where she has none."""
    known = await find_account(session, person_id)
    if known is not None:
        return known
    await take_head(session)  # all writers of the ledger wait in one place
    known = await find_account(session, person_id)
    if known is not None:
        return known
    account = f"m:{secrets.token_hex(10)}"
    await open_accounts(session, [account], policy.ceiling_minutes, policy.daily_cap_minutes)
    await insert_new(session, Member, (), [{"person_id": person_id, "account": account}])
    return account


async def find_account(session: AsyncSession, person_id: str) -> str | None:
    """Return a person's account; None where she has none yet."""
    return await session.scalar(select(Member.account).where(Member.person_id == person_id))


async def people_behind(session: AsyncSession, accounts: Collection[str]) -> dict[str, str]:
    """Return who is behind each account, as far as somebody still is."""
    rows = await session.execute(
        select(Member.account, Member.person_id).where(Member.account.in_(accounts))
    )
    return {row.account: row.person_id for row in rows}


async def parties_of(session: AsyncSession, transfer: str) -> set[str]:
    """Return whose matter a transfer is: all behind the accounts of its call, else its own."""
    call = select(Transfer.request).where(Transfer.id == transfer).scalar_subquery()
    rows = await session.execute(
        select(Transfer.debit, Transfer.credit).where(
            or_(Transfer.id == transfer, and_(Transfer.request != "", Transfer.request == call))
        )
    )
    accounts = {account for row in rows for account in row}
    return set((await people_behind(session, accounts)).values())


@dataclass(frozen=True, slots=True)
class Namesake:
    """Somebody who may be meant by a name; `group` tells two of them apart."""

    id: str
    name: str
    group: str


async def namesakes(
    session: AsyncSession, giver: Caller, name: str, gifts: Gifts
) -> list[Namesake]:
    """Return whom a giver may mean: by the whole name, else by the given name (二丫).

    Among her relatives as the village has confirmed them, or among everybody in the village.
    """
    act = Act.GIVE_KIN if gifts == "relatives" else Act.GIVE
    rows = await session.execute(
        select(Person.id, Person.name, Group.name)
        .outerjoin(Group, Group.id == Person.group_id)
        .where(
            may(giver, act),
            Person.id != giver.id,
            ~has_gone(Person.id),
            Person.name.endswith(name, autoescape=True),
        )
        .order_by(Person.id)
        .limit(20)
    )
    found = [Namesake(id_, full, group or "") for id_, full, group in rows]
    exact = [one for one in found if one.name == name]
    return (exact or [one for one in found if len(one.name) - len(name) <= 2])[:NAMESAKES]


async def is_relative(session: AsyncSession, person: str, other: str) -> bool:
    """Tell whether the village knows two people as family, whichever of them is the elder."""
    return bool(await session.scalar(select(Person.id).where(kin_of(person), Person.id == other)))


async def parents_of(session: AsyncSession, people: Collection[str]) -> dict[str, str]:
    """Return for each person one elder of her family, by id; who has none is left out."""
    rows = await session.execute(
        select(Tie.person_id, func.min(Tie.elder_id))
        .where(Tie.person_id.in_(people), is_of_family())
        .group_by(Tie.person_id)
    )
    return {row[0]: row[1] for row in rows}


async def team_account(session: AsyncSession, team: str) -> str:
    """Return the account of a team, named by an opaque id; it is opened where there is none."""
    account = f"team:{team}"
    await take_head(session)
    await open_accounts(session, [account])
    return account


async def adopt(session: AsyncSession, policy: Policy) -> bool:
    """Lay a policy's caps on every member's account; False where they are its caps already.

    Whoever has more than a new ceiling keeps it, and earns again when she is below.
    """
    changed = await session.execute(
        update(Head).where(Head.policy != policy.key).values(policy=policy.key).returning(Head.id)
    )
    if changed.first() is None:
        return False
    highest = policy.ceiling_minutes
    ceiling = (
        None
        if highest is None
        else case((Account.balance > highest, Account.balance), else_=highest)
    )
    await session.execute(
        update(Account)
        .where(Account.id.like("m:%"))
        .values(ceiling=ceiling, daily_cap=policy.daily_cap_minutes)
    )
    return True


async def forget(session: AsyncSession, person_id: str) -> None:
    """Cut the tie between a person and her account. What she still has goes before: see close."""
    await session.execute(delete(Member).where(Member.person_id == person_id))
