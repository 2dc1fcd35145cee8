"""Every round may be rung twice, one after the other or at once: the second changes nothing."""

import asyncio
from datetime import timedelta

from sqlalchemy import select

from storage.schema import metadata
from tests.village import MONDAY, Village

TABLES = (
    "expectations",
    "incidents",
    "incident_steps",
    "promises",
    "letters",
    "villages",
    "reply_windows",
    "absences",
    "digests",
    "sheet_numbers",
    "list_entries",
    "groups",
    "habits",
    "hour_suggestions",
)
"""What the rounds could move."""


async def rows(village: Village) -> dict[str, list[tuple[object, ...]]]:
    found = {}
    async with village.database.reading() as session:
        for table in (metadata.tables[name] for name in TABLES):
            every = await session.execute(select(table).order_by(*table.primary_key))
            found[table.name] = [tuple(row) for row in every]
    return found


async def ring_again(village: Village) -> None:
    """Ring each round twice in a row, and then all of them twice at the same moment."""
    now = village.clock.now()
    rounds = [round_ for _, round_ in village.house.rounds.values()]
    for round_ in rounds:
        await round_(now)
        await round_(now)
    await asyncio.gather(*(round_(now) for round_ in [*rounds, *rounds]))


async def test_a_whole_morning_rung_again_at_every_step_is_the_same_morning(
    village: Village,
) -> None:
    await village.all_well_but("wang", "chen", "zhao")
    for hour in ("08:30", "09:00", "09:10", "09:30", "09:45", "10:00", "10:15", "10:45", "20:00"):
        await village.until(hour)
        await village.platform.at_rest()
        before = await rows(village)
        heard = village.platform.phones.since(0)
        await ring_again(village)
        assert await rows(village) == before, hour
        assert village.platform.phones.since(0) == heard
    assert len(before["incidents"]) == 3


async def test_rounds_rung_at_once_tell_the_same_as_rounds_rung_in_turn(village: Village) -> None:
    await village.all_well_but("wang")
    for minutes in (0, 31, 61, 76, 91):
        village.clock.move_to(MONDAY + timedelta(hours=4, minutes=minutes))
        await village.have_watched()
        await ring_again(village)
        await ring_again(village)
    (incident,) = await village.incidents("wang")
    assert (incident.step, incident.lap) == (2, 0)
    alarms = [(one.recipient_id, one.key.split(":")[1]) for one in await village.letters("alarm")]
    assert len(alarms) == len(set(alarms))
    assert [one.repeated for one in await village.letters("alarm")] == [False] * len(alarms)
    assert len([words for words in village.heard("xiaomei") if "王秀英" in words]) == 1
