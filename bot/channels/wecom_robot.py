"""The robot of the coordinators' group on WeCom: it writes there for all of them to read.

An alarm comes as text and calls the coordinator by name, a digest as markdown. Whoever has the
address of a robot can write to its group: the address is a secret, and nothing is ever sent to
another one than those in the configuration.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import structlog
from pydantic import SecretStr

from bot.channels.refusals import Remedies, a_minute, carried
from bot.channels.wechat_wire import BUSY, Wire
from bot.channels.wechat_xml import speakable
from bot.ways_section import WecomRobotSection
from schedules.transport import FreeWords, Outgoing, Remedy, TransportError

log = structlog.get_logger()

CHANNEL = "wecom_robot"
FAR_END = "wecom robot"
ALARMS = frozenset({"missed", "emergency"})
DIGESTS = frozenset({"digest"})
EVERYBODY = "@all"
"""Who is called where the configuration names nobody."""

REMEDIES: Remedies = {
    BUSY: Remedy.RETRY,
    # what was written breaks a rule of form
    40008: Remedy.DEAD,
    40058: Remedy.DEAD,
    44004: Remedy.DEAD,
    45002: Remedy.DEAD,  # (?)
    # here, unlike at the official account, the limit of the minute; and too many at once (?)
    45009: Remedy.WAIT,
    45033: Remedy.WAIT,
    # the robot is gone from its group, was switched off, or is in no group (?)
    93000: Remedy.STOP,
    93004: Remedy.STOP,
    93008: Remedy.STOP,
}
"""What helps against each of WeCom's codes; (?) where its documentation leaves it open."""

# In both forms <@…> calls somebody, and in markdown these are no letters.
_NO_CALLS = str.maketrans("<>", "＜＞")
_NO_MARKUP = str.maketrans("<>*_`#[]", "＜＞＊＿｀＃［］")


class WecomRobot(FreeWords):
    """Writes to the group of a village. An address is the name of the village."""

    name = "wecom.robot"
    channel = CHANNEL

    def __init__(
        self,
        settings: WecomRobotSection,
        session: aiohttp.ClientSession,
        *,
        text_bytes: int = 2048,
        markdown_bytes: int = 4096,
        answer_bytes: int = 64 * 1024,
    ) -> None:
        self._robots: Mapping[str, SecretStr] = settings.villages
        self._for_all = settings.url
        self._mentions = settings.mentions
        self._wire = Wire(session, seconds=settings.timeout_seconds, most_bytes=answer_bytes)
        self._text_bytes = text_bytes
        self._markdown_bytes = markdown_bytes
        self.per_minute = a_minute(settings.per_minute * self._number)

    @property
    def _number(self) -> int:
        """How many robots there are: each may write so often a minute."""
        every = [*self._robots.values(), self._for_all]
        return len({url.get_secret_value() for url in every} - {""})

    async def send(self, letter: Outgoing) -> str:
        if letter.in_confidence:
            raise TransportError("it is not for a whole group to read", Remedy.OTHER_WAY)
        url = self._robots.get(letter.address, self._for_all).get_secret_value()
        if not url:
            raise TransportError("this village has no robot", Remedy.OTHER_WAY)
        call = self._wire.ask("POST", url, hidden=_key_in(url), json=self._written(letter))
        try:
            await carried(call, FAR_END, REMEDIES)
        except TransportError as refusal:
            raise self._of_one_village(refusal, letter.address) from None
        return ""

    def _of_one_village(self, refusal: TransportError, village: str) -> TransportError:
        """One robot that is gone must not silence those of the other villages."""
        if refusal.remedy is not Remedy.STOP or self._number == 1:
            return refusal
        log.error("wecom_robot_gone", village=village, why=str(refusal))
        return TransportError(str(refusal), Remedy.OTHER_WAY)

    def _written(self, letter: Outgoing) -> dict[str, Any]:
        if letter.form in DIGESTS:
            words = speakable(letter.text.translate(_NO_MARKUP), self._markdown_bytes)
            return {"msgtype": "markdown", "markdown": {"content": words}}
        words = speakable(letter.text.translate(_NO_CALLS), self._text_bytes)
        called = self._called(letter.address) if letter.form in ALARMS else {}
        return {"msgtype": "text", "text": {"content": words, **called}}

    def _called(self, village: str) -> dict[str, list[str]]:
        people = self._mentions.get(village, (EVERYBODY,))
        mobiles = [one for one in people if one.removeprefix("+").isdecimal()]
        members = [one for one in people if one not in mobiles]
        return {"mentioned_list": members, "mentioned_mobile_list": mobiles}


def _key_in(url: str) -> str:
    """Return what is secret in the address of a robot; the whole of it where there is no key."""
    return parse_qs(urlsplit(url).query).get("key", [url])[0]
