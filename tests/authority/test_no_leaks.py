"""Nothing tells anything of a person outside the filter, in thousands of small worlds."""

import pytest

from tests.authority import planted
from tests.authority.__main__ import live
from tests.databases import clear_at
from tests.year.planted import ROOT


async def test_in_two_thousand_worlds_nothing_leaks(sqlite_url: str) -> None:
    """Every filter is compared; people speak in some, by `python -m tests.authority` in all."""
    watch = await live(sqlite_url, 2_000, seed=1, talking=150)
    assert watch.leaks == [], [str(leak) for leak in watch.leaks[:5]]
    assert watch.heard > 180
    assert watch.refused > 30


async def test_the_filter_is_the_same_on_a_server(postgres_url: str) -> None:
    await clear_at(postgres_url)
    watch = await live(postgres_url, 60, seed=2)
    assert watch.leaks == [], [str(leak) for leak in watch.leaks[:5]]


@pytest.mark.parametrize("name", ["a filter is left out of a lookup by name", "a name in a log"])
def test_a_planted_leak_is_found(name: str) -> None:
    """Two of them; `python -m tests.authority.planted` tries all."""
    assert planted.catch(name)


@pytest.mark.parametrize("name", planted.LEAKS)
def test_every_leak_still_fits_the_house(name: str) -> None:
    for file, old, _ in planted.LEAKS[name][1]:
        assert (ROOT / file).read_text(encoding="utf-8").count(old) == 1, file
