"""Who is called by two villages may be given the same number twice: then only a name tells."""

from datetime import time

from sqlalchemy import select, update

from storage.checkins import Plan
from storage.incidents import Incident
from storage.people import Person, PersonRole, Role
from storage.villages import Village as Place
from tests.village import Village


async def settle_the_next_village(village: Village) -> None:
    """Let He Yuzhen live over the hill, with nobody around her but the supervisor."""
    async with village.database.writing() as session:
        await session.execute(update(Place).values(last_number=6))
        place = Place(name="何家坳", last_number=6)
        session.add(place)
        await session.flush()
        session.add(Person(id="he", name="何玉珍", gender="female", village_id=place.id))
        await session.flush()
        session.add(PersonRole(person_id="he", role=Role.ELDER))
        session.add(Plan(elder_id="he", opens=time(6), closes=time(9), tier=2))


async def test_the_supervisor_names_whom_he_means(village: Village) -> None:
    await settle_the_next_village(village)
    await village.all_well_but("wang")
    await village.until("10:20")
    assert len([words for words in village.heard("sheng") if "我去 7" in words]) >= 2
    asked = await village.says("sheng", "平安 7")
    assert asked in (
        "7号不止一位：王秀英，何玉珍。请回：王秀英平安",
        "7号不止一位：何玉珍，王秀英。请回：何玉珍平安",
    )
    assert await stages(village) == {"wang": "open", "he": "open"}
    assert "请回：我去看" in await village.says("sheng", "我去 7")
    await village.says("sheng", "我去看王秀英")
    assert await stages(village) == {"wang": "promised", "he": "open"}
    await village.says("sheng", "王秀英平安")
    assert await stages(village) == {"wang": "closed", "he": "open"}


async def test_what_he_says_of_one_that_has_ended_ends_no_other(village: Village) -> None:
    await settle_the_next_village(village)
    await village.all_well_but("wang")
    await village.until("10:20")
    await village.says("wang", "1")
    assert await village.says("sheng", "平安 7") == "7号不止一位：何玉珍。请回：何玉珍平安"
    assert await stages(village) == {"wang": "closed", "he": "open"}


async def stages(village: Village) -> dict[str | None, str]:
    async with village.database.reading() as session:
        found = await session.execute(select(Incident.elder_id, Incident.stage))
        return dict(found.all())
