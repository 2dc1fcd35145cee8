"""Logs: one JSON object a line, of an allow-list of keys. Never words, names, phones, openids."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

ALLOWED = frozenset(
    {
        "event", "level", "timestamp", "error", "at", "node", "round", "channel", "kind", "letter",
        "messages", "way", "until", "because", "status", "why", "cause", "fault", "database",
        "version", "host", "port", "seconds", "incident", "letters", "rows", "logger",
    }
)  # fmt: skip
"""Whoever adds a key here answers for it: it must never hold what a person said or is called."""

FRAMES = 6


def only_allowed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: value for key, value in event.items() if key in ALLOWED}


def where_not_what(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep an exception's kind and place, never its message: that may quote a person."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["at"] = _places(error)
    return event


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno} {frame.name}" for frame in frames]


class _FromLibraries(logging.Handler):
    """Takes what libraries log; of their sentences only the unfilled template is kept."""

    def emit(self, record: logging.LogRecord) -> None:
        event: MutableMapping[str, Any] = {"logger": record.name}
        if record.exc_info and record.exc_info[1]:
            event["exc_info"] = record.exc_info[1]
        words = record.msg if record.args and isinstance(record.msg, str) else record.name
        structlog.get_logger().log(record.levelno, words, **event)


def set_up(level: str, node: str) -> None:
    """Send all logs to standard error, as JSON."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            where_not_what,
            only_allowed,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(node=node)
    logging.basicConfig(handlers=[_FromLibraries()], level=logging.WARNING, force=True)
