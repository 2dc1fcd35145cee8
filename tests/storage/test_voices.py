"""A voice is written down once, whoever else still listens."""

from datetime import datetime, timedelta

from storage import roster, voices
from storage.database import Database
from storage.people import Role
from storage.rules import VILLAGE_TIME
from storage.voices import VoiceState
from tests.storage.settlers import settler

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=VILLAGE_TIME)
LEASE = timedelta(minutes=1)
WANG = settler("wang", "王秀英", Role.ELDER)


async def test_who_listened_too_long_settles_nothing(database: Database) -> None:
    async with database.writing() as session:
        await roster.enrol(session, [WANG], NOW)
        voices.keep(session, "wang", "wechat", "media-1", NOW)
    async with database.writing() as session:
        (slow,) = await voices.claim(session, NOW, 5, LEASE)
    async with database.writing() as session:
        assert await voices.claim(session, NOW, 5, LEASE) == []
        (quick,) = await voices.claim(session, NOW + LEASE, 5, LEASE)
        assert (quick.id, quick.tries) == (slow.id, 1)
        assert await voices.settle(session, quick.id, VoiceState.HEARD)
    async with database.writing() as session:
        assert not await voices.settle(session, slow.id, VoiceState.LEFT)
        await voices.try_again(session, slow.id, NOW)
        assert await voices.claim(session, NOW + 2 * LEASE, 5, LEASE) == []
