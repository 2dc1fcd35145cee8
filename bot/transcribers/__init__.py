"""Machines that write voices down, one of which may be named as `hearing.transcriber`."""

from importlib.util import find_spec
from pathlib import Path

import aiohttp
import click
import structlog
from pydantic import SecretStr

from bot.section import host_of
from bot.transcribers.endpoint import EndpointTranscriber
from bot.transcribers.sound import as_wave
from bot.transcribers.whisper import faster_whisper
from bot.transcribers.worker import Worker
from schedules.listening import Transcriber
from storage.rules import HearingRules

log = structlog.get_logger()

DECODING_SECONDS = 20.0
MODEL_FILES = ("model.bin", "config.json", "tokenizer.json")
"""What is missing the library would fetch from the network, and it must not."""


class NoTranscriberError(click.ClickException):
    """The transcriber that is named cannot be had: one sentence that stops the start."""


def make_transcriber(
    rules: HearingRules, session: aiohttp.ClientSession, api_key: SecretStr | None = None
) -> Transcriber | None:
    """Return the machine that writes voices down, None where none of ours does.

    Raises NoTranscriberError.
    """
    check_transcriber(rules)
    if rules.transcriber == "faster-whisper":
        return faster_whisper(rules.model, rules.seconds)
    if rules.transcriber == "http":
        return _endpoint(rules, session, api_key or SecretStr(""))
    return None


def check_transcriber(rules: HearingRules) -> None:
    """Raise NoTranscriberError where the machine that is named cannot be had."""
    if rules.transcriber == "faster-whisper":
        _check_whisper(rules)
    if rules.transcriber == "http":
        _check_address(rules.url)


def _check_whisper(rules: HearingRules) -> None:
    if missing := [name for name in ("faster_whisper", "av") if find_spec(name) is None]:
        raise NoTranscriberError(
            "hearing.transcriber is faster-whisper, which needs the extra voice "
            f"(pip install 'shouwang[voice]'); {' and '.join(missing)} cannot be found"
        )
    if missing := [name for name in MODEL_FILES if not (Path(rules.model) / name).is_file()]:
        raise NoTranscriberError(
            "hearing.model must be the folder of a faster-whisper model; "
            f"there is no {' and no '.join(missing)} in {rules.model or 'it'}"
        )


def _check_address(url: str) -> None:
    if not host_of(url):
        raise NoTranscriberError(
            "hearing.transcriber is http, but hearing.url does not begin with https:// or http://"
        )


def _endpoint(
    rules: HearingRules, session: aiohttp.ClientSession, api_key: SecretStr
) -> EndpointTranscriber:
    return EndpointTranscriber(
        session,
        rules.url,
        model=rules.model,
        seconds=rules.seconds,
        api_key=api_key,
        waves=_waves(),
    )


def _waves() -> Worker | None:
    if find_spec("av") is None:
        log.warning("voices_go_as_they_came", why="the extra voice is not installed")
        return None
    return Worker(as_wave, DECODING_SECONDS)
