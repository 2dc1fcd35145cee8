"""An application of the county's own WeCom, which writes to its members one by one."""

from functools import partial
from typing import Any

import aiohttp
from wechatpy.enterprise import WeChatClient

from bot.channels.access_token import AccessToken
from bot.channels.awaitable_api import AwaitableApi
from bot.channels.refusals import Remedies, a_minute, carried
from bot.channels.wechat_wire import BUSY, Wire
from bot.channels.wechat_xml import speakable
from bot.ways_section import WECOM_API, WecomAppSection
from schedules.clock import Clock
from schedules.transport import FreeWords, Outgoing, Remedy, TransportError

CHANNEL = "wecom"
FAR_END = "wecom"

REMEDIES: Remedies = {
    BUSY: Remedy.RETRY,
    # the secret, the corporation, and a token that was refused a second time
    40001: Remedy.STOP,
    40013: Remedy.STOP,
    40014: Remedy.STOP,
    42001: Remedy.STOP,
    # the application: its id, whether it may do this, whether it is switched on
    40056: Remedy.STOP,
    48002: Remedy.STOP,
    50003: Remedy.STOP,
    301002: Remedy.STOP,
    # our address is not on the whitelist
    60020: Remedy.STOP,
    # nobody of that name, or out of the application's sight
    40003: Remedy.UNREACHABLE,
    46004: Remedy.UNREACHABLE,
    60111: Remedy.UNREACHABLE,
    81013: Remedy.UNREACHABLE,
    82001: Remedy.UNREACHABLE,
    # what was written breaks a rule of form
    40008: Remedy.DEAD,
    40058: Remedy.DEAD,
    44004: Remedy.DEAD,
    45002: Remedy.DEAD,
    # too often for this minute or hour (?), too many at once
    45009: Remedy.WAIT,
    45033: Remedy.WAIT,
}
"""What helps against each of WeCom's codes; (?) where its documentation leaves it open."""


class AwaitableWecomClient(AwaitableApi, WeChatClient):  # type: ignore[misc]  # ships no types
    """The methods of wechatpy's client of WeCom; see AwaitableApi."""

    PUBLIC = WECOM_API

    def __init__(
        self,
        settings: WecomAppSection,
        session: aiohttp.ClientSession,
        clock: Clock,
        *,
        media_bytes: int = 12 * 1024 * 1024,
    ) -> None:
        wire = Wire(session, seconds=settings.timeout_seconds, most_bytes=media_bytes)
        token = AccessToken(partial(_token, settings, wire), clock)
        super().__init__(settings.api_base_url, wire, token)
        self.corp_id = settings.corp_id


async def _token(settings: WecomAppSection, wire: Wire) -> Any:
    secret = settings.secret.get_secret_value()
    query = {"corpid": settings.corp_id, "corpsecret": secret}
    url = f"{settings.api_base_url}/cgi-bin/gettoken"
    return await wire.ask("GET", url, hidden=secret, params=query)


class WecomApp(FreeWords):
    """Writes to one member. An address is a user id of the county's WeCom."""

    name = "wecom.app"
    channel = CHANNEL

    def __init__(
        self, client: AwaitableWecomClient, settings: WecomAppSection, *, text_bytes: int = 2048
    ) -> None:
        self._client = client
        self._agent = settings.agent_id
        self._text_bytes = text_bytes
        self.per_minute = a_minute(settings.per_minute)

    async def send(self, letter: Outgoing) -> str:
        """Send a text. Its platform has no key for repeats: they arrive, and say so.

        It would drop what has the same words within some time; but an alarm that is repeated
        on purpose has them, too.
        """
        if not letter.address or "|" in letter.address or letter.address == "@all":
            raise TransportError("that is no single member", Remedy.UNREACHABLE)
        words = speakable(letter.text, self._text_bytes)
        call = self._client.message.send_text(self._agent, letter.address, words)
        answer = await carried(call, FAR_END, REMEDIES)
        if answer.get("invaliduser"):
            raise TransportError("wecom knows nobody of that name", Remedy.UNREACHABLE)
        return str(answer.get("msgid", ""))[:64]
