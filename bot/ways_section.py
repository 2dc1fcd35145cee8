"""The sections of the configuration for the ways beside WeChat itself."""

from collections.abc import Mapping
from typing import Self

from pydantic import (
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    field_validator,
    model_validator,
)

from bot.section import NO_SECRET, Section, host_of, secret_address

WECOM_API = "https://qyapi.weixin.qq.com"
SHORTEST_SECRET = 16
"""Fewer characters could be guessed."""


class WecomRobotSection(Section):
    """The robots of the coordinators' groups. Whoever has such an address can write there."""

    url: SecretStr = NO_SECRET
    """For every village that has none of its own."""
    villages: Mapping[str, SecretStr] = {}
    mentions: Mapping[str, tuple[str, ...]] = {}
    """Whom an alarm calls by name in the group: mobile numbers, or user ids of WeCom."""
    per_minute: NonNegativeInt = 20
    timeout_seconds: PositiveFloat = 5.0

    @field_validator("url")
    @classmethod
    def is_empty_or_an_address(cls, url: SecretStr) -> SecretStr:
        return secret_address(url, "wecom_robot.url")

    @field_validator("villages")
    @classmethod
    def are_addresses(cls, villages: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
        for village, url in villages.items():
            if not secret_address(url, f"wecom_robot.villages.{village}").get_secret_value():
                raise ValueError(f"wecom_robot.villages.{village} is empty")
        return villages

    @property
    def is_set(self) -> bool:
        return bool(self.url.get_secret_value() or self.villages)

    @property
    def served(self) -> frozenset[str] | None:
        """The villages that have a robot, None where all of them have."""
        return None if self.url.get_secret_value() else frozenset(self.villages)


class SmsSection(Section):
    """The county's gateway for text messages; docs/sms.md says what it has to understand."""

    url: SecretStr = NO_SECRET
    secret: SecretStr = NO_SECRET
    most_segments: PositiveInt = 3
    """A text message is charged by segments of about 70 characters."""
    per_minute: NonNegativeInt = 0
    """0: no limit is known."""
    timeout_seconds: PositiveFloat = 5.0
    freshness_seconds: PositiveInt = 300

    @field_validator("url")
    @classmethod
    def is_empty_or_an_address(cls, url: SecretStr) -> SecretStr:
        return secret_address(url, "sms.url")

    @model_validator(mode="after")
    def has_a_secret(self) -> Self:
        if self.is_set and len(self.secret.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"sms.secret must be at least {SHORTEST_SECRET} characters long")
        return self

    @property
    def is_set(self) -> bool:
        return bool(self.url.get_secret_value())


class WecomAppSection(Section):
    """An application of the county's own WeCom, which writes to its members."""

    corp_id: str = ""
    secret: SecretStr = NO_SECRET
    agent_id: NonNegativeInt = 0
    api_base_url: str = Field(default=WECOM_API, validate_default=True)
    per_minute: NonNegativeInt = 0
    """0: no limit is known."""
    timeout_seconds: PositiveFloat = 5.0

    @field_validator("api_base_url")
    @classmethod
    def is_an_address(cls, url: str) -> str:
        if not host_of(url):
            raise ValueError("wecom_app.api_base_url must begin with https:// or http://")
        return url.rstrip("/")

    @model_validator(mode="after")
    def is_whole(self) -> Self:
        named = {
            "corp_id": self.corp_id,
            "secret": self.secret.get_secret_value(),
            "agent_id": self.agent_id,
        }
        missing = [f"wecom_app.{name}" for name, value in named.items() if not value]
        if missing and len(missing) < len(named):
            raise ValueError(f"{' and '.join(missing)} must be set where wecom_app is used")
        return self

    @property
    def is_set(self) -> bool:
        return bool(self.corp_id)
