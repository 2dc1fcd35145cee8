"""The desk: the one place where messages are answered.

Seen before? Who is it? Then she is alive, whatever she says. Which handler? All of it in one
transaction with the dedupe row, the state changes and the letters. Messages that arrive while
a transaction commits are answered together in the next; if that one fails, each is tried
alone, and one that still fails keeps at least the sign of life.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from handlers import namesakes
from handlers.flood import Flood
from handlers.hearing import DISTRESS, Hearing, Level
from handlers.message import SPOKEN, TOUCHED, Kind, LostError, Message, Reply
from handlers.namesakes import SeveralError
from handlers.router import NotMine, Router, Switchboard
from handlers.turn import Turn
from storage import checkins, inbox, incidents, people, questions, windows
from storage.checkins import SAID_UNWELL, SAID_WELL, Heard
from storage.database import Database, Here
from storage.inbox import Answered
from storage.people import Caller
from storage.questions import Asked
from storage.rules import Rules
from storage.windows import Opened

log = structlog.get_logger()

AT_ONCE = 64
"""How many messages one transaction answers at most."""

GATHER_SECONDS = 0.005
"""How long a batch waits to be as large as the last: a transaction costs as much as many
messages, and who was just answered, or is just being read at the door, should be in it."""

TROUBLE = Reply("听到您了。我这儿出了点小毛病，请过一会儿再说一遍。")

Key = tuple[str, str]


@dataclass(slots=True)
class _Waiting:
    message: Message
    answer: asyncio.Future[Reply | None] = field(default_factory=asyncio.Future)

    def give(self, reply: Reply | None) -> None:
        if not self.answer.done():
            self.answer.set_result(reply)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class Desk:
    """Answers messages from every channel. `routers` are asked in order of precedence."""

    def __init__(
        self,
        database: Database,
        rules: Rules,
        routers: Sequence[Router],
        hearing: Hearing | None = None,
    ) -> None:
        self._database = database
        self._rules = rules
        self._switchboard = Switchboard(routers)
        self._hearing = hearing or Hearing.load()
        self._flood = Flood(rules.checkin.flood_messages)
        self._waiting: list[_Waiting] = []
        self._work: asyncio.Task[None] | None = None
        self._company = 0
        self._together = asyncio.Event()
        self.answered: Counter[str] = Counter()
        """How many messages of each kind were answered since the start."""
        self.troubled = 0
        """Of how many messages only the sign of life could be kept."""

    async def answer(self, message: Message) -> Reply | None:
        """Answer a message; when this returns, all that follows from it is committed.

        A caller who is cancelled takes nothing back: the work goes on. Raises LostError
        when not even the sign of life could be kept.
        """
        waiting = _Waiting(message)
        self._waiting.append(waiting)
        if len(self._waiting) >= self._company:
            self._together.set()
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._serve())
        return await waiting.answer

    async def close(self) -> None:
        """Finish what was begun."""
        if self._work is not None:
            await self._work

    async def _serve(self) -> None:
        while self._waiting:
            await self._gather()
            batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            try:
                replies = await self._answer_together([one.message for one in batch])
            except Exception as error:
                log.warning("batch_failed", messages=len(batch), error=type(error).__name__)
                await self._answer_one_by_one(batch)
            else:
                for one, reply in zip(batch, replies, strict=True):
                    one.give(reply)

    async def _gather(self) -> None:
        """Wait until as many are here as last time, but not for long."""
        if len(self._waiting) < self._company:
            self._together.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(GATHER_SECONDS):
                    await self._together.wait()
        self._company = min(len(self._waiting), AT_ONCE)

    async def _answer_one_by_one(self, batch: Sequence[_Waiting]) -> None:
        for one in batch:
            try:
                one.give(*await self._answer_together([one.message]))
            except Exception as error:
                log.exception(
                    "message_failed", channel=one.message.channel, error=type(error).__name__
                )
                await self._keep_alive_alone(one)

    async def _keep_alive_alone(self, one: _Waiting) -> None:
        """Lose the answer, but not the sign of life."""
        try:
            one.give(*await self._answer_together([one.message], only_alive=True))
        except Exception as error:
            log.exception("message_lost", channel=one.message.channel, error=type(error).__name__)
            one.fail(LostError())

    async def _answer_together(
        self, messages: Sequence[Message], *, only_alive: bool = False
    ) -> list[Reply | None]:
        async with self._database.writing(Here.ALL) as session:
            replies = await self._already_answered(session, messages)
            turns = await self._take_turns(session, messages, replies)
            await self._hear(session, list(turns.values()), only_alive=only_alive)
            if not only_alive:
                await self._end_silences(session, list(turns.values()))
            for key, turn in turns.items():
                replies[key] = TROUBLE if only_alive else await self._reply_to(turn)
            await self._remember(session, turns, replies)
        self.answered.update(turn.message.kind for turn in turns.values())
        self.troubled += len(turns) if only_alive else 0
        return [replies[_key(message)] for message in messages]

    async def _already_answered(
        self, session: AsyncSession, messages: Sequence[Message]
    ) -> dict[Key, Reply | None]:
        stored = await inbox.replies(session, {_key(message) for message in messages})
        return {key: Reply(text) if text is not None else None for key, text in stored.items()}

    async def _take_turns(
        self, session: AsyncSession, messages: Sequence[Message], known: dict[Key, Reply | None]
    ) -> dict[Key, Turn]:
        fresh = {_key(message): message for message in messages if _key(message) not in known}
        callers = await people.callers(session, {_address(one) for one in fresh.values()})
        known_people = {one.id for one in callers.values()}
        promised = await incidents.promised_by(session, known_people)
        asked = await self._open_questions(session, known_people, messages)
        return {
            key: self._turn(session, message, callers.get(_address(message)), promised, asked)
            for key, message in fresh.items()
        }

    async def _open_questions(
        self, session: AsyncSession, known: set[str], messages: Sequence[Message]
    ) -> Mapping[str, Asked]:
        patience = timedelta(minutes=self._rules.checkin.question_minutes)
        return await questions.open_for(session, known, messages[0].at, patience)

    def _turn(
        self,
        session: AsyncSession,
        message: Message,
        caller: Caller | None,
        promised: Mapping[str, list[incidents.Live]],
        asked: Mapping[str, Asked],
    ) -> Turn:
        turn = Turn(message, session, message.at, self._rules, self._hearing, caller)
        if caller is not None:
            turn.promised = promised.get(caller.id, ())
            turn.question = asked.get(caller.id)
            turn.is_flood = self._flood.rises(caller.id, message.at)
        return turn

    async def _hear(
        self, session: AsyncSession, turns: Sequence[Turn], *, only_alive: bool
    ) -> None:
        """Note what holds of every message: who may be written to, and who is alive."""
        opened = [window for turn in turns if (window := self._window(turn.message))]
        await windows.open_windows(session, opened)
        await self._find_again(session, turns)
        signs = [_sign_of_life(turn, only_alive) for turn in turns if _is_alive(turn)]
        await checkins.record(session, signs, self._rules.checkin)

    async def _find_again(self, session: AsyncSession, turns: Sequence[Turn]) -> None:
        """Whoever does something is there, whatever the platform has said of her before."""
        for turn in turns:
            lost = turn.caller is not None and not turn.caller.reachable
            if lost and turn.message.kind in TOUCHED:
                await people.follow(session, turn.address)

    async def _end_silences(self, session: AsyncSession, turns: Sequence[Turn]) -> None:
        """Close what was opened only because she was silent; not where she calls for help."""
        spoke = [turn for turn in turns if _is_alive(turn) and not turn.means(*DISTRESS)]
        if spoke:
            heard = {turn.speaker.id: turn.speaker.id for turn in spoke}
            distress = await incidents.hear_her(session, heard, max(turn.now for turn in spoke))
            for turn in spoke:
                turn.distress = distress.get(turn.speaker.id, ())

    def _window(self, message: Message) -> Opened | None:
        rules = self._rules.letters
        if message.kind in SPOKEN:
            closes = message.at + timedelta(hours=rules.message_window_hours)
            return Opened(*_address(message), windows.MESSAGE, closes, rules.message_window_sends)
        if message.kind in TOUCHED:
            closes = message.at + timedelta(minutes=rules.event_window_minutes)
            return Opened(*_address(message), windows.EVENT, closes, rules.event_window_sends)
        return None

    async def _reply_to(self, turn: Turn) -> Reply | None:
        turn = await namesakes.take_up(turn)
        try:
            return await self._first_answer(turn)
        except SeveralError as several:
            return await namesakes.ask(turn, several)

    async def _first_answer(self, turn: Turn) -> Reply | None:
        for handler in self._switchboard.listening(turn):
            answer = await handler(turn)
            if not isinstance(answer, NotMine):
                return answer
        return None

    async def _remember(
        self, session: AsyncSession, turns: dict[Key, Turn], replies: dict[Key, Reply | None]
    ) -> None:
        answered = []
        for key, turn in turns.items():
            reply = replies[key]
            person = turn.caller.id if turn.caller else None
            answered.append(Answered(*key, turn.now, person, reply.text if reply else None))
        await inbox.remember(session, answered)


def _key(message: Message) -> Key:
    return message.channel, message.key


def _address(message: Message) -> tuple[str, str]:
    return message.channel, message.sender


def _is_alive(turn: Turn) -> bool:
    return turn.is_elder and turn.message.kind in TOUCHED


_SAID = {Level.OK: SAID_WELL, Level.CARE: SAID_UNWELL}


def _sign_of_life(turn: Turn, only_alive: bool) -> Heard:
    """Alive is neither well nor unwell: her word says more, where it can be understood."""
    is_word = turn.message.kind is Kind.TEXT and not only_alive
    said = _SAID.get(turn.verdict.level) if is_word else None
    kind = said or turn.message.kind
    elder = turn.speaker.id
    return Heard(elder_id=elder, at=turn.now, kind=kind, actor_id=elder)
