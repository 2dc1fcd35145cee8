"""The simulated WeChat platform: the far end of the wire, for tests and for the demo.

It knows nothing of our side but the address of the webhook and the secrets both sides share.
"""

import asyncio
import itertools
import secrets
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Self

from aiohttp import web

from bot.simulator.account import Account, Encryption, PlatformLimits
from bot.simulator.api import ApiDesk
from bot.simulator.courier import Courier, Delivery
from bot.simulator.envelope import Fields, SignedPush, Value, signed_push, write_xml
from bot.simulator.faults import Api, Faults
from bot.simulator.phone import Bubble, BubbleKind, Phone, Phones, Side, Watch
from bot.simulator.subscribers import NotFollowingError
from bot.simulator.templates import SHAPES, Template, kind_of
from schedules.clock import Clock

__all__ = [
    "Account",
    "Api",
    "Bubble",
    "Delivery",
    "Encryption",
    "NotFollowingError",
    "Phone",
    "PlatformLimits",
    "SignedPush",
    "SimulatedPlatform",
    "Template",
    "Watch",
    "signed_push",
    "write_xml",
]

FIRST_MESSAGE = 24_000_000_000_000_000
"""MsgIds are 64-bit numbers, too large for a double."""

OUT_OF_ORDER = "该公众号提供的服务出现故障，请稍后再试"
UNSUPPORTED = "[收到不支持的消息类型，暂无法显示]"
"""What the account gets to read of a sticker."""


