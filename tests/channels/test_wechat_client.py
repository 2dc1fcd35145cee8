"""The client's rules: one token for all, one retry, an end to waiting, nothing told."""

import asyncio
import io
import time
import traceback
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from wechatpy.exceptions import WeChatClientException

from bot.channels.wechat_account import WECHAT_MENU, create_menu, pairing_qr
from bot.channels.wechat_client import AwaitableWeChatClient
from bot.channels.wechat_wire import NoAnswerError
from tests.channels.far_end import SECRET, FarEnd, client_of, far_end_of
from tests.channels.wire import NOW, WANG, settings
from tests.clock import HandMovedClock


@pytest.fixture
async def far_end(clock: HandMovedClock) -> AsyncIterator[FarEnd]:
    async with far_end_of(clock) as far_end:
        far_end.platform.wrote_earlier(WANG, NOW)
        yield far_end


async def test_a_word_reaches_her_phone(far_end: FarEnd) -> None:
    await far_end.client.message.send_text(WANG, "王奶奶，该报平安了 🌹")
    assert far_end.platform.phone(WANG).bubbles[-1].text == "王奶奶，该报平安了 🌹"


async def test_one_token_serves_until_shortly_before_its_end(
    far_end: FarEnd, clock: HandMovedClock
) -> None:
    for minutes, fetched in [(0, 1), (60, 1), (54, 1), (2, 2), (60, 2)]:
        clock.move(minutes=minutes)
        await far_end.client.menu.create(WECHAT_MENU)
        assert far_end.platform.calls("stable_token") == fetched


async def test_fifty_at_once_fetch_one_token(far_end: FarEnd) -> None:
    await asyncio.gather(*(far_end.client.user.get(WANG) for _ in range(50)))
    assert far_end.platform.calls("stable_token") == 1
    assert len(far_end.platform.sent("user/info")) == 50


async def test_fifty_at_once_replace_a_refused_token_once(far_end: FarEnd) -> None:
    await far_end.client.user.get(WANG)
    far_end.platform.expire_tokens()
    await asyncio.gather(*(far_end.client.user.get(WANG) for _ in range(50)))
    assert far_end.platform.calls("stable_token") == 2
    assert len(far_end.platform.sent("user/info")) == 51


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_a_token_refused_once_is_replaced_unseen(far_end: FarEnd, code: int) -> None:
    far_end.platform.refuse("message/custom/send", code, times=1)
    await far_end.client.message.send_text(WANG, "王奶奶，该报平安了")
    assert far_end.platform.calls("message/custom/send") == 2


async def test_a_token_refused_for_ever_costs_two_calls_and_one_more_fetch(
    far_end: FarEnd,
) -> None:
    await far_end.client.menu.create(WECHAT_MENU)
    far_end.platform.reject_every_token()
    with pytest.raises(WeChatClientException) as refused:
        await far_end.client.message.send_text(WANG, "王奶奶，该报平安了")
    assert refused.value.errcode == 40001
    assert far_end.platform.calls("message/custom/send") == 2
    assert far_end.platform.calls("stable_token") == 2


async def test_any_other_refusal_is_not_asked_again(far_end: FarEnd) -> None:
    far_end.platform.refuse("message/custom/send", 45015, times=None)
    with pytest.raises(WeChatClientException) as refused:
        await far_end.client.message.send_text(WANG, "王奶奶，该报平安了")
    assert refused.value.errcode == 45015
    assert far_end.platform.calls("message/custom/send") == 1


async def test_a_hanging_token_fetch_ends_in_time_for_all_who_wait(far_end: FarEnd) -> None:
    far_end.platform.hang("stable_token")
    begun = time.monotonic()
    waiting = [far_end.client.user.get(WANG) for _ in range(20)]
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert {str(one) for one in ended} == {"Error code: -1, message: no answer in time"}
    assert time.monotonic() - begun < 2
    assert far_end.platform.calls("stable_token") == 1


async def test_a_hanging_call_ends_in_time(far_end: FarEnd) -> None:
    far_end.platform.hang("message/custom/send")
    with pytest.raises(NoAnswerError, match="no answer in time"):
        await asyncio.wait_for(far_end.client.message.send_text(WANG, "在吗"), 2)


