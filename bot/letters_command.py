"""`shouwang letters`: what became of a letter, and why it goes the way it goes."""

import asyncio
from collections.abc import Iterator
from datetime import datetime

import aiohttp
import click

from bot.app import letter_ways, make_clock
from bot.command import configured, open_database
from bot.config import Config
from handlers.features import PAPERS
from schedules.explaining import Explained, explain
from schedules.planner import Because, Look
from storage.letter_lives import LetterLife
from storage.letters import LetterState
from storage.rules import VILLAGE_TIME

STATES = {
    LetterState.QUEUED: "等着发",
    LetterState.SENDING: "正在发",
    LetterState.SENT: "发出了",
    LetterState.DELIVERED: "送到了",
    LetterState.FAILED: "没送到",
    LetterState.WITHDRAWN: "撤回了",
    LetterState.EXPIRED: "过期了",
}
WAYS = {
    "wechat.message": "微信消息",
    "wechat.template": "微信模板消息",
    "wechat.subscription": "微信订阅通知",
    "wecom.app": "企业微信",
    "wecom.robot": "企业微信群",
    "sms": "短信",
    "simulator": "模拟手机",
}


@click.group("letters")
def letters_group() -> None:
    """一封信的来龙去脉。"""


@letters_group.command()
@click.argument("letter")
@configured
def why(config: Config, letter: str) -> None:
    """说明 LETTER（信的编号或键）经过了什么，现在会走哪条路，为什么。"""
    explained = asyncio.run(_explain(config, int(letter) if letter.isdecimal() else letter))
    if explained is None:
        raise click.ClickException(f"没有这封信：{letter}")
    for line in lines(explained):
        click.echo(line)


async def _explain(config: Config, letter: int | str) -> Explained | None:
    clock = make_clock(config)
    async with (
        open_database(config) as database,
        aiohttp.ClientSession() as http,
        database.reading() as session,
    ):
        ways = letter_ways(config, http, clock)
        return await explain(session, letter, PAPERS, ways, clock.now(), config.rules.letters)


def lines(explained: Explained) -> Iterator[str]:
    """Tell a letter's life and its plan, a line each, without anybody's name or words."""
    life, letter = explained.life, explained.life.letter
    state = STATES[LetterState(letter.state)]
    yield f"信 {letter.id}（{letter.key}）给 {letter.recipient_id}：{state}"
    yield f"  {_hour(letter.written_at)} 写好，等级 {letter.urgency}"
    yield from _what_happened(life)
    if letter.state == LetterState.QUEUED:
        yield f"  {_hour(letter.due_at)} 再发"
    yield "现在会这样走："
    yield from (f"  {_look(look)}" for look in explained.plan.looks)
    if not explained.plan.steps:
        back = explained.plan.back
        yield f"  现在不发，等到{_hour(back)}" if back else "  没有能用的联系办法"


def _what_happened(life: LetterLife) -> Iterator[str]:
    letter = life.letter
    for refusal in life.refusals:
        yield f"  {_hour(refusal.at)} 第{refusal.number}次，{_way(refusal.way)}不收：{refusal.why}"
    if letter.repeated:
        yield "  发的时候断过一次，可能到了两遍，标了重复提醒"
    if letter.sent_at is not None:
        beside = f"，和 {life.beside} 合成一条" if life.beside else ""
        yield f"  {_hour(letter.sent_at)} 由{_way(letter.way)}发出{beside}"
    if life.answered_at is not None:
        yield f"  {_hour(life.answered_at)} 收信人答应去看"
    if letter.reason:
        yield f"  {letter.reason}"


def _look(look: Look) -> str:
    until = f"，到{_hour(look.until)}" if look.until else ""
    left = f"，还能发{look.left}条" if look.left else ""
    taken = look.because in (Because.ALWAYS, Because.WINDOW, Because.CONSENT, Because.KNOCK)
    return f"{'✓' if taken else '✗'} {_way(look.way)}：{look.because}{until}{left}"


def _way(name: str) -> str:
    return WAYS.get(name, name)


def _hour(moment: datetime) -> str:
    return f"{moment.astimezone(VILLAGE_TIME):%m-%d %H:%M:%S}"
