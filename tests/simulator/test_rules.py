"""The platform holds the account to its rules, each of them a story."""

import asyncio
from datetime import datetime, timedelta

import pytest

from bot.simulator.platform import PlatformLimits, SimulatedPlatform
from storage.rules import VILLAGE_TIME
from tests.clock import HandMovedClock
from tests.simulator.account_server import AccountServer, Caller

CARD = {"thing1": "谁", "time2": "什么时候", "thing3": "请您"}


def card(openid: str, **changed: str) -> dict[str, object]:
    values = {"thing1": "王秀英", "time2": "2026年11月23日 09:30", "thing3": "去看看她"} | changed
    data = {name: {"value": value} for name, value in values.items()}
    return {"touser": openid, "template_id": "missed", "data": data}


@pytest.fixture(autouse=True)
def account_with_a_card(platform: SimulatedPlatform) -> None:
    platform.add_template("missed", "平安提醒", CARD)


# --- the token


async def test_everybody_who_asks_gets_the_same_token(
    caller: Caller, clock: HandMovedClock
) -> None:
    first = await caller.token()
    clock.move(minutes=30)
    second = await caller.token()
    assert first["access_token"] == second["access_token"]
    assert (first["expires_in"], second["expires_in"]) == (7200, 5400)


async def test_a_forced_refresh_ends_the_old_token(caller: Caller) -> None:
    old = (await caller.token())["access_token"]
    new = (await caller.token(force_refresh=True))["access_token"]
    assert old != new
    assert (await caller.post("menu/create", {}, token=old))["errcode"] == 40001


async def test_near_its_end_two_tokens_are_good(caller: Caller, clock: HandMovedClock) -> None:
    old = (await caller.token())["access_token"]
    clock.move(seconds=7200 - 299)
    new = (await caller.token())["access_token"]
    assert old != new
    assert (await caller.post("message/custom/send", {}, token=old))["errcode"] == 40003
    clock.move(seconds=299)
    assert (await caller.post("message/custom/send", {}, token=old))["errcode"] == 42001
    assert (await caller.post("message/custom/send", {}, token=new))["errcode"] == 40003


@pytest.mark.parametrize(("wrong", "code"), [({"secret": "no"}, 40125), ({"appid": "wx"}, 40013)])
async def test_a_token_needs_the_right_account(
    caller: Caller, wrong: dict[str, str], code: int
) -> None:
    assert (await caller.token(**wrong))["errcode"] == code


async def test_errors_call_themselves_text_under_status_200(caller: Caller) -> None:
    answer = await caller.post("menu/create", {}, token="made up")
    assert answer["errcode"] == 40001
    assert caller.content_type == "text/plain"
    assert (await caller.post("menu/create", {}, token=""))["errcode"] == 41001
    assert (await caller.post("menu/burn", {}, token=""))["errcode"] == 40066


async def test_every_token_can_be_made_to_expire(
    caller: Caller, platform: SimulatedPlatform
) -> None:
    old = (await caller.token())["access_token"]
    platform.expire_tokens()
    assert (await caller.post("menu/create", {}, token=old))["errcode"] == 42001
    assert (await caller.token())["access_token"] != old


# --- customer-service messages


async def test_a_message_of_hers_opens_48_hours_and_5_sends(
    caller: Caller, platform: SimulatedPlatform, clock: HandMovedClock
) -> None:
    await platform.text("wang", "平安")
    clock.move(hours=47, minutes=59)
    assert [await caller.tell("wang", "您好") for _ in range(6)] == [0, 0, 0, 0, 0, 45047]
    assert platform.phone("wang").heard == ["您好"] * 5


async def test_after_48_hours_the_window_is_closed(
    caller: Caller, platform: SimulatedPlatform, clock: HandMovedClock
) -> None:
    await platform.voice("wang")
    clock.move(hours=48)
    assert await caller.tell("wang", "您好") == 45015
    assert platform.phone("wang").heard == []


async def test_the_next_message_renews_all_five(
    caller: Caller, platform: SimulatedPlatform
) -> None:
    await platform.text("wang", "平安")
    assert [await caller.tell("wang", "您好") for _ in range(4)] == [0, 0, 0, 0]
    await platform.sticker("wang")
    assert [await caller.tell("wang", "您好") for _ in range(6)] == [0, 0, 0, 0, 0, 45047]


