"""Nobody is flooded, and nothing that matters waits for long."""

from dataclasses import replace
from datetime import datetime, timedelta

from schedules.pacing import put_off
from storage.letters import Claimed, Urgency
from storage.people import Role
from storage.rules import VILLAGE_TIME, LetterRules

RULES = LetterRules()
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=VILLAGE_TIME)
TOGETHER = {"alarm", "clear"}
ROLES = {"zhang": {Role.COORDINATOR}, "dashan": {Role.LEADER}, "xiaomei": {Role.FAMILY}}
ALARM = Claimed(
    id=1,
    key="a",
    kind="alarm",
    urgency=Urgency.ALARM,
    recipient_id="zhang",
    about_id="wang",
    actor_id=None,
    incident_id=1,
    number=12,
    detail=None,
    media="",
    written_at=NOON,
    tries=1,
    repeated=False,
    way="",
    about_name="王秀英",
    about_gender="female",
    actor_name=None,
    about_tier=2,
)


def waits(*letters: Claimed, got_ago: float | None = None) -> dict[int, float]:
    """Return how many seconds each letter waits that waits, of people who got one lately."""
    got: dict[tuple[str, int], datetime] = {}
    if got_ago is not None:
        last = NOON - timedelta(seconds=got_ago)
        got = {(one.recipient_id, one.urgency): last for one in letters}
    found = put_off(letters, got, ROLES, TOGETHER, NOON, RULES)
    return {id_: (at - NOON).total_seconds() for id_, at in found.items()}


def test_a_coordinator_waits_two_minutes_a_leader_one_and_a_daughter_not_at_all() -> None:
    assert waits(ALARM, got_ago=30) == {1: 90}
    assert waits(replace(ALARM, recipient_id="dashan"), got_ago=30) == {1: 30}
    assert waits(replace(ALARM, recipient_id="xiaomei"), got_ago=30) == {}


def test_the_first_in_a_while_goes_at_once() -> None:
    assert waits(ALARM) == waits(ALARM, got_ago=121) == {}


def test_the_frail_and_whoever_is_in_need_never_wait() -> None:
    assert waits(replace(ALARM, about_tier=1), replace(ALARM, kind="distress"), got_ago=1) == {}


def test_whatever_comes_between_no_alarm_waits_longer_than_one_gap() -> None:
    old = replace(ALARM, written_at=NOON - timedelta(seconds=100))
    assert waits(old, got_ago=1) == {1: 20}
    older = replace(ALARM, written_at=NOON - timedelta(seconds=120))
    assert waits(older, got_ago=1) == {}


def test_of_three_notices_one_goes_and_the_others_keep_their_distance() -> None:
    notices = [replace(ALARM, id=n, urgency=Urgency.NOTICE, kind="digest") for n in (1, 2, 3)]
    assert waits(*notices) == {2: 20, 3: 20}


def test_a_notice_waits_for_no_reminder() -> None:
    notice = replace(ALARM, id=2, urgency=Urgency.NOTICE, kind="digest")
    reminder = replace(ALARM, id=1, urgency=Urgency.REMINDER, kind="reminder")
    assert waits(notice, reminder) == {1: 20}
