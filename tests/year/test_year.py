"""A few weeks of a few seeds; `make soak` lives whole years of many."""

import pytest

from tests.year import planted
from tests.year.__main__ import live, main


@pytest.mark.parametrize("seed", range(1, 5))
def test_some_weeks_are_lived_by_the_law(seed: int) -> None:
    lived = live(seed, days=21, villages=3)
    assert not lived.broken, lived.broken
    assert lived.tally.elder_days > 100
    assert lived.tally.letters > 20


def test_a_seed_lived_again_is_the_same_life() -> None:
    once, again = (live(7, days=10, villages=2) for _ in range(2))
    assert once.tally == again.tally
    assert once.broken == again.broken


def test_the_command_tells_what_was_lived(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seed", "3", "--days", "3", "--villages", "1"]) == 0
    assert "1 seeds, 0 broke the law" in capsys.readouterr().out


def test_a_planted_bug_is_caught() -> None:
    """One of them; `make planted` tries all."""
    caught = planted.catch("a step is skipped", ["--seeds", "2", "--days", "14", "--villages", "3"])
    assert caught.law == "NO_STEP_SKIPPED", caught.line


@pytest.mark.parametrize("name", planted.BUGS)
def test_every_bug_still_fits_the_house(name: str) -> None:
    for file, old, _ in planted.BUGS[name]:
        assert (planted.ROOT / file).read_text(encoding="utf-8").count(old) == 1, file
