"""The page of phones: everybody's chat side by side, to look at and to type into.

What is typed here travels the whole way: the simulated platform signs it and pushes it to the
account's webhook. The page is for this machine only, and no other site may use it.
"""

import asyncio
import ipaddress
import json
import re
import secrets
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.simulator.phone import Bubble, Watch
from bot.simulator.platform import SimulatedPlatform
from schedules.clock import Clock

PAGE = Path(__file__).parent / "page"
FILES = {
    "/phones": ("phones.html", "text/html"),
    "/phones/phones.css": ("phones.css", "text/css"),
    "/phones/phones.js": ("phones.js", "text/javascript"),
    "/phones/seal.svg": ("seal.svg", "image/svg+xml"),
    "/phones/hills.svg": ("hills.svg", "image/svg+xml"),
}

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEKDAYS = "一二三四五六日"
TICK_SECONDS = 1.0
MOST_WORDS = 600

ALARM = re.compile(r"【急】|重复提醒|去看看|没回音|通知不到|未报平安提醒|紧急求助")
CALM = re.compile(r"放心|看过了|去看.+了|平安通知")
"""How the page colours our words. It is paint only: nothing is decided by it."""

Doing = Callable[[str, str], Coroutine[Any, Any, object]]

MISSING_WORDS = {
    "text": "先写一句话，再发送。",
    "menu": "没有选菜单上的按钮。",
    "scan": "先在框里写上码，再扫。",
}


@dataclass(frozen=True, slots=True)
class PhoneOwner:
    """One of the village, as the page names her: `role_words` such as `奶奶 · 独居`."""

    openid: str
    name: str
    role_words: str
    group: str


def add_phones(
    app: web.Application, platform: SimulatedPlatform, cast: Sequence[PhoneOwner], clock: Clock
) -> None:
    """Serve the page of phones at /phones. Only requests to a loopback address are answered."""
    page = PhonesPage(platform, cast, clock)
    for path, (name, content_type) in FILES.items():
        app.router.add_get(path, _for_this_machine(_file(PAGE / name, content_type)))
    app.router.add_get("/phones/events", _for_this_machine(page.events))
    app.router.add_post("/phones/{openid}/say", _for_this_machine(_from_this_page(page.say)))

    async def let_go(_app: web.Application) -> None:
        platform.phones.end_watches()

    app.on_shutdown.append(let_go)


