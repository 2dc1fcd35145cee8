"""A process of its own for work that may hang or die: a model that listens, a decoder.

A pool of processes will not do: it cannot end the one that hangs. What comes back is bytes and
is not unpickled, so that a decoder led astray by hostile sound can lead nobody else astray.
"""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection

from schedules.listening import TranscriberError

Work = Callable[[bytes], bytes]
"""What a worker does with a voice: a function of some module, by whose path it is found."""

SPAWN = multiprocessing.get_context("spawn")
DONE, FAILED = b"+", b"-"


class Worker:
    """Does one piece of work after the other, each within so many seconds.

    The process starts with the first piece. One that hangs is killed, and the next piece gets
    a new one; what a model needs to wake up counts as part of its first piece.
    """

    def __init__(self, work: Work, seconds: float) -> None:
        self._work = work
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._helper: _Helper | None = None

    async def ask(self, voice: bytes) -> bytes:
        """Return what the work made of a voice. Raises TranscriberError."""
        async with self._turn:
            helper, self._helper = await self._awake(), None  # ours again when it has answered
            answer = await self._answer_of(helper, voice)
            self._helper = helper
        if answer.startswith(FAILED):
            raise TranscriberError(f"the worker failed: {answer.removeprefix(FAILED).decode()}")
        return answer.removeprefix(DONE)

    async def close(self) -> None:
        async with self._turn:
            if self._helper is not None:
                await asyncio.to_thread(self._helper.end)
            self._helper = None

    async def _awake(self) -> "_Helper":
        if self._helper is not None:
            return self._helper
        return await asyncio.to_thread(_Helper, self._work)

    async def _answer_of(self, helper: "_Helper", voice: bytes) -> bytes:
        asking = asyncio.ensure_future(asyncio.to_thread(helper.ask, voice))
        try:
            done, _ = await asyncio.wait({asking}, timeout=self._seconds)
            if not done:
                raise TranscriberError(f"the worker took longer than {self._seconds:g} seconds")
            if (answer := asking.result()) is None:
                raise TranscriberError("the worker died")
        except (TranscriberError, asyncio.CancelledError):
            helper.kill()  # its line breaks, which frees the thread that waits on it
            await asyncio.wait({asking})
            await asyncio.to_thread(helper.end)
            raise
        return answer


class _Helper:
    """The process, and our end of the line to it."""

    def __init__(self, work: Work) -> None:
        self._line, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=serve, args=(theirs, work), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, voice: bytes) -> bytes | None:
        """Wait for the answer, None where the line broke."""
        try:
            self._line.send_bytes(voice)
            return self._line.recv_bytes()
        except (EOFError, OSError):
            return None

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        self._line.close()


def serve(line: Connection, work: Work) -> None:
    """Work in the process until nobody is at the other end of the line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the house, and it ends us
    threading.Thread(target=_end_with_the_house, daemon=True).start()
    while True:
        try:
            voice = line.recv_bytes()
        except EOFError:
            return
        line.send_bytes(_answer(work, voice))


def _end_with_the_house() -> None:
    """Let no work that hangs outlive a house that was killed: nobody is left to end it."""
    house = multiprocessing.parent_process()
    if house is not None:
        house.join()
        os._exit(1)


def _answer(work: Work, voice: bytes) -> bytes:
    """Whatever a decoder or a model raises over hostile sound ends here, by its name alone."""
    try:
        return DONE + work(voice)
    except Exception as error:
        return FAILED + type(error).__name__.encode()
