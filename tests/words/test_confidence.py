"""What is said in confidence is marked, so that it never goes where several read."""

from dataclasses import replace

import pytest

from handlers.features import PAPERS
from storage import incidents
from storage.incidents import IncidentKind
from tests.words.test_catalogue import LETTER


@pytest.mark.parametrize(
    "kind", [incidents.CRISIS, incidents.PROMISED, incidents.CLEAR, incidents.UNREACHED]
)
def test_nothing_of_a_crisis_is_for_a_group(kind: str) -> None:
    of_crisis = replace(LETTER, detail={**(LETTER.detail or {}), "kind": IncidentKind.CRISIS})
    assert PAPERS[kind].is_in_confidence(of_crisis)


def test_an_alarm_and_a_digest_are_for_all_who_look_after_the_village() -> None:
    for kind in (incidents.ALARM, incidents.DISTRESS, "digest"):
        assert not PAPERS[kind].is_in_confidence(LETTER)


def test_a_letter_without_a_heading_is_for_its_reader_alone() -> None:
    assert [kind for kind, paper in PAPERS.items() if not paper.travels_under(LETTER)]
    for paper in PAPERS.values():
        assert paper.travels_under(LETTER) or paper.is_in_confidence(LETTER)
