"""Whisper on this machine, by the extra `voice`: a model in a process of its own."""

from functools import cache, partial
from io import BytesIO
from typing import Any

from bot.transcribers.sound import as_wave
from bot.transcribers.worker import Work, Worker


def write_down(folder: str, voice: bytes) -> bytes:
    """Return what is said in a voice, heard by the model in this folder.

    Always with voice-activity detection: over silence Whisper makes up words.
    """
    segments, _ = _model(folder).transcribe(
        BytesIO(as_wave(voice)),
        language="zh",
        vad_filter=True,
        condition_on_previous_text=False,
    )
    return "".join(segment.text for segment in segments).strip().encode()


@cache
def _model(folder: str) -> Any:
    from faster_whisper import WhisperModel  # of the extra `voice`, and only in the worker

    return WhisperModel(folder, compute_type="int8", local_files_only=True)


class WorkerTranscriber:
    """Has one voice after the other written down in a worker."""

    at_once = 1

    def __init__(self, work: Work, seconds: float) -> None:
        self._worker = Worker(work, seconds)

    async def write_down(self, voice: bytes, kind: str) -> str:  # noqa: ARG002 - it looks itself
        return (await self._worker.ask(voice)).decode()

    async def close(self) -> None:
        await self._worker.close()


def faster_whisper(folder: str, seconds: float) -> WorkerTranscriber:
    return WorkerTranscriber(partial(write_down, folder), seconds)
