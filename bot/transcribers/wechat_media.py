"""Fetches the voices that WeChat keeps, for three days."""

from wechatpy.exceptions import WeChatClientException

from bot.channels.wechat_client import AwaitableWeChatClient
from bot.channels.wechat_message import CHANNEL
from bot.transcribers.sound import kind_of
from schedules.listening import MediaError, Sound


class WechatMedia:
    def __init__(self, client: AwaitableWeChatClient) -> None:
        self._client = client

    async def fetch(self, channel: str, media: str) -> Sound:
        if channel != CHANNEL:
            raise MediaError("this channel keeps no voices")
        try:
            content = await self._client.media.download(media)
        except WeChatClientException as refusal:
            # its own words may quote somebody
            raise MediaError(f"wechat refused with {refusal.errcode}") from None
        if not isinstance(content, bytes):
            raise MediaError("wechat gave no file")
        return Sound(content, kind_of(content))
