"""What is said is sealed where a village has keys, and read as it was said."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from bot.cli import main
from storage import letters, people, roster, unheard, volunteers
from storage.database import Database
from storage.keys_in_use import LostKeyError
from storage.letters import Letter, NewLetter, Urgency
from storage.migrate import check_schema
from storage.people import Person, Role
from storage.rotation import rotate, sealed_columns
from storage.sealing import Keyring, make_key
from storage.unheard import Unheard
from storage.volunteers import Volunteer
from tests.privacy.conftest import NEW, OLD
from tests.storage.settlers import settler

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PHONE, WORDS = "138-0013 8000", "俺家的鸟儿今天飞走了"
WANG = replace(settler("wang", "王秀英", Role.ELDER), phone=PHONE)
SON = replace(settler("son", "王小山", Role.VOLUNTEER), phone="13800138000")


@asynccontextmanager
async def opened(url: str, *keys: str) -> AsyncIterator[Database]:
    database = Database(url, Keyring(keys) if keys else None)
    try:
        await check_schema(database)
        yield database
    finally:
        await database.dispose()


async def live(database: Database) -> None:
    async with database.writing() as session:
        await roster.enrol(session, [WANG, SON], NOW)
        await volunteers.keep_up(session)
        unheard.keep(session, 1, "wang", WORDS, NOW, reported=False)
        letter = NewLetter(
            key="k", kind="alarm", urgency=Urgency.ALARM, recipient_id="son", detail={"a": WORDS}
        )
        await letters.write(session, [letter], NOW)


async def on_the_disk(database: Database) -> str:
    """Return everything that is kept in columns of words, as it is kept."""
    async with database.reading() as session:
        found = [
            str(value)
            for one in sealed_columns()
            for value in await session.scalars(
                text(f"SELECT {one.name} FROM {one.table.name} WHERE {one.name} IS NOT NULL")  # noqa: S608
            )
        ]
        return "\n".join([*found, *await session.scalars(text("SELECT phone_mark FROM people"))])


async def is_all_there(database: Database) -> bool:
    async with database.reading() as session:
        return (
            await session.scalar(select(Person.phone).where(Person.id == "wang")) == PHONE
            and await session.scalar(select(Unheard.words)) == WORDS
            and await session.scalar(select(Letter.detail)) == {"a": WORDS}
        )


async def has_one_household(database: Database) -> bool:
    """Tell whether the volunteer is still known to have the phone of the elder."""
    async with database.reading() as session:
        hers = select(Person.phone_mark).where(Person.id == "wang").scalar_subquery()
        return (
            await session.scalar(select(Volunteer.person_id).where(Volunteer.phone_mark == hers))
            == "son"
        )


async def test_with_a_key_nothing_is_left_in_the_open(url: str) -> None:
    async with opened(url, NEW) as database:
        await live(database)
        kept = await on_the_disk(database)
        assert [one for one in (PHONE, "13800138000", WORDS) if one in kept] == []
        assert WORDS.encode("unicode-escape").decode() not in kept
        assert await is_all_there(database)
        assert await has_one_household(database)


async def test_without_a_key_everything_is_as_it_always_was(url: str) -> None:
    async with opened(url) as database:
        await live(database)
        assert PHONE in await on_the_disk(database)
        assert await is_all_there(database)
        assert await has_one_household(database)


async def test_what_was_plain_is_read_and_sealed_when_the_keys_are_rotated(url: str) -> None:
    async with opened(url) as database:
        await live(database)
    async with opened(url, OLD) as database:
        assert await is_all_there(database)
        assert (await rotate(database)).sealed == 4
        assert PHONE not in await on_the_disk(database)
        assert await is_all_there(database)
        assert await has_one_household(database)


async def test_a_new_key_takes_over_and_the_old_one_can_go(url: str) -> None:
    async with opened(url, OLD) as database:
        await live(database)
    async with opened(url, NEW, OLD) as database:
        assert await is_all_there(database)
        assert (await rotate(database)).sealed == 4
        assert (await rotate(database)).sealed == 0
    async with opened(url, NEW) as database:
        assert await is_all_there(database)
        assert await has_one_household(database)


async def test_a_key_that_is_still_needed_is_missed_by_name(url: str) -> None:
    async with opened(url, OLD) as database:
        await live(database)
    for keys in ((), (NEW,)):
        with pytest.raises(LostKeyError, match=r"sealed under the key [0-9a-f]{8}, which"):
            async with opened(url, *keys):
                pass


async def test_what_no_key_opens_reads_as_nothing_and_stays(url: str) -> None:
    """An alarm must go out, whatever has become of a phone number."""
    async with opened(url, OLD) as database:
        await live(database)
    other = Database(url, Keyring([NEW]))
    async with other.reading() as session:
        person = await session.get_one(Person, "wang")
        assert (person.name, person.phone) == ("王秀英", "")
    found = await rotate(other)
    assert (found.sealed, found.unreadable) == (0, 4)
    await other.dispose()
    async with opened(url, NEW, OLD) as database:
        assert await is_all_there(database)


async def test_a_phone_that_is_set_by_hand_is_marked_too(sealed: Database) -> None:
    await live(sealed)
    async with sealed.writing() as session:
        (await session.get_one(Person, "wang")).phone = "13900000000"
    assert not await has_one_household(sealed)
    async with sealed.reading() as session:
        assert await people.name_of(session, "wang") == "王秀英"


def test_a_keyring_tells_nothing() -> None:
    assert NEW not in repr(Keyring([NEW])) + repr(vars(Keyring([NEW])).values())


# --- at the command line


def say(*arguments: str | Path, **environment: str) -> str:
    result = CliRunner().invoke(main, [str(one) for one in arguments], env=environment)
    return f"{result.exit_code}: {result.output.strip()}"


def test_a_key_is_made_kept_in_a_file_and_used(tmp_path: Path) -> None:
    key = say("privacy", "key").removeprefix("0: ")
    kept, config = tmp_path / "keys", tmp_path / "village.toml"
    kept.write_text(f"# the newest first\n{key}\n{make_key()}\n")
    config.write_text(f'[database]\nurl = "sqlite:///{tmp_path}/v.sqlite3"\n')
    where = {
        "SHOUWANG_WECHAT__APP_ID": "wx0",
        "SHOUWANG_WECHAT__TOKEN": "abc",
        "SHOUWANG_WECHAT__ENCODING_AES_KEY": "a" * 43,
    }
    assert "make a key with" in say("privacy", "rotate", "--config", config, **where)
    where["SHOUWANG_PRIVACY__KEYS_FILE"] = str(kept)
    assert say("--config", config, "privacy", "rotate", **where).startswith("0: 封好了：0 处")
    where["SHOUWANG_PRIVACY__KEYS"] = key
    assert "must not both" in say("check-config", "--config", config, **where)
    del where["SHOUWANG_PRIVACY__KEYS_FILE"]
    assert "plain text" not in say("check-config", "--config", config, **where)
    where["SHOUWANG_PRIVACY__KEYS"] = f"{key[:-9]}, broken"
    refused = say("check-config", "--config", config, **where)
    assert refused.startswith("1: Error: privacy.keys must be keys of 44 characters")
    assert key[:20] not in refused
