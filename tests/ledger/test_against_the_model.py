"""Whatever is done in whatever order, the ledger and a plain model of it agree.

A state machine of hypothesis: three books of 100 lives of 60 steps on SQLite, and a thin one
on PostgreSQL; SHOUWANG_SOAK=1 tells all of them on both. Each step is one transaction, in which
the balances are read and compared with the model's; of what was done a third is said once
more, and changes nothing. What was told is counted, so that a machine which mostly hears
refusals, or ends early, fails.
"""

import asyncio
import os
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, text

from storage.database import Database, Here
from storage.ledger import Account, LedgerError, OtherContentError
from storage.ledger_moves import Book
from storage.schema import metadata
from tests.ledger.bank import COORDINATOR, DAY, Bank, visit
from tests.ledger.model import PlainBank, Refused, Slot

LIVES, THIN, STEPS = 100, 25, 60
BOOKS = [("sqlite", 1, LIVES), ("postgresql", 1, THIN)]
if os.environ.get("SHOUWANG_SOAK"):
    BOOKS = [(kind, book, LIVES) for kind in ("sqlite", "postgresql") for book in (1, 2, 3)]
MOSTLY = 0.7
"""How much of what is asked must be done, so that refusals do not make up the story."""

PEOPLE = ("m:a", "m:b", "m:c", "m:d")
TEAM = "team:t"
CEILINGS = {"m:c": 300}
BEGIN_WITH = (300, 120, 45, 240)

people = st.sampled_from(PEOPLE)
earners = st.sampled_from((*PEOPLE, TEAM))
amounts = st.integers(1, 20).map(lambda quarters: quarters * 15)
others = st.integers(1, len(PEOPLE) - 1)
small = st.integers(1, 4).map(lambda quarters: quarters * 15)
picks = st.integers(0, 99)
bold = st.integers(0, 9).map(lambda ten: ten == 9)
"""One in ten asks for what may not be there; the others for what is."""

Do = Callable[[Book], Awaitable[Any]]


