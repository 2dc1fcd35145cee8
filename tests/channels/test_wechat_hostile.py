"""Whatever is thrown at the door: a clear status, nothing lost, nothing hung."""

import json

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as some

from handlers.message import Kind
from tests.channels.wire import WANG, ListeningDesk, Platform, event, text, xml

LAUGHS = "".join(f'<!ENTITY l{number} "{f"&l{number - 1};" * 10}">' for number in range(1, 10))
BILLION_LAUGHS = f'<!DOCTYPE xml [<!ENTITY l0 "哈">{LAUGHS}]>{text("&l9;")}'.replace(
    "<![CDATA[&l9;]]>", "&l9;"
)
XXE = '<!DOCTYPE xml [<!ENTITY it SYSTEM "file:///etc/passwd">]>' + text("it").replace(
    "<![CDATA[it]]>", "&it;"
)
OUTSIDE_DTD = '<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/a.dtd">' + text("it").replace(
    "<![CDATA[it]]>", "&it;"
)

REFUSED: dict[str, str | bytes] = {
    "billion laughs": BILLION_LAUGHS,
    "an entity that reads a file": XXE,
    "no XML": "checkin=1",
    "JSON": json.dumps({"FromUserName": WANG, "MsgType": "text"}),
    "another root": text("1").replace("<xml>", "<yml>").replace("</xml>", "</yml>"),
    "a root without fields": "<xml/>",
    "a root with words only": "<xml>救命</xml>",
    "two roots": text("1") * 2,
    "cut off": text("1")[:-9],
    "tags crossed": "<xml><a><b></a></b></xml>",
    "no type": xml(Content="1", MsgId=1),
    "an empty type": xml(MsgType="", Content="1", MsgId=1),
    "two types": text("1").replace("</xml>", "<MsgType>event</MsgType></xml>"),
    "no sender": text("1").replace("FromUserName", "ForUserName"),
    "an empty sender": text("1", FromUserName=""),
    "two senders": text("1").replace("</xml>", "<FromUserName>oOther</FromUserName></xml>"),
    "a sender inside a sender": text("1").replace(
        f"<![CDATA[{WANG}]]>", f"<FromUserName>{WANG}</FromUserName>"
    ),
    "a sender that is a sentence": text("1", FromUserName="救命啊"),
    "a sender as long as a letter": text("1", FromUserName="o" * 1000),
    "nothing to tell it from the next one": text("1")
    .replace("MsgId", "Id")
    .replace("CreateTime", "Time"),
    "an event without a name": xml(MsgType="event", CreateTime=""),
    "two names of one event": event("CLICK").replace("</xml>", "<Event>VIEW</Event></xml>"),
    "six thousand fields deep": "<xml>" + "<a>" * 6_000,
    "bytes without sense": bytes(range(256)) * 8,
}


@pytest.mark.parametrize("name", REFUSED)
async def test_it_is_refused_in_one_sentence(
    platform: Platform, desk: ListeningDesk, name: str
) -> None:
    thrown = REFUSED[name]
    body = thrown if isinstance(thrown, bytes) else thrown.encode()
    answer = await platform.push(body)
    assert answer.status == 400
    assert answer.body in {
        "the message cannot be read",
        "this account takes only encrypted messages",
    }
    assert desk.heard == []


def replacing(words: str, by: str) -> bytes:
    return text("@").replace("<![CDATA[@]]>", words).encode().replace(b"@", by.encode())


