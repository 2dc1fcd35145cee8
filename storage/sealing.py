"""What people's words and numbers look like on the disk: sealed, where the village has keys.

A sealed value names the key that closed it: `sealed:1f0c8a2b:gAAAA…`. New values are closed
with the newest key, and every key still opens its own. Without keys everything is plain, and
what was plain before there were keys is read as it is. What must be found again has a mark
beside it: the same number has the same mark, and no mark leads back to a number.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from typing import Any

import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import JSON, Dialect, String, Text
from sqlalchemy.types import TypeDecorator

log = structlog.get_logger()

KEYRING = "shouwang_keyring"
"""Under this name a dialect carries the keys of its database."""

MARK = "#"
_SEALED = re.compile(r"sealed:([0-9a-f]{8}):(gAAAA[\w=-]+)")
_BETWEEN_DIGITS = re.compile(r"[\s()-]")
_NO_MOMENT = 0
"""Fernet writes down when it closed something; nobody needs to know."""


def make_key() -> str:
    return Fernet.generate_key().decode()


def digits(number: str) -> str:
    """Leave out what people write between the digits of a number."""
    return _BETWEEN_DIGITS.sub("", number)


class Keyring:
    """The keys of one village, the newest first. Raises ValueError where one is no key."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._marking = hashlib.sha256(b"mark:" + keys[0].encode()).digest()
        self.ids = tuple(hashlib.sha256(b"id:" + key.encode()).hexdigest()[:8] for key in keys)

    @property
    def newest(self) -> str:
        """How everything begins that is sealed under the newest key."""
        return f"sealed:{self.ids[0]}:"

    def seal(self, words: str) -> str:
        return self.newest + self._fernet.encrypt_at_time(words.encode(), _NO_MOMENT).decode()

    def open(self, token: str) -> str:
        """Open what one of our keys closed. Raises InvalidToken."""
        return self._fernet.decrypt(token).decode()

    def mark(self, number: str) -> str:
        return MARK + hmac.new(self._marking, number.encode(), hashlib.sha256).hexdigest()[:32]


def seal(words: str, keyring: Keyring | None) -> str:
    return keyring.seal(words) if keyring and words else words


def is_readable(kept: str, keyring: Keyring | None) -> bool:
    """Tell whether a kept value is plain, or sealed under a key that we have."""
    sealed = _SEALED.fullmatch(kept)
    return sealed is None or (keyring is not None and sealed[1] in keyring.ids)


def unseal(kept: str, keyring: Keyring | None) -> str:
    """Return what was said. What no key opens reads as nothing: an alarm must go out without it."""
    sealed = _SEALED.fullmatch(kept)
    if sealed is None:
        return kept
    try:
        if keyring is not None:
            return keyring.open(sealed[2])
    except InvalidToken:
        pass
    log.warning("unreadable", kind=sealed[1])
    return ""


def _keyring(dialect: Dialect) -> Keyring | None:
    found: Keyring | None = getattr(dialect, KEYRING, None)
    return found


class Sealed(TypeDecorator[str]):
    """A person's words or number."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None else seal(value, _keyring(dialect))

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None else unseal(value, _keyring(dialect))


class SealedJson(TypeDecorator[Any]):
    """Values by name in which a person's words may be: sealed, they are one string of JSON."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        keyring = _keyring(dialect)
        if value is None or keyring is None:
            return value
        return keyring.seal(json.dumps(value, ensure_ascii=False))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if not isinstance(value, str):
            return value
        return json.loads(unseal(value, _keyring(dialect)) or "{}")


class Mark(TypeDecorator[str]):
    """By what a number is found again. It is given the number, and keeps its mark.

    Without keys the mark is the number itself, without what people write between its digits.
    """

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if not value or value.startswith(MARK):
            return value
        number = digits(value)
        keyring = _keyring(dialect)
        return keyring.mark(number) if keyring and number else number

    def process_result_value(self, value: str | None, _dialect: Dialect) -> str | None:
        return value
