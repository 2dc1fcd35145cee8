"""Keeps people from being flooded: what one person gets at a time, and how soon the next.

In a storm a coordinator gets one message every two minutes, a leader one a minute, with all
that has happened since (DOMAIN.md, sections 4 and 5). Emergencies, and whatever is about a frail
elder, never wait. What is no alarm keeps a gap of its own, and waits for nothing less urgent.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from storage.letters import Claimed, Urgency
from storage.people import Role
from storage.rules import FRAIL, LetterRules

Got = Mapping[tuple[str, int], datetime]
"""When each person got the last message of each urgency."""


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
    seen = dict(got)
    for letter in due:
        if not may_wait(letter, together):
            continue
        gap = _gap(letter, roles.get(letter.recipient_id, ()), rules)
        last = _last(letter, seen)
        until = _until(letter, last, gap) if last is not None else now
        if until > now:
            waits[letter.id] = until
        elif not _is_alarm(letter):
            seen[letter.recipient_id, letter.urgency] = now
    return waits


def _until(letter: Claimed, last: datetime, gap: timedelta) -> datetime:
    """Return when the gap is over. No alarm waits longer than one, whatever comes between."""
    return min(last, letter.written_at) + gap if _is_alarm(letter) else last + gap


def _last(letter: Claimed, got: Got) -> datetime | None:
    """Return when its reader last got something for which it waits."""
    first = Urgency.ALARM if _is_alarm(letter) else Urgency.NOTICE
    last = [
        at
        for urgency in range(first, letter.urgency + 1)
        if (at := got.get((letter.recipient_id, urgency))) is not None
    ]
    return max(last, default=None)


def _is_alarm(letter: Claimed) -> bool:
    return letter.urgency == Urgency.ALARM


def _gap(letter: Claimed, roles: Collection[Role], rules: LetterRules) -> timedelta:
    if not _is_alarm(letter):
        return timedelta(seconds=rules.gap_seconds)
    if Role.COORDINATOR in roles or Role.SUPERVISOR in roles:
        return timedelta(seconds=rules.storm_seconds)
    return timedelta(seconds=rules.group_seconds if Role.LEADER in roles else 0)
