"""How likely it is that so many are silent by chance: the measure of a silent village."""

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from storage.rules import WatchRules
from storage.silences import chance, is_one

RULES = WatchRules()
USUAL = [0.05] * 20

rates = st.lists(st.floats(0.001, 0.6), min_size=1, max_size=40)


def exactly(rates: list[float], silent: int) -> float:
    """Return the same by the whole distribution."""
    of_each = [1.0]
    for rate in rates:
        of_each = [
            (of_each[n] * (1 - rate) if n < len(of_each) else 0)
            + (of_each[n - 1] * rate if n else 0)
            for n in range(len(of_each) + 1)
        ]
    return math.fsum(of_each[silent:])


def test_five_of_twenty_are_five_and_twenty_of_twenty_are_one() -> None:
    assert not is_one(USUAL, 5, RULES)
    assert is_one(USUAL, 20, RULES)


def test_one_false_call_in_two_years_for_the_county() -> None:
    fewest = next(k for k in range(21) if is_one(USUAL, k, RULES))
    mornings = RULES.village_false_years * 365 * RULES.county_villages
    assert chance(USUAL, fewest) * mornings < 1 <= chance(USUAL, fewest - 1) * mornings


def test_who_often_forgets_is_no_sign_of_anything() -> None:
    assert is_one([0.05] * 20, 10, RULES)
    assert not is_one([0.4] * 20, 10, RULES)


def test_a_house_may_never_call_for_villages() -> None:
    assert not is_one(USUAL, 20, WatchRules(village_false_years=0))


@given(rates, st.data())
def test_the_tail_is_what_the_whole_distribution_says(
    rates: list[float], data: st.DataObject
) -> None:
    silent = data.draw(st.integers(0, len(rates)))
    exact = exactly(rates, silent)
    if silent <= sum(rates):
        assert chance(rates, silent) == 1.0
    elif exact > 1e-11:
        assert math.isclose(chance(rates, silent), exact, rel_tol=1e-3, abs_tol=1e-12)
    else:
        assert chance(rates, silent) < 1e-10


@given(rates)
def test_more_silent_are_never_likelier(rates: list[float]) -> None:
    chances = [chance(rates, silent) for silent in range(1, len(rates) + 1)]
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(chances))
