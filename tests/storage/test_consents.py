"""What an elder lets us do: her yes, her no, and all that she said before."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from storage import consents, roster
from storage.consents import Consent, How, Purpose, Standing, Word
from storage.database import Database
from storage.people import Person, Role
from storage.rules import VILLAGE_TIME
from tests.storage.settlers import settler

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=VILLAGE_TIME)
NEEDS_A_YES = (Purpose.HEALTH, Purpose.LOCATION, Purpose.PHOTO, Purpose.PUBLIC)


@pytest.fixture
async def village(database: Database) -> Database:
    async with database.writing() as session:
        elders = [settler("wang", "王秀英", Role.ELDER), settler("sun", "孙老根", Role.ELDER)]
        await roster.enrol(session, elders, NOW)
    return database


def _word(purpose: Purpose, cause: str) -> Word:
    return Word(cause=cause, person_id="wang", purpose=purpose, how=How.TAP, said_by="wang")


async def _says(database: Database, purpose: Purpose, *, yes: bool, cause: str) -> bool:
    keep = consents.give if yes else consents.withdraw
    async with database.writing() as session:
        return await keep(session, _word(purpose, cause), NOW)


async def _given(database: Database, purpose: Purpose) -> set[str]:
    """Ask in every way there is; all have to say the same."""
    async with database.reading() as session:
        found = set(
            await session.scalars(select(Person.id).where(consents.given(Person.id, purpose)))
        )
        for person in ("wang", "sun"):
            assert await consents.has(session, person, purpose) == (person in found)
            stands = (await consents.standings(session, person))[purpose]
            assert (stands is Standing.GIVEN) == (person in found)
            refused = await consents.has_refused(session, person, purpose)
            assert refused == (stands is Standing.REFUSED)
            assert refused == bool(await consents.refusing(session, [person], purpose))
    return found


async def test_who_was_named_by_the_village_is_watched_and_nothing_more(village: Database) -> None:
    for purpose in consents.ASSUMED:
        assert await _given(village, purpose) == {"wang", "sun"}
    for purpose in NEEDS_A_YES:
        assert await _given(village, purpose) == set()


@pytest.mark.parametrize("purpose", [Purpose.CHECKIN, Purpose.PHOTO])
async def test_a_yes_holds_until_a_no_and_all_stays_to_be_read(
    village: Database, purpose: Purpose
) -> None:
    others = {"sun"} if purpose in consents.ASSUMED else set()
    assert await _says(village, purpose, yes=True, cause="1")
    assert not await _says(village, purpose, yes=True, cause="2")
    assert await _given(village, purpose) == {"wang", *others}
    assert await _says(village, purpose, yes=False, cause="3")
    assert not await _says(village, purpose, yes=False, cause="4")
    assert await _given(village, purpose) == others
    assert await _says(village, purpose, yes=True, cause="5")
    assert await _given(village, purpose) == {"wang", *others}
    async with village.reading() as session:
        rows = await session.scalars(select(Consent).order_by(Consent.id))
        assert [(row.cause, row.withdrawn_at) for row in rows] == [("1", NOW), ("5", None)]


@pytest.mark.parametrize("purpose", [Purpose.FAMILY, Purpose.HEALTH])
async def test_a_no_to_what_was_never_given_is_kept_once(
    village: Database, purpose: Purpose
) -> None:
    assert await _says(village, purpose, yes=False, cause="1")
    assert not await _says(village, purpose, yes=False, cause="2")
    assert "wang" not in await _given(village, purpose)
    async with village.reading() as session:
        row = (await session.scalars(select(Consent))).one()
    assert (row.given_at, row.withdrawn_at, row.withdrawn_by) == (None, NOW, "wang")


async def test_the_same_word_twice_is_one_word(village: Database) -> None:
    async with village.writing() as session:
        for later in (timedelta(0), timedelta(hours=1)):
            await consents.give(session, _word(Purpose.PHOTO, "1"), NOW + later)
        assert (await session.scalars(select(Consent.given_at))).all() == [NOW]
