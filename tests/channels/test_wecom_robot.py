"""Letters to the coordinators' group: who is called, who is not, and what a refusal means."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiohttp
import pytest
import structlog
from aiohttp.test_utils import TestServer

from bot.channels.wecom_robot import REMEDIES, WecomRobot
from bot.ways_section import WecomRobotSection
from schedules.transport import Outgoing, Remedy, TransportError, Way
from tests.channels.wecom_group import WecomGroups
from tests.clock import HandMovedClock

LI, CHEN = "693a91f6-planted-key-of-lijiagou", "693a91f6-planted-key-of-chenjiawan"

TABLE = {
    -1: Remedy.RETRY,
    40008: Remedy.DEAD,
    40058: Remedy.DEAD,
    44004: Remedy.DEAD,
    45002: Remedy.DEAD,
    45009: Remedy.WAIT,
    45033: Remedy.WAIT,
    93000: Remedy.STOP,
    93004: Remedy.STOP,
    93008: Remedy.STOP,
}


@pytest.fixture
def groups(clock: HandMovedClock) -> WecomGroups:
    return WecomGroups(clock, {LI, CHEN})


@asynccontextmanager
async def robot_of(groups: WecomGroups, **others: object) -> AsyncIterator[WecomRobot]:
    async with TestServer(groups.application()) as server, aiohttp.ClientSession() as session:
        base = server.make_url("/cgi-bin/webhook/send")
        villages = {
            "李家沟": str(base.with_query(key=LI)),
            "陈家湾": str(base.with_query(key=CHEN)),
        }
        written = {"villages": villages, "timeout_seconds": 0.5, **others}
        yield WecomRobot(WecomRobotSection.model_validate(written), session)


@pytest.fixture
async def robot(groups: WecomGroups) -> AsyncIterator[WecomRobot]:
    async with robot_of(groups, mentions={"李家沟": ["13800001111", "zhangzhuren"]}) as robot:
        yield robot


def letter(**others: object) -> Outgoing:
    written = {
        "key": "missed:12:0:1:7",
        "address": "李家沟",
        "text": "王秀英今天没有报平安，请您去看看。",
        "form": "missed",
        "about": "王秀英",
        "when": datetime(2026, 11, 23, 1, 30, tzinfo=UTC),
        "ask": "请您去看看",
        "in_confidence": False,
    }
    return Outgoing(**{**written, **others})  # type: ignore[arg-type]  # mixed on purpose


async def refused(robot: WecomRobot, one: Outgoing) -> TransportError:
    with pytest.raises(TransportError) as refusal:
        await robot.send(one)
    return refusal.value


async def test_an_alarm_calls_the_coordinator_by_name(
    robot: WecomRobot, groups: WecomGroups
) -> None:
    way: Way = robot
    assert (way.name, way.channel, way.needs_window) == ("wecom.robot", "wecom_robot", False)
    assert await way.send(letter()) == ""
    assert groups.written == {
        LI: [
            {
                "msgtype": "text",
                "text": {
                    "content": "王秀英今天没有报平安，请您去看看。",
                    "mentioned_list": ["zhangzhuren"],
                    "mentioned_mobile_list": ["13800001111"],
                },
            }
        ]
    }


async def test_where_nobody_is_named_an_alarm_calls_everybody(
    robot: WecomRobot, groups: WecomGroups
) -> None:
    await robot.send(letter(address="陈家湾", form="emergency"))
    (written,) = groups.written[CHEN]
    assert written["text"]["mentioned_list"] == ["@all"]


async def test_an_all_clear_calls_nobody(robot: WecomRobot, groups: WecomGroups) -> None:
    await robot.send(letter(form="all_clear", text="王秀英平安，请放心。"))
    assert groups.written[LI] == [{"msgtype": "text", "text": {"content": "王秀英平安，请放心。"}}]


async def test_a_digest_is_markdown_and_nobody_s_words_become_a_call(
    robot: WecomRobot, groups: WecomGroups
) -> None:
    await robot.send(letter(form="digest", text="今日平安\n# 王奶奶：<@all> *买药*"))
    (written,) = groups.written[LI]
    assert written == {
        "msgtype": "markdown",
        "markdown": {"content": "今日平安\n＃ 王奶奶：＜@all＞ ＊买药＊"},
    }
    await robot.send(letter(form="all_clear", text="<@all> 平安"))
    assert groups.written[LI][1]["text"]["content"] == "＜@all＞ 平安"


@pytest.mark.parametrize(("form", "characters"), [("missed", 682), ("digest", 1365)])
async def test_a_long_letter_is_cut_between_characters(
    robot: WecomRobot, groups: WecomGroups, form: str, characters: int
) -> None:
    await robot.send(letter(form=form, text="好" * 2000))
    (written,) = groups.written[LI]
    assert written[written["msgtype"]]["content"] == "好" * characters


async def test_what_is_said_in_confidence_never_reaches_a_group(
    robot: WecomRobot, groups: WecomGroups
) -> None:
    assert (await refused(robot, letter(in_confidence=True))).remedy is Remedy.OTHER_WAY
    assert groups.calls == 0


async def test_nothing_goes_to_a_village_without_a_robot(
    robot: WecomRobot, groups: WecomGroups
) -> None:
    for address in ("王家庄", "http://127.0.0.1:9/?key=other", ""):
        assert (await refused(robot, letter(address=address))).remedy is Remedy.OTHER_WAY
    assert groups.calls == 0


async def test_one_robot_may_serve_every_village(groups: WecomGroups) -> None:
    async with TestServer(groups.application()) as server, aiohttp.ClientSession() as session:
        url = str(server.make_url("/cgi-bin/webhook/send").with_query(key=LI))
        robot = WecomRobot(WecomRobotSection.model_validate({"url": url}), session)
        await robot.send(letter(address="王家庄"))
        assert robot.per_minute == 20
    assert len(groups.written[LI]) == 1


async def test_the_twenty_first_of_a_minute_waits(robot: WecomRobot, groups: WecomGroups) -> None:
    assert robot.per_minute == 40
    for _ in range(20):
        await robot.send(letter())
    assert (await refused(robot, letter())).remedy is Remedy.WAIT
    await robot.send(letter(address="陈家湾"))
    assert len(groups.written[LI]) == 20


@pytest.mark.parametrize(("code", "remedy"), [*TABLE.items(), (99999, Remedy.DEAD)])
async def test_each_refusal_has_its_remedy(groups: WecomGroups, code: int, remedy: Remedy) -> None:
    groups.refuses = code
    async with TestServer(groups.application()) as server, aiohttp.ClientSession() as session:
        url = str(server.make_url("/cgi-bin/webhook/send").with_query(key=LI))
        robot = WecomRobot(WecomRobotSection.model_validate({"url": url}), session)
        error = await refused(robot, letter())
    assert (error.remedy, str(error)) == (remedy, f"wecom robot refused with {code}")
    assert groups.calls == 1


async def test_a_robot_that_is_gone_does_not_silence_the_other_villages(
    robot: WecomRobot, groups: WecomGroups
) -> None:
    groups.keys.discard(LI)
    with structlog.testing.capture_logs() as logged:
        assert (await refused(robot, letter())).remedy is Remedy.OTHER_WAY
    assert [entry["village"] for entry in logged] == ["李家沟"]
    await robot.send(letter(address="陈家湾"))


@pytest.mark.parametrize(
    ("status", "remedy"), [(500, Remedy.RETRY), (503, Remedy.RETRY), (302, Remedy.DEAD)]
)
async def test_a_crash_is_tried_again_and_a_redirect_is_not_followed(
    robot: WecomRobot, groups: WecomGroups, status: int, remedy: Remedy
) -> None:
    groups.status = status
    assert (await refused(robot, letter())).remedy is remedy
    assert groups.calls == 1


async def test_the_key_is_never_told(robot: WecomRobot, groups: WecomGroups) -> None:
    told = [repr(robot), str(vars(robot))]
    with structlog.testing.capture_logs() as logged:
        for code in (93000, 99999, 40058):
            groups.refuses = code
            error = await refused(robot, letter())
            told += [repr(error), str(error.__cause__), str(error.__context__)]
    assert "planted" not in f"{told} {logged}"
    assert "王秀英" not in f"{told} {logged}"


async def test_a_far_end_that_is_gone_is_tried_again_and_not_named() -> None:
    url = f"http://127.0.0.1:9/?key={LI}"
    async with aiohttp.ClientSession() as session:
        robot = WecomRobot(WecomRobotSection.model_validate({"url": url}), session)
        error = await refused(robot, letter())
    assert error.remedy is Remedy.RETRY
    assert "planted" not in repr(error) + str(error.__context__)


def test_every_code_of_the_table_is_a_story_here() -> None:
    assert REMEDIES.keys() == TABLE.keys()