class Lives(RuleBasedStateMachine):
    """One life of a bank, told to the model and to the ledger."""

    new: Callable[[], Database]
    runner: asyncio.Runner
    told: Counter[str]

    @initialize()
    def open(self) -> None:
        self.told["lives"] += 1
        self.bank = Bank(self.new())
        self.count = self.today = self.steps = 0
        self.holds: Counter[str] = Counter()
        self.releases: Counter[str] = Counter()
        self.model = PlainBank(CEILINGS)
        self.runner.run(self._open())
        for person, minutes in zip(PEOPLE, BEGIN_WITH, strict=True):
            self._grant(person, minutes)

    async def _open(self) -> None:
        await _empty(self.bank.database)
        await self.bank.open("m:a", "m:b", "m:d", COORDINATOR)
        await self.bank.open("m:c", ceiling=CEILINGS["m:c"])
        await self.bank.open(TEAM, cap=None)

    def _do(self, verb: str, model: Callable[[], None], do: Do) -> bool:
        """Let both do it; they must both do it or both refuse, and agree on every balance."""
        try:
            model()
        except Refused:
            self.told[f"{verb} refused"] += 1
            found = self.runner.run(self._refused(do))
            assert found == self.model.shown()
            return False
        self.told[f"{verb} done"] += 1
        found = self.runner.run(self._done(do))
        assert found == self.model.shown()
        return True

    async def _refused(self, do: Do) -> dict[str, int]:
        async with self.bank.database.writing(Here.ALL) as session:
            with pytest.raises(LedgerError):
                await do(Book(session, self.bank.now, self.bank.policy))
            return await self._balances(session)

    async def _done(self, do: Do) -> dict[str, int]:
        """Do it, and every third time say it again, as somebody who was not told."""
        for _ in range(2 if self.told["steps"] % 3 == 0 else 1):
            async with self.bank.database.writing(Here.ALL) as session:
                await do(Book(session, self.bank.now, self.bank.policy))
                found = await self._balances(session)
        return found

    async def _balances(self, session: Any) -> dict[str, int]:
        rows = await session.execute(
            select(Account.id, Account.balance).where(Account.balance != 0)
        )
        return {row.id: row.balance for row in rows}

    def _cause(self) -> str:
        self.count += 1
        return f"c{self.count}"

    def _who_has(self, giver: str, *, is_bold: bool) -> str:
        """Return who gives: mostly somebody who has something."""
        if is_bold or self.model.minutes[giver]:
            return giver
        return max((*PEOPLE, TEAM), key=lambda one: self.model.minutes[one])

    def _within(self, account: str, minutes: int, *, is_bold: bool) -> int:
        """Return what somebody asks of an account: mostly no more than there is."""
        has = self.model.minutes[account]
        return minutes if is_bold or not has else min(minutes, has)

    def _grant(self, person: str, minutes: int) -> None:
        cause = self._cause()
        self._do(
            "grant",
            lambda: self.model.move("issuer", person, minutes),
            lambda book: book.grant(cause, person, minutes, actor=COORDINATOR, reason="start"),
        )

    @rule(person=earners, minutes=amounts)
    def grant(self, person: str, minutes: int) -> None:
        self._grant(person, minutes)

    @rule(giver=people, other=others, minutes=amounts, is_bold=bold)
    def gift(self, giver: str, other: int, minutes: int, is_bold: bool) -> None:
        if not self.model.minutes[giver] and not is_bold:
            giver = max(PEOPLE, key=lambda one: self.model.minutes[one])
        to = _beside(giver, other)
        cause, minutes = self._cause(), self._within(giver, minutes, is_bold=is_bold)
        self._do(
            "gift",
            lambda: self.model.move(giver, to, minutes),
            lambda book: book.gift(cause, giver, to, minutes),
        )

    @rule(giver=earners, to=st.sampled_from(("pool", TEAM)), minutes=small, is_bold=bold)
    def donate(self, giver: str, to: str, minutes: int, is_bold: bool) -> None:
        giver = self._who_has(giver, is_bold=is_bold)
        to = "pool" if giver == to else to
        cause, minutes = self._cause(), self._within(giver, minutes, is_bold=is_bold)
        self._do(
            "donate",
            lambda: self.model.move(giver, to, minutes),
            lambda book: book.donate(cause, giver, minutes, to=to),
        )

    @rule(giver=earners, minutes=small, is_bold=bold, back=st.booleans())
    def redeem(self, giver: str, minutes: int, is_bold: bool, back: bool) -> None:
        giver = self._who_has(giver, is_bold=is_bold)
        cause, minutes = self._cause(), self._within(giver, minutes, is_bold=is_bold)
        done = self._do(
            "redeem",
            lambda: self.model.move(giver, "redeem", minutes),
            lambda book: book.redeem(cause, giver, minutes, actor=COORDINATOR),
        )
        if done and back:
            self._do(
                "unredeem",
                lambda: self.model.move("redeem", giver, minutes),
                lambda book: book.unredeem(cause, actor=COORDINATOR, reason="typo"),
            )

    @rule(debit=earners, other=others, minutes=amounts, is_bold=bold)
    def adjust(self, debit: str, other: int, minutes: int, is_bold: bool) -> None:
        debit = self._who_has(debit, is_bold=is_bold)
        credit = _beside(debit, other)
        cause, minutes = self._cause(), self._within(debit, minutes, is_bold=is_bold)
        self._do(
            "adjust",
            lambda: self.model.move(debit, credit, minutes),
            lambda book: book.adjust(
                cause, debit, credit, minutes, actor=COORDINATOR, reason="merge"
            ),
        )

    def _open_calls(self) -> list[str]:
        return [name for name, call in self.model.calls.items() if not call.is_closed]

    @rule(pick=picks, payer=earners, minutes=amounts, pools=amounts, is_bold=bold, to=earners)
    def hold(self, pick: int, payer: str, minutes: int, pools: int, is_bold: bool, to: str) -> None:
        """Make a call or top one up; where the pool has something, it often pays a part.

        Half of the calls are answered at once.
        """
        names = [*self._open_calls()[-3:], f"r{len(self.model.calls) + 1}"]
        request = names[pick % len(names)] if not is_bold else f"r{pick % 8}"
        payer = self._who_has(payer, is_bold=is_bold)
        payers = [(payer, self._within(payer, minutes, is_bold=is_bold))]
        if self.model.minutes["pool"]:
            payers.append(("pool", min(pools, self.model.minutes["pool"])))
        attempt = self.holds[request] + 1
        if self._do(
            "hold",
            lambda: self.model.hold(request, payers),
            lambda book: book.hold(request, payers, actor=COORDINATOR, attempt=attempt),
        ):
            self.holds[request] = attempt
            if pick % 2:
                self._settle(request, to, minutes, 1 + pick % 3)

    def _payable(self) -> list[str]:
        return [name for name in self._open_calls() if self.model.calls[name].left]

    @precondition(lambda self: self._payable())
    @rule(pick=picks, to=earners, service=st.integers(1, 300), slot=st.integers(1, 3), is_bold=bold)
    def settle(self, pick: int, to: str, service: int, slot: int, is_bold: bool) -> None:
        names = list(self.model.calls) if is_bold else self._payable()
        request = names[pick % len(names)]
        if not is_bold:
            service = min(service, max(self.model.calls[request].left, 1))
        self._settle(request, to, service, slot)

    def _settle(self, request: str, to: str, service: int, slot: int) -> None:
        attempt = 1 + sum(done[:2] == (request, slot) for done in self.model.paid)
        paid: Slot = (request, slot, attempt)
        day = DAY + timedelta(days=self.today)
        pay = replace(visit(request, to, service, slot=slot, attempt=attempt), day=day)
        self._do(
            "settle",
            lambda: self.model.settle(paid, to, self.today, service),
            lambda book: book.settle(replace(pay, actor=COORDINATOR)),
        )

    @precondition(lambda self: set(self.model.paid) - self.model.undone)
    @rule(pick=picks)
    def unsettle(self, pick: int) -> None:
        standing = [one for one in self.model.paid if one not in self.model.undone]
        paid = standing[pick % len(standing)]
        self._do(
            "unsettle",
            lambda: self.model.unsettle(paid),
            lambda book: book.reverse_settlement(*paid, actor=COORDINATOR, reason="typo"),
        )

    @precondition(lambda self: len(self._open_calls()) > 1)
    @rule(pick=picks)
    def release(self, pick: int) -> None:
        names = self._open_calls()
        request = names[pick % len(names)]
        self.releases[request] += 1
        attempt = self.releases[request]
        self._do(
            "release",
            lambda: self.model.release(request),
            lambda book: book.release(request, actor=COORDINATOR, attempt=attempt),
        )

    @precondition(lambda self: self.count > 30)
    @rule(heir=people, minutes=amounts)
    def pass_away(self, heir: str, minutes: int) -> None:
        """The fourth of them dies, and leaves what she has to the others."""
        if "m:d" not in self.model.ended:
            self._do(
                "close",
                lambda: self.model.close("m:d"),
                lambda book: book.close("m:d", actor=COORDINATOR, reason="passed-away"),
            )
        cause, minutes = self._cause(), self._within("estate", minutes, is_bold=False)
        self._do(
            "inherit",
            lambda: self.model.move("estate", heir, minutes),
            lambda book: book.inherit(cause, heir, minutes, actor=COORDINATOR),
        )

    @rule()
    def sleep(self) -> None:
        """A new day, with a new cap for everybody."""
        self.today += 1
        self.bank.wait(days=1)

    @rule(minutes=amounts)
    def use_an_old_id_for_something_else(self, minutes: int) -> None:
        async def old(book: Book) -> None:
            with pytest.raises(OtherContentError):
                await book.grant("c1", "m:b", minutes, actor=COORDINATOR, reason="other")

        assert self.runner.run(self._done(old)) == self.model.shown()

    @invariant()
    def one_step_more(self) -> None:
        self.steps += 1
        self.told["steps"] += 1
        self.told["long lives"] += self.steps == STEPS

    def teardown(self) -> None:
        verdict = self.runner.run(self.bank.verify())
        self.runner.run(self.bank.database.dispose())
        assert verdict.faults == []
        self.told["transfers"] += verdict.transfers


