"""Who may knock at the door, and what happens when the desk is slow, fails, or is left alone."""

import asyncio
import io
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import structlog

from handlers.message import LostError, Message, Reply
from tests.channels.conftest import OpenDoor
from tests.channels.wire import NOW, TOKEN, WANG, ListeningDesk, Platform, sign, text
from tests.clock import HandMovedClock


class SlowDesk(ListeningDesk):
    """Takes its time, and finishes whoever listens, as the real one does."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds
        self.begun = asyncio.Event()
        self.finished = asyncio.Event()

    async def answer(self, message: Message) -> Reply | None:
        self.work = asyncio.ensure_future(self._work(message))
        return await asyncio.shield(self.work)

    async def _work(self, message: Message) -> Reply | None:
        self.begun.set()
        await asyncio.sleep(self._seconds)
        self.finished.set()
        return await super().answer(message)


class BrokenDesk:
    async def answer(self, _message: Message) -> Reply | None:
        raise LostError


async def test_the_console_hears_its_echo_and_nothing_else(platform: Platform) -> None:
    answer = await platform.ask({**platform.query(), "echostr": "5837397520665436492"})
    assert (answer.status, answer.body) == (200, "5837397520665436492")


@pytest.mark.parametrize("missing", ["signature", "timestamp", "nonce", "echostr"])
async def test_a_console_that_leaves_something_out_is_told_what(
    platform: Platform, missing: str
) -> None:
    query = {**platform.query(), "echostr": "1"}
    del query[missing]
    answer = await platform.ask(query)
    assert (answer.status, answer.body) == (400, f"the parameter {missing} is missing")


async def test_a_forged_url_check_gets_no_echo(platform: Platform) -> None:
    answer = await platform.ask({**platform.query(), "signature": "0" * 40, "echostr": "secret"})
    assert (answer.status, answer.body) == (403, "the signature is wrong")


async def test_what_she_writes_reaches_the_desk_and_the_reply_reaches_her(
    platform: Platform, desk: ListeningDesk
) -> None:
    answer = await platform.push(text("1"))
    assert (answer.status, answer.said) == (200, "王奶奶，记下了")
    assert [(message.sender, message.text) for message in desk.heard] == [(WANG, "1")]


@pytest.mark.parametrize("nothing", [None, "", " ", "\x00"])
async def test_a_desk_with_nothing_to_say_answers_a_bare_success(
    platform: Platform, desk: ListeningDesk, nothing: str | None
) -> None:
    desk.says = nothing
    answer = await platform.push(text("1"))
    assert (answer.status, answer.body) == (200, "success")


@pytest.mark.parametrize("missing", ["signature", "timestamp", "nonce"])
async def test_a_push_without_a_parameter_is_told_which(
    platform: Platform, desk: ListeningDesk, missing: str
) -> None:
    query, body = platform.packed(text("1"))
    del query[missing]
    answer = await platform.post(query, body)
    assert (answer.status, answer.body) == (400, f"the parameter {missing} is missing")
    assert desk.heard == []


@pytest.mark.parametrize("signature", ["0" * 40, "救命", "0", "0" * 10_000])
async def test_a_wrong_signature_never_reaches_the_desk(
    open_door: OpenDoor, desk: ListeningDesk, signature: str
) -> None:
    platform = await open_door("plain")
    query, body = platform.packed(text("1"))
    # aiohttp refuses a request line over 8190 bytes by itself, with a 400
    answer = await platform.post({**query, "signature": signature}, body)
    assert answer.status in {400, 403}
    assert desk.heard == []


@pytest.mark.parametrize("away", [timedelta(seconds=-301), timedelta(seconds=301)])
async def test_a_push_from_another_hour_is_refused(
    platform: Platform, desk: ListeningDesk, away: timedelta
) -> None:
    answer = await platform.push(text("1"), now=NOW + away)
    assert (answer.status, answer.body) == (403, "the timestamp is too far from now")
    assert desk.heard == []


@pytest.mark.parametrize("away", [timedelta(seconds=-300), timedelta(seconds=300)])
async def test_clocks_may_differ_by_as_much_as_is_agreed(
    platform: Platform, desk: ListeningDesk, away: timedelta
) -> None:
    assert (await platform.push(text("1"), now=NOW + away)).status == 200
    assert len(desk.heard) == 1


@pytest.mark.parametrize("timestamp", ["soon", "-1", "1e9", "9" * 400, "²", "1764000000.5"])
async def test_a_timestamp_that_is_none_is_refused_even_when_signed(
    open_door: OpenDoor, desk: ListeningDesk, timestamp: str
) -> None:
    platform = await open_door("plain")
    query = {"timestamp": timestamp, "nonce": "1", "signature": sign(TOKEN, timestamp, "1")}
    assert (await platform.post(query, text("1").encode())).status == 403
    assert desk.heard == []


async def test_the_platforms_own_retry_repeats_the_nonce_and_is_taken(
    platform: Platform, desk: ListeningDesk, clock: HandMovedClock
) -> None:
    query, body = platform.packed(text("1"))
    for _ in range(3):
        assert (await platform.post(query, body)).status == 200
        clock.move(seconds=5)
    assert len({message.key for message in desk.heard}) == 1


async def test_no_body_is_said_so(platform: Platform, desk: ListeningDesk) -> None:
    answer = await platform.post(platform.query(), None)
    assert (answer.status, answer.body) == (400, "the body is empty")
    assert desk.heard == []


async def test_a_body_just_at_the_limit_is_read(open_door: OpenDoor, desk: ListeningDesk) -> None:
    platform = await open_door("plain")
    room = 64 * 1024 - len(text("").encode())
    assert (await platform.push(text("a" * room))).status == 200
    assert len(desk.heard[0].text) == room


async def test_a_megabyte_is_refused_unread(platform: Platform, desk: ListeningDesk) -> None:
    answer = await platform.post(platform.query(), io.BytesIO(b"a" * 1024 * 1024))
    assert (answer.status, answer.body) == (413, "the body is too large")
    assert desk.heard == []


async def test_a_megabyte_that_hides_its_length_is_refused_too(
    open_door: OpenDoor, desk: ListeningDesk
) -> None:
    platform = await open_door("plain")

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"a" * 16 * 1024

    assert (await platform.post(platform.query(), chunks())).status == 413
    assert desk.heard == []


async def test_a_body_that_never_ends_does_not_hang(
    open_door: OpenDoor, desk: ListeningDesk
) -> None:
    platform = await open_door("plain", answer_within_seconds=0.2)
    reader, writer = await asyncio.open_connection(platform.url.host, platform.url.port)
    target = platform.url.with_query(platform.query()).raw_path_qs
    writer.write(f"POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 300\r\n\r\n<xml>".encode())
    assert b" 408 " in await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    assert desk.heard == []


async def test_a_body_that_lies_about_its_packing_is_refused(
    open_door: OpenDoor, desk: ListeningDesk
) -> None:
    platform = await open_door("plain")
    reader, writer = await asyncio.open_connection(platform.url.host, platform.url.port)
    target = platform.url.with_query(platform.query()).raw_path_qs
    head = "Host: a\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\nConnection: close"
    writer.write(f"POST {target} HTTP/1.1\r\n{head}\r\n\r\n<xml>".encode())
    assert b" 400 " in await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    assert desk.heard == []


async def test_a_desk_that_fails_makes_the_platform_come_again_and_no_word_is_logged(
    open_door: OpenDoor,
) -> None:
    platform = await open_door("plain", behind=BrokenDesk())
    with structlog.testing.capture_logs() as logged:
        answer = await platform.push(text("救命"))
    assert (answer.status, answer.body) == (500, "the desk could not answer")
    assert "the desk could not answer" in str(logged)
    assert "救命" not in str(logged)
    assert WANG not in str(logged)


async def test_a_slow_desk_makes_the_platform_come_again_and_finishes_all_the_same(
    open_door: OpenDoor,
) -> None:
    slow = SlowDesk(seconds=0.4)
    platform = await open_door("plain", behind=slow, answer_within_seconds=0.1)
    begun = time.monotonic()
    answer = await platform.push(text("1"))
    assert (answer.status, answer.body) == (503, "the desk was not done in time")
    assert time.monotonic() - begun < 0.4
    await asyncio.wait_for(slow.finished.wait(), 2)


async def test_a_platform_that_hangs_up_does_not_stop_the_desk(open_door: OpenDoor) -> None:
    slow = SlowDesk(seconds=0.3)
    platform = await open_door("plain", behind=slow)
    leaving = asyncio.ensure_future(platform.push(text("1")))
    await asyncio.wait_for(slow.begun.wait(), 2)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    await asyncio.wait_for(slow.finished.wait(), 2)
    assert len(slow.heard) == 1


async def test_safe_mode_takes_nothing_in_the_clear(
    open_door: OpenDoor, desk: ListeningDesk
) -> None:
    platform = await open_door("safe")
    answer = await platform.post(platform.query(), text("1").encode())
    assert (answer.status, answer.body) == (400, "this account takes only encrypted messages")
    assert desk.heard == []


async def test_compatible_mode_believes_the_sealed_part(
    open_door: OpenDoor, desk: ListeningDesk
) -> None:
    platform = await open_door("compatible")
    query, body = platform.packed(text("不舒服"))
    forged = body.replace("不舒服".encode(), "我挺好".encode())
    assert (await platform.post(query, forged)).status == 200
    assert [message.text for message in desk.heard] == ["不舒服"]


async def test_compatible_mode_still_reads_an_open_push(
    open_door: OpenDoor, desk: ListeningDesk
) -> None:
    platform = await open_door("compatible")
    answer = await platform.post(platform.query(), text("1").encode())
    assert (answer.status, len(desk.heard)) == (200, 1)
    assert "<Content><![CDATA[王奶奶，记下了]]>" in answer.body


@pytest.mark.parametrize("encryption", ["compatible", "safe"])
async def test_a_sealed_part_needs_its_own_signature(
    open_door: OpenDoor, desk: ListeningDesk, encryption: str
) -> None:
    platform = await open_door(encryption)
    query, body = platform.packed(text("1"))
    forged = await platform.post({**query, "msg_signature": "0" * 40}, body)
    assert (forged.status, forged.body) == (403, "the signature of the encrypted part is wrong")
    del query["msg_signature"]
    bare = await platform.post(query, body)
    assert (bare.status, bare.body) == (400, "the parameter msg_signature is missing")
    assert desk.heard == []
