"""The machine of our own: its library and model in a worker, silence filtered out, no network."""

import io
import wave
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bot.transcribers import MODEL_FILES, NoTranscriberError, make_transcriber
from bot.transcribers.sound import RATE, as_wave, kind_of
from schedules.listening import TranscriberError
from storage.rules import HearingRules

STAND_IN = Path(__file__).parent / "stand_in"


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let something stand where the extra would be, here and in the worker."""
    monkeypatch.syspath_prepend(STAND_IN)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    for name in MODEL_FILES:
        (tmp_path / name).touch()
    return tmp_path


def a_wave(seconds: float = 0.1, rate: int = RATE) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(int(2 * rate * seconds)))
    return out.getvalue()


@pytest.mark.usefixtures("library")
async def test_the_model_is_loaded_once_and_always_listens_with_voice_detection(
    model: Path,
) -> None:
    rules = HearingRules(transcriber="faster-whisper", model=str(model))
    async with ClientSession() as session:
        transcriber = make_transcriber(rules, session)
    assert transcriber is not None
    for number in (1, 2):
        assert await transcriber.write_down(a_wave(), "wav") == (
            f"{model} int8 local=True zh vad=True previous=False {RATE} voice {number}"
        )
    await transcriber.close()


@pytest.mark.usefixtures("library")
async def test_sound_that_nobody_opens_is_left_to_a_person(model: Path) -> None:
    rules = HearingRules(transcriber="faster-whisper", model=str(model))
    async with ClientSession() as session:
        transcriber = make_transcriber(rules, session)
    assert transcriber is not None
    with pytest.raises(TranscriberError, match="the worker failed: KeyError"):
        await transcriber.write_down(b"\x02#!SILK_V3", "")
    await transcriber.close()


@pytest.mark.usefixtures("library")
async def test_what_the_library_would_fetch_from_the_network_must_be_there(model: Path) -> None:
    (model / "tokenizer.json").unlink()
    rules = HearingRules(transcriber="faster-whisper", model=str(model))
    async with ClientSession() as session:
        with pytest.raises(NoTranscriberError, match=r"there is no tokenizer\.json in "):
            make_transcriber(rules, session)


@pytest.mark.parametrize(
    ("begins", "kind"),
    [
        (b"#!AMR\n", "amr"),
        (b"#!AMR-WB\n", "awb"),
        (b"OggS", "ogg"),
        (b"RIFF", "wav"),
        (b"ID3", "mp3"),
        (b"\x02#!SILK_V3", ""),
        (b"#EXTM3U\nhttp://far.example/", ""),
        (b"", ""),
    ],
)
def test_a_voice_is_what_it_begins_with(begins: bytes, kind: str) -> None:
    assert kind_of(begins) == kind


def test_a_wave_stays_as_it_is_and_a_playlist_is_not_opened() -> None:
    assert as_wave(a_wave()) == a_wave()
    with pytest.raises(KeyError):
        as_wave(b"#EXTM3U\nhttp://far.example/")


@pytest.mark.parametrize(
    ("encoder", "container", "rate"),
    [("libopencore_amrnb", "amr", 8000), ("mp3", "mp3", 16000), ("libopus", "ogg", 48000)],
)
def test_what_wechat_sends_becomes_a_wave(encoder: str, container: str, rate: int) -> None:
    av = pytest.importorskip("av", reason="the extra voice is not installed")
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(encoder, rate=rate, layout="mono")
        frame = av.AudioFrame(format=stream.codec_context.format.name, layout="mono", samples=rate)
        frame.rate = rate
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        resampler = av.AudioResampler(
            format=stream.codec_context.format.name,
            layout="mono",
            rate=rate,
            frame_size=stream.codec_context.frame_size or 160,
        )
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    with wave.open(io.BytesIO(as_wave(out.getvalue()))) as sound:
        assert (sound.getnchannels(), sound.getframerate()) == (1, RATE)
        assert abs(sound.getnframes() - RATE) < RATE / 5