def _beside(person: str, other: int) -> str:
    """Return another person, so many places further on."""
    place = PEOPLE.index(person) if person in PEOPLE else 0
    return PEOPLE[(place + other) % len(PEOPLE)]


async def _empty(database: Database) -> None:
    """Empty the ledger on PostgreSQL; an SQLite file is a fresh copy."""
    if not database.is_sqlite:
        names = ", ".join(name for name in metadata.tables if name.startswith("ledger_"))
        async with database.engine.begin() as connection:
            await connection.execute(text(f"TRUNCATE {names}"))


@pytest.fixture
def new(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Database]:
    """Opens an empty database for each life: a copy of a file, or the server's, emptied."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        return lambda: Database(url)
    empty = request.getfixturevalue("migrated_sqlite")
    return lambda: Database(f"sqlite:///{shutil.copy(empty, tmp_path / 'life.sqlite3')}")


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("new", "book", "wanted"), BOOKS, indirect=["new"])
def test_the_ledger_agrees_with_the_model(
    new: Callable[[], Database], book: int, wanted: int
) -> None:
    told: Counter[str] = Counter()
    with asyncio.Runner() as runner:
        lives = type("Lives", (Lives,), {"new": staticmethod(new), "runner": runner, "told": told})
        run_state_machine_as_test(
            seed(book)(lives),
            settings=settings(
                max_examples=wanted * 8 // 5,  # hypothesis ends some of them early
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    print(dict(sorted(told.items())))  # noqa: T201 - seen with pytest -s, or when it fails
    _was_a_story(told, wanted)


def _was_a_story(told: Counter[str], wanted: int) -> None:
    """Every verb was done and, where it can be, refused; most of what was asked was done."""
    done = {verb: count for verb, count in told.items() if verb.endswith(" done")}
    refused = sum(count for verb, count in told.items() if verb.endswith(" refused"))
    asked = sum(done.values()) + refused
    assert told["long lives"] >= wanted, told
    assert told["steps"] >= wanted * STEPS, told
    assert sum(done.values()) >= MOSTLY * asked, told
    assert min(done.values()) >= wanted // 10, done
