"""What the platform delivers, and what we take it for."""

from datetime import timedelta

import pytest

from bot.channels.wechat_message import STICKER
from handlers.message import Kind, Message
from tests.channels.conftest import OpenDoor
from tests.channels.wire import NOW, WANG, ListeningDesk, Platform, event, text, xml

MSG_ID = 9_223_372_036_854_775_807
SENT = int(NOW.timestamp())


def message(kind: Kind, key: str = f"{WANG}|{MSG_ID}", **contents: str) -> Message:
    return Message(channel="wechat", key=key, sender=WANG, kind=kind, at=NOW, **contents)


@pytest.mark.parametrize(
    ("fields", "heard"),
    [
        ({"MsgType": "text", "Content": "我挺好"}, message(Kind.TEXT, text="我挺好")),
        ({"MsgType": "text", "Content": STICKER}, message(Kind.STICKER)),
        (
            {"MsgType": "voice", "MediaId": "v1", "Format": "amr", "Recognition": "我挺好。"},
            message(Kind.VOICE, text="我挺好。", media="v1"),
        ),
        ({"MsgType": "voice", "MediaId": "v1", "Recognition": ""}, message(Kind.VOICE, media="v1")),
        ({"MsgType": "voice", "MediaId": "v1"}, message(Kind.VOICE, media="v1")),
        (
            {"MsgType": "image", "PicUrl": "http://127.0.0.1/1", "MediaId": "p1"},
            message(Kind.PICTURE, media="p1"),
        ),
        ({"MsgType": "video", "MediaId": "f1"}, message(Kind.VIDEO, media="f1")),
        ({"MsgType": "shortvideo", "MediaId": "f2"}, message(Kind.VIDEO, media="f2")),
        (
            {"MsgType": "location", "Location_X": "36.1", "Label": "平安路1号"},
            message(Kind.LOCATION),
        ),
        ({"MsgType": "link", "Title": "救命的偏方", "Url": "http://127.0.0.1"}, message(Kind.LINK)),
        ({"MsgType": "miniprogrampage", "Title": "救命"}, message(Kind.OTHER)),
        ({"MsgType": "hologram", "Beam": "1"}, message(Kind.OTHER)),
    ],
)
async def test_what_a_person_sends(
    platform: Platform, desk: ListeningDesk, fields: dict[str, str], heard: Message
) -> None:
    assert (await platform.push(xml(**fields, MsgId=MSG_ID))).status == 200
    assert desk.heard == [heard]


@pytest.mark.parametrize(
    ("name", "fields", "heard"),
    [
        (
            "CLICK",
            {"EventKey": "checkin"},
            message(Kind.MENU, f"{WANG}|{SENT}|CLICK|checkin", text="checkin"),
        ),
        (
            "VIEW",
            {"EventKey": "http://127.0.0.1/board"},
            message(Kind.MENU, f"{WANG}|{SENT}|VIEW|http://127.0.0.1/board"),
        ),
        ("subscribe", {"EventKey": ""}, message(Kind.FOLLOW, f"{WANG}|{SENT}|subscribe|")),
        (
            "subscribe",
            {"EventKey": "qrscene_t0ken", "Ticket": "t"},
            message(Kind.FOLLOW, f"{WANG}|{SENT}|subscribe_scan|t0ken", scene="t0ken"),
        ),
        (
            "subscribe",
            {"EventKey": "last_trade_no_40034"},
            message(Kind.FOLLOW, f"{WANG}|{SENT}|subscribe|last_trade_no_40034"),
        ),
        (
            "SCAN",
            {"EventKey": "t0ken", "Ticket": "t"},
            message(Kind.SCAN, f"{WANG}|{SENT}|SCAN|t0ken", scene="t0ken"),
        ),
        ("unsubscribe", {"EventKey": ""}, message(Kind.UNFOLLOW, f"{WANG}|{SENT}|unsubscribe|")),
        (
            "TEMPLATESENDJOBFINISH",
            {"MsgID": 200163836, "Status": "failed:user block"},
            message(
                Kind.REPORT,
                f"{WANG}|{SENT}|TEMPLATESENDJOBFINISH||200163836",
                report_of="200163836",
                report="failed:user block",
            ),
        ),
        (
            "LOCATION",
            {"Latitude": "36.1", "Longitude": "120.3"},
            message(Kind.OTHER, f"{WANG}|{SENT}|LOCATION|"),
        ),
        (
            "subscribe_msg_sent_event",
            {"SubscribeMsgSentEvent": "救命"},
            message(Kind.OTHER, f"{WANG}|{SENT}|subscribe_msg_sent_event|"),
        ),
        ("arrived_by_drone", {}, message(Kind.OTHER, f"{WANG}|{SENT}|arrived_by_drone|")),
    ],
)
async def test_what_the_platform_reports(
    platform: Platform,
    desk: ListeningDesk,
    name: str,
    fields: dict[str, str | int],
    heard: Message,
) -> None:
    assert (await platform.push(event(name, **fields))).status == 200
    assert desk.heard == [heard]


async def test_two_elders_with_the_same_msgid_are_two_causes(
    open_door: OpenDoor, desk: ListeningDesk
) -> None:
    platform = await open_door("plain")
    await platform.push(text("1", MSG_ID))
    await platform.post(platform.query(), text("1", MSG_ID, FromUserName="oLiGuirong").encode())
    assert [message.key for message in desk.heard] == [f"{WANG}|{MSG_ID}", f"oLiGuirong|{MSG_ID}"]


async def test_two_outcomes_of_two_letters_in_one_second_are_two_causes(
    open_door: OpenDoor, desk: ListeningDesk
) -> None:
    platform = await open_door("plain")
    for number in (1, 2):
        await platform.push(event("TEMPLATESENDJOBFINISH", MsgID=number, Status="success"))
    assert len({message.key for message in desk.heard}) == 2


async def test_she_wrote_when_the_platform_says_so(
    open_door: OpenDoor, desk: ListeningDesk
) -> None:
    platform = await open_door("plain")
    await platform.push(text("1", CreateTime=SENT - 90))
    assert desk.heard[0].at == NOW - timedelta(seconds=90)


@pytest.mark.parametrize("created", [SENT + 3600, 10**18, -(10**30), "soon", "9" * 6000])
async def test_nobody_writes_later_than_now(
    open_door: OpenDoor, desk: ListeningDesk, created: str | int
) -> None:
    platform = await open_door("plain")
    assert (await platform.push(text("1", CreateTime=created))).status == 200
    assert desk.heard[0].at == NOW


async def test_a_key_stays_short_enough_to_be_kept(
    open_door: OpenDoor, desk: ListeningDesk
) -> None:
    platform = await open_door("plain")
    for ending in "12":
        await platform.push(event("VIEW", EventKey="http://127.0.0.1/" + "a" * 1000 + ending))
    first, second = (message.key for message in desk.heard)
    assert first != second
    assert first.startswith(f"{WANG}|")
    assert len(first) < 150