class PhonesPage:
    """Tells the page what happens on the phones, and the phones what is typed on the page."""

    def __init__(
        self, platform: SimulatedPlatform, cast: Sequence[PhoneOwner], clock: Clock
    ) -> None:
        self._platform = platform
        self._cast = {owner.openid: owner for owner in cast}
        self._clock = clock
        self._opened = secrets.token_hex(4)
        self._doings: dict[str, Doing] = {
            "text": platform.text,
            "voice": platform.voice,
            "menu": platform.click,
            "scan": platform.scan,
            "follow": platform.follow,
            "unfollow": lambda openid, _: platform.unfollow(openid),
            "sticker": lambda openid, _: platform.sticker(openid),
            "picture": lambda openid, _: platform.picture(openid),
        }

    async def say(self, request: web.Request) -> web.Response:
        """Let a phone really send what was typed on it. It is under way when this answers."""
        openid = request.match_info["openid"]
        if openid not in self._cast:
            return web.Response(status=404, text="没有这部手机。")
        try:
            kind, words = self._read(await request.json())
        except (ValueError, TypeError):
            return web.Response(status=400, text="没看懂要发什么。")
        if complaint := self._complaint(openid, kind, words):
            return web.Response(status=400, text=complaint)
        self._platform.later(self._doings[kind](openid, words))
        return web.Response(status=202, text="正在发。")

    def _read(self, fields: Any) -> tuple[str, str]:
        """Return kind and words. Raises TypeError or ValueError where there are none."""
        if not isinstance(fields, dict):
            raise TypeError("not an object")
        kind, words = fields.get("kind"), fields.get("text", "")
        if kind not in self._doings or not isinstance(words, str):
            raise ValueError("not a thing a phone does")
        return kind, words.strip()

    def _complaint(self, openid: str, kind: str, words: str) -> str:
        """Return why she cannot do that, "" where she can."""
        if len(words) > MOST_WORDS:
            return "太长了，请短一些。"
        if kind in MISSING_WORDS and not words:
            return MISSING_WORDS[kind]
        if kind not in {"follow", "scan"} and self._platform.has_left(openid):
            return "已经取消关注了，先点关注，再发消息。"
        return ""

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Tell everything from where the page left off, and then what comes, as it comes."""
        response = web.StreamResponse(headers=HEADERS | {"Content-Type": "text/event-stream"})
        await response.prepare(request)
        with self._platform.watch() as watch, suppress(ConnectionError):
            await response.write(self._so_far(request.headers.get("Last-Event-ID", "")))
            await self._follow(response, watch)
        return response

    def _so_far(self, last_event: str) -> bytes:
        """Return the cast and all bubbles the page has not seen yet."""
        opened, _, number = last_event.partition("-")
        resumed = opened == self._opened and number.isdecimal()
        people = [
            {"openid": o.openid, "name": o.name, "role": o.role_words, "group": o.group}
            for o in self._cast.values()
        ]
        bubbles = self._platform.phones.since(int(number) if resumed else 0)
        return b"".join(
            [
                b"retry: 1000\n\n",
                _event("cast", {"fresh": not resumed, "people": people}),
                *(self._bubble(bubble) for bubble in bubbles),
                _event("live", {}),
            ]
        )

    async def _follow(self, response: web.StreamResponse, watch: Watch) -> None:
        told: set[bytes] = set()
        while True:
            state = {self._clock_now(), _event("menu", self._platform.menu_buttons())}
            await response.write(b"".join(state - told) or b": still here\n\n")
            told = state
            try:
                async with asyncio.timeout(TICK_SECONDS):
                    await response.write(self._bubble(await anext(watch)))
            except TimeoutError:
                continue
            except StopAsyncIteration:
                return

    def _clock_now(self) -> bytes:
        now = self._clock.now().astimezone(SHANGHAI)
        day = f"{now.month}月{now.day}日 星期{WEEKDAYS[now.weekday()]}"
        minutes = now.hour * 60 + now.minute
        return _event(
            "clock", {"hour": f"{now:%H:%M}", "second": f"{now:%S}", "day": day, "minutes": minutes}
        )

    def _bubble(self, bubble: Bubble) -> bytes:
        fields = {
            "openid": bubble.openid,
            "number": bubble.number,
            "side": bubble.side,
            "kind": bubble.kind,
            "text": bubble.text,
            "at": _hour(bubble.at),
            "mood": mood(bubble),
        }
        return _event("bubble", fields, f"{self._opened}-{bubble.number}")


def mood(bubble: Bubble) -> str:
    """Return `alarm`, `calm` for what ends an alarm, or "" for all the rest."""
    if bubble.side == "hers" or bubble.kind in {"act", "fault"}:
        return ""
    if ALARM.search(bubble.text):
        return "alarm"
    return "calm" if CALM.search(bubble.text) else ""


def _hour(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%H:%M}"


def _event(name: str, data: Any, event_id: str = "") -> bytes:
    """Return one server-sent event. JSON keeps every line break of the words inside its quotes."""
    head = f"id: {event_id}\n" if event_id else ""
    return f"{head}event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def _file(path: Path, content_type: str) -> Handler:
    content = path.read_bytes()

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(
            body=content, content_type=content_type, charset="utf-8", headers=HEADERS
        )

    return answer


def _for_this_machine(handler: Handler) -> Handler:
    """Answer only where the page was asked for by a loopback address.

    A page elsewhere may point a name of its own at 127.0.0.1; the Host header still tells.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        if not _is_loopback(urlsplit(f"//{request.host}").hostname or ""):
            return web.Response(status=403, text="这一页只在本机打开。")
        return await handler(request)

    return answer


def _from_this_page(handler: Handler) -> Handler:
    """Refuse what another site makes a browser post."""

    async def answer(request: web.Request) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            return web.Response(status=403, text="只能在这一页上发。")
        if request.content_type != "application/json":
            return web.Response(status=400, text="没看懂要发什么。")
        return await handler(request)

    return answer


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
