"""The ladder: who is called when an elder is silent, step by step, until a person has looked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage import drills, family_turns, incidents, letters, silences
from storage.checkins import Due
from storage.contacts import Around, around, around_villages
from storage.database import insert_new
from storage.drills import Drill
from storage.incidents import (
    ALARM,
    BROKEN,
    CALLS,
    CRISIS,
    DISTRESS,
    SILENCE,
    UNREACHED,
    WORSE,
    Cause,
    Incident,
    IncidentKind,
    IncidentStep,
    Live,
    Promise,
    Result,
    Stage,
    letter_about,
    select_live,
)
from storage.letters import Letter, LetterState, NewLetter
from storage.people import names_of
from storage.rules import Circle, LadderRules
from storage.silences import Telling

MORE = "more"
"""The letter that tells of others who have joined a silent village."""

_WATCHING: Sequence[Circle] = ("leader", "coordinators")
_THE_FEW: Sequence[Circle] = ("leader", "doctor")

_CALLS: Mapping[str, str] = {
    IncidentKind.MISSED: ALARM,
    IncidentKind.EMERGENCY: DISTRESS,
    IncidentKind.CRISIS: CRISIS,
    IncidentKind.VILLAGE: SILENCE,
}


@dataclass(frozen=True, slots=True)
class Failed:
    """A call that will not arrive."""

    letter_id: int
    incident_id: int
    recipient_id: str


async def raise_alarm(
    session: AsyncSession, causes: Sequence[Cause], now: datetime, rules: LadderRules
) -> list[Live]:
    """Open an incident for each cause that has none, and call its first step.

    An emergency calls the first two steps together. Returns the incidents opened now.
    """
    begun = await incidents.begin(session, causes, now, rules) if causes else []
    if begun:
        await _call_first(session, begun, now)
    return begun


async def _call_first(session: AsyncSession, begun: Sequence[Live], now: datetime) -> None:
    resting = await _call(session, begun, now)
    await _rest(session, [one for one, was in zip(resting, begun, strict=True) if one != was], now)


async def call_again(
    session: AsyncSession, elder: str, cause: str, by: str, now: datetime, rules: LadderRules
) -> None:
    """Call anew for an elder whose last call was closed by somebody who takes his word back."""
    last = await session.scalar(
        select(Incident).where(Incident.elder_id == elder).order_by(Incident.id.desc()).limit(1)
    )
    if last is None or last.kind != IncidentKind.MISSED or last.closed_by != by:
        return
    again = Cause(f"missed:{cause}", IncidentKind.MISSED, elder, last.village_id)
    await raise_alarm(session, [again], now, rules)


async def call_villages(
    session: AsyncSession,
    why: str,
    together: Mapping[int, Sequence[Due]],
    now: datetime,
    rules: LadderRules,
) -> None:
    """Call for whole villages: one incident stands for the silent of each.

    Where a village is called for already, the others join, and who was called hears of them.
    """
    if not together:
        return
    live = await silences.live_of(session, together)
    for village, incident in live.items():
        await silences.join(session, incident.id, together[village], now)
        await _tell_of_more(session, incident, together[village], now)
    fresh = {village: rows for village, rows in together.items() if village not in live}
    causes = await silences.causes(session, why, fresh)
    begun = await incidents.begin(session, causes, now, rules)
    for incident in begun:
        await silences.join(session, incident.id, fresh[incident.village_id], now)
    await _call_first(session, begun, now)


async def _tell_of_more(
    session: AsyncSession, incident: Live, rows: Sequence[Due], now: datetime
) -> None:
    told = await letters.being_told(session, incident.id, CALLS)
    names = await names_of(session, {row.elder_id for row in rows})
    detail = {"names": [names[row.elder_id] for row in rows]}
    await letters.write(
        session,
        [
            letter_about(incident, MORE, f"{MORE}:{rows[0].key}:{person}", person, detail=detail)
            for person in told
        ],
        now,
    )


async def climb(session: AsyncSession, now: datetime, limit: int) -> int:
    """Move the ladders whose time has come, and return how many there were.

    Where somebody had promised, the promise is broken: those who were told learn it, and
    the next step is called at once. A drill ends where in earnest its last step is repeated.
    """
    rows = await session.execute(
        select_live()
        .where(Incident.climbs_at <= now)
        .order_by(Incident.climbs_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    due = await incidents.with_rules(session, [Live(*row) for row in rows])
    if not due:
        return 0
    for incident in due:
        if incident.stage == Stage.PROMISED:
            await _break_promises(session, incident, now)
    over = [one for one in due if one.is_drill and one.is_on_last_step]
    for drill in over:
        await incidents.close(session, drill, Result.UNANSWERED, None, now)
    higher = [_next_step(one) for one in due if one not in over]
    await _rest(session, await _call(session, higher, now), now)
    return len(due)


async def call_off(session: AsyncSession, drill: Drill, by: str | None, now: datetime) -> bool:
    """Stop a drill, whether it has begun or is in line; False where it has ended already."""
    if await drills.drop(session, drill, now):
        return True
    live = await incidents.find_live_of(session, drill.cause)
    return live is not None and await incidents.close(session, live, Result.CALLED_OFF, by, now)


def _next_step(incident: Live) -> Live:
    if incident.is_on_last_step:
        return replace(incident, lap=incident.lap + 1)
    return replace(incident, step=incident.step + 1)


async def _break_promises(session: AsyncSession, incident: Live, now: datetime) -> None:
    broken = (
        await session.execute(
            update(Promise)
            .where(Promise.incident_id == incident.id, Promise.state == "open")
            .values(state="broken")
            .returning(Promise.id, Promise.person_id)
        )
    ).all()
    told = await letters.being_told(session, incident.id, CALLS)
    await letters.write(
        session,
        [
            letter_about(incident, BROKEN, f"broken:{promise}:{person}", person, actor=promiser)
            for promise, promiser in broken
            for person in dict.fromkeys([promiser, *told])
        ],
        now,
    )


async def take_back(session: AsyncSession, incident: Live, by: str, now: datetime) -> bool:
    """Release the promise of somebody who cannot go after all; False where it is over.

    The others learn it as they learn of a broken promise, and the ladder is due at once. The
    incident is moved before the promise, as in `climb`, so that no two nodes wait in a ring.
    """
    mine = and_(
        Promise.incident_id == incident.id, Promise.person_id == by, Promise.state == "open"
    )
    moved = await session.scalar(
        update(Incident)
        .where(Incident.id == incident.id, Incident.stage == Stage.PROMISED, exists().where(mine))
        .values(stage=Stage.OPEN, climbs_at=now)
        .returning(Incident.id)
    )
    if moved is None:
        return False
    promise = await session.scalar(
        update(Promise).where(mine).values(state="released").returning(Promise.id)
    )
    told = await letters.being_told(session, incident.id, CALLS)
    await letters.write(
        session,
        [
            letter_about(
                incident,
                BROKEN,
                f"broken:{promise}:{person}",
                person,
                actor=by,
                detail={"taken_back": True},
            )
            for person in told
            if person != by
        ],
        now,
    )
    return True


async def _call(session: AsyncSession, called: Sequence[Live], now: datetime) -> list[Live]:
    """Call the present step of each incident; an empty step falls through at once.

    Returns where each ladder has come to rest.
    """
    tellings = await silences.tellings(session, [one for one in called if one.is_village])
    circles = await _circles(session, called, tellings, now)
    resting: list[Live] = []
    steps: list[dict[str, Any]] = []
    alarms: list[NewLetter] = []
    for incident in called:
        reached, calls = _fall_through(incident, circles[incident.id])
        resting.append(reached)
        for step, people in calls:
            steps.append(
                {
                    "incident_id": incident.id,
                    "step": step,
                    "lap": reached.lap,
                    "called_at": now,
                    "people": len(people),
                }
            )
            telling = tellings.get(incident.id)
            alarms.extend(_alarms(incident, step, reached.lap, people, calls, telling))
    await insert_new(session, IncidentStep, [], steps)
    await letters.write(session, alarms, now)
    return resting


async def _circles(
    session: AsyncSession,
    called: Sequence[Live],
    tellings: Mapping[int, Telling],
    now: datetime,
) -> dict[int, Around]:
    """Return who stands around the elder, or the village, of each incident.

    To distress everybody of a circle is called, whatever the rota says.
    """
    elders = await around(session, {one.elder_id for one in called if not one.is_village}, now)
    groups = {
        one.village_id: {elder.group_id for elder in tellings[one.id].unseen}
        for one in called
        if one.is_village
    }
    villages = await around_villages(session, groups, now) if groups else {}
    circles = {
        one.id: villages[one.village_id].without(tellings[one.id].ids)
        if one.is_village
        else elders[one.elder_id]
        for one in called
    }
    return circles | {one.id: circles[one.id].regardless() for one in called if one.is_distress}


async def _rest(session: AsyncSession, resting: Sequence[Live], now: datetime) -> None:
    """Let each ladder wait on its step; those of the same step are moved in one statement."""
    moves: dict[tuple[int, int, timedelta], list[int]] = {}
    for one in resting:
        moves.setdefault((one.step, one.lap, one.wait), []).append(one.id)
    for (step, lap, wait), ids in moves.items():
        await session.execute(
            update(Incident)
            .where(Incident.id.in_(ids), Incident.stage != Stage.CLOSED)
            .values(stage=Stage.OPEN, step=step, lap=lap, climbs_at=now + wait)
        )


Calls = list[tuple[int, list[str]]]


def _fall_through(incident: Live, circles: Around) -> tuple[Live, Calls]:
    """Return where the ladder comes to rest, and whom each step on the way calls.

    Where even the last step is empty, everybody whom any step would have called is called
    again: an alarm with nobody to hear it never counts as told. Nor does one that only people
    hear who are away.
    """
    steps = incident.steps
    last = len(steps) - 1
    calls: Calls = []
    called: set[str] = set()
    step = incident.step
    begins = incident.step == 0 and incident.lap == 0
    at_least = 1 if incident.begins_wide and begins else step
    while True:
        people = [one for one in circles.of(steps[step]) if one not in called]
        if step == last and not people and not called:
            people = circles.of(circle for circles_of in steps for circle in circles_of)
        calls.append((step, people))
        called.update(people)
        if step >= last or (called - circles.away and step >= at_least):
            return incident if step == incident.step else replace(incident, step=step), calls
        step += 1


def _alarms(
    incident: Live,
    step: int,
    lap: int,
    people: list[str],
    calls: Calls,
    telling: Telling | None,
) -> list[NewLetter]:
    empty = [skipped for skipped, nobody in calls if not nobody and skipped < step]
    detail: dict[str, Any] = {"empty": empty} if empty else {}
    if telling is not None:
        detail |= {"why": incident.why, "names": [one.name for one in telling.unseen]}
    return [
        letter_about(
            incident,
            _CALLS[incident.kind],
            f"{incident.id}:{step}:{lap}:{person}",
            person,
            detail=detail or None,
        )
        for person in people
    ]


async def worsen(
    session: AsyncSession,
    incident: Live,
    by: str,
    now: datetime,
    *,
    is_with_her: bool,
    rule: str = "",
) -> None:
    """Turn a missed check-in into an emergency: she is in need, says `by`.

    Those who knew learn that it is worse; family and village are called at once, and whoever
    the rota had let rest. The ladder waits for the word of somebody who is with her as for a
    promise.
    """
    moved = await session.scalar(
        update(Incident)
        .where(Incident.id == incident.id, Incident.kind == IncidentKind.MISSED, _is_live())
        .values(kind=IncidentKind.EMERGENCY)
        .returning(Incident.id)
    )
    if moved is None:
        return
    step = max(incident.step, 1)
    emergency = replace(incident, kind=IncidentKind.EMERGENCY, step=step, rule=rule)
    told = await letters.being_told(session, incident.id, CALLS)
    await letters.write(
        session,
        [
            letter_about(emergency, WORSE, f"worse:{incident.id}:{person}", person, actor=by)
            for person in told
            if person != by
        ],
        now,
    )
    if incident.step == 0 or not is_with_her:
        await _rest(session, await _call(session, [emergency], now), now)
    await _wake(session, emergency, {*told, by}, now)
    if is_with_her:
        await incidents.stay(session, emergency, by, now)


async def _wake(
    session: AsyncSession, emergency: Live, knowing: Collection[str], now: datetime
) -> None:
    """Call those of the steps so far whom the rota let rest while it was mere silence.

    Whoever the ladder has called by now has a letter under the same key, and gets no second.
    """
    circles = (await _circles(session, [emergency], {}, now))[emergency.id]
    step = emergency.step
    so_far = circles.of(circle for of_it in emergency.steps[: step + 1] for circle in of_it)
    rested = [one for one in so_far if one not in knowing]
    calls = _alarms(emergency, step, emergency.lap, rested, [], None)
    await letters.write(session, calls, now)


def _is_live() -> ColumnElement[bool]:
    return Incident.stage != Stage.CLOSED


async def take_report(
    session: AsyncSession, far_id: str, now: datetime, *, arrived: bool, reason: str
) -> None:
    """Take the platform's word on a letter: it arrived, or somebody else has to be called."""
    letter = await letters.report(session, far_id, now, arrived=arrived, reason=reason)
    if letter is None or arrived or letter.incident_id is None or letter.kind not in CALLS:
        return
    await pass_over(session, [Failed(letter.id, letter.incident_id, letter.recipient_id)], now)


