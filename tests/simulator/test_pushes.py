"""What the platform pushes to the account's server, and what it makes of the answers."""

import re

import pytest
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.utils import check_signature

from bot.simulator.platform import (
    Account,
    NotFollowingError,
    SimulatedPlatform,
    signed_push,
    write_xml,
)
from tests.clock import HandMovedClock
from tests.simulator.account_server import (
    COMPATIBLE,
    PLAIN,
    SAFE,
    AccountServer,
    asleep,
    broken,
    reply_to,
    says,
)

OUT_OF_ORDER = "该公众号提供的服务出现故障，请稍后再试"


def fields_of(body: str) -> dict[str, str]:
    return dict(re.findall(r"<(\w+)>(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?</\1>", body[5:-6]))


async def test_a_greeting_travels_as_signed_xml(
    platform: SimulatedPlatform, server: AccountServer
) -> None:
    await platform.text("wang", "平安")
    query, body = server.pushes[0]
    message = parse_message(body)
    assert (message.type, message.source, message.content) == ("text", "wang", "平安")
    assert message.target == PLAIN.original_id
    assert message.id > 2**53
    assert query.keys() == {"signature", "timestamp", "nonce", "openid"}
    check_signature(PLAIN.token, query["signature"], query["timestamp"], query["nonce"])


async def test_the_push_carries_the_time_of_the_village(
    platform: SimulatedPlatform, server: AccountServer, clock: HandMovedClock
) -> None:
    clock.move(hours=3)
    await platform.text("wang", "平安")
    now = str(int(clock.now().timestamp()))
    assert server.pushes[0][0]["timestamp"] == now
    assert fields_of(server.last)["CreateTime"] == now


async def test_the_reply_appears_on_her_phone(
    platform: SimulatedPlatform, server: AccountServer
) -> None:
    server.answers = [says(reply_to("wang", "王奶奶，记下了"))]
    delivery = await platform.text("wang", "平安")
    assert (delivery.attempts, delivery.status, delivery.reply) == (1, 200, "王奶奶，记下了")
    assert platform.phone("wang").said == ["平安"]
    assert platform.phone("wang").heard == ["王奶奶，记下了"]


async def test_a_bare_success_shows_nothing(platform: SimulatedPlatform) -> None:
    delivery = await platform.text("wang", "平安")
    assert (delivery.attempts, delivery.reply, delivery.shown_fault) == (1, "", False)
    assert platform.phone("wang").heard == []


async def test_a_silent_server_gets_the_identical_push_three_times(
    platform: SimulatedPlatform, server: AccountServer
) -> None:
    server.answers = [asleep, asleep, asleep]
    delivery = await platform.text("wang", "平安")
    assert (delivery.attempts, delivery.status, delivery.shown_fault) == (3, None, True)
    assert len(server.pushes) == 3
    assert server.pushes[0] == server.pushes[1] == server.pushes[2]
    assert platform.phone("wang").heard == [OUT_OF_ORDER]


async def test_the_second_delivery_may_save_it(
    platform: SimulatedPlatform, server: AccountServer
) -> None:
    server.answers = [broken, says(reply_to("wang", "记下了"))]
    delivery = await platform.text("wang", "平安")
    assert (delivery.attempts, delivery.status, delivery.reply) == (2, 200, "记下了")


async def test_a_server_that_is_not_there_is_a_fault(platform: SimulatedPlatform) -> None:
    platform.webhook_url = "http://127.0.0.1:1/wechat"
    delivery = await platform.text("wang", "平安")
    assert (delivery.attempts, delivery.status, delivery.shown_fault) == (3, None, True)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ('{"errcode": 0}', "not an XML reply"),
        ("<xml/>", "an XML reply without fields"),
        (reply_to("li", "记下了"), "a reply addressed to somebody else"),
        (reply_to("wang", "记下了").replace("gh_", "gx_"), "a reply in another account's name"),
        (reply_to("wang", "记下了").replace("17953", "then"), "a reply without CreateTime"),
        (reply_to("wang", " "), "a reply without Content"),
        (reply_to("wang", "好" * 683), "a reply that is too long"),
    ],
)
async def test_what_the_platform_would_not_show_is_a_fault(
    platform: SimulatedPlatform, server: AccountServer, answer: str, complaint: str
) -> None:
    server.answers = [says(answer)] * 3
    delivery = await platform.text("wang", "平安")
    assert delivery.shown_fault
    assert delivery.complaint == complaint


