"""What the configuration names beside itself: it has to be there before anything starts."""

from pathlib import Path

from bot.config import Config
from bot.transcribers import NoTranscriberError, check_transcriber
from handlers.hearing import Hearing, RuleError
from storage.rules import HearingRules


def lacking(config: Config) -> list[str]:
    """Return a sentence for each thing that is named and cannot be had."""
    return [*_in_the_rules(config.hearing), *_for_voices(config.hearing)]


def _in_the_rules(rules: HearingRules) -> list[str]:
    try:
        Hearing.load(Path(rules.extra_rules) if rules.extra_rules else None)
    except RuleError as error:
        return [f"hearing.extra_rules: {fault}" for fault in error.faults]
    return []


def _for_voices(rules: HearingRules) -> list[str]:
    try:
        check_transcriber(rules)
    except NoTranscriberError as error:
        return [error.message]
    return []
