"""What is said back arrives as it was meant, whatever it quotes."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.channels.wechat_xml import speakable, text_reply
from tests.channels.wire import ACCOUNT, NOW, WANG, ListeningDesk, Platform, text

HALF_AN_EMOJI = "\ud83c"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("a]]>b", "a]]>b"),
        ("]]>]]>]]]]>>", "]]>]]>]]]]>>"),
        ("]]></Content><Content><![CDATA[我是骗子", "]]></Content><Content><![CDATA[我是骗子"),
        ("您 & <好>", "您 & <好>"),
        ("好\x00\x08\x0b\x1f\ufffe\uffff吗", "好吗"),
        (f"好{HALF_AN_EMOJI}吗", "好吗"),
        ("一行\n二行", "一行\n二行"),
        ("🌹", "🌹"),
    ],
)
async def test_nothing_a_reply_quotes_breaks_it(
    platform: Platform, desk: ListeningDesk, said: str, shown: str
) -> None:
    desk.says = said
    assert (await platform.push(text("1"))).said == shown


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("a" * 2049, "a" * 2048),
        ("好" * 700, "好" * 682),
        ("a" + "🌹" * 600, "a" + "🌹" * 511),
        ("]]>" * 700, ("]]>" * 700)[:2048]),
    ],
)
async def test_a_long_reply_is_cut_between_characters(
    platform: Platform, desk: ListeningDesk, said: str, shown: str
) -> None:
    desk.says = said
    assert (await platform.push(text("1"))).said == shown


async def test_a_forged_account_name_cannot_break_the_reply(
    platform: Platform, desk: ListeningDesk
) -> None:
    forged = "x]]]]><![CDATA[></FromUserName><Content>骗子</Content>"
    query, body = platform.packed(text("1", ToUserName=forged))
    answer = await platform.post(query, body)
    reply = platform.opened(answer.body)
    assert (reply["ToUserName"], reply["Content"]) == (WANG, desk.says)
    assert reply["FromUserName"] == "x]]></FromUserName><Content>骗子</Content>"


@given(words=some.text(some.characters(codec=None, exclude_categories=())))
def test_any_words_can_be_said(words: str) -> None:
    shown = speakable(words, 2048)
    assert len(shown.encode()) <= 2048
    xml = text_reply(to=WANG, account=ACCOUNT, at=NOW, words=shown)
    assert xml.count("]]>") == xml.count("<![CDATA[")
