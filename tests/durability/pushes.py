"""What the platform posts for a text, by its own number: the same number is the same message."""

from datetime import datetime

from bot.simulator.platform import Account, SignedPush, signed_push, write_xml


def text_xml(account: Account, openid: str, words: str, number: int, now: datetime) -> str:
    return write_xml(
        {
            "ToUserName": account.original_id,
            "FromUserName": openid,
            "CreateTime": int(now.timestamp()),
            "MsgType": "text",
            "Content": words,
            "MsgId": number,
        }
    )


def text_push(account: Account, openid: str, words: str, number: int, now: datetime) -> SignedPush:
    xml = text_xml(account, openid, words, number, now)
    return signed_push(account, xml, openid=openid, now=now)