async def test_who_leaves_while_a_token_is_fetched_does_not_take_it_along(
    far_end: FarEnd,
) -> None:
    far_end.platform.hang("stable_token")
    impatient = asyncio.ensure_future(far_end.client.user.get(WANG))
    patient = asyncio.ensure_future(far_end.client.user.get(WANG))
    await asyncio.sleep(0.1)
    impatient.cancel()
    far_end.platform.resume("stable_token")
    assert (await patient)["openid"] == WANG
    assert far_end.platform.calls("stable_token") == 1


async def test_a_token_that_cannot_be_renewed_early_serves_to_its_end(
    far_end: FarEnd, clock: HandMovedClock
) -> None:
    await far_end.client.user.get(WANG)
    far_end.platform.http_error("stable_token", 503, times=None)
    clock.move(seconds=7200 - 299)
    await far_end.client.user.get(WANG)
    clock.move(seconds=299)
    with pytest.raises(NoAnswerError, match="HTTP status 503"):
        await far_end.client.user.get(WANG)


@pytest.mark.parametrize(
    ("status", "code"), [(500, -1), (502, -1), (404, None), (302, None), (429, None)]
)
async def test_a_status_is_an_answer_too(far_end: FarEnd, status: int, code: int | None) -> None:
    far_end.platform.http_error("user/info", status)
    with pytest.raises(NoAnswerError, match=f"HTTP status {status}") as refused:
        await far_end.client.user.get(WANG)
    assert refused.value.errcode == code


async def test_a_voice_is_fetched_as_it_was_spoken(far_end: FarEnd) -> None:
    sound = b"#!AMR\n" + bytes(range(256))
    uploaded = await far_end.client.media.upload("voice", io.BytesIO(sound))
    assert await far_end.client.media.download(uploaded["media_id"]) == sound


async def test_an_upload_survives_a_refused_token(far_end: FarEnd) -> None:
    far_end.platform.refuse("media/upload", 40001, times=1)
    await far_end.client.media.upload("image", ("week.jpg", b"\xff\xd8\xff picture"))
    assert far_end.platform.sent("media/upload") == [{"type": "image", "bytes": 11}]


async def test_a_voice_that_is_gone_is_an_error_and_no_file(
    far_end: FarEnd, clock: HandMovedClock
) -> None:
    uploaded = await far_end.client.media.upload("voice", ("a.amr", b"#!AMR\n"))
    clock.move(days=3)
    with pytest.raises(WeChatClientException) as refused:
        await far_end.client.media.download(uploaded["media_id"])
    assert refused.value.errcode == 40007


async def test_the_menu_has_our_three_buttons(far_end: FarEnd) -> None:
    await create_menu(far_end.client)
    menu = (await far_end.client.menu.get())["menu"]
    assert [button["name"] for button in menu["button"]] == ["报平安", "我要帮忙", "帮助"]


async def test_a_pairing_code_is_for_once_and_for_a_while(far_end: FarEnd) -> None:
    url = await pairing_qr(far_end.client, "t0ken", seconds=24 * 3600)
    assert url.startswith("http://weixin.qq.com/q/")
    assert far_end.platform.sent("qrcode/create") == [
        {
            "expire_seconds": 86400,
            "action_name": "QR_STR_SCENE",
            "action_info": {"scene": {"scene_str": "t0ken"}},
        }
    ]


async def test_addresses_written_out_in_full_go_where_we_were_told(far_end: FarEnd) -> None:
    with pytest.raises(NoAnswerError, match="HTTP status 404"):
        await far_end.client.customservice.get_wait_case()


def answering(path: str, answer: web.Response | None = None, **fields: object) -> web.Application:
    """Return a platform that gives a token, and one odd answer."""

    async def token(_: web.Request) -> web.Response:
        given = {"access_token": "the-token", "expires_in": 7200}
        return web.json_response({**given, **fields})

    async def odd(_: web.Request) -> web.Response:
        assert answer is not None
        return answer

    app = web.Application()
    app.router.add_post("/cgi-bin/stable_token", token)
    app.router.add_get(f"/cgi-bin/{path}", odd)
    return app


