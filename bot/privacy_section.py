"""The keys under which people's words and numbers are sealed."""

import re
from pathlib import Path
from typing import Any, Self

from pydantic import SecretStr, field_validator, model_validator

from bot.section import Section
from storage.sealing import Keyring

NO_KEYS = (
    "people's phones and words are kept as plain text: make a key with `shouwang privacy key`, "
    "name it in privacy.keys_file, and say `shouwang privacy rotate`"
)


class PrivacySection(Section):
    keys: tuple[SecretStr, ...] = ()
    """The newest first; older ones only open what they closed."""
    keys_file: str = ""
    """A file of keys instead, one on a line."""

    @field_validator("keys", mode="before")
    @classmethod
    def may_be_one_line(cls, keys: Any) -> Any:
        return tuple(_split(keys)) if isinstance(keys, str) else keys

    @field_validator("keys")
    @classmethod
    def are_keys(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        _keyring([key.get_secret_value() for key in keys], "privacy.keys")
        return keys

    @field_validator("keys_file")
    @classmethod
    def holds_keys(cls, path: str) -> str:
        if path and _keyring(_read(path), "privacy.keys_file") is None:
            raise ValueError("privacy.keys_file holds no key")
        return path

    @model_validator(mode="after")
    def is_said_once(self) -> Self:
        if self.keys and self.keys_file:
            raise ValueError("privacy.keys and privacy.keys_file must not both be set")
        return self

    @property
    def keyring(self) -> Keyring | None:
        """The keys, None where the village has none. Raises OSError."""
        named = [key.get_secret_value() for key in self.keys]
        return _keyring(_read(self.keys_file) if self.keys_file else named, "privacy.keys")

    @property
    def warning(self) -> str:
        return "" if self.keys or self.keys_file else NO_KEYS


def _split(keys: str) -> list[str]:
    return re.findall(r"[^\s,]+", keys)


def _read(path: str) -> list[str]:
    try:
        lines = Path(path).read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        raise ValueError("privacy.keys_file cannot be read") from None
    return [key for line in lines if not line.startswith("#") for key in _split(line)]


def _keyring(keys: list[str], name: str) -> Keyring | None:
    """Put keys on a ring. The reason is left out: it could quote a key."""
    try:
        return Keyring(keys) if keys else None
    except ValueError:
        raise ValueError(
            f"{name} must be keys of 44 characters, as `shouwang privacy key` makes them"
        ) from None
