"""The way in: what people say travels to the house at once, late, twice, or never."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.desk import Desk
from handlers.message import SPOKEN, TOUCHED, Kind, LostError, Message
from tests.year.county import CHANNEL
from tests.year.court import Court
from tests.year.lives import Life, until_death
from tests.year.truth import Said, Sense, Truth
from tests.year.wire import Platform

RETRIES = (5, 10)
"""Seconds after which the platform offers a message again that nobody took."""


@dataclass(frozen=True, kw_only=True)
class Losses:
    """How likely it is that a message is lost on the way, comes late, or comes again."""

    lost: float = 0.01
    late: float = 0.03
    again: float = 0.05


@dataclass(frozen=True, slots=True)
class Answer:
    text: str | None


class Webhook:
    def __init__(
        self, losses: Losses, chance: random.Random, truth: Truth, platform: Platform
    ) -> None:
        self._losses = losses
        self._chance = chance
        self._truth = truth
        self._platform = platform
        self._under_way: list[tuple[datetime, Said]] = []
        self.delivered = 0
        self.is_deaf = False
        """Whether nothing of what people say reaches the house."""

    def send(self, said: Said) -> None:
        """Put a message on its way, as its sender's phone does."""
        self._truth.said[said.key] = said
        if said.kind in TOUCHED:
            self._platform.wrote(said.person, said.at, event=said.kind not in SPOKEN)
        lot = self._chance.random()
        if lot < self._losses.lost or self.is_deaf:
            return
        is_late = lot < self._losses.lost + self._losses.late
        self._bring(said, self._chance.randint(5, 200) if is_late else 0)
        if self._chance.random() < self._losses.again:
            self._bring(said, self._chance.choice((0, 5, 60, 4000)))

    def _bring(self, said: Said, seconds: int) -> None:
        self._under_way.append((self._truth.now() + timedelta(seconds=seconds), said))

    def report(self) -> None:
        """Let the platform tell what became of its templates."""
        for person, far_id, report in self._platform.reports:
            said = Said(
                key=f"{person}|report|{far_id}",
                person=person,
                at=self._truth.now(),
                sense=Sense.REPORT,
                kind=Kind.REPORT,
                report_of=far_id,
                report=report,
            )
            self._truth.said[said.key] = said
            self._bring(said, self._chance.choice((2, 5, 30, 300)))
        self._platform.reports.clear()

    def next(self) -> list[datetime]:
        return [at for at, _ in self._under_way]

    async def deliver(self, desk: Desk, life: Life, court: Court) -> list[Said]:
        """Let what was said arrive, all that comes at this moment together; returns it."""
        now = self._truth.now()
        arriving = [said for at, said in self._under_way if at <= now]
        self._under_way = [(at, said) for at, said in self._under_way if at > now]
        self.delivered += len(arriving)
        if arriving:
            answers = await until_death(life, _ask_all(desk, arriving, now))
            nothing: list[Answer | None] = [None] * len(arriving)
            for said, answer in zip(arriving, answers or nothing, strict=True):
                self._take(said, answer, court)
        return arriving

    def _take(self, said: Said, answer: Answer | None, court: Court) -> None:
        if answer is not None:
            court.answered(said, answer.text)
        elif said.tries < len(RETRIES):  # it tries three times in all, and then lets it be
            self._bring(said, RETRIES[said.tries])
            said.tries += 1


async def _ask_all(desk: Desk, arriving: Sequence[Said], now: datetime) -> list[Answer | None]:
    return await asyncio.gather(*(_ask(desk, said, now) for said in arriving))


async def _ask(desk: Desk, said: Said, now: datetime) -> Answer | None:
    try:
        reply = await desk.answer(_message(said, now))
    except LostError:
        return None
    return Answer(reply.text if reply else None)


def _message(said: Said, now: datetime) -> Message:
    return Message(
        channel=CHANNEL,
        key=said.key,
        sender=said.person,
        kind=said.kind,
        at=min(said.at, now),
        text=said.text,
        media="m" if said.kind is Kind.VOICE else "",
        report_of=said.report_of,
        report=said.report,
    )
