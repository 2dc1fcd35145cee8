"""The endpoint answers well, badly, elsewhere or not at all; its key and our voices stay put."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr

from bot.transcribers.endpoint import EndpointTranscriber
from bot.transcribers.worker import Worker
from schedules.listening import TranscriberError
from tests.voices import workers
from tests.voices.endpoint import AMR, Endpoint, spoken

KEY = "an-invented-key"


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


def ears(session: ClientSession, url: str, waves: Worker | None = None) -> EndpointTranscriber:
    return EndpointTranscriber(
        session,
        url,
        model="an-invented-model",
        seconds=0.5,
        api_key=SecretStr(KEY),
        waves=waves,
    )


async def test_it_writes_down_and_shows_its_key(session: ClientSession, endpoint: Endpoint) -> None:
    assert await ears(session, endpoint.url).write_down(spoken("吃了", AMR), "amr") == "吃了"
    assert endpoint.asked[0].filename == "voice.amr"
    assert endpoint.asked[0].authorization == f"Bearer {KEY}"


async def test_silence_is_no_words(session: ClientSession, endpoint: Endpoint) -> None:
    assert await ears(session, endpoint.url).write_down(spoken("", AMR), "amr") == ""


@pytest.mark.parametrize(
    ("mood", "why"),
    [
        ("failing", "HTTP status 503"),
        ("moved", "HTTP status 307"),
        ("hanging", "did not answer in time"),
        ("dying", "no answer: ServerDisconnectedError"),
        ("babbling", "cannot be read"),
        ("flooding", "longer than any voice"),
    ],
)
async def test_every_bad_answer_is_one_error_that_quotes_nothing(
    session: ClientSession, endpoint: Endpoint, mood: Any, why: str
) -> None:
    endpoint.mood = mood
    with pytest.raises(TranscriberError, match=why) as raised:
        await ears(session, endpoint.url).write_down(spoken("芦花鸡", AMR), "amr")
    assert "芦花鸡" not in str(raised.value)
    assert KEY not in repr(ears(session, endpoint.url).__dict__)


async def test_nobody_at_home_is_an_error_without_the_address(session: ClientSession) -> None:
    with pytest.raises(TranscriberError) as raised:
        await ears(session, "http://127.0.0.1:9/v1").write_down(spoken("吃了", AMR), "amr")
    assert "127.0.0.1" not in str(raised.value)


async def test_what_it_would_not_take_goes_as_a_wave(
    session: ClientSession, endpoint: Endpoint
) -> None:
    transcriber = ears(session, endpoint.url, Worker(workers.turns_into_a_wave, 30))
    assert await transcriber.write_down(spoken("吃了", AMR), "amr") == "吃了"
    assert await transcriber.write_down(spoken("在"), "wav") == "在"
    await transcriber.close()
    assert [one.filename for one in endpoint.asked] == ["voice.wav", "voice.wav"]
    assert endpoint.asked[0].voice == b"RIFF" + spoken("吃了", AMR)
    assert endpoint.asked[1].voice == spoken("在")


async def test_what_cannot_be_decoded_is_not_sent(
    session: ClientSession, endpoint: Endpoint
) -> None:
    transcriber = ears(session, endpoint.url, Worker(workers.chokes, 30))
    with pytest.raises(TranscriberError, match="the worker failed: ValueError"):
        await transcriber.write_down(spoken("吃了", AMR), "amr")
    await transcriber.close()
    assert endpoint.asked == []
