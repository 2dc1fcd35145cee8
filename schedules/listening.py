"""Voices, written down by a machine: what it heard may raise the alarm, and never lowers it.

That she is alive was noted when her voice came. It is fetched and written down outside any
transaction; what follows from it is committed together with its end. If we die in between, its
lease runs out and it is heard again. What she said is neither kept nor logged.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from handlers.calls.asking import i_need_a_hand
from handlers.checkin.talk import i_am_unwell
from handlers.checkin.watcher import LISTEN, NEEDS_WORD, tell_watcher
from handlers.distress.talk import somebody_is_in_distress
from handlers.family.guard import heard_of_money
from handlers.hearing import DISTRESS, Hearing, Level
from handlers.holds.talk import heard_of_going_away
from handlers.message import Kind, Message, Reply
from handlers.router import NOT_MINE, Handler, NotMine
from handlers.turn import Turn
from handlers.voice.talk import VOICE_HEARD, VOICE_NOTED
from storage import letters, people, voices
from storage.database import Database
from storage.letters import NewLetter, Urgency
from storage.people import Caller, Person
from storage.rules import Rules
from storage.voices import ToHear, VoiceState

log = structlog.get_logger()

VOICE = "voice"
"""The channel in the key of what a voice causes: an incident's cause is `distress:voice:12`."""

BACKOFF = (timedelta(seconds=10), timedelta(seconds=60))
"""How long we wait after the first failure and after the second; a third is the last."""

KEPT = timedelta(days=3)
"""How long WeChat keeps a voice."""

FETCHING = timedelta(seconds=60)
"""What a lease allows beside the writing down: fetching, decoding and settling."""

PATIENCE = 5.0
"""Seconds one ring waits for a machine: a slow one goes on without keeping the bell."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A voice as its channel keeps it; `kind` is amr, awb, ogg, mp3, wav, or "" if unknown."""

    content: bytes
    kind: str


class MediaError(Exception):
    """A voice could not be fetched. The message is in our words and quotes nobody."""


class Media(Protocol):
    """Where channels keep what people sent."""

    async def fetch(self, channel: str, media: str) -> Sound:
        """Return the voice with this id. Raises MediaError."""
        ...


class TranscriberError(Exception):
    """A voice could not be written down. The message is in our words and quotes nobody."""


class Transcriber(Protocol):
    """A machine that writes voices down; `at_once` is how many it listens to at a time."""

    at_once: int

    async def write_down(self, voice: bytes, kind: str) -> str:
        """Return the words, "" for silence. Raises TranscriberError, also for taking too long."""
        ...

    async def close(self) -> None: ...


ANSWERS: Mapping[Level, Handler] = {
    Level.EMERGENCY: somebody_is_in_distress,
    Level.CRISIS: somebody_is_in_distress,
    Level.CARE: i_am_unwell,
    Level.REQUEST: i_need_a_hand,
}
"""What is done about a level, the same as for written words. Of the others nothing follows, but
that she is asked back who seems to be going away."""


