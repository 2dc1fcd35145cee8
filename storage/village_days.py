"""What a coordinator should know of her village's day, and what changed since she last heard."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage import incidents, silences, today, unheard
from storage.checkins import watch_day
from storage.digests import Digest, Slot
from storage.incidents import Incident, IncidentKind, Result
from storage.letters import Letter, LetterState
from storage.people import Person
from storage.rules import Rules, at_village
from storage.today import ElderToday, IncidentToday, Standing, Today
from storage.villages import Village

ANSWERED = frozenset({Standing.WELL, Standing.HEARD})
_SILENT = frozenset({Standing.WAITING, Standing.MISSED, Standing.UNKNOWN})
_IN_NEED = (Standing.HARMED, Standing.TO_SEE, Standing.MISSED)


@dataclass(frozen=True, slots=True)
class Changes:
    """What is new since a digest was written, in people; `days_ago` and `slot` say which."""

    slot: str
    days_ago: int
    counts: Mapping[str, int]
    """Who is newly `harmed`, `to_see` or `missed`, who was `seen`, and who was `heard`."""


@dataclass(frozen=True, slots=True)
class VillageDay:
    """A village's day: how many stand in each way, which adds up, and who is named."""

    village: str
    expected: int
    counts: Mapping[Standing, int]
    harmed: list[str]
    """Open emergencies by number and name, and who goes."""
    to_see: list[str]
    open: list[str]
    """Who has not been heard, by number and name, and who goes."""
    silences: list[str]
    """The open calls for the whole village: number, how many are silent, and who goes."""
    closed: list[str]
    """Who was seen, how she was, and who saw her."""
    results: Mapping[str, int]
    """How often each outcome was given."""
    failed: int
    learned: Sequence[str]
    """Sentences that were not understood since the last digest."""
    changes: Changes | None
    """None where nothing was said yesterday or today."""
    standings: Mapping[str, Standing]
    """How each stands of whom there is more to say than that she was heard, by id."""
    told: Sequence[int]
    """The ids of the incidents that are told as open."""

    @property
    def is_well(self) -> bool:
        named = self.harmed or self.to_see or self.open or self.silences or self.closed
        return self.counts.keys() <= ANSWERED and not (named or self.failed)

    def as_detail(self) -> dict[str, Any]:
        """Return what its words need."""
        kept = asdict(self)
        del kept["standings"], kept["told"]
        return {**kept, "is_well": self.is_well}

    def figures(self) -> dict[str, Any]:
        """Return what the next digest is compared with: numbers and ids, no names."""
        return {
            "expected": self.expected,
            "counts": dict(self.counts),
            "results": dict(self.results),
            "failed": self.failed,
            "changes": dict(self.changes.counts) if self.changes else {},
            "standings": dict(self.standings),
            "told": list(self.told),
            "is_well": self.is_well,
        }


async def of_village(
    session: AsyncSession, village: Village, before: Digest | None, now: datetime, rules: Rules
) -> VillageDay:
    """Gather the day of a village as it is now; `before` is what was said of it last."""
    day = watch_day(now, rules.checkin)
    since = at_village(day, rules.checkin.day_starts)
    seen_today = await today.of_village(session, village, day, since)
    ended = await _ended_since(session, before, seen_today)
    calls = await _calls_for(session, village.id)
    closed = [*ended, *_ended_today(seen_today)]
    learned = _to_learn_from(before, day, now, rules)
    return VillageDay(
        village=village.name,
        expected=seen_today.expected,
        counts=seen_today.counts,
        harmed=_harmed(seen_today),
        to_see=[one.name for one in _standing(seen_today.elders, Standing.TO_SEE)],
        open=_open(seen_today),
        silences=[call.line for call in calls],
        closed=[_how_she_was(one) for one in closed],
        results=dict(Counter(one.result for one in closed if one.result)),
        failed=await _failed(session, village.id, since),
        learned=await unheard.sample(session, village.id, *learned, rules.hearing.sampled),
        changes=_changes(before, day, seen_today, ended) if before else None,
        standings={
            one.id: one.standing for one in seen_today.elders if one.standing not in ANSWERED
        },
        told=[one.id for one in seen_today.incidents if one.is_open] + [call.id for call in calls],
    )


def _to_learn_from(
    before: Digest | None, day: date, now: datetime, rules: Rules
) -> tuple[datetime, datetime]:
    """Return from when to when sentences are shown: each once, the day's own in the evening."""
    begins = at_village(day, rules.checkin.day_starts)
    if before is not None and before.day == day:
        return begins, now
    was_evening = before is not None and before.slot == Slot.EVENING
    since = before.written_at if before and was_evening else begins - timedelta(days=1)
    return since, now if now >= at_village(day, rules.digest.evening) else begins


