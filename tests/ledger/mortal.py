"""A client of the ledger that dies: `python -m tests.ledger.mortal URL ACKNOWLEDGED ROUNDS`.

It has a list of things to do, each a transaction with ids of its own, and writes down what was
acknowledged. In each round it begins again from the first, and is killed (SIGKILL) one commit
point further on: once with everything written and nothing committed, once with everything
committed and nobody told. After each death somebody looks whether the books are in order.

Each life is a fork of one program, so that a round costs no start-up.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from storage import ledger
from storage.database import Database
from storage.ledger_moves import Book
from tests.ledger.bank import COORDINATOR, LIU, WANG, XIAOMEI, Bank, visit

Do = Callable[[Book], Awaitable[object]]

REQUESTS = 4


def errands() -> dict[str, Do]:
    """Return all that is to be done, in order, by name."""
    found: dict[str, Do] = {
        "grant": lambda book: book.grant(
            "start", WANG, 900, actor=COORDINATOR, second="m:leader", reason="start"
        )
    }
    for number in range(1, REQUESTS + 1):
        found |= _call(f"r{number}")
    found["undo"] = lambda book: book.reverse_settlement(
        "r1", 1, 1, actor=COORDINATOR, reason="typo"
    )
    found["again"] = lambda book: book.settle(visit("r1", XIAOMEI, 45, attempt=2))
    found["rest"] = lambda book: book.release("r1", actor=WANG, attempt=2)
    found["donate"] = lambda book: book.donate("d", WANG, 60)
    return found


def _call(request: str) -> dict[str, Do]:
    return {
        f"hold {request}": lambda book: book.hold(request, [(WANG, 120)], actor=WANG),
        f"top up {request}": lambda book: book.hold(request, [(WANG, 30)], actor=WANG, attempt=2),
        f"settle {request}": lambda book: book.settle(visit(request, LIU, 80)),
        f"release {request}": lambda book: book.release(request, actor=WANG),
        f"gift {request}": lambda book: book.gift(request, LIU, XIAOMEI, 15),
    }


POINTS = 2 * len(errands())


class Mortal:
    """Runs the errands, and dies at the commit point it is given; at 0 it lives."""

    def __init__(self, bank: Bank, acknowledged: Path, dies_at: int) -> None:
        self._bank = bank
        self._acknowledged = acknowledged
        self._dies_at = dies_at
        self._passed = 0

    async def live(self) -> None:
        for name, errand in errands().items():
            async with self._bank.book() as book:
                await errand(book)
                self._commit_point()
            self._commit_point()
            with self._acknowledged.open("a") as file:
                file.write(f"{name}\n")

    def _commit_point(self) -> None:
        self._passed += 1
        if self._passed == self._dies_at:
            os.kill(os.getpid(), signal.SIGKILL)


async def settle_in(bank: Bank) -> None:
    await bank.open(WANG, LIU, XIAOMEI, COORDINATOR, "m:leader")


async def look(bank: Bank, acknowledged: Path) -> list[str]:
    """Return what is not in order: the books, the holds, and what was promised."""
    faults = list((await bank.verify()).faults)
    async with bank.book() as book:
        for number in range(1, REQUESTS + 1):
            sums = await book.sums(f"r{number}")
            if sums.held != sums.paid + sums.overflow + sums.released + sums.left:
                faults.append(f"r{number} is not explained: {sums}")
        before = await ledger.chain_head(book.session)
    await _do_again(bank, _promised(acknowledged))
    async with bank.database.reading() as session:
        if await ledger.chain_head(session) != before:
            faults.append("something acknowledged was lost: doing it again moved minutes")
    return faults


def _promised(acknowledged: Path) -> list[str]:
    return acknowledged.read_text().splitlines() if acknowledged.exists() else []


async def _do_again(bank: Bank, names: list[str]) -> None:
    every = errands()
    for name in dict.fromkeys(names):
        async with bank.book() as book:
            await every[name](book)


def apart(live: Callable[[], Awaitable[int]]) -> int:
    """Run in a process of its own; returns how it ended, as `os.waitpid` says it."""
    child = os.fork()
    if child == 0:
        os._exit(asyncio.run(_to_the_end(live)))
    return os.waitpid(child, 0)[1]


async def _to_the_end(live: Callable[[], Awaitable[int]]) -> int:
    return await live()


def main(url: str, acknowledged: Path, rounds: int) -> None:
    async def begin() -> int:
        return await _with(url, settle_in)

    apart(begin)
    for number in range(rounds):
        dies_at = number % POINTS + 1

        async def live(dies_at: int = dies_at) -> int:
            return await _with(url, lambda bank: Mortal(bank, acknowledged, dies_at).live())

        async def inspect() -> int:
            return await _with(url, lambda bank: _inspect(bank, acknowledged))

        killed = os.WIFSIGNALED(apart(live))
        whole = os.waitstatus_to_exitcode(apart(inspect)) == 0
        sys.stdout.write(f"{number} {'killed' if killed else 'lived'} {'ok' if whole else 'BAD'}\n")


async def _inspect(bank: Bank, acknowledged: Path) -> None:
    faults = await look(bank, acknowledged)
    if faults:
        sys.stdout.write("\n".join(faults) + "\n")
        sys.stdout.flush()
        raise SystemExit(1)


async def _with(url: str, do: Callable[[Bank], Awaitable[None]]) -> int:
    database = Database(url)
    try:
        await do(Bank(database))
    finally:
        await database.dispose()
    return 0


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
