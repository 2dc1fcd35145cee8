"""The QR codes of the account, each with a scene."""

from datetime import datetime, timedelta
from typing import Any

from bot.simulator.account import PlatformLimits
from bot.simulator.refusal import RefusedError

PERMANENT = {"QR_LIMIT_STR_SCENE", "QR_LIMIT_SCENE"}
TEMPORARY = {"QR_STR_SCENE", "QR_SCENE"}


class QrCodes:
    """Remembers how long the code of each scene is good for; None is for ever."""

    def __init__(self, limits: PlatformLimits) -> None:
        self._limits = limits
        self._until: dict[str, datetime | None] = {}

    def create(self, fields: dict[str, Any], now: datetime) -> int | None:
        """Make a code and return the seconds it is good for, None for ever.

        Raises RefusedError 40052 or 40053 where what is asked breaks a rule.
        """
        scene = self._scene(fields.get("action_info"))
        seconds = self._seconds(fields)
        self._until[scene] = now + timedelta(seconds=seconds) if seconds else None
        return seconds

    def is_expired(self, scene: str, now: datetime) -> bool:
        until = self._until.get(scene)
        return until is not None and until <= now

    def _scene(self, info: Any) -> str:
        scene = info.get("scene") if isinstance(info, dict) else None
        if not isinstance(scene, dict):
            raise RefusedError(40053)
        word = str(scene.get("scene_str") or scene.get("scene_id") or "")
        if not 1 <= len(word) <= self._limits.scene_characters:
            raise RefusedError(40053, "scene_str")
        return word

    def _seconds(self, fields: dict[str, Any]) -> int | None:
        if fields.get("action_name") in PERMANENT:
            self._check_permanent()
            return None
        if fields.get("action_name") not in TEMPORARY:
            raise RefusedError(40052)
        seconds = fields.get("expire_seconds", self._limits.temporary_qr_default_seconds)
        longest = timedelta(days=self._limits.temporary_qr_days).total_seconds()
        if not isinstance(seconds, int) or not 0 < seconds <= longest:
            raise RefusedError(40053, "expire_seconds")
        return seconds

    def _check_permanent(self) -> None:
        permanent = sum(until is None for until in self._until.values())
        if permanent >= self._limits.permanent_qr_codes:
            raise RefusedError(45009, "no permanent codes left")
