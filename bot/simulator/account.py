"""The invented official account, and the numbers the platform holds it to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Encryption = Literal["plain", "compatible", "safe"]

AES_KEY_CHARACTERS = 43


@dataclass(frozen=True, slots=True)
class Account:
    """What both sides of the wire have agreed on. `original_id` is the account's own address."""

    app_id: str
    app_secret: str = field(repr=False)
    token: str = field(repr=False)
    encoding_aes_key: str = field(default="", repr=False)
    encryption: Encryption = "safe"
    original_id: str = "gh_0123456789ab"

    def __post_init__(self) -> None:
        if self.encryption != "plain" and len(self.encoding_aes_key) != AES_KEY_CHARACTERS:
            raise ValueError(f"the AES key of an account has {AES_KEY_CHARACTERS} characters")


FIELD_CHARACTERS = {
    "thing": 20,
    "number": 32,
    "letter": 32,
    "character_string": 32,
    "symbol": 5,
    "phrase": 5,
    "name": 20,
    "phone_number": 17,
    "car_number": 8,
    "amount": 12,
    "const": 20,
    "time": 64,
    "date": 64,
}
"""The longest value of each kind of template field, as the platform publishes it."""

UPLOAD_BYTES = {
    "image": 10 * 1024 * 1024,
    "voice": 2 * 1024 * 1024,
    "video": 10 * 1024 * 1024,
    "thumb": 64 * 1024,
}
"""The largest temporary medium of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformLimits:
    """The platform's numbers as collected on 2026-11-23. It changes them; so may a test.

    The last two are about the real wire: they are real seconds, whatever the clock says.
    """

    token_seconds: int = 7200
    token_renewed_early_seconds: int = 300
    token_fetches_a_minute: int = 10_000
    token_fetches_a_day: int = 500_000
    messages_a_day: int = 500_000
    templates_a_day: int = 100_000
    qr_codes_a_day: int = 100_000
    uploads_a_day: int = 100_000

    message_window_hours: float = 48
    message_window_sends: int = 5
    event_window_minutes: float = 1
    event_window_sends: int = 3
    text_bytes: int = 2048

    templates: int = 25
    field_characters: Mapping[str, int] = field(default_factory=FIELD_CHARACTERS.copy)
    name_in_chinese_characters: int = 10
    same_template_minutes: float = 10

    temporary_qr_days: int = 30
    temporary_qr_default_seconds: int = 60
    permanent_qr_codes: int = 100_000
    scene_characters: int = 64
    menu_buttons: int = 3
    menu_sub_buttons: int = 5
    media_days: float = 3
    upload_bytes: Mapping[str, int] = field(default_factory=UPLOAD_BYTES.copy)

    deliveries: int = 3
    push_timeout_seconds: float = 5.0
    report_after_seconds: float = 0.05
