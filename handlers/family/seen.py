"""How his elders stand today in the eyes of one of the family: never her words."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from handlers.turn import Turn
from storage import company, consents, holds, relatives, today
from storage.checkins import watch_day
from storage.company import Company
from storage.consents import Purpose
from storage.holds import Hold
from storage.people import Person
from storage.relatives import Kin
from storage.rules import VILLAGE_TIME, at_village, village_day
from storage.today import ElderToday, FirstSign


@dataclass(frozen=True, slots=True)
class Seen:
    """One elder today. `stands` is None where her word is not waited for."""

    name: str
    stands: ElderToday | None
    sign: FirstSign | None
    hold: Hold | None
    comes: tuple[Company, ...]


async def clock_of(turn: Turn) -> tzinfo:
    me = turn.speaker.id
    return (await relatives.clocks(turn.session, {me})).get(me, VILLAGE_TIME)


async def elders(turn: Turn) -> list[Kin]:
    """Return the elders whose family he is, but for those who said that it may not see them."""
    kin = await relatives.kin_of(turn.session, turn.speaker.id)
    hidden = await consents.refusing(turn.session, {one.id for one in kin}, Purpose.FAMILY)
    return [one for one in kin if one.is_elder and one.id not in hidden]


async def today_of(turn: Turn, asked: Collection[Kin]) -> list[Seen]:
    ids = [one.id for one in asked]
    day, since = _since(turn)
    standing = await today.of_elders(turn.session, Person.id.in_(ids), day, since)
    by_id = {one.id: one for one in standing}
    kept = await holds.covering(turn.session, ids, day)
    comes = await company.coming(turn.session, ids, turn.now - timedelta(hours=4), _midnight(turn))
    return [
        Seen(
            one.name,
            by_id.get(one.id),
            await today.first_sign(turn.session, one.id, since),
            kept.get(one.id),
            tuple(visit for visit in comes if visit.elder_id == one.id),
        )
        for one in asked
    ]


async def visits_to(turn: Turn, asked: Collection[Kin]) -> list[tuple[str, Company]]:
    """Return who has been with them in the last days, the latest first, with the elder's name."""
    names = {one.id: one.name for one in asked}
    since = turn.now - timedelta(days=turn.rules.family.visit_days)
    came = await company.came(turn.session, list(names), since, turn.now)
    return [(names[one.elder_id], one) for one in reversed(came)]


def _since(turn: Turn) -> tuple[date, datetime]:
    checkin = turn.rules.checkin
    day = watch_day(turn.now, checkin)
    return day, at_village(day, checkin.day_starts)


def _midnight(turn: Turn) -> datetime:
    checkin = turn.rules.checkin
    return at_village(village_day(turn.now) + timedelta(days=1), checkin.day_starts)
