"""A daughter who left the account is still reached: by the number that the village knows."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from sqlalchemy import select

from storage.letters import LetterState
from storage.people import Identity, Person
from storage.sealing import make_key
from tests.channels.sms_gateway import SECRET, SmsProvider, report
from tests.clock import HandMovedClock
from tests.databases import clear_at
from tests.village import MONDAY, Village, open_village

NUMBER = "13800001111"


@pytest.fixture
def provider() -> SmsProvider:
    return SmsProvider(HandMovedClock(MONDAY))


@pytest.fixture
async def village(
    database_url: str, tmp_path: Path, provider: SmsProvider, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Village]:
    """On PostgreSQL the village has a key: there its numbers are sealed."""
    await clear_at(database_url)
    if "postgresql" in database_url:
        monkeypatch.setenv("SHOUWANG_PRIVACY__KEYS", make_key())
    async with TestServer(provider.application()) as server:
        monkeypatch.setenv("SHOUWANG_SMS__URL", str(server.make_url("/shouwang")))
        monkeypatch.setenv("SHOUWANG_SMS__SECRET", SECRET)
        async with open_village(database_url, tmp_path, "wechat") as village:
            provider.clock = village.clock
            await village.settle()
            await _give_a_number(village)
            yield village


async def _give_a_number(village: Village) -> None:
    async with village.database.writing() as session:
        daughter = await session.get_one(Person, "xiaomei")
        daughter.phone = NUMBER


async def _lost_and_missed(village: Village) -> None:
    await village.platform.unfollow("xiaomei")
    await village.all_well_but("wang")
    await village.until("09:50")


async def test_an_alarm_reaches_the_daughter_who_left_the_account(
    village: Village, provider: SmsProvider
) -> None:
    await _lost_and_missed(village)
    hers = [one["text"] for one in provider.taken.values() if one["to"] == NUMBER]
    assert len(hers) == 1
    assert "王秀英" in hers[0]
    async with village.database.reading() as session:
        address = await session.scalar(select(Identity.address).where(Identity.channel == "sms"))
    assert (address == NUMBER) is village.database.is_sqlite


@pytest.mark.parametrize(
    ("status", "became"),
    [("delivered", LetterState.DELIVERED), ("failed", LetterState.FAILED)],
)
async def test_what_the_gateway_reports_becomes_of_the_letter(
    village: Village, provider: SmsProvider, status: str, became: LetterState
) -> None:
    await _lost_and_missed(village)
    (key,) = [key for key, one in provider.taken.items() if one["to"] == NUMBER]
    said = {"id": f"n-{key[:8]}", "to": NUMBER, "status": status}
    url = village.platform.webhook_url.replace("/wechat", "/sms/reports")
    async with aiohttp.ClientSession() as session:
        assert await report(session, url, village.clock, said) == 200
        assert await report(session, url, village.clock, said) == 200
    alarms = {letter.recipient_id: letter for letter in await village.letters("alarm")}
    assert (alarms["xiaomei"].state, alarms["xiaomei"].way) == (became, "sms")


async def test_a_woman_who_stayed_is_written_to_on_her_account(
    village: Village, provider: SmsProvider
) -> None:
    await village.all_well_but("wang")
    await village.until("09:50")
    assert any("王秀英" in words for words in village.heard("xiaomei"))
    assert provider.taken == {}
