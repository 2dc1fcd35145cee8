"""Stands where the library would be, which needs a model of half a gigabyte to say anything.

What it hears is how it was asked, so that a test can read it.
"""

import io
import wave
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class Segment:
    text: str


class WhisperModel:
    def __init__(self, folder: str, *, compute_type: str, local_files_only: bool) -> None:
        self._made = f"{folder} {compute_type} local={local_files_only}"
        self._voices = 0

    def transcribe(
        self,
        audio: io.BytesIO,
        *,
        language: str,
        vad_filter: bool = False,
        condition_on_previous_text: bool = True,
    ) -> tuple[Iterator[Segment], None]:
        self._voices += 1
        with wave.open(audio) as sound:
            rate = sound.getframerate()
        words = [
            f" {self._made}",
            f" {language} vad={vad_filter} previous={condition_on_previous_text}",
            f" {rate} voice {self._voices} ",
        ]
        return (Segment(word) for word in words), None
