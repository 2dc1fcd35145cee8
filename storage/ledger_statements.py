"""What the ledger says of one account, one month, one village: for those who ask to see it."""

import hmac
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    String,
    UniqueConstraint,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, Mapped, aliased, mapped_column

from storage import ledger
from storage.database import Base
from storage.ledger import ISSUER, POOL, Account, Kind, Transfer
from storage.ledger_members import Member
from storage.people import Identity, Person
from storage.policies import age_on
from storage.rules import village_day

PAGE = 2_000

BANDS = ((0, 59), (60, 69), (70, 79), (80, 200))
"""Ages by which the hours that a village owes are counted."""


class Certificate(Base):
    """A printed proof of service (志愿服务记录证明), with the code by which it is checked."""

    __tablename__ = "ledger_certificates"
    __table_args__ = (UniqueConstraint("account", "issued_day"),)

    number: Mapped[str] = mapped_column(String(20), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("ledger_accounts.id"))
    issued_day: Mapped[date]
    issued_at: Mapped[datetime]
    first_day: Mapped[date]
    last_day: Mapped[date]
    services: Mapped[int]
    service_minutes: Mapped[int] = mapped_column(BigInteger)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(8))


@dataclass(frozen=True, slots=True)
class Line:
    """A movement as one account sees it: minutes come (above 0) or go (below 0)."""

    at: datetime
    kind: str
    minutes: int
    other: str
    reverses: str | None


async def lines(session: AsyncSession, account: str, limit: int) -> list[Line]:
    """Return the newest movements of an account, the newest first."""
    rows = await session.scalars(
        select(Transfer).where(_of(account)).order_by(Transfer.seq.desc()).limit(limit)
    )
    return [_line(row, account) for row in rows]


def _of(account: str) -> ColumnElement[bool]:
    return or_(Transfer.debit == account, Transfer.credit == account)


def _line(row: Transfer, account: str) -> Line:
    comes = row.credit == account
    minutes = row.minutes if comes else -row.minutes
    return Line(row.at, row.kind, minutes, row.debit if comes else row.credit, row.reverses)


@dataclass(frozen=True, slots=True)
class Month:
    """What was earned and what was used between two instants, and what is there now.

    What comes back of a call, or is taken back of a payment, was never used, or earned.
    """

    came: int
    went: int
    balance: int

    @property
    def is_still(self) -> bool:
        """Whether in the end nothing was earned and nothing used."""
        return not (self.came or self.went)


async def months(
    session: AsyncSession, accounts: Collection[str], since: datetime, until: datetime
) -> dict[str, Month]:
    """Add up what moved between two instants; accounts where nothing did are left out."""
    came, returned = await _moved(session, Transfer.credit, accounts, since, until)
    went, undone = await _moved(session, Transfer.debit, accounts, since, until)
    rows = await session.execute(
        select(Account.id, Account.balance).where(
            Account.id.in_({*came, *returned, *went, *undone})
        )
    )
    return {
        row.id: _month(came[row.id] - undone[row.id], went[row.id] - returned[row.id], row.balance)
        for row in rows
    }


def _month(earned: int, used: int, balance: int) -> Month:
    """Say in whole amounts what may be less than nothing: last month's call came back today."""
    return Month(max(earned, 0) + max(-used, 0), max(used, 0) + max(-earned, 0), balance)


async def _moved(
    session: AsyncSession,
    side: InstrumentedAttribute[str],
    accounts: Collection[str],
    since: datetime,
    until: datetime,
) -> tuple[Counter[str], Counter[str]]:
    """Return what moved on one side of the accounts, and of it apart what undoes or gives back."""
    undoes = or_(Transfer.kind == Kind.RELEASE, Transfer.reverses.is_not(None))
    rows = await session.execute(
        select(side, undoes, func.sum(Transfer.minutes))
        .where(side.in_(accounts), Transfer.at >= since, Transfer.at < until)
        .group_by(side, undoes)
    )
    forth, back = Counter[str](), Counter[str]()
    for account, is_back, minutes in rows:
        (back if is_back else forth)[account] += int(minutes)
    return forth, back


