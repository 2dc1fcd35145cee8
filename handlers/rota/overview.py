"""Who is on duty now, tonight and tomorrow, for the places somebody asks after."""

from datetime import datetime, timedelta

from handlers.rota import words
from handlers.rota.words import Watch
from handlers.turn import Turn
from storage import people, rota, villages
from storage.duties import Place
from storage.people import Role
from storage.rota import Rota, Span
from storage.rules import RotaRules, at_village, village_day
from storage.villages import Village

_TOLD = 8
"""How many places are told of at once: what a coordinator can take in."""


async def lines(turn: Turn) -> list[str]:
    """Say it of the village, of a leader's group, and to a coordinator of each other group
    of which a rota or an absence says something.
    """
    me = turn.speaker
    night, morning, evening = _tonight_and_tomorrow(turn.now, turn.rules.rota)
    plan = await rota.read(turn.session, {me.village_id}, turn.now, max(night[1], evening))
    village = await turn.session.get_one(Village, me.village_id)
    called = await villages.group_names(turn.session, {me.village_id})
    told = {}
    for place in _places(turn, plan)[:_TOLD]:
        name = called[place.group] if place.group else village.name
        tonight = plan.spans(place, *night)
        told[name] = (plan.on_duty(place, turn.now), tonight, plan.spans(place, morning, evening))
    names = await people.names_of(turn.session, _everybody(told))
    return [
        words.on_duty(
            place,
            [names[one] for one in now],
            [_watch(span, names) for span in tonight],
            [_watch(span, names) for span in tomorrow],
        )
        for place, (now, tonight, tomorrow) in told.items()
    ]


def _everybody(told: dict[str, tuple[list[str], list[Span], list[Span]]]) -> set[str]:
    found = {one for now, _, _ in told.values() for one in now}
    spans = (span for _, tonight, tomorrow in told.values() for span in (*tonight, *tomorrow))
    return found.union(*(span.people for span in spans))


def _watch(span: Span, names: dict[str, str]) -> Watch:
    return Watch(span.begins, span.ends, [names[one] for one in span.people])


def _tonight_and_tomorrow(
    now: datetime, rules: RotaRules
) -> tuple[tuple[datetime, datetime], datetime, datetime]:
    """Return when the night begins and ends, and when tomorrow does; in the night it is this."""
    today = village_day(now)
    if now < at_village(today, rules.day_begins):
        night = now, at_village(today, rules.day_begins)
    else:
        begins = max(now, at_village(today, rules.day_ends))
        night = begins, at_village(today + timedelta(days=1), rules.day_begins)
    tomorrow = today + timedelta(days=1)
    return night, at_village(tomorrow, rules.day_begins), at_village(tomorrow, rules.day_ends)


def _places(turn: Turn, plan: Rota) -> list[Place]:
    me = turn.speaker
    village = Place(me.village_id, Role.COORDINATOR)
    places = [village]
    if me.is_a(Role.LEADER):
        places.append(Place(me.village_id, Role.LEADER, me.group_id))
    if me.is_a(Role.COORDINATOR):
        places += [one for one in plan.places(me.village_id) if _is_worth_telling(plan, one, turn)]
    return list(dict.fromkeys(places))


def _is_worth_telling(plan: Rota, place: Place, turn: Turn) -> bool:
    """Tell whether anything is otherwise than that all are on duty at all hours."""
    if place.role != Role.LEADER:
        return False
    return bool(plan.shifts.get(place)) or plan.on_duty(place, turn.now) != sorted(
        plan.serving(place)
    )