def _standing(elders: Iterable[ElderToday], standing: Standing) -> list[ElderToday]:
    return [one for one in elders if one.standing is standing]


def _harmed(day: Today) -> list[str]:
    return [
        _numbered(one)
        for one in reversed(day.incidents)
        if one.is_open and one.kind == IncidentKind.EMERGENCY
    ]


def _numbered(one: IncidentToday) -> str:
    return f"{one.number} {one.elder}（{_goes(one.goes)}）"


def _goes(name: str | None) -> str:
    return f"{name}去了" if name else "还在找人"


def _open(day: Today) -> list[str]:
    """Name who is being looked for; not her who has spoken meanwhile, whatever she said."""
    standings = {one.id: one.standing for one in day.elders}
    looked_for = [
        one
        for one in reversed(day.incidents)
        if one.is_open
        and one.kind == IncidentKind.MISSED
        and standings.get(one.elder_id, Standing.MISSED) is Standing.MISSED
    ]
    numbered = {one.elder_id for one in looked_for}
    return [_numbered(one) for one in looked_for] + [
        one.name for one in _standing(day.elders, Standing.MISSED) if one.id not in numbered
    ]


def _ended_today(day: Today) -> list[IncidentToday]:
    """Return of each who was seen how her last incident ended."""
    standings = {one.id: one.standing for one in day.elders}
    ended = {
        one.elder_id: one
        for one in reversed(day.incidents)
        if not one.is_open and standings.get(one.elder_id, Standing.SEEN) is Standing.SEEN
    }
    return list(ended.values())


def _how_she_was(one: IncidentToday) -> str:
    seen_by = f"，{one.seen_by}看的" if one.seen_by else ""
    return f"{one.elder}（{one.result}{seen_by}）"


async def _ended_since(
    session: AsyncSession, before: Digest | None, seen_today: Today
) -> list[IncidentToday]:
    """Return what was told as open on an earlier day, and has ended since."""
    told = set(before.figures["told"]) if before else set()
    earlier = told - {one.id for one in seen_today.incidents}
    return await today.ended(session, earlier) if earlier else []


@dataclass(frozen=True, slots=True)
class _Call:
    id: int
    line: str


async def _calls_for(session: AsyncSession, village: int) -> list[_Call]:
    """Return the open calls for the whole village."""
    live = (await silences.live_of(session, {village})).get(village)
    if live is None:
        return []
    unseen = len((await silences.tellings(session, [live]))[live.id].unseen)
    goes = await incidents.who_goes(session, live.id)
    return [_Call(live.id, f"{live.number} 还有{unseen}位（{_goes(goes)}）")]


def _changes(
    before: Digest, day: date, seen_today: Today, ended: Sequence[IncidentToday]
) -> Changes:
    was: Mapping[str, str] = before.figures["standings"]
    told = set(before.figures["told"])
    over = [*ended, *(one for one in seen_today.incidents if one.id in told and not one.is_open)]
    spoke = {one.elder_id for one in over if one.result == Result.SPOKE}
    looked_after = {one.elder_id for one in over} - spoke
    seen = looked_after | _now(seen_today.elders, was, _SILENT, {Standing.SEEN}) - spoke
    heard = (spoke | _now(seen_today.elders, was, _SILENT, ANSWERED)) - seen
    new = {
        str(standing): sum(
            one.standing is standing and was.get(one.id) != standing for one in seen_today.elders
        )
        for standing in _IN_NEED
    }
    counts = {**new, "seen": len(seen), "heard": len(heard)}
    return Changes(before.slot, (day - before.day).days, {k: n for k, n in counts.items() if n})


def _now(
    elders: Iterable[ElderToday],
    was: Mapping[str, str],
    before: Collection[Standing],
    now: Collection[Standing],
) -> set[str]:
    """Return who stood in one of some ways then, and stands in one of others now."""
    return {one.id for one in elders if was.get(one.id) in before and one.standing in now}


async def _failed(session: AsyncSession, village: int, since: datetime) -> int:
    is_drill = exists().where(
        Incident.id == Letter.incident_id, Incident.kind == IncidentKind.DRILL
    )
    found = await session.scalar(
        select(func.count())
        .select_from(Letter)
        .join(Person, Person.id == Letter.recipient_id)
        .where(
            Person.village_id == village,
            Letter.state == LetterState.FAILED,
            Letter.written_at >= since,
            ~is_drill,
        )
    )
    return found or 0
