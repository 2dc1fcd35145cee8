"""The page of phones in a real browser, on a desk and in the hand."""

import re
import shutil
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Locator, Page, async_playwright, expect

from bot.simulator.phones import PhoneOwner, add_phones
from bot.simulator.platform import SimulatedPlatform
from tests.clock import HandMovedClock
from tests.simulator.account_server import AccountServer, reply_to, says

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on this machine, so the page is not looked at"
)

QUIETLY = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

CAST = [
    PhoneOwner("wang", "王秀英", "奶奶 · 独居", "东院互助组"),
    PhoneOwner("zhao", "赵德福", "爷爷", "西院互助组"),
    PhoneOwner("liu", "刘桂兰", "组长", "东院互助组"),
]

DESK = (1440, 900)
HAND = (375, 812)


@pytest.fixture
async def page(
    platform: SimulatedPlatform, clock: HandMovedClock, request: pytest.FixtureRequest
) -> AsyncIterator[Page]:
    """The page, open; whatever the browser complains about fails the story."""
    width, height = getattr(request, "param", DESK)
    app = web.Application()
    add_phones(app, platform, CAST, clock)
    complaints: list[str] = []
    async with TestServer(app) as address, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIETLY)
        page = await browser.new_page(viewport={"width": width, "height": height})
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(str(address.make_url("/phones")))
        await expect(page.get_by_text("3 部手机，守望相助")).to_be_visible()
        yield page
        await browser.close()
    assert [words for words in complaints if "status of 400" not in words] == []


def phone(page: Page, name: str) -> Locator:
    return page.locator("article").filter(has=page.get_by_text(name, exact=True))


async def open_in_hand(page: Page, name: str) -> None:
    await phone(page, name).get_by_role("button", name=re.compile(name)).click()


@pytest.mark.parametrize("page", [DESK, HAND], indirect=True, ids=["desk", "hand"])
async def test_a_button_sends_and_the_reply_arrives(page: Page, server: AccountServer) -> None:
    server.answers = [says(reply_to("wang", "王奶奶，记下了，您今天平安。"))]
    wang = phone(page, "王秀英")
    if page.viewport_size == {"width": HAND[0], "height": HAND[1]}:
        await open_in_hand(page, "王秀英")
    await wang.get_by_role("button", name="平安", exact=True).click()
    await expect(wang.locator(".hers")).to_contain_text("平安")
    await expect(wang.locator(".ours")).to_contain_text("王奶奶，记下了，您今天平安。")
    await expect(phone(page, "刘桂兰").locator(".bubble")).to_have_count(0)


async def test_a_leader_answers_by_keyboard_alone(page: Page, server: AccountServer) -> None:
    liu = phone(page, "刘桂兰")
    await liu.get_by_role("button", name="我去", exact=True).focus()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.keyboard.type("12")
    await page.keyboard.press("Enter")
    await expect(liu.locator(".hers")).to_contain_text("平安 12")
    await expect(liu.get_by_role("textbox")).to_have_value("")
    assert "<Content><![CDATA[平安 12]]></Content>" in server.last


async def test_markup_is_shown_as_words(page: Page, platform: SimulatedPlatform) -> None:
    await platform.text("wang", "<img src=x onerror=alert(1)>")
    await expect(phone(page, "王秀英").locator(".hers")).to_contain_text(
        "<img src=x onerror=alert(1)>"
    )
    assert await page.locator("#village img").count() == 0


async def test_an_alarm_is_marked_until_it_is_answered(
    page: Page, platform: SimulatedPlatform, server: AccountServer
) -> None:
    server.answers = [says(reply_to("liu", "王秀英今天还没报平安。您能去看看吗？"))]
    await platform.text("liu", "早")
    liu = phone(page, "刘桂兰")
    await expect(liu).to_have_class(re.compile("alarmed"))
    await expect(page.get_by_role("status")).to_contain_text("刘桂兰收到警报")
    await page.get_by_label("有警报").check()
    await expect(page.locator("article:visible")).to_have_count(1)
    await liu.get_by_role("button", name="我去", exact=True).click()
    await expect(liu).not_to_have_class(re.compile("alarmed"))


async def test_people_are_found_by_name_role_and_group(page: Page) -> None:
    for word, count in (("秀英", 1), ("组长", 1), ("东院", 2), ("无此人", 0)):
        await page.get_by_label("按名字、身份或小组找人").fill(word)
        await expect(page.locator("article:visible")).to_have_count(count)
    await expect(page.get_by_text("没有这样的人")).to_be_visible()


async def test_phones_with_news_come_to_the_front(page: Page, platform: SimulatedPlatform) -> None:
    await page.get_by_label("新的在前").check()
    await platform.text("liu", "早")
    await expect(phone(page, "刘桂兰")).to_have_css("order", re.compile("-"))
    front, back = phone(page, "刘桂兰"), phone(page, "王秀英")
    first, second = await front.bounding_box(), await back.bounding_box()
    assert first is not None
    assert second is not None
    assert first["x"] < second["x"]


async def test_one_who_left_is_told_to_follow_first(
    page: Page, platform: SimulatedPlatform
) -> None:
    await platform.text("zhao", "早")
    await platform.unfollow("zhao")
    zhao = phone(page, "赵德福")
    await zhao.get_by_role("button", name="平安", exact=True).click()
    await expect(zhao.get_by_role("alert")).to_have_text("已经取消关注了，先点关注，再发消息。")
    await zhao.get_by_role("button", name=re.compile("更多")).click()
    await zhao.get_by_role("button", name="关注", exact=True).click()
    await expect(zhao.get_by_text("关注了公众号", exact=True)).to_be_visible()


async def test_the_village_clock_is_on_top(page: Page, clock: HandMovedClock) -> None:
    await expect(page.get_by_role("timer")).to_contain_text("07:00")
    clock.move(hours=12)
    await expect(page.get_by_role("timer")).to_contain_text("19:00")
    await expect(page.get_by_role("timer")).to_contain_text("11月23日 星期一")


@pytest.mark.parametrize("page", [HAND], indirect=True, ids=["hand"])
async def test_in_the_hand_nothing_sticks_out(page: Page, platform: SimulatedPlatform) -> None:
    await platform.text("wang", "很长的一句" * 40 + "x" * 80)
    await open_in_hand(page, "王秀英")
    await phone(page, "王秀英").get_by_role("button", name=re.compile("更多")).click()
    assert await page.evaluate("document.documentElement.scrollWidth") == HAND[0]


async def test_who_wants_no_motion_gets_none(page: Page, platform: SimulatedPlatform) -> None:
    await page.emulate_media(reduced_motion="reduce")
    await platform.text("wang", "平安")
    body = phone(page, "王秀英").locator(".bubble.new .body")
    await expect(body).to_have_css("animation-name", "none")