@pytest.mark.parametrize(
    "body",
    ["", "null", "[]", "1", "<html>busy</html>", "{", '{"errcode": "many"}', '{"base_resp": 1}'],
)
async def test_an_answer_that_cannot_be_read_is_none(clock: HandMovedClock, body: str) -> None:
    app = answering("user/info", web.Response(text=body))
    async with client_of(app, clock) as (client, _):
        with pytest.raises(NoAnswerError, match="cannot be read"):
            await client.user.get(WANG)


async def test_an_answer_with_bare_control_characters_is_read(clock: HandMovedClock) -> None:
    app = answering("user/info", web.Response(body=b'{"remark": "a\x01\tb\xff"}'))
    async with client_of(app, clock) as (client, _):
        assert (await client.user.get(WANG))["remark"] == "a\x01\tb"


async def test_a_file_without_end_is_cut_off(clock: HandMovedClock) -> None:
    endless = web.Response(body=b"a" * (13 * 1024 * 1024))
    async with client_of(answering("media/get", endless), clock) as (client, _):
        with pytest.raises(NoAnswerError, match="more than 12582912 bytes"):
            await client.media.download("m1")


@pytest.mark.parametrize("life", [None, "soon", 10**20])
async def test_a_token_without_an_end_is_no_token(clock: HandMovedClock, life: object) -> None:
    async with client_of(answering("user/info", expires_in=life), clock) as (client, _):
        with pytest.raises(NoAnswerError, match="without a token"):
            await client.user.get(WANG)


async def test_a_short_lived_token_is_not_fetched_for_every_call(clock: HandMovedClock) -> None:
    fetched = 0

    async def token(_: web.Request) -> web.Response:
        nonlocal fetched
        fetched += 1
        return web.json_response({"access_token": "the-token", "expires_in": 200})

    async def fine(_: web.Request) -> web.Response:
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/cgi-bin/stable_token", token)
    app.router.add_get("/cgi-bin/user/info", fine)
    async with client_of(app, clock) as (client, _):
        for _ in range(5):
            await client.user.get(WANG)
    assert fetched == 1


def everything_told(client: AwaitableWeChatClient, error: BaseException) -> str:
    told = "".join(traceback.format_exception(error))
    return "\n".join([told, repr(error), str(error), repr(client), str(vars(client))])


async def test_a_platform_that_quotes_the_token_is_not_quoted(clock: HandMovedClock) -> None:
    quoting = web.json_response({"errcode": 48001, "errmsg": "no rights for the-token"})
    async with client_of(answering("user/info", quoting), clock) as (client, _):
        with pytest.raises(WeChatClientException) as refused:
            await client.user.get(WANG)
        assert "the-token" not in everything_told(client, refused.value)
        assert refused.value.errmsg == "no rights for ***"


async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Give a token, and to every other question an answer that is no HTTP."""
    asked = await reader.readuntil(b"\r\n\r\n")
    given = b'{"access_token": "the-token", "expires_in": 7200}'
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(given)
    writer.write(head + given if b"stable_token" in asked else b"the-token, you said?\r\n\r\n")
    await writer.drain()
    writer.close()


async def test_what_is_no_answer_at_all_betrays_nothing(clock: HandMovedClock) -> None:
    async with (
        await asyncio.start_server(babble, "127.0.0.1", 0) as server,
        aiohttp.ClientSession() as session,
    ):
        port = server.sockets[0].getsockname()[1]
        agreed = settings("plain", app_secret=SECRET, api_base_url=f"http://127.0.0.1:{port}")
        client = AwaitableWeChatClient(agreed, session, clock)
        with pytest.raises(NoAnswerError) as refused:
            await client.user.get(WANG)
        told = everything_told(client, refused.value) + repr(agreed)
        assert "the-token" not in told
        assert SECRET not in told


async def test_a_platform_that_is_gone_is_silence(clock: HandMovedClock) -> None:
    agreed = settings("plain", app_secret=SECRET, api_base_url="http://127.0.0.1:9")
    async with aiohttp.ClientSession() as session:
        with pytest.raises(NoAnswerError) as refused:
            await AwaitableWeChatClient(agreed, session, clock).user.get(WANG)
    assert refused.value.errcode == -1


async def test_a_parameter_left_open_is_not_sent(far_end: FarEnd) -> None:
    await far_end.client.get("user/info", params={"openid": WANG, "lang": None})
    assert far_end.platform.sent("user/info")[0].keys() == {"openid", "access_token"}