async def claim_statements(
    session: AsyncSession, month_name: str, limit: int
) -> list[tuple[str, str]]:
    """Take members whose statement of this month is not written: (person, account) each."""
    rows = (
        await session.execute(
            select(Member.person_id, Member.account)
            .where(Member.stated_month < month_name)
            .order_by(Member.person_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()
    await session.execute(
        update(Member)
        .where(Member.person_id.in_([row.person_id for row in rows]))
        .values(stated_month=month_name)
    )
    return [(row.person_id, row.account) for row in rows]


async def claim_reminders(session: AsyncSession, year: int, limit: int) -> list[tuple[str, int]]:
    """Take members not yet reminded this year of what they have: (person, minutes) each.

    Only who has hours and a phone is chosen; the others wait until they have both.
    """
    rows = (
        await session.execute(
            select(Member.person_id, Account.balance)
            .join(Account, Account.id == Member.account)
            .where(Member.reminded_year < year, Account.balance >= 60)
            .where(
                select(Identity)
                .where(Identity.person_id == Member.person_id, Identity.reachable)
                .exists()
            )
            .order_by(Member.person_id)
            .limit(limit)
            .with_for_update(skip_locked=True, of=Member)
        )
    ).all()
    await session.execute(
        update(Member)
        .where(Member.person_id.in_([row.person_id for row in rows]))
        .values(reminded_year=year)
    )
    return [(row.person_id, row.balance) for row in rows]


async def issue_certificate(
    session: AsyncSession, account: str, now: datetime
) -> Certificate | None:
    """Write a proof of all service so far; None where there is none. Once a day, the same one.

    What counts are real minutes of service, also those that a cap did not credit.
    """
    day = village_day(now)
    given = await session.scalar(
        select(Certificate).where(Certificate.account == account, Certificate.issued_day == day)
    )
    if given is not None:
        return given
    services, minutes, first, last = await _services(session, account)
    if first is None or last is None:
        return None
    head = await ledger.chain_head(session)
    certificate = Certificate(
        number=f"{day:%Y%m%d}-{secrets.randbelow(10**8):08d}",
        account=account,
        issued_day=day,
        issued_at=now,
        first_day=first,
        last_day=last,
        services=services,
        service_minutes=minutes,
        seq=head.seq,
        hash=head.hash,
        code=f"{secrets.randbelow(10**8):08d}",
    )
    session.add(certificate)
    return certificate


async def _services(
    session: AsyncSession, account: str
) -> tuple[int, int, date | None, date | None]:
    undone = aliased(Transfer)
    row = await session.execute(
        select(
            func.count(),
            func.sum(Transfer.service_minutes),
            func.min(Transfer.day),
            func.max(Transfer.day),
        ).where(
            Transfer.on_behalf_of == account,
            Transfer.kind.in_(("settle", "overflow")),
            Transfer.service_minutes > 0,
            ~select(undone.seq).where(undone.reverses == Transfer.id).exists(),
        )
    )
    services, minutes, first, last = row.one()
    return services, int(minutes or 0), first, last


async def check_certificate(session: AsyncSession, number: str, code: str) -> Certificate | None:
    """Return the proof of this number where the code is its own; None otherwise."""
    found = await session.get(Certificate, number)
    if found is None or not hmac.compare_digest(found.code, code):
        return None
    return found


@dataclass(frozen=True, slots=True)
class Liability:
    """What a village owes: minutes by age band, and what stands against them.

    `members` counts accounts with minutes in them. `held` waits in open calls. `issued` is
    everything that was ever issued and is still somewhere.
    """

    by_band: Sequence[tuple[str, int, int]]
    members: int
    owed: int
    pool: int
    held: int
    issued: int


@dataclass(frozen=True, slots=True)
class Owed:
    """How many of a village have minutes, and how many minutes that is."""

    members: int = 0
    minutes: int = 0


async def owed_in(session: AsyncSession, villages: Collection[int]) -> dict[int, Owed]:
    """Return what each of these villages owes its people."""
    rows = await session.execute(
        select(Person.village_id, func.count(), func.sum(Account.balance))
        .join(Member, Member.person_id == Person.id)
        .join(Account, Account.id == Member.account)
        .where(Account.balance > 0, Person.village_id.in_(villages))
        .group_by(Person.village_id)
    )
    found = {village: Owed(members, int(minutes)) for village, members, minutes in rows}
    return {village: found.get(village, Owed()) for village in villages}


async def liability(session: AsyncSession, day: date, village: int | None = None) -> Liability:
    """Count what is owed to the members of a village, or to all; the pool is everybody's."""
    query = (
        select(Person.born, Account.balance)
        .join(Member, Member.person_id == Person.id)
        .join(Account, Account.id == Member.account)
        .where(Account.balance > 0)
    )
    if village is not None:
        query = query.where(Person.village_id == village)
    rows = [(row.born, row.balance) for row in await session.execute(query)]
    held = await session.scalar(select(func.sum(Account.balance)).where(Account.id.like("hold:%")))
    return Liability(
        by_band=_by_band(rows, day),
        members=len(rows),
        owed=sum(balance for _, balance in rows),
        pool=await ledger.balance(session, POOL),
        held=int(held or 0),
        issued=-await ledger.balance(session, ISSUER),
    )


def _by_band(rows: Sequence[tuple[str, int]], day: date) -> list[tuple[str, int, int]]:
    """Return (band, members, minutes); an unknown age has a band of its own."""
    bands = {f"{low}-{high}" if high < 200 else f"{low}+": (low, high) for low, high in BANDS}
    counted = {name: [0, 0] for name in (*bands, "?")}
    for born, balance in rows:
        age = age_on(born, day)
        name = next(
            (one for one, (low, high) in bands.items() if age is not None and low <= age <= high),
            "?",
        )
        counted[name][0] += 1
        counted[name][1] += balance
    return [(name, members, minutes) for name, (members, minutes) in counted.items()]


async def all_transfers(session: AsyncSession) -> AsyncIterator[Transfer]:
    """Return every transfer from the first, page by page."""
    last = 0
    while True:
        page = (
            await session.scalars(
                select(Transfer)
                .where(Transfer.seq > last)
                .order_by(Transfer.seq)
                .limit(PAGE)
                .execution_options(populate_existing=True)
            )
        ).all()
        for row in page:
            yield row
        if len(page) < PAGE:
            return
        last = page[-1].seq
        session.expunge_all()
