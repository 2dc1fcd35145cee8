"""The two ways a letter goes by WeChat: as a message in her chat, or as a template."""

import hashlib
from collections.abc import Awaitable, Mapping
from typing import Any

import structlog
from wechatpy.exceptions import WeChatClientException

from bot.channels import wechat_template
from bot.channels.wechat_client import AwaitableWeChatClient
from bot.channels.wechat_message import CHANNEL
from bot.channels.wechat_wire import BUSY, NoAnswerError
from bot.channels.wechat_xml import speakable
from bot.config import WechatSection
from schedules.transport import FreeWords, Outgoing, Remedy, TransportError

log = structlog.get_logger()

REMEDIES: Mapping[int | None, Remedy] = {
    BUSY: Remedy.RETRY,
    # the token, refused a second time, and the two that only its fetch can meet: id and secret
    40001: Remedy.STOP,
    40014: Remedy.STOP,
    42001: Remedy.STOP,
    40013: Remedy.STOP,
    40125: Remedy.STOP,
    # no permission, or banned
    40164: Remedy.STOP,
    48001: Remedy.STOP,
    48004: Remedy.STOP,
    50002: Remedy.STOP,
    # she does not follow, or never did
    40003: Remedy.UNREACHABLE,
    43004: Remedy.UNREACHABLE,
    # no consent left
    43101: Remedy.OTHER_WAY,
    # the quota of the day, the limit of the minute
    45009: Remedy.MIDNIGHT,
    45011: Remedy.WAIT,
    # her window is closed, its sends are used up
    45015: Remedy.OTHER_WAY,
    45047: Remedy.OTHER_WAY,
    # a field or the id of a template
    47003: Remedy.DEAD,
    40037: Remedy.DEAD,
}
"""What helps against each of the platform's codes."""


class WechatMessages(FreeWords):
    """Customer-service messages: free words, as long as her window is open."""

    name = "wechat.message"
    channel = CHANNEL
    needs_window = True

    def __init__(self, client: AwaitableWeChatClient, *, text_bytes: int = 2048) -> None:
        self._client = client
        self._text_bytes = text_bytes

    async def send(self, letter: Outgoing) -> str:
        words = speakable(letter.text, self._text_bytes)
        await _carried(self._client.message.send_text(letter.address, words))
        if letter.voice:
            await _carried(self._client.message.send_voice(letter.address, letter.voice))
        return ""


class WechatTemplates(FreeWords):
    """Template messages: a form with three fields, at any time, to whoever follows."""

    name = "wechat.template"
    channel = CHANNEL

    def __init__(
        self,
        client: AwaitableWeChatClient,
        settings: WechatSection,
        *,
        thing_characters: int = 20,
    ) -> None:
        self._client = client
        self._ids: dict[str, str] = settings.templates.model_dump()
        self.forms = frozenset(form for form, id_ in self._ids.items() if id_)
        self._thing_characters = thing_characters

    async def send(self, letter: Outgoing) -> str:
        template = self._ids.get(letter.form, "")
        if not template:
            raise TransportError("wechat has no template for this form", Remedy.OTHER_WAY)
        data = {
            "touser": letter.address,
            "template_id": template,
            "data": wechat_template.fields(letter, self._thing_characters),
            "client_msg_id": hashlib.sha256(letter.key.encode()).hexdigest()[:32],
        }
        answer = await _carried(self._client.post("message/template/send", data=data))
        return str(answer.get("msgid", ""))


async def _carried(call: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    try:
        return await call
    except NoAnswerError as silence:
        raise TransportError(silence.errmsg, _remedy(silence.errcode)) from None
    except WeChatClientException as refusal:
        why = f"wechat refused with {refusal.errcode}"  # its own words may quote an openid
        raise TransportError(why, _remedy(refusal.errcode)) from None


def _remedy(code: int | None) -> Remedy:
    """A refusal nobody has told us about ends this letter's journey on this way only.

    Trying again might be refused for ever, and nothing is known against her window or her
    address: whoever waits for help is served by the next way, at once.
    """
    if code in REMEDIES:
        return REMEDIES[code]
    log.warning("wechat_refused", cause=code)
    return Remedy.DEAD
