"""Killed at every commit point, fifty times: nothing promised is lost, nothing is done twice."""

import subprocess
import sys
from pathlib import Path

import pytest

from storage.database import Database
from storage.ledger import ISSUER, POOL
from tests.databases import clear_at
from tests.ledger.bank import LIU, WANG, XIAOMEI, Bank
from tests.ledger.mortal import POINTS, Mortal, look

ROUNDS = 50
ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
async def test_killed_fifty_times_and_retried_the_books_are_as_if_nothing_had_been(
    database_url: str, tmp_path: Path
) -> None:
    assert POINTS <= ROUNDS + 2
    await clear_at(database_url)
    acknowledged = tmp_path / "acknowledged"
    said = subprocess.run(  # noqa: ASYNC221, S603 - our own program, and nothing else to do
        [sys.executable, "-m", "tests.ledger.mortal", database_url, acknowledged, str(ROUNDS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert [line for line in said if not line.endswith("killed ok")] == []
    assert len(said) == ROUNDS
    database = Database(database_url)
    try:
        bank = Bank(database)
        await Mortal(bank, acknowledged, dies_at=0).live()
        assert await look(bank, acknowledged) == []
        assert await bank.balances() == {ISSUER: -900, WANG: 570, LIU: 105, XIAOMEI: 105, POOL: 120}
    finally:
        await database.dispose()
