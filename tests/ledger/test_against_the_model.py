"""Whatever is done in whatever order, the ledger and a plain model of it agree.

A state machine of hypothesis on both databases. `make test` tells a short version of it;
SHOUWANG_SOAK=1 runs 300 lives of 60 steps on each.
"""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from storage.database import Database
from storage.ledger import LedgerError, OtherContentError
from storage.ledger_moves import Book
from tests.databases import clear
from tests.ledger.bank import COORDINATOR, Bank, visit
from tests.ledger.model import PlainBank, Refused

SOAK = bool(os.environ.get("SHOUWANG_SOAK"))
LIVES, STEPS = (300, 60) if SOAK else (12, 40)

PEOPLE = ("m:a", "m:b", "m:c")
CEILINGS = {"m:c": 300}
REQUESTS = ("r1", "r2", "r3")
people = st.sampled_from(PEOPLE)
requests = st.sampled_from(REQUESTS)
amounts = st.integers(1, 20).map(lambda quarters: quarters * 15)

Do = Callable[[Book], Awaitable[Any]]


class Lives(RuleBasedStateMachine):
    """One life of a bank. Each step is done to the model and to the ledger, often twice."""

    new: Callable[[], Database]
    runner: asyncio.Runner

    @initialize()
    def open(self) -> None:
        self.bank = Bank(self.new())
        self.count = 0
        self.attempts: dict[str, int] = {}
        self.releases: dict[str, int] = {}
        self.settled: list[tuple[str, int, int]] = []
        self.model = PlainBank(CEILINGS)
        self.runner.run(self._open())
        for person, minutes in zip(PEOPLE, (300, 120, 45), strict=True):
            self.grant(person, minutes)

    async def _open(self) -> None:
        await clear(self.bank.database)
        await self.bank.open(*PEOPLE[:2], COORDINATOR)
        await self.bank.open("m:c", ceiling=CEILINGS["m:c"])

    def _do(self, model: Callable[[], None], do: Do) -> bool:
        """Let both do it; they must both do it or both refuse. Then say it once more."""
        try:
            model()
        except Refused:
            with pytest.raises(LedgerError):
                self.runner.run(self._run(do))
            return False
        self.runner.run(self._run(do))
        self.runner.run(self._run(do))
        return True

    async def _run(self, do: Do) -> None:
        async with self.bank.book() as book:
            await do(book)

    def _cause(self) -> str:
        self.count += 1
        return f"c{self.count}"

    @rule(person=people, minutes=amounts)
    def grant(self, person: str, minutes: int) -> None:
        cause = self._cause()
        self._do(
            lambda: self.model.move("issuer", person, minutes),
            lambda book: book.grant(cause, person, minutes, actor=COORDINATOR, reason="start"),
        )

    @rule(giver=people, to=people, minutes=amounts)
    def gift(self, giver: str, to: str, minutes: int) -> None:
        if giver == to:
            return
        cause = self._cause()
        self._do(
            lambda: self.model.move(giver, to, minutes),
            lambda book: book.gift(cause, giver, to, minutes),
        )

    @rule(giver=people, minutes=amounts)
    def donate(self, giver: str, minutes: int) -> None:
        cause = self._cause()
        self._do(
            lambda: self.model.move(giver, "pool", minutes),
            lambda book: book.donate(cause, giver, minutes),
        )

    @rule(giver=people, minutes=amounts, back=st.booleans())
    def redeem(self, giver: str, minutes: int, back: bool) -> None:
        cause = self._cause()
        done = self._do(
            lambda: self.model.move(giver, "redeem", minutes),
            lambda book: book.redeem(cause, giver, minutes, actor=COORDINATOR),
        )
        if done and back:
            self._do(
                lambda: self.model.move("redeem", giver, minutes),
                lambda book: book.unredeem(cause, actor=COORDINATOR, reason="typo"),
            )

    @rule(request=requests, payer=st.sampled_from((*PEOPLE, "pool")), minutes=amounts)
    def hold(self, request: str, payer: str, minutes: int) -> None:
        attempt = self.attempts.get(request, 0) + 1
        done = self._do(
            lambda: self.model.hold(request, payer, minutes),
            lambda book: book.hold(request, [(payer, minutes)], actor=payer, attempt=attempt),
        )
        if done:
            self.attempts[request] = attempt

    @rule(request=requests, to=people, service=st.integers(1, 300), slot=st.integers(1, 2))
    def settle(self, request: str, to: str, service: int, slot: int) -> None:
        attempt = 1 + sum(done[:2] == (request, slot) for done in self.settled)
        pay = visit(request, to, service, slot=slot, attempt=attempt)
        done = self._do(
            lambda: self.model.settle(request, slot, attempt, to, service),
            lambda book: book.settle(pay),
        )
        if done:
            self.settled.append((request, slot, attempt))

    @precondition(lambda self: self.settled)
    @rule(data=st.data())
    def unsettle(self, data: st.DataObject) -> None:
        request, slot, attempt = data.draw(st.sampled_from(self.settled))
        if (request, slot, attempt) in self.model.undone:
            return
        self._do(
            lambda: self.model.unsettle(request, slot, attempt),
            lambda book: book.reverse_settlement(
                request, slot, attempt, actor=COORDINATOR, reason="typo"
            ),
        )

    @rule(request=requests)
    def release(self, request: str) -> None:
        if request not in self.model.calls:
            return
        attempt = self.releases.get(request, 0) + 1
        self.releases[request] = attempt
        self._do(
            lambda: self.model.release(request),
            lambda book: book.release(request, actor=COORDINATOR, attempt=attempt),
        )

    @precondition(lambda self: self.count)
    @rule(minutes=amounts)
    def use_an_old_id_for_something_else(self, minutes: int) -> None:
        with pytest.raises(OtherContentError):
            self.runner.run(
                self._run(
                    lambda book: book.grant("c1", "m:b", minutes, actor=COORDINATOR, reason="other")
                )
            )

    @invariant()
    def agree(self) -> None:
        assert self.runner.run(self.bank.balances()) == self.model.shown()

    def teardown(self) -> None:
        verdict = self.runner.run(self.bank.verify())
        self.runner.run(self.bank.database.dispose())
        assert verdict.faults == []


@pytest.fixture(params=["sqlite", "postgresql"])
def new(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Database]:
    """Opens an empty database for each life: a copy of a file, or the server's, emptied."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        return lambda: Database(url)
    empty = request.getfixturevalue("migrated_sqlite")
    return lambda: Database(f"sqlite:///{shutil.copy(empty, tmp_path / 'life.sqlite3')}")


@pytest.mark.timeout(3_600 if SOAK else 120)
def test_the_ledger_agrees_with_the_model(new: Callable[[], Database]) -> None:
    with asyncio.Runner() as runner:
        lives = type("Lives", (Lives,), {"new": staticmethod(new), "runner": runner})
        run_state_machine_as_test(
            lives,
            settings=settings(
                max_examples=LIVES,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize=not SOAK,
                suppress_health_check=list(HealthCheck),
            ),
        )
