"""Temporary media: voices and pictures of theirs, and what the account uploaded."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.simulator.account import PlatformLimits
from bot.simulator.refusal import RefusedError

CONTENT_TYPES = {"voice": "audio/amr", "image": "image/jpeg", "video": "video/mp4"}


@dataclass(frozen=True, slots=True)
class Medium:
    kind: str
    content: bytes
    until: datetime

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES.get(self.kind, "application/octet-stream")


class Media:
    """Keeps each medium for three days."""

    def __init__(self, limits: PlatformLimits) -> None:
        self._limits = limits
        self._kept: dict[str, Medium] = {}

    def keep(self, kind: str, content: bytes, now: datetime) -> str:
        """Return the MediaId of a medium. Raises RefusedError 40004 or 40006 for a bad one."""
        if kind not in self._limits.upload_bytes:
            raise RefusedError(40004)
        if not 0 < len(content) <= self._limits.upload_bytes[kind]:
            raise RefusedError(40006)
        name = secrets.token_urlsafe(48)
        self._kept[name] = Medium(kind, content, now + timedelta(days=self._limits.media_days))
        return name

    def find(self, name: str, now: datetime) -> Medium:
        """Return a medium that still lives. Raises RefusedError 40007 for any other."""
        medium = self._kept.get(name)
        if medium is None or medium.until <= now:
            raise RefusedError(40007)
        return medium