class Listening:
    """Has voices written down, and acts on what was heard."""

    def __init__(
        self,
        database: Database,
        rules: Rules,
        hearing: Hearing,
        media: Media,
        transcriber: Transcriber,
        *,
        patience: float = PATIENCE,
    ) -> None:
        self._database = database
        self._rules = rules
        self._hearing = hearing
        self._media = media
        self._transcriber = transcriber
        self._patience = patience
        self._under_way: set[asyncio.Task[None]] = set()

    async def listen(self, now: datetime) -> int:
        """Begin with the voices that wait, as many as are heard at once; returns how many.

        Waits until all are heard, but no longer than its patience.
        """
        claimed = await asyncio.shield(self._claim(now))
        for voice in claimed:
            task = asyncio.create_task(self._hear(voice, now))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        await self._wait()
        return len(claimed)

    async def close(self) -> None:
        """Let be heard what nearly is. The rest is heard again when its lease has run out."""
        await self._wait()
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._transcriber.close()

    async def _wait(self) -> None:
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=self._patience)

    async def _claim(self, now: datetime) -> list[ToHear]:
        free = self._transcriber.at_once - len(self._under_way)
        if free <= 0:
            return []
        lease = FETCHING + timedelta(seconds=self._rules.hearing.seconds)
        async with self._database.writing() as session:
            return await voices.claim(session, now, free, lease)

    async def _hear(self, voice: ToHear, now: datetime) -> None:
        """Hear one voice. Where even that breaks, its lease runs out, and it is tried again."""
        try:
            await self._hear_or_leave(voice, now)
        except Exception:
            log.exception("voice_broken", cause=f"{VOICE}:{voice.id}")

    async def _hear_or_leave(self, voice: ToHear, now: datetime) -> None:
        was_lost = voice.tries > len(BACKOFF)  # each time in the middle: we never saw it fail
        if was_lost or _is_gone(voice, now):
            await self._leave(voice, now)
            return
        try:
            words = await self._write_down(voice)
        except (MediaError, TranscriberError) as error:
            log.warning("voice_not_heard", cause=f"{VOICE}:{voice.id}", why=str(error))
            await self._put_off(voice, now)
        else:
            await self._act(voice, words, now)

    async def _write_down(self, voice: ToHear) -> str:
        sound = await self._media.fetch(voice.channel, voice.media)
        return await self._transcriber.write_down(sound.content, sound.kind)

    async def _put_off(self, voice: ToHear, now: datetime) -> None:
        if voice.tries >= len(BACKOFF):
            await self._leave(voice, now)
            return
        async with self._database.writing() as session:
            await voices.try_again(session, voice.id, now + BACKOFF[voice.tries])

    async def _leave(self, voice: ToHear, now: datetime) -> None:
        """Let a person listen; where the voice itself is gone, let him ask her."""
        async with self._database.writing() as session:
            if not await voices.settle(session, voice.id, VoiceState.LEFT):
                return
            turn = await self._turn(session, voice, "", now)
            if _is_gone(voice, now):
                await tell_watcher(turn, NEEDS_WORD, need="word")
            else:
                await tell_watcher(turn, LISTEN, media=voice.media)

    async def _act(self, voice: ToHear, words: str, now: datetime) -> None:
        """Settle a voice together with all that follows from it; who comes late does nothing."""
        async with self._database.writing() as session:
            if await voices.settle(session, voice.id, VoiceState.HEARD):
                await self._raise_level(await self._turn(session, voice, words, now))

    async def _turn(self, session: AsyncSession, voice: ToHear, words: str, now: datetime) -> Turn:
        message = Message(
            channel=VOICE,
            key=str(voice.id),
            sender="",
            kind=Kind.VOICE,
            at=voice.said_at,
            text=words,
            media=voice.media,
        )
        speaker = await _speaker(session, voice)
        return Turn(message, session, now, self._rules, self._hearing, speaker)

    async def _raise_level(self, turn: Turn) -> None:
        """Do what written words would have done, and bring her the answer as a letter."""
        handler = ANSWERS.get(turn.verdict.level, heard_of_going_away)
        warning = NOT_MINE if turn.means(*DISTRESS) else await heard_of_money(turn)
        answer = await handler(turn) if isinstance(warning, NotMine) else warning
        if isinstance(answer, Reply):
            await letters.write(turn.session, [_letter(turn, answer)], turn.now)


def _is_gone(voice: ToHear, now: datetime) -> bool:
    return now - voice.said_at >= KEPT


async def _speaker(session: AsyncSession, voice: ToHear) -> Caller:
    """Return her as the desk knew her when she spoke; her phone may be gone by now."""
    person = await session.get_one(Person, voice.person_id)
    roles = await people.roles_of(session, person.id)
    return Caller(
        person.id,
        person.name,
        person.gender,
        person.village_id,
        person.group_id,
        roles,
        (voice.channel, ""),
        reachable=True,
    )


def _letter(turn: Turn, reply: Reply) -> NewLetter:
    """Word the letter to her. Only in distress is it worth waking her for it later."""
    is_distress = turn.means(*DISTRESS)
    patience = timedelta(minutes=turn.rules.checkin.question_minutes)
    kind = VOICE_HEARD if is_distress else VOICE_NOTED
    return NewLetter(
        key=f"{kind}:{turn.message.key}",
        kind=kind,
        urgency=Urgency.ALARM if is_distress else Urgency.NOTICE,
        recipient_id=turn.speaker.id,
        about_id=turn.speaker.id,
        detail={"words": reply.text},
        expires_at=None if is_distress else turn.now + patience,
    )
