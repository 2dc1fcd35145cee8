"""A letter by WeChat: as a message, as a template, and what a refusal means."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import structlog

from bot.channels.wechat_ways import (
    REMEDIES,
    WechatMessages,
    WechatSubscriptions,
    WechatTemplates,
)
from bot.simulator.platform import Api
from schedules.transport import Outgoing, Remedy, TransportError, Way
from tests.channels.far_end import NOTICE, FarEnd, far_end_of
from tests.channels.wire import NOW, WANG
from tests.clock import HandMovedClock


@pytest.fixture
async def far_end(clock: HandMovedClock) -> AsyncIterator[FarEnd]:
    async with far_end_of(clock) as far_end:
        yield far_end


def letter(**others: object) -> Outgoing:
    written = {
        "key": "missed:12:0:1:7",
        "address": WANG,
        "text": "王秀英今天没有报平安，请您去看看。",
        "form": "missed",
        "about": "王秀英（柿树院）",
        "when": datetime(2026, 11, 23, 1, 30, tzinfo=UTC),
        "ask": "请您去看看，回 我去",
    }
    return Outgoing(**{**written, **others})  # type: ignore[arg-type]  # mixed on purpose


async def refused(way: Way, one: Outgoing) -> TransportError:
    with pytest.raises(TransportError) as refusal:
        await way.send(one)
    return refusal.value


async def test_an_open_window_takes_free_words(far_end: FarEnd) -> None:
    far_end.platform.wrote_earlier(WANG, NOW)
    way: Way = WechatMessages(far_end.client)
    assert (way.name, way.channel, way.needs_window) == ("wechat.message", "wechat", True)
    assert await way.send(letter()) == ""
    assert far_end.platform.phone(WANG).bubbles[-1].text == "王秀英今天没有报平安，请您去看看。"


async def test_a_long_letter_is_cut_to_what_the_platform_takes(far_end: FarEnd) -> None:
    far_end.platform.wrote_earlier(WANG, NOW)
    await WechatMessages(far_end.client).send(letter(text="好" * 1000 + "\ud83c"))
    assert far_end.platform.phone(WANG).bubbles[-1].text == "好" * 682


async def test_a_closed_window_means_another_way(far_end: FarEnd, clock: HandMovedClock) -> None:
    far_end.platform.wrote_earlier(WANG, NOW)
    clock.move(hours=48)
    error = await refused(WechatMessages(far_end.client), letter())
    assert error.remedy is Remedy.OTHER_WAY
    assert far_end.platform.calls("message/custom/send") == 1


async def test_a_template_reaches_her_at_any_time(far_end: FarEnd) -> None:
    far_end.platform.followed_earlier(WANG)
    way: Way = WechatTemplates(far_end.client, far_end.settings)
    assert (way.name, way.channel, way.needs_window) == ("wechat.template", "wechat", False)
    number = await way.send(letter())
    assert number.isdecimal()
    assert far_end.platform.phone(WANG).bubbles[-1].text.splitlines() == [
        "没有报平安",
        "关于谁：王秀英（柿树院）",
        "时间：2026年11月23日 09:30",
        "请您：请您去看看，回 我去",
    ]


async def test_a_notice_reaches_her_once_for_each_consent(far_end: FarEnd) -> None:
    far_end.platform.consents(WANG, NOTICE)
    way = WechatSubscriptions(far_end.client, far_end.settings)
    as_way: Way = way
    assert (as_way.name, as_way.channel, as_way.needs_window) == (
        "wechat.subscription",
        "wechat",
        False,
    )
    assert way.needs_consent
    assert (await way.send(letter())).isdecimal()
    assert far_end.platform.phone(WANG).bubbles[-1].kind == "notice"
    assert (await refused(way, letter())).remedy is Remedy.OTHER_WAY


async def test_each_way_says_how_fast_it_is_and_what_it_needs(clock: HandMovedClock) -> None:
    rates = {"messages_per_minute": 0, "templates_per_minute": 600, "subscriptions_per_minute": 30}
    async with far_end_of(clock, **rates) as far_end:
        client, settings = far_end.client, far_end.settings
        ways = (
            WechatMessages(client, per_minute=settings.messages_per_minute),
            WechatTemplates(client, settings),
            WechatSubscriptions(client, settings),
        )
        assert [way.per_minute for way in ways] == [None, 600, 30]
        assert [way.needs_consent for way in ways] == [False, False, True]


async def test_a_repeated_letter_is_recognised_by_the_platform(far_end: FarEnd) -> None:
    far_end.platform.followed_earlier(WANG)
    way = WechatTemplates(far_end.client, far_end.settings)
    first, again, other = [await way.send(letter(key=key)) for key in ("a", "a", "b")]
    assert first == again != other
    keys = [call["client_msg_id"] for call in far_end.platform.sent("message/template/send")]
    assert {len(key) for key in keys} == {32}


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("一二三四五六七八九十一二三四五六七八九十一", "一二三四五六七八九十一二三四五六七八九十"),
        ("一行\n二行\r\n三行", "一行 二行 三行"),
        ("  您\t好  ", "您 好"),
        ("王奶奶🌹👍🏻 好", "王奶奶 好"),
        ("", "乡亲"),
        ("🌹", "乡亲"),
        ("\n\u200b\u3000", "乡亲"),
        ("𠮷奶奶", "𠮷奶奶"),
        ("\ud83c王", "王"),
        ("一二三四五六七八九十一二三四五六七八九 十", "一二三四五六七八九十一二三四五六七八九"),
    ],
)
async def test_a_field_is_never_empty_long_or_broken(
    far_end: FarEnd, words: str, shown: str
) -> None:
    far_end.platform.followed_earlier(WANG)
    await WechatTemplates(far_end.client, far_end.settings).send(letter(about=words))
    card = far_end.platform.phone(WANG).bubbles[-1].text
    assert card.splitlines()[1] == f"关于谁：{shown}"


async def test_a_county_s_own_template_is_filled_as_it_says(clock: HandMovedClock) -> None:
    filling = {"name1": "about", "phrase2": "=未报平安", "date3": "when"}
    templates = {"missed": "T-county", "fields": {"missed": filling}}
    async with far_end_of(clock, templates=templates) as far_end:
        labels = {"name1": "姓名", "phrase2": "情况", "date3": "日期"}
        far_end.platform.add_template("T-county", "老人关爱提醒", labels)
        far_end.platform.followed_earlier(WANG)
        await WechatTemplates(far_end.client, far_end.settings).send(letter())
        assert far_end.platform.phone(WANG).bubbles[-1].text.splitlines() == [
            "老人关爱提醒",
            "姓名：王秀英",
            "情况：未报平安",
            "日期：2026年11月23日 09:30",
        ]


@pytest.mark.parametrize("kind", [WechatTemplates, WechatSubscriptions])
@pytest.mark.parametrize("form", ["", "digest", "fields", "model_config", "no such form"])
async def test_a_form_without_a_template_goes_another_way(
    far_end: FarEnd, kind: type[WechatTemplates], form: str
) -> None:
    error = await refused(kind(far_end.client, far_end.settings), letter(form=form))
    assert error.remedy is Remedy.OTHER_WAY
    assert far_end.platform.calls("message/template/send") == 0
    assert far_end.platform.calls("message/subscribe/bizsend") == 0


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (-1, Remedy.RETRY),
        (40001, Remedy.STOP),
        (40014, Remedy.STOP),
        (42001, Remedy.STOP),
        (40164, Remedy.STOP),
        (48001, Remedy.STOP),
        (48004, Remedy.STOP),
        (50002, Remedy.STOP),
        (40003, Remedy.UNREACHABLE),
        (43004, Remedy.UNREACHABLE),
        (43101, Remedy.OTHER_WAY),
        (43107, Remedy.STOP),
        (43108, Remedy.RETRY),
        (45009, Remedy.MIDNIGHT),
        (45011, Remedy.WAIT),
        (45015, Remedy.OTHER_WAY),
        (45047, Remedy.OTHER_WAY),
        (47003, Remedy.DEAD),
        (40037, Remedy.DEAD),
    ],
)
@pytest.mark.parametrize(
    "api", ["message/custom/send", "message/template/send", "message/subscribe/bizsend"]
)
async def test_each_refusal_has_its_remedy(
    far_end: FarEnd, api: Api, code: int, remedy: Remedy
) -> None:
    far_end.platform.wrote_earlier(WANG, NOW)
    far_end.platform.refuse(api, code, times=None)
    ways: dict[Api, Way] = {
        "message/custom/send": WechatMessages(far_end.client),
        "message/template/send": WechatTemplates(far_end.client, far_end.settings),
        "message/subscribe/bizsend": WechatSubscriptions(far_end.client, far_end.settings),
    }
    error = await refused(ways[api], letter())
    assert error.remedy is remedy
    assert str(error) == f"wechat refused with {code}"
    tries = 2 if code in {40001, 40014, 42001} else 1
    assert far_end.platform.calls(api) == tries


@pytest.mark.parametrize("code", [40013, 40125, 40164])
async def test_who_gets_no_token_stops_the_way(far_end: FarEnd, code: int) -> None:
    far_end.platform.refuse("stable_token", code, times=None)
    assert (await refused(WechatMessages(far_end.client), letter())).remedy is Remedy.STOP


async def test_silence_and_crashes_are_tried_again(far_end: FarEnd) -> None:
    far_end.platform.wrote_earlier(WANG, NOW)
    way = WechatMessages(far_end.client)
    far_end.platform.http_error("message/custom/send", 502)
    crash = await refused(way, letter())
    far_end.platform.hang("message/custom/send")
    silence = await refused(way, letter())
    assert (crash.remedy, str(crash)) == (Remedy.RETRY, "HTTP status 502")
    assert (silence.remedy, str(silence)) == (Remedy.RETRY, "no answer in time")


async def test_a_refusal_nobody_knows_leaves_the_letter_to_the_next_way(far_end: FarEnd) -> None:
    assert 99999 not in REMEDIES
    far_end.platform.refuse("message/custom/send", 99999)
    with structlog.testing.capture_logs() as logged:
        error = await refused(WechatMessages(far_end.client), letter())
    assert error.remedy is Remedy.DEAD
    assert [entry["cause"] for entry in logged] == [99999]


@pytest.mark.parametrize("code", [40003, 43004, 45015, 47003, 99999])
async def test_a_refusal_tells_nothing_about_her(far_end: FarEnd, code: int) -> None:
    far_end.platform.refuse("message/custom/send", code)
    with structlog.testing.capture_logs() as logged:
        error = await refused(WechatMessages(far_end.client), letter())
    told = f"{error!r} {logged}"
    assert all(word not in told for word in (WANG, "王秀英", "柿树院"))
