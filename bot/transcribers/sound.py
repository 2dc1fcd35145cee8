"""Sound: what kind it is, and how it becomes a wave that every listener takes.

WeChat keeps an official account's voices as AMR, narrow or wide, both of which PyAV decodes, as
it does Ogg, MP3 and WAV. It does not decode SILK, which personal accounts write, nor the bare
Speex frames of WeChat's high-quality download; a person listens to those.
"""

import wave
from collections.abc import Iterable
from io import BytesIO
from typing import Any

SIGNS = (
    (b"#!AMR-WB", "awb"),
    (b"#!AMR", "amr"),
    (b"OggS", "ogg"),
    (b"RIFF", "wav"),
    (b"ID3", "mp3"),
    (b"\xff\xfb", "mp3"),
    (b"\xff\xf3", "mp3"),
)
"""How each kind begins."""

DEMUXERS = {"awb": "amr", "amr": "amr", "ogg": "ogg", "mp3": "mp3"}
"""What opens each kind. Nothing else is tried: a playlist in disguise would open addresses."""

RATE = 16_000
MOST_SECONDS = 300
"""A voice on WeChat has sixty; of what claims to be longer we hear the beginning."""


def kind_of(voice: bytes) -> str:
    return next((kind for sign, kind in SIGNS if voice.startswith(sign)), "")


def as_wave(voice: bytes) -> bytes:
    """Return a voice as a WAV of one channel and 16 kHz; one that is a WAV stays as it is.

    Raises KeyError for a kind that we do not open, and what PyAV raises over broken sound.
    """
    kind = kind_of(voice)
    return voice if kind == "wav" else _in_wave(_decoded(voice, DEMUXERS[kind]))


def _decoded(voice: bytes, demuxer: str) -> bytes:
    import av  # of the extra `voice`, and only in the worker

    samples = bytearray()
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(BytesIO(voice), format=demuxer) as container:
        for frame in container.decode(audio=0):
            samples += _samples(resampler.resample(frame))
            if len(samples) >= 2 * RATE * MOST_SECONDS:
                break
    return bytes(samples + _samples(resampler.resample(None)))


def _samples(frames: Iterable[Any]) -> bytes:
    return b"".join(bytes(frame.planes[0])[: 2 * frame.samples] for frame in frames)


def _in_wave(samples: bytes) -> bytes:
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples)
    return out.getvalue()