class SimulatedPlatform(Faults):
    """One official account and the phones of everybody who follows it.

    Set `webhook_url` before a phone is used. Time is the clock's; only the patience with the
    account's server is measured in real seconds. Close it in the end, or run its application,
    which closes it. What one never seen before sends is taken as from one who has followed
    long ago; one who left must follow again first, or NotFollowingError is raised.
    """

    def __init__(
        self, *, clock: Clock, account: Account, limits: PlatformLimits | None = None
    ) -> None:
        super().__init__()
        self.webhook_url = ""
        self.account = account
        self.limits = limits or PlatformLimits()
        self._clock = clock
        self._courier = Courier(account, self.limits)
        self._desk = ApiDesk(
            clock=clock,
            account=account,
            limits=self.limits,
            faults=self,
            report=self._report,
            report_notice=self._report_notice,
        )
        self._message_ids = itertools.count(FIRST_MESSAGE)
        self._under_way: set[asyncio.Task[object]] = set()

    # --- the account's side of the wire

    def application(self) -> web.Application:
        """Return the HTTP interface under /cgi-bin/, to be served on a loopback address."""
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.add_routes(self._desk.routes())
        app.on_shutdown.append(self._wind_down)
        return app

    async def _wind_down(self, _app: web.Application) -> None:
        self.heal()
        await self.close()

    async def close(self) -> None:
        """Give up what is under way, let the watchers go and hang up."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        self.phones.end_watches()
        await self._courier.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def expire_tokens(self) -> None:
        """Let every token given out so far have run out."""
        self._desk.tokens.expire(self._clock.now())

    def calls(self, api: Api) -> int:
        """Return how often an API was called, refused calls included."""
        return self._desk.calls[api]

    def sent(self, api: Api) -> list[dict[str, Any]]:
        """Return the accepted calls of an API, oldest first: bodies, or queries of a GET."""
        return list(self._desk.sent[api])

    # --- what is so without anybody having to do it now

    def add_template(self, template_id: str, title: str, fields: Mapping[str, str]) -> None:
        """Let the account own a template. `fields` maps names such as `thing1` to labels.

        Raises ValueError for a field of an unknown kind and beyond 25 templates.
        """
        self._add(Template(template_id, title, dict(fields)))

    def add_notice(self, template_id: str, title: str, fields: Mapping[str, str]) -> None:
        """Let the account own a template for subscription notices, in the same way."""
        self._add(Template(template_id, title, dict(fields), is_notice=True))

    def _add(self, template: Template) -> None:
        if unknown := [name for name in template.fields if kind_of(name) not in SHAPES]:
            raise ValueError(f"no kind of template field: {', '.join(unknown)}")
        owned = [
            one for one in self._desk.templates.values() if one.is_notice == template.is_notice
        ]
        if len(owned) >= self.limits.templates:
            raise ValueError(f"an account has at most {self.limits.templates} templates")
        self._desk.templates[template.id] = template

    def followed_earlier(self, *openids: str) -> None:
        """Let people follow the account without a word to it."""
        for openid in openids:
            self._desk.subscribers.follow(openid, self._clock.now())

    def wrote_earlier(self, openid: str, at: datetime) -> None:
        """Let her window stand as it does after a message of hers at that moment."""
        person = self._desk.subscribers.follow(openid, at)
        person.window.message(at, self.limits)

    def consents(self, openid: str, template_id: str, times: int = 1) -> None:
        """Let her have agreed to so many subscription messages."""
        person = self._desk.subscribers.follow(openid, self._clock.now())
        person.consents[template_id] += times

    def template_outcome(self, openid: str, status: str) -> None:
        """Set what becomes of her template messages from now on.

        `success`, `failed:user block` or `failed: system failed`, spelt as WeChat spells them.
        """
        self._desk.subscribers.follow(openid, self._clock.now()).template_outcome = status

    @property
    def followers(self) -> frozenset[str]:
        return self._desk.subscribers.followers()

    def has_left(self, openid: str) -> bool:
        """Return whether she followed once and does not any more."""
        return self._desk.subscribers.has_left(openid)

    def menu_buttons(self) -> list[tuple[str, str]]:
        """Return name and key of every button of the menu that can be clicked."""
        tops = (self._desk.menu or {}).get("button", [])
        buttons = [button for top in tops for button in top.get("sub_button") or [top]]
        return [(button["name"], button["key"]) for button in buttons if button.get("key")]

    @property
    def phones(self) -> Phones:
        return self._desk.phones

    def phone(self, openid: str) -> Phone:
        return self.phones.of(openid)

    def watch(self) -> AbstractContextManager[Watch]:
        """Return a context that gives every new bubble of every phone."""
        return self.phones.watch()

    # --- what people do with their phones

    async def text(self, openid: str, words: str) -> Delivery:
        return await self._speak(openid, "text", words, {"Content": words})

    async def voice(
        self, openid: str, recognition: str = "", sound: bytes = b"#!AMR\n"
    ) -> Delivery:
        media = self._kept("voice", sound)
        fields = {"MediaId": media, "Format": "amr", "Recognition": recognition}
        return await self._speak(openid, "voice", recognition, fields)

    async def picture(self, openid: str, content: bytes = b"\xff\xd8\xff") -> Delivery:
        media = self._kept("image", content)
        fields = {"PicUrl": f"http://mmbiz.qpic.cn/{media[:16]}", "MediaId": media}
        return await self._speak(openid, "picture", "[图片]", {"MsgType": "image", **fields})

    async def sticker(self, openid: str) -> Delivery:
        fields = {"MsgType": "text", "Content": UNSUPPORTED}
        return await self._speak(openid, "sticker", "[表情]", fields)

    async def video(self, openid: str) -> Delivery:
        fields = {
            "MediaId": self._kept("video", b"video"),
            "ThumbMediaId": self._kept("thumb", b"thumb"),
        }
        return await self._speak(openid, "video", "[视频]", fields)

    async def location(
        self, openid: str, latitude: float, longitude: float, label: str
    ) -> Delivery:
        fields: dict[str, Value] = {
            "Location_X": latitude,
            "Location_Y": longitude,
            "Scale": 16,
            "Label": label,
        }
        return await self._speak(openid, "location", label, fields)

    async def link(
        self, openid: str, title: str = "文章", url: str = "https://example.com/"
    ) -> Delivery:
        fields = {"Title": title, "Description": "", "Url": url}
        return await self._speak(openid, "link", title, fields)

    async def click(self, openid: str, key: str) -> Delivery:
        """Press the menu button with that key."""
        return await self._act(openid, f"点了菜单「{self._button(key)}」", "CLICK", key)

    async def follow(self, openid: str, scene: str = "") -> Delivery:
        """Follow, by name or by the QR code of a scene."""
        self._desk.subscribers.follow(openid, self._clock.now(), scene)
        key = f"qrscene_{scene}" if scene else ""
        return await self._act(openid, "关注了公众号", "subscribe", key)

    async def scan(self, openid: str, scene: str) -> Delivery:
        """Scan a QR code: whoever does not follow yet follows by it.

        An expired code carries no scene: it brings a stranger to follow, and nothing else.
        """
        expired = self._desk.qr_codes.is_expired(scene, self._clock.now())
        if openid not in self.followers:
            return await self.follow(openid, "" if expired else scene)
        if expired:
            return Delivery(0, None)
        return await self._act(openid, "扫了二维码", "SCAN", scene)

    async def unfollow(self, openid: str) -> Delivery:
        """Leave. Nothing the account answers reaches her any more."""
        self._desk.subscribers.present(openid, self._clock.now())
        self._desk.subscribers.leave(openid)
        self._show(openid, "hers", "取消了关注", "act")
        fields = {"MsgType": "event", "Event": "unsubscribe", "EventKey": ""}
        return await self._push(openid, fields)

    async def answer_notices(self, openid: str, answers: Mapping[str, bool]) -> Delivery:
        """Tap accept or reject for each template when a page asks for her consent."""
        person = self._desk.subscribers.present(openid, self._clock.now())
        person.consents.update(template for template, accepts in answers.items() if accepts)
        entries = [
            {
                "TemplateId": template,
                "SubscribeStatusString": "accept" if accepts else "reject",
                "PopupScene": 1,
            }
            for template, accepts in answers.items()
        ]
        return await self._push_notices(openid, "subscribe_msg_popup_event", entries)

    async def refuse_notices(self, openid: str, *templates: str) -> Delivery:
        """Switch notices off in the settings of the account: what she agreed to is void."""
        person = self._desk.subscribers.present(openid, self._clock.now())
        for template in templates:
            del person.consents[template]
        entries = [{"TemplateId": one, "SubscribeStatusString": "reject"} for one in templates]
        return await self._push_notices(openid, "subscribe_msg_change_event", entries)

    async def event(self, openid: str, name: str, extra: Fields) -> Delivery:
        """Push an event of any name, as new ones come without notice."""
        return await self._push(openid, {"MsgType": "event", "Event": name, **extra})

    # --- pushes by hand, for hostile tests

    async def push_xml(self, openid: str, xml: str) -> Delivery:
        """Sign, encrypt and deliver any XML as if it came from her."""
        push = signed_push(self.account, xml, openid=openid, now=self._clock.now())
        return await self._courier.deliver(self.webhook_url, push)

    async def push_raw(self, body: bytes, query: Mapping[str, str]) -> Delivery:
        """Post these very bytes once; `reply` is the answer as it came."""
        answer = await self._courier.post(self.webhook_url, query, body)
        return Delivery(1, answer.status, answer.body.decode(errors="replace"))

    async def check_url(self) -> bool:
        """Return whether the webhook passes what is asked of it when it is first entered."""
        query = signed_push(self.account, "", openid="", now=self._clock.now()).query
        echo = secrets.token_hex(8)
        proof = {name: query[name] for name in ("signature", "timestamp", "nonce")}
        answer = await self._courier.get(self.webhook_url, proof | {"echostr": echo})
        return answer.status == 200 and answer.body == echo.encode()

    # --- things under way

    def later(self, errand: Coroutine[Any, Any, object]) -> None:
        """Run an errand of the platform's without waiting for it."""
        task = asyncio.ensure_future(errand)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def at_rest(self) -> None:
        """Wait until every report and every errand has been delivered."""
        while self._under_way:
            await asyncio.gather(*self._under_way)

    def _report(self, openid: str, number: int, status: str) -> None:
        self.later(self._push_report(openid, number, status))

    async def _push_report(self, openid: str, number: int, status: str) -> None:
        await asyncio.sleep(self.limits.report_after_seconds)
        fields = {"MsgType": "event", "Event": "TEMPLATESENDJOBFINISH"}
        await self._push(openid, {**fields, "MsgID": number, "Status": status})

    def _report_notice(self, openid: str, template: str, number: int, status: str) -> None:
        self.later(self._push_notice_report(openid, template, number, status))

    async def _push_notice_report(
        self, openid: str, template: str, number: int, status: str
    ) -> None:
        await asyncio.sleep(self.limits.report_after_seconds)
        entry: Fields = {
            "TemplateId": template,
            "MsgID": number,
            "ErrorCode": 0 if status == "success" else 1,
            "ErrorStatus": status.removeprefix("failed:"),
        }
        await self._push_notices(openid, "subscribe_msg_sent_event", [entry])

    async def _push_notices(self, openid: str, event: str, entries: Sequence[Fields]) -> Delivery:
        """Push what happened to notices, in the one field that carries the list of them."""
        inside = "".join(word.capitalize() for word in event.split("_"))
        return await self._push(openid, {"MsgType": "event", "Event": event, inside: entries})

    async def _speak(
        self, openid: str, kind: BubbleKind, shown: str, fields: Mapping[str, Value]
    ) -> Delivery:
        now = self._clock.now()
        self._desk.subscribers.present(openid, now).window.message(now, self.limits)
        self._show(openid, "hers", shown, kind)
        message = {"MsgType": kind, **fields, "MsgId": next(self._message_ids)}
        return self._told(openid, await self._push(openid, message))

    async def _act(self, openid: str, shown: str, event: str, key: str) -> Delivery:
        now = self._clock.now()
        self._desk.subscribers.present(openid, now).window.touch(now, self.limits)
        self._show(openid, "hers", shown, "act")
        fields = {"MsgType": "event", "Event": event, "EventKey": key}
        return self._told(openid, await self._push(openid, fields))

    async def _push(self, openid: str, fields: Mapping[str, Value]) -> Delivery:
        head: dict[str, Value] = {
            "ToUserName": self.account.original_id,
            "FromUserName": openid,
            "CreateTime": int(self._clock.now().timestamp()),
        }
        return await self.push_xml(openid, write_xml({**head, **fields}))

    def _told(self, openid: str, delivery: Delivery) -> Delivery:
        """Let her see the reply, or that there was none."""
        if delivery.shown_fault:
            self._show(openid, "ours", OUT_OF_ORDER, "fault")
        elif delivery.reply:
            self._show(openid, "ours", delivery.reply, "text")
        return delivery

    def _kept(self, kind: str, content: bytes) -> str:
        return self._desk.media.keep(kind, content, self._clock.now())

    def _show(self, openid: str, side: Side, text: str, kind: BubbleKind) -> None:
        self.phones.show(openid, side, text, self._clock.now(), kind)

    def _button(self, key: str) -> str:
        """Return the name on a menu button, or its key where the account has set no menu."""
        return next((name for name, its_key in self.menu_buttons() if its_key == key), key)