@pytest.mark.parametrize("touch", ["follow", "click", "scan"])
async def test_a_touch_opens_1_minute_and_3_sends(
    caller: Caller, platform: SimulatedPlatform, clock: HandMovedClock, touch: str
) -> None:
    platform.followed_earlier("wang")
    touches = {
        "follow": lambda: platform.follow("wang"),
        "click": lambda: platform.click("wang", "checkin"),
        "scan": lambda: platform.scan("wang", "code"),
    }
    await touches[touch]()
    assert [await caller.tell("wang", "您好") for _ in range(4)] == [0, 0, 0, 45047]
    clock.move(minutes=1)
    assert await caller.tell("wang", "您好") == 45015


async def test_a_touch_spares_the_sends_of_her_message(
    caller: Caller, platform: SimulatedPlatform, clock: HandMovedClock
) -> None:
    await platform.text("wang", "平安")
    await platform.click("wang", "help")
    assert [await caller.tell("wang", "您好") for _ in range(3)] == [0, 0, 0]
    clock.move(minutes=2)
    assert [await caller.tell("wang", "您好") for _ in range(6)] == [0, 0, 0, 0, 0, 45047]


async def test_one_who_never_wrote_cannot_be_written_to(
    caller: Caller, platform: SimulatedPlatform
) -> None:
    platform.followed_earlier("li")
    assert await caller.tell("li", "您好") == 45015
    assert await caller.tell("nobody", "您好") == 40003


async def test_one_who_left_is_out_of_reach(caller: Caller, platform: SimulatedPlatform) -> None:
    await platform.text("wang", "平安")
    await platform.unfollow("wang")
    assert await caller.tell("wang", "您好") == 43004
    assert (await caller.post("message/template/send", card("wang")))["errcode"] == 43004
    await platform.follow("wang")
    assert [await caller.tell("wang", "您好") for _ in range(4)] == [0, 0, 0, 45047]


async def test_what_she_wrote_earlier_still_counts(
    caller: Caller, platform: SimulatedPlatform, clock: HandMovedClock
) -> None:
    platform.wrote_earlier("wang", clock.now() - timedelta(hours=47))
    platform.wrote_earlier("li", clock.now() - timedelta(hours=49))
    assert await caller.tell("wang", "您好") == 0
    assert await caller.tell("li", "您好") == 45015


async def test_a_text_holds_2048_bytes(caller: Caller, platform: SimulatedPlatform) -> None:
    await platform.text("wang", "平安")
    assert await caller.tell("wang", "好" * 682 + "ab") == 0
    assert await caller.tell("wang", "好" * 683) == 45002
    assert await caller.tell("wang", "") == 44004


async def test_a_broken_call_is_told_so(caller: Caller, platform: SimulatedPlatform) -> None:
    await platform.text("wang", "平安")
    assert (await caller.post("message/custom/send", ["wang"]))["errcode"] == 47001
    unknown = {"touser": "wang", "msgtype": "dance", "dance": {}}
    assert (await caller.post("message/custom/send", unknown))["errcode"] == 40008


# --- template and subscription messages


async def test_a_card_arrives_and_its_outcome_is_reported(
    caller: Caller, platform: SimulatedPlatform, server: AccountServer
) -> None:
    platform.followed_earlier("li")
    answer = await caller.post("message/template/send", card("li"))
    await platform.at_rest()
    assert platform.phone("li").heard == [
        "平安提醒\n谁：王秀英\n什么时候：2026年11月23日 09:30\n请您：去看看她"
    ]
    assert "<Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event>" in server.last
    assert f"<MsgID>{answer['msgid']}</MsgID>" in server.last
    assert "<Status><![CDATA[success]]></Status>" in server.last


@pytest.mark.parametrize("status", ["failed:user block", "failed: system failed"])
async def test_a_card_that_is_not_shown_is_reported_too(
    caller: Caller, platform: SimulatedPlatform, server: AccountServer, status: str
) -> None:
    platform.template_outcome("li", status)
    assert (await caller.post("message/template/send", card("li")))["errcode"] == 0
    await platform.at_rest()
    assert platform.phone("li").heard == []
    assert f"<Status><![CDATA[{status}]]></Status>" in server.last


