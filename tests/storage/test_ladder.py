"""Where nobody can be reached the ladder hurries up, and on its last step keeps its hours."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage import ladder, roster
from storage.database import Database
from storage.incidents import Cause, Incident, IncidentKind, find_live
from storage.ladder import Failed
from storage.letters import Letter, LetterState
from storage.people import Person, Role
from storage.rules import VILLAGE_TIME, LadderRules
from tests.storage.settlers import settler

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=VILLAGE_TIME)
CAST = (
    ("wang", "王秀英", Role.ELDER),
    ("dashan", "李大山", Role.LEADER),
    ("zhang", "张主任", Role.COORDINATOR),
)


async def open_incident(session: AsyncSession) -> int:
    await roster.enrol(session, [settler(*one) for one in CAST], NOW)
    village = await session.scalar(select(Person.village_id).where(Person.id == "wang"))
    cause = Cause("missed:wang", IncidentKind.MISSED, "wang", village or 0)
    (begun,) = await ladder.raise_alarm(session, [cause], NOW, LadderRules())
    return begun.id


async def nobody_is_reached(session: AsyncSession, incident: int, now: datetime) -> None:
    """Let every letter that waits fail, as delivery does."""
    failed = await session.execute(
        update(Letter)
        .where(Letter.state == LetterState.QUEUED)
        .values(state=LetterState.FAILED)
        .returning(Letter.id, Letter.recipient_id)
    )
    await ladder.pass_over(session, [Failed(one, incident, who) for one, who in failed.all()], now)


async def test_the_last_step_is_repeated_at_its_hours_and_not_at_once(database: Database) -> None:
    async with database.writing() as session:
        incident = await open_incident(session)
    steps = len(LadderRules().steps)
    now = NOW
    for _ in range(steps * 3):
        now += timedelta(seconds=5)
        async with database.writing() as session:
            await nobody_is_reached(session, incident, now)
            await ladder.climb(session, now, 10)
    async with database.reading() as session:
        live = await find_live(session, incident)
        climbs_at = await session.scalar(select(Incident.climbs_at).where(Incident.id == incident))
    assert live is not None
    assert (live.step, live.lap) == (steps - 1, 0)
    assert climbs_at is not None
    assert climbs_at > NOW + timedelta(minutes=LadderRules().repeat_minutes[0])
