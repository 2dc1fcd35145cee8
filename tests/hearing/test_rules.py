"""Every rule keeps its own examples, and a village may add its own."""

from datetime import datetime
from pathlib import Path

import pytest

from handlers.hearing import DISTRESS, Hearing, Level, RuleError
from handlers.hearing.make_sounds import table
from handlers.hearing.rulebook import Rule, load_rulebook
from handlers.hearing.sound import SOUNDS, fold

RULES = load_rulebook().rules
VILLAGE = """
version = 3

[[rule]]
id = "village.boat"
level = "emergency"
patterns = ["船(翻|沉)了"]
unless = ["纸船"]
examples = ["船翻了"]
not = ["纸船翻了"]
"""


def named(rule: Rule) -> str:
    return rule.id


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_a_rule_hears_its_examples(ear: Hearing, now: datetime, rule: Rule) -> None:
    heard = {text: ear.hear(text, now) for text in rule.examples}
    assert {text: verdict.level for text, verdict in heard.items()} == dict.fromkeys(
        rule.examples, rule.level
    )
    if rule.category:
        assert {verdict.category for verdict in heard.values()} == {rule.category}


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_a_rule_is_not_fooled(ear: Hearing, now: datetime, rule: Rule) -> None:
    verdicts = {text: ear.hear(text, now) for text in rule.counterexamples}
    assert [text for text, verdict in verdicts.items() if verdict.rule == rule.id] == []
    if rule.level in DISTRESS:
        assert [text for text, verdict in verdicts.items() if verdict.level == rule.level] == []


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_a_rule_shows_what_it_is_for(rule: Rule) -> None:
    assert rule.examples
    assert rule.counterexamples or rule.level is Level.CARE


def test_a_village_adds_its_own_words(tmp_path: Path, now: datetime) -> None:
    own = tmp_path / "village.toml"
    own.write_text(VILLAGE, encoding="utf-8")
    ear = Hearing.load(own)
    verdict = ear.hear("船翻了", now)
    assert (verdict.level, verdict.rule, verdict.version) == ("emergency", "village.boat", 3)
    assert ear.hear("纸船翻了", now).level is Level.ALIVE


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ('id = "a"\nlevel = "alarm"\npatterns = ["火"]', "level must be one of"),
        ('id = "a"\nlevel = "ok"\npatterns = ["火"]\npatern = ["火"]', "unknown key 'patern'"),
        ('id = "ok.well"\nlevel = "ok"\npatterns = ["火"]', "this id is already taken"),
        ('level = "ok"\npatterns = ["火"]', "id is missing"),
        ('id = "a"\nlevel = "ok"', "there is not a single phrase in it"),
        ('id = "a"\nlevel = "ok"\npatterns = "火"', "patterns must be a list of phrases"),
        ('id = "a"\nlevel = "ok"\ncategory = "助餐"\npatterns = ["火"]', "only a request has"),
        ('id = "a"\nlevel = "request"\ncategory = "饭"\npatterns = ["火"]', "category must be one"),
        ('id = "a"\nlevel = "ok"\npatterns = ["(火"]', "a ')' is missing"),
        ('id = "a"\nlevel = "ok"\npatterns = ["火)"]', "unexpected ')'"),
        ('id = "a"\nlevel = "ok"\npatterns = ["{fire}火"]', "there is no slot 'fire'"),
        ('id = "a"\nlevel = "ok"\npatterns = ["~火"]', "must begin with words"),
        ('id = "a"\nlevel = "ok"\npatterns = ["火?"]', "would match nothing at all"),
    ],
)
def test_a_fault_is_told_in_a_sentence(tmp_path: Path, written: str, sentence: str) -> None:
    own = tmp_path / "village.toml"
    own.write_text(f"version = 1\n[[rule]]\n{written}\n", encoding="utf-8")
    with pytest.raises(RuleError) as told:
        Hearing.load(own)
    assert len(told.value.faults) == 1
    assert told.value.faults[0].startswith("village.toml, rule ")
    assert sentence in told.value.faults[0]


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    own = tmp_path / "village.toml"
    own.write_text("version: 1", encoding="utf-8")
    with pytest.raises(RuleError, match=r"village\.toml: cannot be read"):
        Hearing.load(own)


def test_the_sounds_are_those_of_pypinyin() -> None:
    assert SOUNDS.read_text(encoding="utf-8") == table()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("zhang", "zan"),
        ("shuang", "suan"),
        ("nan", "lan"),
        ("hua", "fa"),
        ("hui", "fei"),
        ("n", "n"),
    ],
)
def test_syllables_fold_as_the_dialects_do(said: str, meant: str) -> None:
    assert fold(said) == meant
