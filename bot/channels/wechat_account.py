"""What the account shows: the menu below the chat, and the code that ties a phone to a person."""

from bot.channels.wechat_client import AwaitableWeChatClient

WECHAT_MENU = {
    "button": [
        {"type": "click", "name": "报平安", "key": "checkin"},
        {"type": "click", "name": "我要帮忙", "key": "request"},
        {"type": "click", "name": "帮助", "key": "help"},
    ]
}


async def create_menu(client: AwaitableWeChatClient) -> None:
    """Put our three buttons below every chat with the account."""
    await client.menu.create(WECHAT_MENU)


async def pairing_qr(client: AwaitableWeChatClient, scene: str, seconds: int) -> str:
    """Return the address that, drawn as a QR code, brings the scene back for so many seconds.

    The scene is a one-time token of 1 to 64 characters, never a person's id: whoever has the
    picture could use it. The platform takes at most 30 days.
    """
    answer = await client.qrcode.create(
        {
            "expire_seconds": seconds,
            "action_name": "QR_STR_SCENE",
            "action_info": {"scene": {"scene_str": scene}},
        }
    )
    return str(answer["url"])
