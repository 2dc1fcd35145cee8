"""Who follows the account, and how much the account may still tell her."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.simulator.account import PlatformLimits
from bot.simulator.refusal import RefusedError


class NotFollowingError(Exception):
    """She has left the account and would have to follow it again first."""


@dataclass(slots=True)
class Grant:
    """So many sends until then."""

    until: datetime
    left: int


@dataclass(slots=True)
class ReplyWindow:
    """The customer-service messages that a person's own doings allow.

    A message of hers and a touch (menu, follow, scan) are counted apart, and a new one
    renews its own grant without adding to it (?): the stricter of the two readings.
    """

    _grants: dict[str, Grant] = field(default_factory=dict)

    def message(self, now: datetime, limits: PlatformLimits) -> None:
        until = now + timedelta(hours=limits.message_window_hours)
        self._grants["message"] = Grant(until, limits.message_window_sends)

    def touch(self, now: datetime, limits: PlatformLimits) -> None:
        until = now + timedelta(minutes=limits.event_window_minutes)
        self._grants["touch"] = Grant(until, limits.event_window_sends)

    def close(self) -> None:
        self._grants.clear()

    def use(self, now: datetime) -> None:
        """Use up one send, of the grant that ends first.

        Raises RefusedError 45015 where no window is open and 45047 where its sends are used up.
        """
        running = [grant for grant in self._grants.values() if now < grant.until]
        if not running:
            raise RefusedError(45015)
        usable = [grant for grant in running if grant.left]
        if not usable:
            raise RefusedError(45047)
        min(usable, key=lambda grant: grant.until).left -= 1


@dataclass(slots=True)
class Subscriber:
    """One person as the platform knows her."""

    openid: str
    since: datetime
    follows: bool = True
    scene: str = ""
    window: ReplyWindow = field(default_factory=ReplyWindow)
    consents: Counter[str] = field(default_factory=Counter)
    template_outcome: str = "success"


class Subscribers:
    """Everyone who ever followed the account."""

    def __init__(self) -> None:
        self._people: dict[str, Subscriber] = {}

    def followers(self) -> frozenset[str]:
        return frozenset(p.openid for p in self._people.values() if p.follows)

    def follow(self, openid: str, now: datetime, scene: str = "") -> Subscriber:
        person = self._people.setdefault(openid, Subscriber(openid, now))
        if not person.follows:
            person.follows, person.since = True, now
        person.scene = scene or person.scene
        return person

    def present(self, openid: str, now: datetime) -> Subscriber:
        """Return one who is about to send. Whom we never saw has followed long ago.

        Raises NotFollowingError where she has left.
        """
        person = self._people.setdefault(openid, Subscriber(openid, now))
        if not person.follows:
            raise NotFollowingError("先关注公众号，才能发消息。")
        return person

    def leave(self, openid: str) -> None:
        person = self.known(openid)
        person.follows = False
        person.window.close()
        person.consents.clear()

    def has_left(self, openid: str) -> bool:
        return openid in self._people and not self._people[openid].follows

    def known(self, openid: str) -> Subscriber:
        """Return one who follows or followed. Raises RefusedError 40003 for a stranger's openid."""
        person = self._people.get(openid)
        if person is None:
            raise RefusedError(40003)
        return person

    def following(self, openid: str) -> Subscriber:
        """Return one who follows. Raises RefusedError 40003 or, where she has left, 43004."""
        person = self.known(openid)
        if not person.follows:
            raise RefusedError(43004)
        return person
