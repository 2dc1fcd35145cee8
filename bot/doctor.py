"""Looks the official account over, one thing after the other, and says what to do about each."""

import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import aiohttp
from wechatpy.exceptions import WeChatClientException

from bot.channels.wechat_account import WECHAT_MENU
from bot.channels.wechat_client import AwaitableWeChatClient
from bot.channels.wechat_crypto import sign
from bot.channels.wechat_wire import NoAnswerError
from bot.config import WECHAT_API, Config
from bot.forms_section import TemplateIds
from schedules.clock import Clock

NOT_LISTED = 40164
NO_MENU = 46003
UNSEEN = "没有令牌，还查不了"
HELLO = "守望自检：看到这句，就是发得到您这儿。"

ADVICE: Mapping[int | None, str] = {
    40001: "到公众平台核对 AppSecret",
    40013: "核对 wechat.app_id",
    40125: "核对 wechat.app_secret，重置过就换新的",
    NOT_LISTED: "到公众平台 设置与开发 → 基本配置 → IP白名单 里加上我们的地址",
    40003: "openid 不是这个号的",
    43004: "请先用这个微信关注公众号",
    45009: "今天的次数用完了，零点以后再来",
    45015: "请先用这个微信给公众号发一句话，再试",
    45047: "请先用这个微信再给公众号发一句话",
    48001: "这个号没有这项权限，看看是不是认证过的服务号",
    48004: "这项接口被封了，到公众平台看通知",
    50002: "这个号被限制了，到公众平台看通知",
}

QUOTAS: Mapping[str, str] = {
    "客服消息": "/cgi-bin/message/custom/send",
    "模板消息": "/cgi-bin/message/template/send",
}
"""Whose rest of the day is asked for."""

