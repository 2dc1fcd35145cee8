"""How often an account may call: by the minute, and by the day as it is in Shanghai."""

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.simulator.account import PlatformLimits
from bot.simulator.refusal import RefusedError

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Quotas:
    """Counts the calls of today and of this minute."""

    def __init__(self, limits: PlatformLimits) -> None:
        self._a_day = {
            "stable_token": limits.token_fetches_a_day,
            "message/custom/send": limits.messages_a_day,
            "message/template/send": limits.templates_a_day,
            "qrcode/create": limits.qr_codes_a_day,
            "media/upload": limits.uploads_a_day,
        }
        self._a_minute = {"stable_token": limits.token_fetches_a_minute}
        self._today: Counter[str] = Counter()
        self._this_minute: Counter[str] = Counter()
        self._now = ("", "")

    def use(self, api: str, now: datetime) -> None:
        """Count a call. Raises RefusedError 45009 past the day's quota, 45011 past the minute's."""
        self._turn_over(now)
        self._today[api] += 1
        self._this_minute[api] += 1
        if api in self._a_day and self._today[api] > self._a_day[api]:
            raise RefusedError(45009)
        if api in self._a_minute and self._this_minute[api] > self._a_minute[api]:
            raise RefusedError(45011)

    def of(self, api: str) -> tuple[int, int]:
        """Return the day's quota of a call and how much of it is used.

        Raises RefusedError 76021 for a call that has none.
        """
        if api not in self._a_day:
            raise RefusedError(76021)
        return self._a_day[api], self._today[api]

    def _turn_over(self, now: datetime) -> None:
        local = now.astimezone(SHANGHAI)
        day, minute = f"{local:%Y-%m-%d}", f"{local:%Y-%m-%d %H:%M}"
        if day != self._now[0]:
            self._today.clear()
        if minute != self._now[1]:
            self._this_minute.clear()
        self._now = (day, minute)