async def pass_over(session: AsyncSession, failed: Sequence[Failed], now: datetime) -> None:
    """Go on where somebody could not be called: tell who watches over her, or climb at once.

    Where nobody of the present step has a letter, or may still get one, the ladder climbs
    now, but for the last step, which is repeated at its hours; otherwise her leader, else her
    coordinator, learns that somebody was not reached. A crisis stays among the few who are
    called, until none of them is reached: then her coordinators are called.
    """
    for letter in failed:
        incident = await incidents.find_live(session, letter.incident_id)
        if incident is None:
            continue
        await _call_rest_of_family(session, incident, letter, now)
        if await _somebody_is_called(session, incident.id):
            watching = _THE_FEW if incident.is_crisis else _WATCHING
            await _tell_watcher(session, incident, letter, watching, now)
        elif incident.is_crisis:
            await _call_coordinators(session, incident, now)
        elif not incident.is_on_last_step:
            await incidents.hurry(session, incident.id, now)


async def _call_rest_of_family(
    session: AsyncSession, incident: Live, letter: Failed, now: datetime
) -> None:
    """Where one of the family is not reached, call all of it at once: a turn loses nobody."""
    so_far = {circle for of_it in incident.steps[: incident.step + 1] for circle in of_it}
    if incident.is_village or "family" not in so_far:
        return
    families = await family_turns.families(session, [incident.elder_id])
    if letter.recipient_id not in families.get(incident.elder_id, ()):
        return
    circles = (await _circles(session, [incident], {}, now))[incident.id].regardless()
    called = await session.scalars(
        select(Letter.recipient_id).where(Letter.incident_id == incident.id, Letter.kind.in_(CALLS))
    )
    rest = circles.without(called.all()).of(["family"])
    calls = _alarms(incident, incident.step, incident.lap, rest, [], None)
    await letters.write(session, calls, now)


