"""Keeps people from being flooded: what one person gets at a time, and how soon the next.

In a storm a coordinator gets one message every two minutes, a leader one a minute, with all
that has happened since (DOMAIN.md, sections 4 and 5). Emergencies, and whatever is about a frail
elder, never wait. What is no alarm keeps a gap of its own.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from storage.letters import Claimed, Urgency
from storage.people import Role
from storage.rules import FRAIL, LetterRules

Got = Mapping[tuple[str, bool], datetime]
"""When each person got the last message, alarms (True) and others told apart."""


def longest(rules: LetterRules) -> timedelta:
    """Return how far back it matters what somebody got."""
    return timedelta(seconds=max(rules.storm_seconds, rules.group_seconds, rules.gap_seconds))


def may_wait(letter: Claimed, together: Collection[str]) -> bool:
    """Tell whether a letter may wait for company: its kind can be said of several at once."""
    return not _is_alarm(letter) or (letter.kind in together and letter.about_tier != FRAIL)


def put_off(
    due: Collection[Claimed],
    got: Got,
    roles: Mapping[str, Collection[Role]],
    together: Collection[str],
    now: datetime,
    rules: LetterRules,
) -> dict[int, datetime]:
    """Return which of these letters have to wait, and until when.

    Of several to one person that are no alarms one goes, and the others follow after their gap.
    """
    waits: dict[int, datetime] = {}
    busy: set[str] = set()
    for letter in due:
        if not may_wait(letter, together):
            continue
        person = letter.recipient_id
        gap = _gap(letter, roles.get(person, ()), rules)
        last = now if person in busy else got.get((person, _is_alarm(letter)))
        if last is not None and last + gap > now:
            waits[letter.id] = last + gap
        elif not _is_alarm(letter):
            busy.add(person)
    return waits


def _is_alarm(letter: Claimed) -> bool:
    return letter.urgency == Urgency.ALARM


def _gap(letter: Claimed, roles: Collection[Role], rules: LetterRules) -> timedelta:
    if not _is_alarm(letter):
        return timedelta(seconds=rules.gap_seconds)
    if Role.COORDINATOR in roles or Role.SUPERVISOR in roles:
        return timedelta(seconds=rules.storm_seconds)
    return timedelta(seconds=rules.group_seconds if Role.LEADER in roles else 0)
