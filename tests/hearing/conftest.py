"""The ear, built once for all, and what the run says of it at the end."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from handlers.hearing import Hearing
from handlers.hearing.measure import Score
from tests.hearing.figures import figures

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
PUBLISHED = pytest.StashKey[dict[str, Score]]()


@pytest.fixture(scope="session")
def ear() -> Hearing:
    hearing = Hearing.load()
    hearing.warm_up()
    return hearing


@pytest.fixture
def now() -> datetime:
    """Nine in the morning in the village, a Monday, the fifteenth of the tenth moon."""
    return MONDAY


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter,
) -> Iterator[None]:
    terminalreporter.section("hearing: recall and false alarms")
    for line in figures(MONDAY):
        terminalreporter.write_line(line)
    yield
