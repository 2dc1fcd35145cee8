"""Work for a process of its own: some of it is done, some hangs, some dies."""

import os
import time
from pathlib import Path


def says_who_it_is(voice: bytes) -> bytes:
    return f"{os.getpid()} {voice.decode()}".encode()


def hangs(voice: bytes) -> bytes:
    """Leave a note of who hangs in the file that the voice names; hang unless it is there."""
    note = Path(voice.decode())
    if not note.exists():
        note.write_text(str(os.getpid()), encoding="utf-8")
        time.sleep(600)
    return b"awake again"


def dies(_voice: bytes) -> bytes:
    os._exit(3)


def chokes(voice: bytes) -> bytes:
    raise ValueError(f"I cannot stand {voice.decode()}")


def turns_into_a_wave(voice: bytes) -> bytes:
    return b"RIFF" + voice
