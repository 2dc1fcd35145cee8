"""One consent, one message."""

from datetime import datetime

from storage import subscriptions
from storage.database import Database
from storage.rules import VILLAGE_TIME
from storage.subscriptions import Notice

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=VILLAGE_TIME)
DAUGHTER, SON = ("wechat", "o-xiaomei"), ("wechat", "o-xiaoming")
MISSED: Notice = (*DAUGHTER, "missed")


async def _give(database: Database, *notices: Notice) -> None:
    async with database.writing() as session:
        for notice in notices:
            await subscriptions.give(session, notice, NOW)


async def _left(database: Database) -> dict[tuple[str, str], dict[str, int]]:
    async with database.writing() as session:
        return await subscriptions.left(session, [DAUGHTER, SON, ("sms", "o-xiaomei")])


async def test_each_consent_is_good_for_one_notice_of_its_form(database: Database) -> None:
    await _give(database, MISSED, MISSED, (*DAUGHTER, "all_clear"), (*SON, "missed"))
    assert await _left(database) == {DAUGHTER: {"missed": 2, "all_clear": 1}, SON: {"missed": 1}}
    async with database.writing() as session:
        await subscriptions.count(session, [MISSED, (*SON, "missed")])
    assert await _left(database) == {DAUGHTER: {"missed": 1, "all_clear": 1}}


async def test_more_than_was_given_is_never_used(database: Database) -> None:
    await _give(database, MISSED)
    async with database.writing() as session:
        await subscriptions.count(session, [MISSED, MISSED])
    assert await _left(database) == {}
    await _give(database, MISSED)
    assert await _left(database) == {DAUGHTER: {"missed": 1}}


async def test_what_was_refused_is_gone_until_she_agrees_anew(database: Database) -> None:
    await _give(database, MISSED, MISSED, (*DAUGHTER, "all_clear"))
    async with database.writing() as session:
        await subscriptions.refused(session, [MISSED])
    assert await _left(database) == {DAUGHTER: {"all_clear": 1}}
    await _give(database, MISSED)
    assert await _left(database) == {DAUGHTER: {"missed": 1, "all_clear": 1}}


async def test_nobody_s_consents_are_not_everybody_s(database: Database) -> None:
    await _give(database, MISSED)
    async with database.writing() as session:
        assert await subscriptions.left(session, []) == {}