async def test_a_reply_may_fill_2048_bytes(
    platform: SimulatedPlatform, server: AccountServer
) -> None:
    server.answers = [says(reply_to("wang", "好" * 682 + "ab"))]
    assert len((await platform.text("wang", "平安")).reply.encode()) == 2048


async def test_every_kind_of_message_is_one_the_sdk_knows(
    platform: SimulatedPlatform, server: AccountServer
) -> None:
    await platform.voice("wang", "我挺好", b"sound")
    await platform.picture("wang")
    await platform.sticker("wang")
    await platform.video("wang")
    await platform.location("wang", 36.7, 117.0, "村口老槐树")
    await platform.link("wang")
    heard = [parse_message(body) for _, body in server.pushes]
    kinds = [message.type for message in heard]
    assert kinds == ["voice", "image", "text", "video", "location", "link"]
    assert heard[0].recognition == "我挺好"
    assert heard[2].content == "[收到不支持的消息类型，暂无法显示]"
    assert heard[4].location == ("36.7", "117.0")
    assert len({message.id for message in heard}) == 6


async def test_what_hands_do_arrives_as_events(
    platform: SimulatedPlatform, server: AccountServer
) -> None:
    await platform.follow("li", "code-1")
    await platform.click("li", "checkin")
    await platform.scan("li", "code-2")
    await platform.unfollow("li")
    events = [fields_of(body.decode()) for _, body in server.pushes]
    assert [(event["Event"], event["EventKey"]) for event in events] == [
        ("subscribe", "qrscene_code-1"),
        ("CLICK", "checkin"),
        ("SCAN", "code-2"),
        ("unsubscribe", ""),
    ]
    assert all("MsgId" not in event for event in events)


async def test_a_stranger_who_scans_follows_by_that_code(
    platform: SimulatedPlatform, server: AccountServer
) -> None:
    await platform.scan("zhao", "code-3")
    assert fields_of(server.last)["EventKey"] == "qrscene_code-3"
    assert platform.followers == {"zhao"}


async def test_an_event_nobody_knows_yet_is_pushed_as_it_is(
    platform: SimulatedPlatform, server: AccountServer
) -> None:
    await platform.event("wang", "brand_new_event", {"Depth": "7"})
    event = fields_of(server.last)
    assert (event["Event"], event["Depth"]) == ("brand_new_event", "7")


async def test_one_who_left_hears_nothing_and_cannot_write(
    platform: SimulatedPlatform, server: AccountServer
) -> None:
    platform.followed_earlier("wang")
    server.answers = [says(reply_to("wang", "慢走"))]
    await platform.unfollow("wang")
    assert platform.phone("wang").heard == []
    with pytest.raises(NotFollowingError):
        await platform.text("wang", "平安")
    await platform.follow("wang")
    assert (await platform.text("wang", "平安")).status == 200


async def test_half_an_emoji_and_a_broken_cdata_travel_as_they_are(
    platform: SimulatedPlatform, server: AccountServer
) -> None:
    await platform.text("wang", "好\ud83d")
    assert "好".encode() + b"\xed\xa0\xbd" in server.pushes[0][1]
    await platform.text("wang", "a]]>b")
    assert parse_message(server.pushes[1][1]).content == "a]]>b"


async def test_the_url_check_wants_its_echo(platform: SimulatedPlatform) -> None:
    assert await platform.check_url()
    platform.webhook_url += "/elsewhere"
    assert not await platform.check_url()


