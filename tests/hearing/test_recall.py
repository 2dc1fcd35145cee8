"""The marks: what must be heard of sentences, those we tuned on and those we did not."""

from datetime import datetime

import pytest

from handlers.hearing import Hearing
from handlers.hearing.measure import LabelError, measure, sentences
from tests.hearing.figures import FILES, corpus

MARKS = {"emergency": 0.90, "crisis": 0.90, "ok": 0.95}


@pytest.mark.parametrize("name", FILES)
def test_those_in_need_are_heard(ear: Hearing, now: datetime, name: str) -> None:
    score = measure(ear, corpus(name), now)
    assert {level: score.recall[level] >= mark for level, mark in MARKS.items()} == dict.fromkeys(
        MARKS, True
    ), score.recall


@pytest.mark.parametrize("name", FILES)
def test_harmless_talk_calls_nobody(ear: Hearing, now: datetime, name: str) -> None:
    score = measure(ear, corpus(name), now)
    assert score.false_alarms is not None
    assert score.false_alarms <= 0.05


@pytest.mark.parametrize("name", FILES)
def test_a_wish_is_told_from_another(ear: Hearing, now: datetime, name: str) -> None:
    score = measure(ear, corpus(name), now)
    assert score.right_category is not None
    assert score.right_category >= 0.90


def test_the_two_files_share_no_sentence() -> None:
    tuned, unseen = ({sentence.text for sentence in corpus(name)} for name in FILES)
    assert not tuned & unseen
    assert len(tuned) + len(unseen) >= 900


def test_a_line_without_a_known_level_is_named() -> None:
    with pytest.raises(LabelError, match="line 2: the level must be one of"):
        list(sentences(["我摔倒了\temergency\n", "救命\t紧急\n"]))


def test_a_line_may_do_without_a_category(ear: Hearing, now: datetime) -> None:
    score = measure(ear, sentences(["我摔倒了\temergency", "好\tok\n"]), now)
    assert [one.as_json()["level"] for one in score.heard] == ["emergency", "ok"]
    assert score.right_category is None
