"""What arrives from a person and what goes back to her, the same on every channel."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a person did, told apart only as far as it changes what we do."""

    TEXT = "text"
    VOICE = "voice"
    PICTURE = "picture"
    VIDEO = "video"
    STICKER = "sticker"
    LOCATION = "location"
    LINK = "link"
    MENU = "menu"
    FOLLOW = "follow"
    UNFOLLOW = "unfollow"
    SCAN = "scan"
    REPORT = "report"
    CONSENT = "consent"
    OTHER = "other"


SPOKEN = frozenset(
    {Kind.TEXT, Kind.VOICE, Kind.PICTURE, Kind.VIDEO, Kind.STICKER, Kind.LOCATION, Kind.LINK}
)
"""What a person sends herself. On WeChat these open the long reply window; the rest do not."""

TOUCHED = SPOKEN | {Kind.MENU, Kind.SCAN, Kind.FOLLOW}
"""What only a living hand can have done."""


class Consent(StrEnum):
    """What a person answered when she was asked whether we may send her one more notice."""

    GIVEN = "given"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"  # also what she had given before


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing that one person did, in our own words.

    `key` is the natural key of the cause within its channel: the same delivery again has
    the same key. `text` holds what she wrote, the key of the menu button she pressed, or
    what the platform wrote down of her voice. `scene` is the token of the QR code she
    scanned. `report_of` and `report` name one of our own letters and what became of it.
    `consent` is her answer, a Consent, to notices of one `form`.
    """

    channel: str
    key: str
    sender: str
    kind: Kind
    at: datetime
    text: str = ""
    media: str = ""
    scene: str = ""
    report_of: str = ""
    report: str = ""
    form: str = ""
    consent: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said back at once, in the same breath."""

    text: str


class LostError(Exception):
    """Nothing of a message could be kept: the channel has to offer it again."""
