"""The platform's side of the wire in these stories, sealed by WeRoBot and not by us."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import aiohttp
import xmltodict
from werobot.crypto import PrpCrypto
from yarl import URL

from bot.config import WechatSection
from handlers.message import Message, Reply

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=timezone(timedelta(hours=8)))
TOKEN = "shouwang"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APP_ID = "wxb11529c136998cb6"
ACCOUNT = "gh_7f083739789a"
WANG = "oWangXiuying_70-9a"


def settings(encryption: str, **others: object) -> WechatSection:
    return WechatSection.model_validate(
        {
            "app_id": APP_ID,
            "token": TOKEN,
            "encoding_aes_key": AES_KEY,
            "encryption": encryption,
            "app_secret": "an invented secret",
            **others,
        }
    )


def envelope() -> PrpCrypto:
    return PrpCrypto(base64.b64decode(AES_KEY + "="))


def sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def xml(**fields: str | int) -> str:
    """Return a push as the platform writes it: words as CDATA, numbers bare."""
    written: dict[str, str | int] = {
        "ToUserName": ACCOUNT,
        "FromUserName": WANG,
        "CreateTime": int(NOW.timestamp()),
    }
    inside = "".join(
        f"<{name}>{_value(value)}</{name}>" for name, value in {**written, **fields}.items()
    )
    return f"<xml>{inside}</xml>"


def _value(value: str | int) -> str:
    return str(value) if isinstance(value, int) else f"<![CDATA[{value}]]>"


def text(words: str, msg_id: int = 24_000_000_000_000_001, **fields: str | int) -> str:
    return xml(MsgType="text", Content=words, MsgId=msg_id, **fields)


def event(name: str, **fields: str | int) -> str:
    return xml(MsgType="event", Event=name, **fields)


@dataclass
class Answer:
    """What the platform got back: `said` is the text she sees, "" for a bare success."""

    status: int
    body: str
    said: str = ""


class Platform:
    """Posts to one door, signed and sealed as the account has agreed."""

    def __init__(self, session: aiohttp.ClientSession, url: URL, encryption: str) -> None:
        self._session = session
        self.url = url
        self._encryption = encryption

    def query(self, now: datetime = NOW, nonce: str = "1320562132") -> dict[str, str]:
        timestamp = str(int(now.timestamp()))
        return {
            "signature": sign(TOKEN, timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "openid": WANG,
        }

    def packed(self, push: str | bytes, now: datetime = NOW) -> tuple[dict[str, str], bytes]:
        """Return the query and the body that carry the push."""
        query = self.query(now)
        body = push.encode() if isinstance(push, str) else push
        if self._encryption == "plain":
            return query, body
        sealed = envelope().encrypt(body, APP_ID).decode()
        signature = sign(TOKEN, query["timestamp"], query["nonce"], sealed)
        query |= {"encrypt_type": "aes", "msg_signature": signature}
        return query, self._around(body, sealed)

    def _around(self, body: bytes, sealed: str) -> bytes:
        encrypted = f"<Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode()
        if self._encryption == "compatible":
            return body.removesuffix(b"</xml>") + encrypted
        return f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>".encode() + encrypted

    async def push(self, push: str | bytes, now: datetime = NOW) -> Answer:
        query, body = self.packed(push, now)
        answer = await self.post(query, body)
        if answer.status == 200 and answer.body != "success":
            answer.said = self._read(answer.body)
        return answer

    async def post(self, query: dict[str, str], body: object) -> Answer:
        async with self._session.post(self.url, params=query, data=body) as response:
            return Answer(response.status, await response.text())

    async def ask(self, query: dict[str, str]) -> Answer:
        async with self._session.get(self.url, params=query) as response:
            return Answer(response.status, await response.text())

    def _read(self, body: str) -> str:
        reply = self.opened(body)
        assert (reply["ToUserName"], reply["FromUserName"]) == (WANG, ACCOUNT)
        assert reply["MsgType"] == "text"
        return str(reply["Content"])

    def opened(self, body: str) -> dict[str, str]:
        """Return the fields of the reply. Where the push was sealed, the reply has to be."""
        outer: dict[str, str] = xmltodict.parse(body, strip_whitespace=False)["xml"]
        if self._encryption == "plain":
            return outer
        parts = (outer["TimeStamp"], outer["Nonce"], outer["Encrypt"])
        assert outer["MsgSignature"] == sign(TOKEN, *parts)
        inner: dict[str, str] = xmltodict.parse(
            envelope().decrypt(outer["Encrypt"], APP_ID), strip_whitespace=False
        )["xml"]
        return inner


class ListeningDesk:
    """Writes down what it hears and always says the same."""

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self.says: str | None = "王奶奶，记下了"

    async def answer(self, message: Message) -> Reply | None:
        self.heard.append(message)
        return None if self.says is None else Reply(self.says)
