"""A letter that is put off goes out at its hour, in whatever time zone the hour was said."""

from datetime import UTC, datetime, timedelta

from storage import letters, roster
from storage.database import Database
from storage.letters import NewLetter, Urgency
from storage.people import Role
from storage.rules import VILLAGE_TIME
from tests.storage.settlers import settler

NIGHT = datetime(2026, 11, 22, 22, 0, tzinfo=VILLAGE_TIME)
MORNING = datetime(2026, 11, 23, 6, 30, tzinfo=VILLAGE_TIME)
EVERY = tuple(Urgency)
LEADER = settler("dashan", "李大山", Role.LEADER)


async def test_put_off_until_half_past_six_it_goes_at_half_past_six(database: Database) -> None:
    async with database.writing() as session:
        await roster.enrol(session, [LEADER], NIGHT)
        notice = NewLetter(
            key="n1", kind="needs_word", urgency=Urgency.NOTICE, recipient_id="dashan"
        )
        await letters.write(session, [notice], NIGHT)
    async with database.writing() as session:
        (held,) = await letters.due(session, NIGHT, EVERY, 5)
        await letters.put_off(session, {held.id: MORNING})
    for now, goes in ((MORNING - timedelta(seconds=1), 0), (MORNING.astimezone(UTC), 1)):
        async with database.writing() as session:
            assert len(await letters.due(session, now, EVERY, 5)) == goes
