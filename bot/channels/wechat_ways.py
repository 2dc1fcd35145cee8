"""The ways a letter goes by WeChat: in her chat, as a template, as a notice she agreed to."""

import hashlib
from typing import Any

from bot.channels import wechat_template
from bot.channels.refusals import Remedies, a_minute, carried
from bot.channels.wechat_client import AwaitableWeChatClient
from bot.channels.wechat_message import CHANNEL
from bot.channels.wechat_wire import BUSY
from bot.channels.wechat_xml import speakable
from bot.config import WechatSection
from bot.forms_section import TemplateIds
from schedules.transport import FreeWords, Outgoing, Remedy, TransportError

FAR_END = "wechat"

REMEDIES: Remedies = {
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
    # no consent left; notices forbidden to the account (?); two at once for one consent (?)
    43101: Remedy.OTHER_WAY,
    43107: Remedy.STOP,
    43108: Remedy.RETRY,
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

    def __init__(
        self, client: AwaitableWeChatClient, *, per_minute: int = 0, text_bytes: int = 2048
    ) -> None:
        self._client = client
        self._text_bytes = text_bytes
        self.per_minute = a_minute(per_minute)

    async def send(self, letter: Outgoing) -> str:
        words = speakable(letter.text, self._text_bytes)
        send = self._client.message
        await carried(send.send_text(letter.address, words), FAR_END, REMEDIES)
        if letter.voice:
            await carried(send.send_voice(letter.address, letter.voice), FAR_END, REMEDIES)
        if letter.picture:
            await carried(send.send_image(letter.address, letter.picture), FAR_END, REMEDIES)
        return ""


class WechatTemplates(FreeWords):
    """Template messages: a form with a few fields, at any time, to whoever follows."""

    name = "wechat.template"
    channel = CHANNEL

    def __init__(self, client: AwaitableWeChatClient, settings: WechatSection) -> None:
        self._client = client
        self._templates = settings.templates
        self.forms = frozenset(self._templates.named)
        self.per_minute = a_minute(settings.templates_per_minute)

    async def send(self, letter: Outgoing) -> str:
        data = {
            **_form(letter, self._templates),
            "client_msg_id": hashlib.sha256(letter.key.encode()).hexdigest()[:32],
        }
        call = self._client.post("message/template/send", data=data)
        answer = await carried(call, FAR_END, REMEDIES)
        return str(answer.get("msgid", ""))


class WechatSubscriptions(FreeWords):
    """Subscription notices: one for each time that she agreed to such a notice."""

    name = "wechat.subscription"
    channel = CHANNEL
    needs_consent = True

    def __init__(self, client: AwaitableWeChatClient, settings: WechatSection) -> None:
        self._client = client
        self._templates = settings.subscriptions
        self.forms = frozenset(self._templates.named)
        self.per_minute = a_minute(settings.subscriptions_per_minute)

    async def send(self, letter: Outgoing) -> str:
        """Send a notice; the id is known where the platform tells it (?)."""
        data = _form(letter, self._templates)
        call = self._client.post("message/subscribe/bizsend", data=data)
        answer = await carried(call, FAR_END, REMEDIES)
        return str(answer.get("msgid", ""))


def _form(letter: Outgoing, templates: TemplateIds) -> dict[str, Any]:
    template = templates.named.get(letter.form)
    if template is None:
        raise TransportError("wechat has no template for this form", Remedy.OTHER_WAY)
    filling = templates.filling(letter.form)
    return {
        "touser": letter.address,
        "template_id": template,
        "data": wechat_template.fields(letter, filling),
    }
