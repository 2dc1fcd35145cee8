"""Whoever is erased is nobody any more, and everything that was counted still adds up."""

import json
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.dossier_labels import TITLES
from bot.export_person import render
from storage import (
    audit,
    dossiers,
    ledger_audit,
    ledger_members,
)
from storage.belongings import BY_ADDRESS, GOES, STAYS
from storage.checkins import Expectation, SignOfLife
from storage.database import Base, Database
from storage.erasing import Erased, Erasure, Open, OpenMatterError, erase
from storage.ledger_moves import Book
from storage.letters import Letter
from storage.people import Person
from storage.policies import load
from tests.query_plans import statements_noted, walks
from tests.village import Village, open_village

POLICY = load("village-default")
IMPERSONAL = {"people", "erasures", "privacy_wishes"}
"""Tables that name people, and of which the erasing itself takes care."""


async def everything(database: Database) -> dict[str, str]:
    """Return every value of every table as it is read, by table."""
    found: dict[str, str] = {}
    async with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            rows = (await session.execute(select(*table.columns))).all()
            found[table.name] = "\n".join(str(tuple(row)) for row in rows)
    return found


async def live_a_day(village: Village) -> None:
    """Let Wang be away, be missed, ask for things, earn minutes and say what nobody knows."""
    await village.all_well_but("wang")
    await village.until("09:40")
    await village.says("dashan", "我去")
    await village.says("dashan", "忘了")
    await village.says("wang", "俺家的鸟儿今天飞走了")
    await village.says("wang", "我去儿子家3天")
    async with village.database.writing() as session:
        (await session.get_one(Person, "wang")).phone = "13800138000"
        account = await ledger_members.account_of(session, "wang", POLICY)
        await Book(session, village.clock.now(), POLICY).grant(
            "gift", account, 120, actor="office", reason="start", second="second"
        )
    await village.until("10:00")


async def erase_her(village: Village, person: str = "wang") -> Erased:
    async with village.database.writing() as session:
        return await erase(session, person, village.clock.now(), POLICY, by=None)


async def test_name_phone_address_ties_and_words_go(village: Village) -> None:
    await live_a_day(village)
    before = await everything(village.database)
    assert any("王秀英" in rows for rows in before.values())
    assert await erase_her(village) is Erased.DONE
    after = await everything(village.database)
    for word in ("王秀英", "13800138000", "鸟儿", "wang|"):
        assert [name for name, rows in after.items() if word in rows] == [], word
    async with village.database.reading() as session:
        person = await session.get_one(Person, "wang")
        assert (person.name, person.phone_mark, person.born) == ("已注销", "", "")
        assert await session.scalar(select(Erasure.person_id)) == "wang"


async def test_what_was_counted_stays_and_the_chains_hold(village: Village) -> None:
    await live_a_day(village)
    counted = (Expectation, SignOfLife, Letter)

    async def count() -> list[int]:
        async with village.database.reading() as session:
            found = [await session.scalar(select(func.count()).select_from(one)) for one in counted]
            return [one or 0 for one in found]

    before = await count()
    await erase_her(village)
    expected, signs, written = await count()
    assert (expected, signs) == tuple(before[:2])
    assert written >= before[2]
    async with village.database.reading() as session:
        verdict = await ledger_audit.verify(session)
        assert verdict.is_whole, verdict.faults
        assert (await audit.verify(session)).is_whole


async def test_a_second_time_changes_nothing(village: Village) -> None:
    await live_a_day(village)
    await erase_her(village)
    before = await everything(village.database)
    assert await erase_her(village) is Erased.ALREADY
    assert await everything(village.database) == before
    assert await erase_her(village, "nobody") is Erased.NOBODY


async def test_not_while_she_is_looked_for(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("09:40")
    before = await everything(village.database)
    with pytest.raises(OpenMatterError) as refused:
        await erase_her(village)
    assert refused.value.what is Open.INCIDENT
    await village.says("dashan", "我去")
    with pytest.raises(OpenMatterError) as promised:
        await erase_her(village, "dashan")
    assert promised.value.what is Open.PROMISE
    assert (await everything(village.database))["people"] == before["people"]


async def test_her_record_holds_what_is_hers_and_no_word_of_others(village: Village) -> None:
    await live_a_day(village)
    async with village.database.reading() as session:
        hers = await dossiers.gather(session, "wang")
        his = await dossiers.gather(session, "dashan")
        assert await dossiers.gather(session, "nobody") is None
    assert hers is not None
    assert his is not None
    assert hers.stated["name"] == "王秀英"
    assert hers.stated["phone"] == hers.kept["people"][0]["phone"] == "13800138000"
    assert hers.kept["unheard"][0]["words"] == "俺家的鸟儿今天飞走了"
    assert [one["minutes"] for one in hers.kept["ledger_transfers"]] == [120]
    about_her = [one for one in hers.kept["letters"] if one["recipient_id"] == "dashan"]
    assert about_her
    assert not any("detail" in one for one in about_her)
    assert "unheard" not in his.kept
    sheet = render(hers, village.clock.now())
    assert all(word in sheet for word in ("王秀英", "13800138000", "没听懂的话"))
    assert json.loads(json.dumps(hers.kept)) == hers.kept


def test_every_table_that_names_people_says_what_becomes_of_it() -> None:
    known = {one.model.__tablename__ for one in (*GOES, *STAYS)} | IMPERSONAL
    naming = {
        table.name
        for table in Base.metadata.sorted_tables
        if any(key.target_fullname == "people.id" for key in table.foreign_keys)
    }
    assert naming <= known
    addressed = {one.name for one in Base.metadata.sorted_tables if "address" in one.columns}
    assert addressed == {one.__tablename__ for one in BY_ADDRESS} | {"identities"}
    assert {one.model.__tablename__ for one in (*GOES, *STAYS)} - {"ledger_members"} <= set(TITLES)


# --- a county's letters are many


async def test_her_letters_and_incidents_are_found_by_their_keys(
    sqlite_url: str, tmp_path: Path
) -> None:
    """Looked for among everybody's, each erased was slower than the one before."""
    async with open_village(sqlite_url, tmp_path, "simulator") as village:
        await village.settle()
        await village.all_well_but()
        with statements_noted(village.database) as noted:
            assert await erase_her(village) is Erased.DONE
        walked = await walks(village.database, noted)
    by_key = {table for said, tables in walked.items() if "LIKE" not in said for table in tables}
    assert by_key & {"letters", "incidents"} == set()