_ADDRESS = re.compile(r"(?<![\w.:])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
_FIELD = re.compile(r"\{\{\s*(\w+)\.DATA\s*\}\}")


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one thing. `is_well` is None where it was not looked at."""

    about: str
    is_well: bool | None
    said: str
    advice: str = ""

    def __str__(self) -> str:
        mark = {True: "✓", False: "✗", None: "·"}[self.is_well]
        return f"{mark} {self.about}：{self.said}{f'。{self.advice}' if self.advice else ''}"


Look = Callable[[], Awaitable[Finding]]


class Doctor:
    """Examines what `config` says against the platform, and against our own door.

    `most_seconds_off` is how far our clock may be from the platform's.
    """

    def __init__(
        self,
        config: Config,
        client: AwaitableWeChatClient,
        session: aiohttp.ClientSession,
        clock: Clock,
        *,
        most_seconds_off: float = 30,
    ) -> None:
        self._config = config
        self._client = client
        self._session = session
        self._clock = clock
        self._most_off = most_seconds_off
        self._timeout = aiohttp.ClientTimeout(total=config.wechat.timeout_seconds)

    async def examine(self, to: str = "") -> AsyncIterator[Finding]:
        """Yield finding after finding; with `to`, an openid, something is sent to it, too."""
        yield self._configuration()
        yield await self._clocks()
        token, whitelist = await self._sign_in()
        yield token
        yield whitelist
        for about, look in self._on_the_account(to).items():
            if token.is_well:
                yield await self._asked(about, look)
            else:
                yield Finding(about, None, UNSEEN)
        yield await self._our_door()

    def _on_the_account(self, to: str) -> dict[str, Look]:
        looks: dict[str, Look] = {
            "菜单": self._menu,
            "模板": self._templates,
            "订阅通知": self._notices,
            "额度": self._quota,
        }
        return looks | ({"发给自己": lambda: self._hello(to)} if to else {})

    async def _asked(self, about: str, look: Look) -> Finding:
        try:
            return await look()
        except WeChatClientException as refusal:
            return _refused(about, refusal)

    def _configuration(self) -> Finding:
        wechat = self._config.wechat
        if not wechat.app_secret.get_secret_value():
            return Finding("配置", False, "wechat.app_secret 是空的", "从公众平台抄过来")
        if wechat.encryption == "plain":
            return Finding("配置", True, "看得懂；消息是明文的", "最好改成安全模式")
        return Finding("配置", True, "看得懂")

    async def _clocks(self) -> Finding:
        if self._config.clock.start is not None:
            return Finding("时钟", None, "排练用的钟，不比")
        theirs = await self._their_time()
        if theirs is None:
            return Finding("时钟", None, "平台没有报时，比不了")
        off = (self._clock.now() - theirs).total_seconds()
        if abs(off) <= self._most_off:
            return Finding("时钟", True, "和平台一样")
        way = "快" if off > 0 else "慢"
        return Finding("时钟", False, f"我们{way}了{abs(off):.0f}秒", "请打开这台机器的自动对时")

    async def _their_time(self) -> datetime | None:
        url = self._config.wechat.api_base_url
        try:
            async with self._session.get(
                url, timeout=self._timeout, allow_redirects=False
            ) as response:
                return parsedate_to_datetime(response.headers["Date"])
        except (aiohttp.ClientError, TimeoutError, LookupError, ValueError, TypeError):
            return None

    async def _sign_in(self) -> tuple[Finding, Finding]:
        """Return what is found of the token and of the whitelist: who has one is on the other."""
        try:
            await self._client.sign_in()
        except WeChatClientException as refusal:
            return _refused("令牌", refusal), _listed(refusal)
        return Finding("令牌", True, "拿到了"), Finding("白名单", True, "我们在上面")

    async def _menu(self) -> Finding:
        wanted = {button["key"] for button in WECHAT_MENU["button"]}
        try:
            answer = await self._client.menu.get()
        except WeChatClientException as refusal:
            if refusal.errcode != NO_MENU:
                raise
            return Finding("菜单", False, "还没有", "运行 shouwang wechat menu")
        if wanted - _keys(answer):
            return Finding("菜单", False, "和我们的不一样", "运行 shouwang wechat menu")
        return Finding("菜单", True, "三个按钮都在")

    async def _templates(self) -> Finding:
        answer = await self._client.template.get_all_private_template()
        owned = _contents(answer.get("template_list"), "template_id")
        return _compared("模板", "wechat.templates", self._config.wechat.templates, owned)

    async def _notices(self) -> Finding:
        wanted = self._config.wechat.subscriptions
        if not wanted.named:
            return Finding("订阅通知", None, "没有配，不用")
        answer = await self._client.get(f"{WECHAT_API}/wxaapi/newtmpl/gettemplate")
        owned = _contents(answer.get("data"), "priTmplId")
        return _compared("订阅通知", "wechat.subscriptions", wanted, owned)

    async def _quota(self) -> Finding:
        try:
            left = {name: await self._left(path) for name, path in QUOTAS.items()}
        except (WeChatClientException, LookupError, ValueError, TypeError):
            return Finding("额度", None, "平台不肯说")
        said = "，".join(f"{name}还能发{number}条" for name, number in left.items())
        is_well = all(left.values())
        return Finding("额度", is_well, f"今天{said}", "" if is_well else "零点以后才能再发")

    async def _left(self, path: str) -> int:
        answer = await self._client.post("openapi/quota/get", data={"cgi_path": path})
        return int(answer["quota"]["remain"])

    async def _hello(self, to: str) -> Finding:
        await self._client.message.send_text(to, HELLO)
        return Finding("发给自己", True, "发出去了，请看手机")

    async def _our_door(self) -> Finding:
        """Knock at our own door as the platform does when the address is entered there."""
        server = self._config.server
        base = server.public_url.rstrip("/") or f"http://{server.host}:{server.port}"
        url, echo = f"{base}/wechat", secrets.token_hex(8)
        try:
            async with self._session.get(
                url, params=self._signed(echo), timeout=self._timeout, allow_redirects=False
            ) as response:
                status, said = response.status, await response.content.read(len(echo) + 1)
        except (aiohttp.ClientError, TimeoutError):
            return Finding("网址", False, f"{url} 没有应声", "先运行 shouwang serve，再查代理")
        if status == HTTPStatus.OK and said == echo.encode():
            return Finding("网址", True, f"{url} 认得签名")
        advice = "看看跑着的是不是同一份配置，代理有没有原样转过来"
        return Finding("网址", False, f"{url} 答的不对（{status}）", advice)

    def _signed(self, echo: str) -> dict[str, str]:
        token = self._config.wechat.token.get_secret_value()
        timestamp, nonce = str(int(self._clock.now().timestamp())), secrets.token_hex(8)
        signature = sign(token, timestamp, nonce)
        return {
            "signature": signature,
            "timestamp": timestamp,
            "nonce": nonce,
            "echostr": echo,
        }


def _refused(about: str, refusal: WeChatClientException) -> Finding:
    """Put a refusal into our own words: the platform's may quote what is secret."""
    if isinstance(refusal, NoAnswerError):
        return Finding(about, False, f"平台没有应声（{refusal.errmsg}）", "看看网络和代理")
    said = f"平台不答应（{refusal.errcode}）"
    return Finding(about, False, said, ADVICE.get(refusal.errcode, "查公众平台的返回码"))


def _listed(refusal: WeChatClientException) -> Finding:
    if refusal.errcode != NOT_LISTED:
        return Finding("白名单", None, UNSEEN)
    ours = _ADDRESS.search(str(refusal.errmsg))
    said = f"我们的地址 {ours.group()} 不在上面" if ours else "我们的地址不在上面"
    return Finding("白名单", False, said, ADVICE[NOT_LISTED])


def _keys(answer: Mapping[str, Any]) -> set[str]:
    """Return the keys of all buttons of a menu."""
    tops = answer.get("menu", {}).get("button", [])
    return {one.get("key", "") for top in tops for one in [top, *(top.get("sub_button") or [])]}


def _contents(listed: Any, name: str) -> dict[str, str]:
    """Return the content of each template of an account by its id."""
    entries = listed if isinstance(listed, list) else []
    return {str(one.get(name, "")): str(one.get("content", "")) for one in entries}


def _compared(about: str, section: str, wanted: TemplateIds, owned: Mapping[str, str]) -> Finding:
    """Compare what is configured with what the account has: the ids, and the fields of each."""
    if not wanted.named:
        return Finding(about, None, "一个也没配", "窗口关了以后，就没有别的路")
    gone = [form for form, name in wanted.named.items() if name not in owned]
    if gone:
        return Finding(about, False, f"号上没有：{'、'.join(gone)}", f"核对 {section} 里的编号")
    for form, name in wanted.named.items():
        theirs, ours = set(_FIELD.findall(owned[name])), set(wanted.filling(form))
        if theirs and theirs != ours:
            said = f"{form} 的字段是 {'、'.join(sorted(theirs))}"
            return Finding(about, False, said, f"写进 {section}.fields.{form}")
    return Finding(about, True, f"{len(wanted.named)} 个都在")
