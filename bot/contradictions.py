"""Finds rules that are right alone and make no sense together."""

from collections.abc import Iterator
from datetime import time

from storage.rules import (
    CheckinRules,
    DigestRules,
    DispatchRules,
    HabitRules,
    LetterRules,
    Rules,
)


def contradictions(rules: Rules) -> Iterator[str]:
    """Yield one sentence for each."""
    yield from _of_the_watch(rules.checkin)
    yield from _of_letters(rules.letters)
    if rules.rota.day_ends <= rules.rota.day_begins:
        yield "rota.day_ends must be later than rota.day_begins"
    yield from _of_digests(rules.digest, rules.letters)
    yield from _of_habits(rules.habits, rules.checkin)
    yield from _of_calls(rules.dispatch)


def _of_the_watch(checkin: CheckinRules) -> Iterator[str]:
    if checkin.closes <= checkin.day_starts:
        yield "checkin.closes must be later than checkin.day_starts"
    if checkin.closes <= checkin.opens:
        yield "checkin.closes must be later than checkin.opens"
    elif checkin.remind_before_minutes > _minutes(checkin.closes) - _minutes(checkin.opens):
        yield "checkin.remind_before_minutes must be no longer than from checkin.opens to closes"
    elif not checkin.opens <= checkin.list_at < checkin.closes:
        yield "checkin.list_at must lie between checkin.opens and checkin.closes"


def _of_letters(letters: LetterRules) -> Iterator[str]:
    if letters.kept_for_alarms > letters.message_window_sends:
        yield "letters.kept_for_alarms must not be more than letters.message_window_sends"
    if letters.quiet_from < letters.quiet_until:
        yield "letters.quiet_from must be later than letters.quiet_until: the quiet is at night"


def _of_digests(digest: DigestRules, letters: LetterRules) -> Iterator[str]:
    if digest.evening <= digest.morning:
        yield "digest.evening must be later than digest.morning"
    if digest.evening >= letters.quiet_from > letters.quiet_until:
        yield "digest.evening must be earlier than letters.quiet_from: it would wait for morning"


def _of_habits(habits: HabitRules, checkin: CheckinRules) -> Iterator[str]:
    if habits.needed_days > habits.days:
        yield "habits.needed_days must not be more than habits.days"
    if habits.reckon_at <= max(habits.latest, checkin.closes):
        yield "habits.reckon_at must be later than habits.latest and checkin.closes"
    if _minutes(habits.latest) - _minutes(habits.earliest) < habits.shortest_minutes:
        yield "habits.latest must be habits.shortest_minutes later than habits.earliest, or more"


def _of_calls(dispatch: DispatchRules) -> Iterator[str]:
    if dispatch.collect_minutes > dispatch.answer_minutes:
        yield "dispatch.collect_minutes must not be longer than dispatch.answer_minutes"
    if dispatch.remind_hours >= dispatch.confirm_hours:
        yield "dispatch.remind_hours must be shorter than dispatch.confirm_hours"
    if dispatch.day_minutes > dispatch.week_minutes:
        yield "dispatch.day_minutes must not be more than dispatch.week_minutes"


def _minutes(hour: time) -> float:
    return hour.hour * 60 + hour.minute + hour.second / 60
