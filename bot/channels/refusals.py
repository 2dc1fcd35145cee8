"""What it means for a letter that a platform of Tencent's said no."""

from collections.abc import Awaitable, Mapping
from typing import Any

import structlog
from wechatpy.exceptions import WeChatClientException

from bot.channels.wechat_wire import NoAnswerError
from schedules.transport import Remedy, TransportError

log = structlog.get_logger()

Remedies = Mapping[int | None, Remedy]
"""What helps against each of a platform's codes."""


async def carried(
    call: Awaitable[dict[str, Any]], far_end: str, remedies: Remedies
) -> dict[str, Any]:
    """Return what was answered to a call.

    Raises TransportError in our own words: those of the platform may quote an address.
    """
    try:
        return await call
    except NoAnswerError as silence:
        remedy = _remedy(silence.errcode, far_end, remedies)
        raise TransportError(silence.errmsg, remedy) from None
    except WeChatClientException as refusal:
        remedy = _remedy(refusal.errcode, far_end, remedies)
        raise TransportError(f"{far_end} refused with {refusal.errcode}", remedy) from None


def _remedy(code: int | None, far_end: str, remedies: Remedies) -> Remedy:
    """A refusal nobody has told us about ends this letter's journey on this way only.

    Trying again might be refused for ever, and nothing is known against her window or her
    address: whoever waits for help is served by the next way, at once.
    """
    if code in remedies:
        return remedies[code]
    log.warning("refused_for_unknown_reasons", by=far_end, cause=code)
    return Remedy.DEAD


def a_minute(number: int) -> int | None:
    """Return a rate as a way states it: in the configuration, 0 means that none is known."""
    return number or None
