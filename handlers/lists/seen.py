"""Gathers how elders stand in the eyes of one person, and no more than he may see."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement

from handlers.turn import Turn
from storage import habits, holds, incidents, today
from storage.authority import Act, allows, may
from storage.checkins import watch_day
from storage.habits import Usual
from storage.holds import Hold
from storage.incidents import Live
from storage.people import Person
from storage.rules import FRAIL, at_village
from storage.today import ElderToday, FirstSign, Standing

NOT_HEARD = frozenset({Standing.WAITING, Standing.MISSED, Standing.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Seen:
    """An elder on a list. `call` is an open incident that he who looks may look after."""

    elder: ElderToday
    is_late: bool = False
    hold: Hold | None = None
    call: Live | None = None

    @property
    def is_heard(self) -> bool:
        return self.elder.standing not in NOT_HEARD

    @property
    def is_frail(self) -> bool:
        return self.elder.tier == FRAIL


@dataclass(frozen=True, slots=True)
class Closer:
    """What else is told of one elder: of her family's own less than of those who serve her."""

    seen: Seen
    sign: FirstSign | None
    goes: str
    serves: bool
    usual: Usual | None = None
    ended: tuple[tuple[datetime, str], ...] = ()


async def everybody(turn: Turn) -> list[Seen]:
    """Return all whom the speaker may look at, by group."""
    return await _see(turn, may(turn.speaker, Act.LOOK))


async def one(turn: Turn, elder: str) -> Closer | None:
    """Return one elder from nearer by, None where the speaker may not look at her."""
    found = await _see(turn, may(turn.speaker, Act.LOOK) & (Person.id == elder))
    if not found:
        return None
    seen = found[0]
    sign = await today.first_sign(turn.session, elder, _since(turn))
    goes = await incidents.who_goes(turn.session, seen.call.id) if seen.call else seen.elder.goes
    if not await allows(turn.session, turn.speaker, Act.LOOK_CLOSER, elder):
        return Closer(seen, sign, goes or "", serves=False)
    known = await habits.known(turn.session, [elder], turn.rules.habits)
    ended = await today.last_results(turn.session, elder, turn.rules.lists.outcomes)
    return Closer(seen, sign, goes or "", True, known.get(elder), tuple(ended))


async def _see(turn: Turn, among: ColumnElement[bool]) -> list[Seen]:
    day = watch_day(turn.now, turn.rules.checkin)
    elders = await today.of_elders(turn.session, among, day, _since(turn))
    late = await habits.unusually_late(turn.session, among, turn.now, turn.rules)
    late_ones = {one.elder_id for one in late}
    away = [one.id for one in elders if one.standing is Standing.EXCUSED]
    kept = await holds.covering(turn.session, away, day)
    calls = await _calls(turn)
    return [Seen(one, one.id in late_ones, kept.get(one.id), calls.get(one.id)) for one in elders]


def _since(turn: Turn) -> datetime:
    checkin = turn.rules.checkin
    return at_village(watch_day(turn.now, checkin), checkin.day_starts)


async def _calls(turn: Turn) -> dict[str, Live]:
    """Return the open incident of each elder that the speaker may look after, the gravest."""
    open_ones = await incidents.visible_to(turn.session, turn.speaker)
    gravest_last = sorted(open_ones, key=lambda one: one.is_distress)
    return {one.elder_id: one for one in gravest_last}