async def test_the_same_card_twice_is_shown_once(
    caller: Caller, platform: SimulatedPlatform, server: AccountServer, clock: HandMovedClock
) -> None:
    platform.followed_earlier("li", "zhao")
    once = card("li") | {"client_msg_id": "incident-12"}
    first = await caller.post("message/template/send", once)
    assert await caller.post("message/template/send", once) == first
    await caller.post("message/template/send", once | {"touser": "zhao"})
    clock.move(minutes=10)
    later = await caller.post("message/template/send", once)
    assert later["msgid"] != first["msgid"]
    await platform.at_rest()
    assert len(platform.phone("li").heard) == 2
    assert len(platform.phone("zhao").heard) == 1
    assert len(server.pushes) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"thing1": ""},
        {"thing1": "二十一个字二十一个字二十一个字二十一个字二"},
        {"thing1": "王\n秀英"},
        {"time2": "9点半"},
        {"thing4": "多出来的"},
    ],
)
async def test_a_field_of_a_wrong_form_is_refused(
    caller: Caller, platform: SimulatedPlatform, wrong: dict[str, str]
) -> None:
    platform.followed_earlier("li")
    answer = await caller.post("message/template/send", card("li", **wrong))
    assert answer["errcode"] == 47003
    assert platform.sent("message/template/send") == []


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        (
            "thing1",
            "二十个字二十个字二十个字二十个字二十个字",
            "二十个字二十个字二十个字二十个字二十个字。",
        ),
        ("number1", "12.5", "一十二"),
        ("letter1", "abc", "a1"),
        ("character_string1", "A-12/7", "甲-12"),
        ("phrase1", "未报平安", "未报平安了吗"),
        ("name1", "欧阳秀英", "一二三四五六七八九十一"),
        ("name1", "Wang Xiuying", "Wang Xiuying the Elder"),
        ("phone_number1", "0531-8888 0000", "一二三"),
        ("amount1", "¥300元", "三百元"),
        ("time1", "15:01", "15点"),
        ("time1", "2026年11月23日 09:30~10:00", "2026-11-23 09:30"),
        ("date1", "2026年11月23日", "11/23"),
        ("const1", "已完成", ""),
    ],
)
async def test_each_kind_of_field_has_its_form(
    caller: Caller, platform: SimulatedPlatform, name: str, right: str, wrong: str
) -> None:
    platform.followed_earlier("li")
    platform.add_template("one", "一格", {name: "格"})
    codes = []
    for value in (right, wrong):
        call = {"touser": "li", "template_id": "one", "data": {name: {"value": value}}}
        codes.append((await caller.post("message/template/send", call))["errcode"])
    assert codes == [0, 47003]


async def test_a_template_must_be_the_accounts_own(
    caller: Caller, platform: SimulatedPlatform
) -> None:
    platform.followed_earlier("li")
    answer = await caller.post("message/template/send", card("li") | {"template_id": "other"})
    assert answer["errcode"] == 40037


def test_an_account_has_at_most_25_templates(platform: SimulatedPlatform) -> None:
    for number in range(24):
        platform.add_template(f"template-{number}", "提醒", CARD)
    with pytest.raises(ValueError, match="at most 25"):
        platform.add_template("one-too-many", "提醒", CARD)
    with pytest.raises(ValueError, match="no kind"):
        platform.add_template("missed", "提醒", {"first": "您好"})


async def test_one_consent_is_one_subscription_message(
    caller: Caller, platform: SimulatedPlatform
) -> None:
    platform.followed_earlier("li")
    platform.add_notice("agreed", "平安提醒", CARD)
    notice = card("li") | {"template_id": "agreed"}
    assert (await caller.post("message/subscribe/bizsend", notice))["errcode"] == 43101
    platform.consents("li", "agreed")
    codes = [(await caller.post("message/subscribe/bizsend", notice))["errcode"] for _ in range(2)]
    assert codes == [0, 43101]
    assert [bubble.kind for bubble in platform.phone("li").bubbles] == ["notice"]


