"""The official account's interface, awaitable, with its own token."""

from functools import partial
from typing import Any

import aiohttp
from wechatpy.client import WeChatClient

from bot.channels.access_token import AccessToken
from bot.channels.awaitable_api import AwaitableApi
from bot.channels.wechat_wire import Wire
from bot.config import WECHAT_API, WechatSection
from schedules.clock import Clock


class AwaitableWeChatClient(AwaitableApi, WeChatClient):  # type: ignore[misc]  # ships no types
    """The methods of wechatpy's client of an official account; see AwaitableApi."""

    PUBLIC = WECHAT_API

    def __init__(
        self,
        settings: WechatSection,
        session: aiohttp.ClientSession,
        clock: Clock,
        *,
        media_bytes: int = 12 * 1024 * 1024,
    ) -> None:
        wire = Wire(session, seconds=settings.timeout_seconds, most_bytes=media_bytes)
        token = AccessToken(partial(_stable_token, settings, wire), clock)
        super().__init__(settings.api_base_url, wire, token)
        self.appid = settings.app_id


async def _stable_token(settings: WechatSection, wire: Wire) -> Any:
    """Ask for the token that stays the same while it is valid, whoever asks."""
    secret = settings.app_secret.get_secret_value()
    question = {
        "grant_type": "client_credential",
        "appid": settings.app_id,
        "secret": secret,
        "force_refresh": False,
    }
    url = f"{settings.api_base_url.rstrip('/')}/cgi-bin/stable_token"
    return await wire.ask("POST", url, hidden=secret, json=question)
