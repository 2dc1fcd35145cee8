"""The XML between WeChat and us: cleaned on the way in, safe on the way out."""

import re
from datetime import datetime

_FORBIDDEN_BYTES = bytes(code for code in range(0x20) if code not in b"\t\n\r")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));")
_LAST_CHARACTER = 0x10FFFF


def clean(raw: bytes) -> str:
    """Return the body as text that XML 1.0 allows.

    WeChat passes on whatever a person's keyboard sent: control characters, half an emoji. The
    strict parser would refuse the whole message for it, and an elder would seem silent.
    """
    text = raw.translate(None, _FORBIDDEN_BYTES).decode("utf-8", "ignore")
    text = text.replace("\ufffe", "").replace("\uffff", "")
    return _REFERENCE.sub(_allowed_reference, text) if "&#" in text else text


def _allowed_reference(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else int(found[2])
    return found[0] if code <= _LAST_CHARACTER and without_forbidden(chr(code)) else ""


def without_forbidden(text: str) -> str:
    """Return the text without the characters that no XML may hold."""
    return _FORBIDDEN.sub("", text)


def speakable(text: str, limit: int) -> str:
    """Return as much of the text as XML allows and `limit` bytes of UTF-8 hold.

    It is cut between characters, never through one.
    """
    encoded = without_forbidden(text).encode()
    return encoded[:limit].decode("utf-8", "ignore")


def text_reply(*, to: str, account: str, at: datetime, words: str) -> str:
    """Return the XML that says the words to the person."""
    return (
        f"<xml><ToUserName><![CDATA[{_safe(to)}]]></ToUserName>"
        f"<FromUserName><![CDATA[{_safe(account)}]]></FromUserName>"
        f"<CreateTime>{int(at.timestamp())}</CreateTime>"
        "<MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{_safe(words)}]]></Content></xml>"
    )


def sealed_reply(*, sealed: str, signature: str, timestamp: str, nonce: str) -> str:
    """Return the XML around an encrypted reply."""
    return (
        f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt>"
        f"<MsgSignature><![CDATA[{signature}]]></MsgSignature>"
        f"<TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
    )


def _safe(text: str) -> str:
    return text.replace("]]>", "]]]]><![CDATA[>")
