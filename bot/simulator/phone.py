"""What the owners of the phones see, bubble after bubble."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Self

REMEMBERED_BUBBLES = 500
"""How many bubbles a phone keeps; older ones scroll away for good."""

WAITING_BUBBLES = 1024
"""How far a listener may fall behind before he is dropped."""

Side = Literal["hers", "ours"]
BubbleKind = Literal[
    "text",
    "voice",
    "picture",
    "sticker",
    "video",
    "location",
    "link",
    "act",  # something she did that is no message: a button, a scan, following
    "card",  # a template message
    "notice",  # a subscription message
    "fault",  # 该公众号提供的服务出现故障
]


@dataclass(frozen=True, slots=True)
class Bubble:
    """One thing in a chat. `number` grows by one with each bubble of the whole platform.

    A card or a notice has its title in the first line of `text` and a field in every other.
    """

    openid: str
    number: int
    side: Side
    text: str
    at: datetime
    kind: BubbleKind


@dataclass(slots=True)
class Phone:
    """One person's chat with the account, oldest bubble first."""

    openid: str
    bubbles: deque[Bubble] = field(default_factory=lambda: deque(maxlen=REMEMBERED_BUBBLES))

    @property
    def heard(self) -> list[str]:
        """The words of all that she got from us."""
        return [bubble.text for bubble in self.bubbles if bubble.side == "ours"]

    @property
    def said(self) -> list[str]:
        """The words of all that she sent."""
        return [bubble.text for bubble in self.bubbles if bubble.side == "hers"]


class Watch:
    """Each new bubble of every phone, until the end or until the listener falls behind."""

    def __init__(self, size: int) -> None:
        self._waiting: asyncio.Queue[Bubble | None] = asyncio.Queue(size)
        self._ended = False

    def tell(self, bubble: Bubble) -> bool:
        """Hand a bubble over and return whether the listener is still there."""
        if self._waiting.full():
            self._ended = True
        if not self._ended:
            self._waiting.put_nowait(bubble)
        return not self._ended

    def end(self) -> None:
        """Let the listener finish what waits, and then leave."""
        self._ended = True
        if not self._waiting.full():
            self._waiting.put_nowait(None)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Bubble:
        if self._ended and self._waiting.empty():
            raise StopAsyncIteration
        bubble = await self._waiting.get()
        if bubble is None:
            raise StopAsyncIteration
        return bubble


class Phones:
    """All phones of the village, and those who look at them."""

    def __init__(self) -> None:
        self._phones: dict[str, Phone] = {}
        self._watches: list[Watch] = []
        self._number = 0

    def of(self, openid: str) -> Phone:
        return self._phones.setdefault(openid, Phone(openid))

    def show(
        self, openid: str, side: Side, text: str, at: datetime, kind: BubbleKind = "text"
    ) -> None:
        """Let a bubble appear on a phone. Never waits for anybody who watches."""
        self._number += 1
        bubble = Bubble(openid, self._number, side, text, at, kind)
        self.of(openid).bubbles.append(bubble)
        self._watches = [watch for watch in self._watches if watch.tell(bubble)]

    def since(self, number: int) -> list[Bubble]:
        """Return all remembered bubbles after a number, oldest first."""
        bubbles = (bubble for phone in self._phones.values() for bubble in phone.bubbles)
        return sorted((b for b in bubbles if b.number > number), key=lambda b: b.number)

    @contextmanager
    def watch(self, size: int = WAITING_BUBBLES) -> Iterator[Watch]:
        watch = Watch(size)
        self._watches.append(watch)
        try:
            yield watch
        finally:
            self._watches = [other for other in self._watches if other is not watch]

    def end_watches(self) -> None:
        for watch in self._watches:
            watch.end()
        self._watches = []
