"""A worker may hang, die or choke: the house goes on, and so does the next voice."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.transcribers.worker import Work, Worker
from schedules.listening import TranscriberError
from tests.voices import workers

LONG = 30.0
"""Seconds in which a process has surely started."""

HOUSE = """
import asyncio, sys
from bot.transcribers.worker import Worker
from tests.voices.workers import hangs
if __name__ == "__main__":
    asyncio.run(Worker(hangs, 600).ask(sys.argv[1].encode()))
"""


@asynccontextmanager
async def worker(work: Work, seconds: float = LONG) -> AsyncIterator[Worker]:
    worker = Worker(work, seconds)
    yield worker
    await worker.close()


def lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(condition: Callable[[], object], seconds: float = LONG) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


async def test_voices_are_worked_on_one_after_the_other_in_one_process() -> None:
    async with worker(workers.says_who_it_is) as one:
        answers = await asyncio.gather(*(one.ask(voice) for voice in (b"a", b"b", b"c")))
    processes = {answer.split()[0] for answer in answers}
    assert [answer.split()[1] for answer in answers] == [b"a", b"b", b"c"]
    assert len(processes) == 1
    assert not lives(int(processes.pop()))


async def test_who_hangs_is_killed_and_the_next_voice_has_a_new_worker(tmp_path: Path) -> None:
    note = tmp_path / "who hangs"
    async with worker(workers.hangs, seconds=4) as one:
        with pytest.raises(TranscriberError, match="took longer than 4 seconds"):
            await one.ask(bytes(note))
        assert not lives(int(note.read_text(encoding="utf-8")))
        assert await one.ask(bytes(note)) == b"awake again"


async def test_who_dies_is_followed_by_another() -> None:
    async with worker(workers.dies) as one:
        for _ in range(2):
            with pytest.raises(TranscriberError, match="died"):
                await one.ask(b"")


async def test_who_chokes_says_so_without_a_word_of_it_and_works_on() -> None:
    async with worker(workers.chokes) as one:
        for _ in range(2):
            with pytest.raises(TranscriberError, match="the worker failed: ValueError") as raised:
                await one.ask("芦花鸡".encode())
            assert "芦花鸡" not in str(raised.value)


async def test_who_no_longer_wants_to_know_ends_the_work(tmp_path: Path) -> None:
    note = tmp_path / "who hangs"
    async with worker(workers.hangs) as one:
        asking = asyncio.create_task(one.ask(bytes(note)))
        await asyncio.to_thread(wait_for, note.exists)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert not lives(int(note.read_text(encoding="utf-8")))


def test_no_work_outlives_a_house_that_was_killed(tmp_path: Path) -> None:
    note, script = tmp_path / "who hangs", tmp_path / "house.py"
    script.write_text(HOUSE, encoding="utf-8")
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    house = subprocess.Popen([sys.executable, script, note], env=here)  # noqa: S603 - our own
    wait_for(lambda: note.exists() and note.read_text(encoding="utf-8"))
    house.send_signal(signal.SIGKILL)
    house.wait()
    process = int(note.read_text(encoding="utf-8"))
    wait_for(lambda: not lives(process))