async def test_hostile_bytes_are_posted_once_and_unchanged(
    platform: SimulatedPlatform, server: AccountServer
) -> None:
    server.answers = [broken]
    delivery = await platform.push_raw(b"\x00<xml", {"signature": "none"})
    assert (delivery.attempts, delivery.status, delivery.reply) == (1, 500, "success")
    assert server.pushes == [({"signature": "none"}, b"\x00<xml")]


# --- encryption, checked against the SDK's own


def opened(account: Account, query: dict[str, str], body: bytes) -> str:
    crypto = WeChatCrypto(account.token, account.encoding_aes_key, account.app_id)
    words: str = crypto.decrypt_message(
        body, query["msg_signature"], query["timestamp"], query["nonce"]
    )
    return words


def sealed_reply(account: Account, words: str) -> str:
    crypto = WeChatCrypto(account.token, account.encoding_aes_key, account.app_id)
    sealed: str = crypto.encrypt_message(reply_to("wang", words), "12345", 1795392000)
    return sealed


@pytest.mark.parametrize("account", [SAFE])
async def test_in_safe_mode_only_the_envelope_is_in_the_clear(
    platform: SimulatedPlatform, server: AccountServer
) -> None:
    await platform.text("wang", "平安")
    query, body = server.pushes[0]
    assert query["encrypt_type"] == "aes"
    assert fields_of(body.decode()).keys() == {"ToUserName", "Encrypt"}
    assert parse_message(opened(SAFE, query, body)).content == "平安"


@pytest.mark.parametrize("account", [COMPATIBLE])
async def test_in_compatible_mode_the_push_carries_both(
    platform: SimulatedPlatform, server: AccountServer
) -> None:
    await platform.text("wang", "平安")
    query, body = server.pushes[0]
    assert parse_message(body).content == "平安"
    assert parse_message(opened(COMPATIBLE, query, body)).content == "平安"
    check_signature(COMPATIBLE.token, query["signature"], query["timestamp"], query["nonce"])


@pytest.mark.parametrize("account", [SAFE, COMPATIBLE])
async def test_an_encrypted_reply_is_read(
    platform: SimulatedPlatform, server: AccountServer, account: Account
) -> None:
    server.answers = [says(sealed_reply(account, "记下了"))]
    assert (await platform.text("wang", "平安")).reply == "记下了"


@pytest.mark.parametrize("account", [SAFE])
async def test_a_bare_success_needs_no_encryption(platform: SimulatedPlatform) -> None:
    assert not (await platform.text("wang", "平安")).shown_fault


STRANGER = Account("wx9999", "the-secret", SAFE.token, SAFE.encoding_aes_key)


@pytest.mark.parametrize("account", [SAFE])
@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (reply_to("wang", "记下了"), "a reply in the clear from an account in safe mode"),
        (sealed_reply(STRANGER, "记下了"), "encrypted for another account"),
        (
            sealed_reply(SAFE, "记下了").replace("12345", "54321"),
            "a reply with a wrong signature",
        ),
    ],
)
async def test_a_badly_sealed_reply_is_a_fault(
    platform: SimulatedPlatform, server: AccountServer, answer: str, complaint: str
) -> None:
    server.answers = [says(answer)] * 3
    assert (await platform.text("wang", "平安")).complaint == complaint


def test_a_push_can_be_signed_by_hand(clock: HandMovedClock) -> None:
    xml = write_xml({"ToUserName": "gh", "FromUserName": "wang", "CreateTime": 1})
    push = signed_push(SAFE, xml, openid="wang", now=clock.now(), nonce="7")
    assert push.query["nonce"] == "7"
    assert opened(SAFE, dict(push.query), push.body) == xml
    with pytest.raises(InvalidSignatureException):
        opened(SAFE, dict(push.query) | {"nonce": "8"}, push.body)


def test_an_account_hides_its_secrets() -> None:
    assert "the-secret" not in repr(SAFE)
    assert SAFE.encoding_aes_key not in repr(SAFE)
    with pytest.raises(ValueError, match="43 characters"):
        Account("wx1", "s", "token", "short")
