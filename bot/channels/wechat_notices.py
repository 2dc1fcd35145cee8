"""What WeChat reports of subscription notices: what she agreed to, and what became of each.

One event may tell of several templates. `subscribe_msg_popup_event` is her answer when she was
asked, `subscribe_msg_change_event` a refusal in the settings of her phone, and
`subscribe_msg_sent_event` the fate of a notice we had sent.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from handlers.message import Consent, Kind

_LONGEST_REPORT = 100


class Notice(NamedTuple):
    """What one entry says, in the fields of our own message; `part` tells it from the others."""

    kind: Kind
    contents: dict[str, str]
    part: str


_Entry = Mapping[str, Any]
_Reader = Callable[[_Entry, Mapping[str, str]], dict[str, str]]


def read(fields: Mapping[str, Any], forms: Mapping[str, str]) -> list[Notice]:
    """Return what an event tells of our notices: nothing where it is about something else."""
    read_as = _READ_AS.get(_word(fields, "Event"))
    if read_as is None:
        return []
    kind, inside, reader = read_as
    read = ((entry, reader(entry, forms)) for entry in _entries(fields.get(inside)))
    return [Notice(kind, contents, _part(entry)) for entry, contents in read if contents]


def _entries(inside: object) -> list[_Entry]:
    """Return the entries of a list that has one, several or none, whatever else is in it."""
    listed = inside.get("List") if isinstance(inside, dict) else None
    entries = listed if isinstance(listed, list) else [listed]
    return [one for one in entries if isinstance(one, dict) and _word(one, "TemplateId")]


def _part(entry: _Entry) -> str:
    return "|".join(filter(None, [_word(entry, "TemplateId"), _word(entry, "MsgID")]))


def _answer(entry: _Entry, forms: Mapping[str, str]) -> dict[str, str]:
    accepted = _word(entry, "SubscribeStatusString") == "accept"
    return _consent(entry, forms, Consent.GIVEN if accepted else Consent.DECLINED)


def _change(entry: _Entry, forms: Mapping[str, str]) -> dict[str, str]:
    if _word(entry, "SubscribeStatusString") != "reject":
        return {}
    return _consent(entry, forms, Consent.WITHDRAWN)


def _consent(entry: _Entry, forms: Mapping[str, str], consent: Consent) -> dict[str, str]:
    form = forms.get(_word(entry, "TemplateId"))
    return {"form": form, "consent": consent} if form else {}


def _fate(entry: _Entry, _forms: Mapping[str, str]) -> dict[str, str]:
    number = _word(entry, "MsgID")
    if not number:
        return {}
    arrived = _word(entry, "ErrorCode") == "0"
    report = "success" if arrived else f"failed:{_word(entry, 'ErrorStatus')}"
    return {"report_of": number, "report": report[:_LONGEST_REPORT]}


_READ_AS: Mapping[str, tuple[Kind, str, _Reader]] = {
    "subscribe_msg_popup_event": (Kind.CONSENT, "SubscribeMsgPopupEvent", _answer),
    "subscribe_msg_change_event": (Kind.CONSENT, "SubscribeMsgChangeEvent", _change),
    "subscribe_msg_sent_event": (Kind.REPORT, "SubscribeMsgSentEvent", _fate),
}


def _word(entry: _Entry, name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""
