"""The ear for swindlers keeps its examples, and harmless talk warns nobody."""

from datetime import datetime

import pytest

from handlers.family import money
from handlers.hearing import DISTRESS, Hearing
from tests.hearing.figures import FILES, corpus

NAMES = sorted(money.rules())
EAR = Hearing.load()


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_hears_its_examples_and_is_not_fooled(name: str) -> None:
    rule = money.rules()[name]
    assert [one for one in rule.examples if not rule.hears(EAR.spell(one))] == []
    assert [one for one in rule.counterexamples if rule.hears(EAR.spell(one))] == []


@pytest.mark.parametrize("name", FILES)
def test_of_what_elders_say_hardly_anything_is_taken_for_a_swindle(name: str) -> None:
    warned = [one.text for one in corpus(name) if money.is_asked_for(EAR.spell(one.text))]
    assert [one for one in warned if "骗" not in one] == []


def test_no_swindle_is_an_emergency_that_the_warning_would_hide() -> None:
    """Distress is answered first: what the guard hears must not sound like it to anybody."""
    now = datetime(2026, 11, 23, 9, 0).astimezone()
    heard = {one: EAR.hear(one, now).level for one in money.rules()["asked"].examples}
    assert [one for one, level in heard.items() if level in DISTRESS] == []


@pytest.mark.parametrize(
    "words",
    ["", "，。", "转", "1", "红" * 5000, "有人" * 2000 + "叫我转钱"],
    ids=["nothing", "signs", "one", "number", "long", "long swindle"],
)
def test_any_text_is_heard(words: str) -> None:
    spelt = EAR.spell(words)
    assert isinstance(money.is_asked_for(spelt), bool)
    assert isinstance(money.is_spoken_of(spelt), bool)
