"""The platform's HTTP interface, at the paths of the real one below /cgi-bin/."""

import json
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from bot.simulator.account import Account, PlatformLimits
from bot.simulator.faults import APIS, Api, Faults, HttpError
from bot.simulator.media import Media
from bot.simulator.menu import check_menu
from bot.simulator.phone import BubbleKind, Phones
from bot.simulator.qr import QrCodes
from bot.simulator.quotas import Quotas
from bot.simulator.refusal import RefusedError
from bot.simulator.subscribers import Subscribers
from bot.simulator.templates import Template, filled
from bot.simulator.tokens import Tokens
from schedules.clock import Clock

Fields = dict[str, Any]
Work = Callable[[web.Request], Awaitable[web.Response]]

FIRST_TEMPLATE_MESSAGE = 3_000_000_000_000_000_000
"""Ids of template messages are 64-bit numbers, too large for a double."""

SHOWN_AS: dict[str, tuple[BubbleKind, str]] = {
    "image": ("picture", "[图片]"),
    "voice": ("voice", "[语音]"),
}


class ApiDesk:
    """Takes the account's calls, holds them to the rules, and lets bubbles appear."""

    def __init__(
        self,
        *,
        clock: Clock,
        account: Account,
        limits: PlatformLimits,
        faults: Faults,
        report: Callable[[str, int, str], None],
        report_notice: Callable[[str, str, int, str], None],
    ) -> None:
        self._clock = clock
        self._account = account
        self._limits = limits
        self._faults = faults
        self._report = report
        self._report_notice = report_notice
        self._quotas = Quotas(limits)
        self._template_message = FIRST_TEMPLATE_MESSAGE
        self._template_sent: dict[tuple[str, str], tuple[int, datetime]] = {}
        self.tokens = Tokens(limits)
        self.phones = Phones()
        self.subscribers = Subscribers()
        self.templates: dict[str, Template] = {}
        self.qr_codes = QrCodes(limits)
        self.media = Media(limits)
        self.menu: Fields | None = None
        self.calls: Counter[Api] = Counter()
        self.sent: dict[Api, list[Fields]] = {api: [] for api in APIS}

    def routes(self) -> list[web.RouteDef]:
        posts: dict[Api, Work] = {
            "stable_token": self._stable_token,
            "message/custom/send": self._custom_message,
            "message/template/send": self._template_message_out,
            "message/subscribe/bizsend": self._subscription_message,
            "menu/create": self._create_menu,
            "qrcode/create": self._create_qr_code,
            "media/upload": self._upload,
            "openapi/quota/get": self._get_quota,
        }
        gets: dict[Api, Work] = {
            "menu/get": self._get_menu,
            "user/info": self._user_info,
            "media/get": self._download,
            "template/get_all_private_template": self._get_templates,
        }
        notices = self._held_to_rules("newtmpl/gettemplate", self._get_notices)
        return [
            web.get("/wxaapi/newtmpl/gettemplate", notices),
            *(web.post(f"/cgi-bin/{api}", self._held_to_rules(api, posts[api])) for api in posts),
            *(web.get(f"/cgi-bin/{api}", self._held_to_rules(api, gets[api])) for api in gets),
            web.route("*", "/cgi-bin/{unknown:.*}", _no_such_call),
        ]

    def _held_to_rules(self, api: Api, work: Work) -> Work:
        async def answer(request: web.Request) -> web.Response:
            self.calls[api] += 1
            try:
                await self._faults.meet(api)
                if api != "stable_token":
                    self.tokens.check(request.query.get("access_token", ""), self._clock.now())
                self._quotas.use(api, self._clock.now())
                return await work(request)
            except RefusedError as refusal:
                return _refused(refusal)
            except HttpError as crash:
                return web.Response(status=crash.status, text="upstream error")

        return answer

    def _took(self, api: Api, fields: Fields, **answer: Any) -> web.Response:
        """Remember an accepted call and say so."""
        self.sent[api].append(fields)
        return web.json_response({"errcode": 0, "errmsg": "ok"} | answer)

    async def _stable_token(self, request: web.Request) -> web.Response:
        fields = await _body(request)
        if fields.get("appid") != self._account.app_id:
            raise RefusedError(40013)
        if fields.get("secret") != self._account.app_secret:
            raise RefusedError(40125)
        if fields.get("grant_type") != "client_credential":
            raise RefusedError(40002)
        forced = fields.get("force_refresh") is True
        token, seconds = self.tokens.give(self._clock.now(), force_refresh=forced)
        self.sent["stable_token"].append({"force_refresh": forced})
        return web.json_response({"access_token": token, "expires_in": seconds})

    async def _custom_message(self, request: web.Request) -> web.Response:
        fields = await _body(request)
        person = self.subscribers.following(_word(fields, "touser"))
        kind, words = self._shown(fields)
        person.window.use(self._clock.now())
        self.phones.show(person.openid, "ours", words, self._clock.now(), kind)
        return self._took("message/custom/send", fields)

    def _shown(self, fields: Fields) -> tuple[BubbleKind, str]:
        kind = _word(fields, "msgtype")
        inside = fields.get(kind)
        if not isinstance(inside, dict):
            raise RefusedError(40008)
        if kind == "text":
            return "text", self._text(_word(inside, "content"))
        if kind in SHOWN_AS:
            self.media.find(_word(inside, "media_id"), self._clock.now())
            return SHOWN_AS[kind]
        raise RefusedError(40008)

    def _text(self, words: str) -> str:
        if not words:
            raise RefusedError(44004)
        if len(words.encode("utf-8", "replace")) > self._limits.text_bytes:
            raise RefusedError(45002)
        return words

    async def _template_message_out(self, request: web.Request) -> web.Response:
        fields = await _body(request)
        person = self.subscribers.following(_word(fields, "touser"))
        card = self._card(fields, is_notice=False)
        repeated = self._sent_before(person.openid, _word(fields, "client_msg_id"))
        if repeated is not None:
            return self._took("message/template/send", fields, msgid=repeated)
        number = self._next_template_message(person.openid, _word(fields, "client_msg_id"))
        if person.template_outcome == "success":
            self.phones.show(person.openid, "ours", card, self._clock.now(), "card")
        self._report(person.openid, number, person.template_outcome)
        return self._took("message/template/send", fields, msgid=number)

    def _card(self, fields: Fields, *, is_notice: bool) -> str:
        template = self.templates.get(_word(fields, "template_id"))
        if template is None or template.is_notice != is_notice:
            raise RefusedError(40037)
        return filled(template, fields.get("data"), self._limits)

    def _sent_before(self, openid: str, key: str) -> int | None:
        number, at = self._template_sent.get((openid, key), (None, self._clock.now()))
        fresh = timedelta(minutes=self._limits.same_template_minutes)
        return number if key and self._clock.now() - at < fresh else None

    def _next_template_message(self, openid: str, key: str) -> int:
        self._template_message += 1
        self._template_sent[openid, key] = (self._template_message, self._clock.now())
        return self._template_message

    async def _subscription_message(self, request: web.Request) -> web.Response:
        fields = await _body(request)
        person = self.subscribers.following(_word(fields, "touser"))
        notice = self._card(fields, is_notice=True)
        if not person.consents[fields["template_id"]]:
            raise RefusedError(43101)
        person.consents[fields["template_id"]] -= 1
        self._template_message += 1
        if person.template_outcome == "success":
            self.phones.show(person.openid, "ours", notice, self._clock.now(), "notice")
        self._report_notice(
            person.openid, fields["template_id"], self._template_message, person.template_outcome
        )
        return self._took("message/subscribe/bizsend", fields, msgid=self._template_message)

    async def _create_menu(self, request: web.Request) -> web.Response:
        fields = await _body(request)
        check_menu(fields, self._limits)
        self.menu = fields
        return self._took("menu/create", fields)

    async def _get_menu(self, request: web.Request) -> web.Response:
        if self.menu is None:
            raise RefusedError(46003)
        self.sent["menu/get"].append(dict(request.query))
        return web.json_response({"menu": self.menu})

    async def _get_templates(self, request: web.Request) -> web.Response:
        owned = [
            {"template_id": one.id, "title": one.title, "content": one.content}
            for one in self.templates.values()
            if not one.is_notice
        ]
        self.sent["template/get_all_private_template"].append(dict(request.query))
        return web.json_response({"template_list": owned})

    async def _get_notices(self, request: web.Request) -> web.Response:
        owned = [
            {"priTmplId": one.id, "title": one.title, "content": one.content, "type": 2}
            for one in self.templates.values()
            if one.is_notice
        ]
        return self._took("newtmpl/gettemplate", dict(request.query), data=owned)

    async def _get_quota(self, request: web.Request) -> web.Response:
        fields = await _body(request)
        limit, used = self._quotas.of(_word(fields, "cgi_path").removeprefix("/cgi-bin/"))
        quota = {"daily_limit": limit, "used": used, "remain": max(limit - used, 0)}
        return self._took("openapi/quota/get", fields, quota=quota)

    async def _create_qr_code(self, request: web.Request) -> web.Response:
        fields = await _body(request)
        seconds = self.qr_codes.create(fields, self._clock.now())
        self.sent["qrcode/create"].append(fields)
        ticket = secrets.token_urlsafe(48)
        answer = {"ticket": ticket, "url": f"http://weixin.qq.com/q/{ticket[:24]}"}
        life = {} if seconds is None else {"expire_seconds": seconds}
        return web.json_response(answer | life)

    async def _user_info(self, request: web.Request) -> web.Response:
        person = self.subscribers.known(request.query.get("openid", ""))
        self.sent["user/info"].append(dict(request.query))
        if not person.follows:
            return web.json_response({"subscribe": 0, "openid": person.openid})
        return web.json_response(
            {
                "subscribe": 1,
                "openid": person.openid,
                "nickname": "",
                "headimgurl": "",
                "language": "zh_CN",
                "subscribe_time": int(person.since.timestamp()),
                "subscribe_scene": "ADD_SCENE_QR_CODE" if person.scene else "ADD_SCENE_SEARCH",
                "qr_scene_str": person.scene,
            }
        )

    async def _upload(self, request: web.Request) -> web.Response:
        kind = request.query.get("type", "")
        part = (await request.post()).get("media")
        if not isinstance(part, web.FileField):
            raise RefusedError(41005)
        content = part.file.read()
        name = self.media.keep(kind, content, self._clock.now())
        self.sent["media/upload"].append({"type": kind, "bytes": len(content)})
        created = int(self._clock.now().timestamp())
        return web.json_response({"type": kind, "media_id": name, "created_at": created})

    async def _download(self, request: web.Request) -> web.Response:
        name = request.query.get("media_id", "")
        medium = self.media.find(name, self._clock.now())
        self.sent["media/get"].append({"media_id": name})
        headers = {"Content-Disposition": f'attachment; filename="{name[:16]}"'}
        return web.Response(body=medium.content, content_type=medium.content_type, headers=headers)


def _refused(refusal: RefusedError) -> web.Response:
    """Return an error as the real platform does: JSON that calls itself text, with status 200."""
    words = json.dumps({"errcode": refusal.code, "errmsg": str(refusal)}, ensure_ascii=False)
    return web.Response(text=words, content_type="text/plain")


async def _no_such_call(_request: web.Request) -> web.Response:
    return _refused(RefusedError(40066))


async def _body(request: web.Request) -> Fields:
    """Return the JSON object of a call. Raises RefusedError 44002 for none, 47001 for another."""
    body = await request.read()
    if not body:
        raise RefusedError(44002)
    try:
        fields = json.loads(body)
    except ValueError as fault:
        raise RefusedError(47001) from fault
    if not isinstance(fields, dict):
        raise RefusedError(47001)
    return fields


def _word(fields: Fields, name: str) -> str:
    """Return a field that must be text, "" where it is missing or anything else."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""
