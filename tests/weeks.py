"""A week that was lived before the story begins, row by row, so that it can be counted by hand."""

from datetime import date, datetime, time, timedelta

from storage.checkins import DAY, Expectation, State
from storage.incidents import Incident, IncidentKind, Promise, Stage
from storage.rules import VILLAGE_TIME, at_village

MONDAY = date(2026, 11, 16)
OPENS, CLOSES = time(6), time(9)


def day(number: int) -> date:
    """Return the first to the seventh day of the week."""
    return MONDAY + timedelta(days=number - 1)


def at(number: int, hour: str) -> datetime:
    return at_village(day(number), time.fromisoformat(hour))


def expected(
    elder: str, number: int, state: State, heard: str | None = None, *, tier: int = 2
) -> Expectation:
    return Expectation(
        elder_id=elder,
        day=day(number),
        slot=DAY,
        village_id=1,
        tier=tier,
        state=state,
        opens_at=at_village(day(number), OPENS),
        closes_at=at_village(day(number), CLOSES),
        met_at=at(number, heard) if heard else None,
    )


def called_for(
    id_: int,
    elder: str,
    number: int,
    result: str | None = None,
    *,
    opened: str = "09:30",
    closed: str = "10:00",
    by: str | None = None,
    kind: IncidentKind = IncidentKind.MISSED,
    cause: str = "missed",
) -> Incident:
    return Incident(
        id=id_,
        cause=f"{cause}:{elder}:{day(number)}:{DAY}",
        number=id_,
        village_id=1,
        elder_id=elder if kind != IncidentKind.VILLAGE else None,
        kind=kind,
        stage=Stage.CLOSED if result else Stage.OPEN,
        climbs_at=None if result else at(number, opened),
        policy="{}",
        opened_at=at(number, opened),
        closed_at=at(number, closed) if result else None,
        closed_by=by,
        result=result,
    )


def promised(incident: int, person: str, number: int, made: str, state: str) -> Promise:
    moment = at(number, made)
    due_at = moment + timedelta(minutes=30)
    return Promise(
        incident_id=incident, person_id=person, state=state, made_at=moment, due_at=due_at
    )


NOW = datetime(2026, 11, 23, 8, 0, tzinfo=VILLAGE_TIME)