UNDERSTOOD: dict[str, tuple[bytes, str]] = {
    "control characters": (text("我\x00挺\x08\x0b\x1f好").encode(), "我挺好"),
    "half an emoji in bytes": (text("我挺好@").encode().replace(b"@", b"\xed\xa0\xbd"), "我挺好"),
    "half an emoji by number": (replacing("我挺好&#xD83D;", ""), "我挺好"),
    "a control character by number": (replacing("我&#0;&#x1;挺&#8;好", ""), "我挺好"),
    "an emoji by number": (replacing("我挺好&#x1F339;", ""), "我挺好🌹"),
    "a number beyond all characters": (replacing("我挺好&#x1FFFFF;", ""), "我挺好"),
    "a number written out": (text("买&#163;的药").encode(), "买&#163;的药"),
    "no characters": (text("我\ufffe挺\uffff好").encode(), "我挺好"),
    "broken bytes": (text("我@挺好").encode().replace(b"@", b"\xff\xc3"), "我挺好"),
    "the end of CDATA": (replacing("<![CDATA[a]]]]><![CDATA[>b]]>", ""), "a]]>b"),
    "CDATA in pieces": (replacing("救<![CDATA[命]]>啊<![CDATA[！]]>", ""), "救命啊！"),
    "a comment in between": (replacing("救<!-- 没事 -->命", ""), "救命"),
    "an instruction in between": (replacing("救<?no matter?>命", ""), "救命"),
    "markup as words": (text("<Content>1</Content>").encode(), "<Content>1</Content>"),
    "fields with attributes": (
        replacing("救命", "").replace(b"<Content>", b'<Content a="1">'),
        "救命",
    ),
    "doubled words": (
        text("我挺好").replace("</xml>", "<Content>救命</Content></xml>").encode(),
        "我挺好\n救命",
    ),
    "nested words": (replacing("救命<Content>1</Content>", ""), "救命"),
    "only nested words": (replacing("<Content>1</Content>", ""), ""),
    "no words": (text("").encode(), ""),
    "a MsgId that is no number": (
        text("救命").replace("24000000000000001", "abc").encode(),
        "救命",
    ),
    "a doubled MsgId": (text("救命").replace("</xml>", "<MsgId>7</MsgId></xml>").encode(), "救命"),
    "no MsgId": (text("救命").replace("MsgId", "Id").encode(), "救命"),
    "a type in capitals": (text("救命").replace("[text]", "[TEXT]").encode(), "救命"),
    "a declaration that lies": (
        b'<?xml version="1.0" encoding="GBK"?>' + text("救命").encode(),
        "救命",
    ),
    "a document type from outside": (OUTSIDE_DTD.encode(), ""),
    "a mark at the beginning": (b"\xef\xbb\xbf" + text("救命").encode(), "救命"),
}


@pytest.mark.parametrize("name", UNDERSTOOD)
async def test_what_she_meant_is_not_lost(
    platform: Platform, desk: ListeningDesk, name: str
) -> None:
    body, heard = UNDERSTOOD[name]
    answer = await platform.push(body)
    assert (answer.status, answer.said) == (200, desk.says)
    assert [(message.kind, message.text) for message in desk.heard] == [(Kind.TEXT, heard)]


FIELDS = some.sampled_from(
    ["MsgType", "Event", "EventKey", "Content", "MsgId", "FromUserName", "CreateTime", "Encrypt"]
)
VALUES = some.sampled_from(
    ["text", "event", "voice", "subscribe", "CLICK", "qrscene_1", "<a/>", "1", "", WANG, "]]>"]
) | some.text(max_size=20)
FLAT = some.lists(some.tuples(FIELDS, VALUES), max_size=9).map(
    lambda pairs: "".join(f"<{name}>{value}</{name}>" for name, value in pairs)
)
BODIES = (
    some.binary(max_size=300)
    | FLAT.map(lambda inside: f"<xml>{inside}</xml>".encode("utf-8", "surrogatepass"))
    | FLAT.map(lambda inside: text("1").replace("</xml>", inside + "</xml>").encode())
    | some.tuples(some.integers(0, 300), some.binary(max_size=4)).map(
        lambda cut: text("1").encode()[: cut[0]] + cut[1] + text("1").encode()[cut[0] :]
    )
)


@trying(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # one door for all of them
)
@given(body=BODIES)
async def test_no_body_whatever_is_our_fault(platform: Platform, body: bytes) -> None:
    assert (await platform.post(*platform.packed(body))).status in {200, 400}
    assert (await platform.post(platform.query(), body)).status in {200, 400}