async def test_notices_and_template_messages_have_templates_of_their_own(
    caller: Caller, platform: SimulatedPlatform
) -> None:
    platform.consents("li", "missed")
    platform.add_notice("agreed", "平安提醒", {"thing1": "对象"})
    wrong = card("li") | {"template_id": "agreed"}
    assert (await caller.post("message/subscribe/bizsend", card("li")))["errcode"] == 40037
    assert (await caller.post("message/template/send", wrong))["errcode"] == 40037
    (owned,) = (await caller.get("template/get_all_private_template"))["template_list"]
    assert owned["template_id"] == "missed"
    (owned,) = (await caller.get("../wxaapi/newtmpl/gettemplate"))["data"]
    assert (owned["priTmplId"], owned["content"]) == ("agreed", "对象:{{thing1.DATA}}\n")


# --- quotas


async def test_the_platform_tells_what_is_left_of_a_quota(
    caller: Caller, platform: SimulatedPlatform
) -> None:
    await platform.text("li", "1")
    await caller.tell("li", "好")
    asked = {"cgi_path": "/cgi-bin/message/custom/send"}
    quota = (await caller.post("openapi/quota/get", asked))["quota"]
    assert quota == {"daily_limit": 500_000, "used": 1, "remain": 499_999}
    assert (await caller.post("openapi/quota/get", {"cgi_path": "/x"}))["errcode"] == 76021


@pytest.mark.parametrize("limits", [PlatformLimits(messages_a_day=2, token_fetches_a_minute=3)])
async def test_a_quota_ends_with_the_day_in_shanghai(
    caller: Caller, platform: SimulatedPlatform, clock: HandMovedClock
) -> None:
    clock.move_to(datetime(2026, 11, 23, 23, 58, tzinfo=VILLAGE_TIME))
    await platform.text("wang", "平安")
    assert [await caller.tell("wang", "您好") for _ in range(3)] == [0, 0, 45009]
    clock.move(minutes=2)
    assert await caller.tell("wang", "您好") == 0


@pytest.mark.parametrize("limits", [PlatformLimits(token_fetches_a_minute=2)])
async def test_too_many_in_one_minute_must_wait_for_the_next(
    caller: Caller, clock: HandMovedClock
) -> None:
    codes = [(await caller.token()).get("errcode", 0) for _ in range(3)]
    assert codes == [0, 0, 45011]
    clock.move(minutes=1)
    assert "access_token" in await caller.token()


# --- menu, QR codes, media, people


async def test_a_menu_is_kept_and_named(caller: Caller, platform: SimulatedPlatform) -> None:
    assert (await caller.get("menu/get"))["errcode"] == 46003
    menu = {"button": [{"type": "click", "name": "报平安", "key": "checkin"}]}
    assert (await caller.post("menu/create", menu))["errcode"] == 0
    assert (await caller.get("menu/get"))["menu"] == menu
    await platform.click("wang", "checkin")
    assert platform.phone("wang").said == ["点了菜单「报平安」"]


BUTTON = {"type": "click", "name": "帮助", "key": "help"}


@pytest.mark.parametrize(
    ("buttons", "code"),
    [
        ([], 40016),
        ([BUTTON] * 4, 40016),
        ([{"name": "更多", "sub_button": [BUTTON] * 6}], 40017),
        ([BUTTON | {"name": "六个字的名字"}], 40018),
        ([BUTTON | {"key": ""}], 40019),
        ([BUTTON | {"type": "dance"}], 40015),
    ],
)
async def test_a_menu_has_3_buttons_and_5_below_each(
    caller: Caller, buttons: list[object], code: int
) -> None:
    assert (await caller.post("menu/create", {"button": buttons}))["errcode"] == code
    five = {"button": [{"name": "更多", "sub_button": [BUTTON] * 5}] * 3}
    assert (await caller.post("menu/create", five))["errcode"] == 0


def qr_code(scene: str, **more: object) -> dict[str, object]:
    info = {"scene": {"scene_str": scene}}
    return {"action_name": "QR_STR_SCENE", "action_info": info} | more


async def test_a_temporary_code_lives_at_most_30_days(
    caller: Caller, platform: SimulatedPlatform, clock: HandMovedClock, server: AccountServer
) -> None:
    month = 30 * 24 * 3600
    made = await caller.post("qrcode/create", qr_code("s1", expire_seconds=month))
    assert made["expire_seconds"] == month
    assert made["url"].startswith("http://weixin.qq.com/q/")
    too_long = await caller.post("qrcode/create", qr_code("s2", expire_seconds=month + 1))
    assert too_long["errcode"] == 40053
    clock.move(days=30)
    assert (await platform.scan("old", "s1")).attempts == 1
    assert "qrscene" not in server.last
    assert (await platform.scan("old", "s1")).attempts == 0


