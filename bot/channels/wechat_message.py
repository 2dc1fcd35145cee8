"""What WeChat delivers, turned into our own message."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from wechatpy import parse_message
from wechatpy.events import BaseEvent, register_event

from bot.channels import wechat_notices
from handlers.message import Kind, Message

CHANNEL = "wechat"
STICKER = "[收到不支持的消息类型，暂无法显示]"
"""What the platform writes in place of a sticker."""

# Newer than the library: without these it would call them unknown messages.
for _name in (
    "subscribe_msg_popup_event",
    "subscribe_msg_change_event",
    "subscribe_msg_sent_event",
):
    register_event(_name)(BaseEvent)

_Reading = tuple[Kind, Mapping[str, str]]
"""What it is to us, and which field of the XML fills which of our own."""

_MESSAGES: dict[str, _Reading] = {
    "text": (Kind.TEXT, {"text": "Content"}),
    "voice": (Kind.VOICE, {"text": "Recognition", "media": "MediaId"}),
    "image": (Kind.PICTURE, {"media": "MediaId"}),
    "video": (Kind.VIDEO, {"media": "MediaId"}),
    "shortvideo": (Kind.VIDEO, {"media": "MediaId"}),
    "location": (Kind.LOCATION, {}),
    "link": (Kind.LINK, {}),
}
_EVENTS: dict[str, _Reading] = {
    "click": (Kind.MENU, {"text": "EventKey"}),
    "view": (Kind.MENU, {}),
    "subscribe": (Kind.FOLLOW, {}),
    "subscribe_scan": (Kind.FOLLOW, {"scene": "EventKey"}),
    "scan": (Kind.SCAN, {"scene": "EventKey"}),
    "unsubscribe": (Kind.UNFOLLOW, {}),
    "templatesendjobfinish": (Kind.REPORT, {"report_of": "MsgID", "report": "Status"}),
}
_OTHER: _Reading = (Kind.OTHER, {})

NO_FORMS: Mapping[str, str] = {}

_OPENID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST_KEY = 200


class Delivery(NamedTuple):
    """One message, and the name of the account it was sent to.

    An event may tell of several notices at once: then the rest of them are the `others`.
    """

    message: Message
    account: str
    others: Sequence[Message] = ()


def read(xml: str, now: datetime, forms: Mapping[str, str] = NO_FORMS) -> Delivery:
    """Return what the XML says. `forms` names the form of each subscription template of ours.

    Raises whatever the parser and the library raise over hostile input; the edge catches it.
    """
    received = parse_message(xml)
    fields = received._data  # noqa: SLF001  its lazy fields raise over a MsgId that is no number
    account = _words(fields.get("ToUserName"))
    notices = wechat_notices.read(fields, forms)
    if notices:
        first, *others = (_message(fields, now, *notice) for notice in notices)
        return Delivery(first, account, others)
    kind, filled = _reading(received)
    contents = {ours: _words(fields.get(theirs)) for ours, theirs in filled.items()}
    if contents.get("text") == STICKER:
        kind, contents = Kind.STICKER, {}
    return Delivery(_message(fields, now, kind, contents), account)


def _message(
    fields: Mapping[str, Any],
    now: datetime,
    kind: Kind,
    contents: Mapping[str, str],
    part: str = "",
) -> Message:
    """Return our own message. `part` tells it from the others of the same delivery."""
    sender = _openid(fields)
    return Message(
        channel=CHANNEL,
        key=_key(sender, fields, part),
        sender=sender,
        kind=kind,
        at=_when(fields.get("CreateTime"), now),
        **contents,
    )


def _reading(received: Any) -> _Reading:
    if isinstance(received, BaseEvent):
        return _EVENTS.get(received.event, _OTHER)
    return _MESSAGES.get(received.type, _OTHER)


def _openid(fields: Mapping[str, object]) -> str:
    sender = _words(fields.get("FromUserName"))
    if not _OPENID.fullmatch(sender):
        raise ValueError("FromUserName is no openid")
    return sender


def _key(sender: str, fields: Mapping[str, Any], part: str) -> str:
    """MsgIds collide across persons, and events have none."""
    number = _words(fields.get("MsgId"))
    if not number or fields["MsgType"].lower() == "event":
        number = _key_of_event(fields)
    key = "|".join([sender, number, *([part] if part else [])])
    if len(key) <= _LONGEST_KEY:
        return key
    return f"{sender}|{hashlib.sha256(key.encode()).hexdigest()}"


def _key_of_event(fields: Mapping[str, object]) -> str:
    created = _words(fields.get("CreateTime"))
    if not created:
        raise ValueError("neither MsgId nor CreateTime: it could not be told from the next one")
    number = _words(fields.get("MsgID"))  # which letter it was; other events have none
    named = [_words(fields.get("Event")), _words(fields.get("EventKey"))]
    return "|".join([created, *named, *([number] if number else [])])


def _when(created: Any, now: datetime) -> datetime:
    """The platform's clock may run ahead of ours; nothing was sent later than now."""
    try:
        return min(datetime.fromtimestamp(int(created), UTC), now)
    except (TypeError, ValueError, OverflowError, OSError):
        return now


def _words(value: object) -> str:
    """A field that came twice is read as both; one with fields inside as the text beside them."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(filter(None, map(_words, value)))
    if isinstance(value, dict):
        return _words(value.get("#text"))
    return ""