async def _call_coordinators(session: AsyncSession, incident: Live, now: datetime) -> None:
    """Call them once a lap: her life comes before her confidence."""
    circles = (await _circles(session, [incident], {}, now))[incident.id]
    coordinators = circles.of(["coordinators"])
    calls = _alarms(incident, incident.step, incident.lap, coordinators, [], None)
    await letters.write(session, calls, now)


async def _somebody_is_called(session: AsyncSession, incident_id: int) -> bool:
    since = (
        select(func.max(IncidentStep.called_at))
        .where(IncidentStep.incident_id == incident_id)
        .scalar_subquery()
    )
    found = await session.scalar(
        select(Letter.id)
        .where(
            Letter.incident_id == incident_id,
            Letter.kind.in_(CALLS),
            Letter.state.in_((*letters.GONE_OUT, LetterState.QUEUED)),
            Letter.written_at >= since,
        )
        .limit(1)
    )
    return found is not None


async def _tell_watcher(
    session: AsyncSession,
    incident: Live,
    letter: Failed,
    watching: Sequence[Circle],
    now: datetime,
) -> None:
    """Tell the first of these circles in which there is anybody else."""
    tellings = await silences.tellings(session, [incident] if incident.is_village else [])
    circles = (await _circles(session, [incident], tellings, now))[incident.id]
    others = (
        [one for one in circles.of([circle]) if one != letter.recipient_id] for circle in watching
    )
    watchers = next(filter(None, others), [])
    await letters.write(
        session,
        [
            letter_about(
                incident,
                UNREACHED,
                f"unreached:{letter.letter_id}:{watcher}",
                watcher,
                actor=letter.recipient_id,
            )
            for watcher in watchers
        ],
        now,
    )
