"""Machines that write voices down, one of which may be named as `hearing.transcriber`."""

from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import click
import structlog
from pydantic import SecretStr

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
    if rules.transcriber == "faster-whisper":
        _check_whisper(rules)
        return faster_whisper(rules.model, rules.seconds)
    if rules.transcriber == "http":
        return _endpoint(rules, session, api_key or SecretStr(""))
    return None


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


def _endpoint(
    rules: HearingRules, session: aiohttp.ClientSession, api_key: SecretStr
) -> EndpointTranscriber:
    address = urlsplit(rules.url)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise NoTranscriberError(
            "hearing.transcriber is http, but hearing.url does not begin with https:// or http://"
        )
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