async def test_a_permanent_code_has_no_end(
    caller: Caller, platform: SimulatedPlatform, clock: HandMovedClock, server: AccountServer
) -> None:
    permanent = qr_code("door", action_name="QR_LIMIT_STR_SCENE")
    assert "expire_seconds" not in await caller.post("qrcode/create", permanent)
    clock.move(days=3650)
    await platform.scan("li", "door")
    assert "qrscene_door" in server.last


@pytest.mark.parametrize(("length", "accepted"), [(0, False), (1, True), (64, True), (65, False)])
async def test_a_scene_has_1_to_64_characters(caller: Caller, length: int, accepted: bool) -> None:
    made = await caller.post("qrcode/create", qr_code("s" * length))
    assert ("ticket" in made) == accepted


async def test_a_voice_can_be_fetched_for_3_days(
    caller: Caller, platform: SimulatedPlatform, clock: HandMovedClock, server: AccountServer
) -> None:
    await platform.voice("wang", sound=b"good morning")
    media = server.last.split("<MediaId><![CDATA[")[1].split("]]>")[0]
    assert await caller.download(media) == b"good morning"
    clock.move(days=3)
    assert b"40007" in await caller.download(media)


async def test_an_uploaded_voice_can_be_sent_on(
    caller: Caller, platform: SimulatedPlatform
) -> None:
    await platform.text("wang", "平安")
    uploaded = await caller.upload("voice", b"sound")
    fields = {"touser": "wang", "msgtype": "voice", "voice": {"media_id": uploaded["media_id"]}}
    assert (await caller.post("message/custom/send", fields))["errcode"] == 0
    assert platform.phone("wang").bubbles[-1].kind == "voice"
    assert (await caller.upload("thumb", b"x" * (64 * 1024 + 1)))["errcode"] == 40006
    assert (await caller.upload("song", b"x"))["errcode"] == 40004


async def test_the_account_learns_no_names(caller: Caller, platform: SimulatedPlatform) -> None:
    await platform.follow("li", "code-1")
    info = await caller.get("user/info", openid="li")
    assert (info["subscribe"], info["nickname"], info["qr_scene_str"]) == (1, "", "code-1")
    await platform.unfollow("li")
    assert (await caller.get("user/info", openid="li"))["subscribe"] == 0
    assert (await caller.get("user/info", openid="nobody"))["errcode"] == 40003


# --- bad days


async def test_a_fault_lasts_as_often_as_told(caller: Caller, platform: SimulatedPlatform) -> None:
    await platform.text("wang", "平安")
    platform.refuse("message/custom/send", -1, 2)
    assert [await caller.tell("wang", "您好") for _ in range(3)] == [-1, -1, 0]
    platform.refuse("message/custom/send", 48001, None)
    assert [await caller.tell("wang", "您好") for _ in range(3)] == [48001] * 3
    platform.heal()
    assert await caller.tell("wang", "您好") == 0
    assert platform.calls("message/custom/send") == 7
    assert len(platform.sent("message/custom/send")) == 2


async def test_the_platform_can_answer_with_an_http_error(
    caller: Caller, platform: SimulatedPlatform
) -> None:
    platform.http_error("message/custom/send", 502)
    assert await caller.status("message/custom/send") == 502
    assert await caller.status("message/custom/send") == 200


async def test_the_platform_can_reject_every_token(
    caller: Caller, platform: SimulatedPlatform
) -> None:
    await platform.text("wang", "平安")
    platform.reject_every_token()
    assert [await caller.tell("wang", "您好") for _ in range(3)] == [40001] * 3


async def test_the_platform_can_hang_and_go_on(caller: Caller, platform: SimulatedPlatform) -> None:
    await platform.text("wang", "平安")
    platform.hang("message/custom/send")
    call = asyncio.create_task(caller.tell("wang", "您好"))
    await asyncio.sleep(0.1)
    assert platform.calls("message/custom/send") == 1
    assert not call.done()
    platform.resume("message/custom/send")
    assert await call == 0
