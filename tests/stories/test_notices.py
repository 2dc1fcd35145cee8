"""Notices by consent: she agrees on her phone, and the ledger knows it; her word is final."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.simulator.envelope import Fields
from storage import letters, subscriptions, windows
from storage.letters import LetterState, NewLetter, Outcome, Urgency
from tests.databases import clear_at
from tests.village import Village, open_village

MISSED, CLEAR = "notice-missed", "notice-all-clear"


@pytest.fixture
async def village(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Village]:
    monkeypatch.setenv("SHOUWANG_WECHAT__SUBSCRIPTIONS__MISSED", MISSED)
    monkeypatch.setenv("SHOUWANG_WECHAT__SUBSCRIPTIONS__ALL_CLEAR", CLEAR)
    await clear_at(database_url)
    async with open_village(database_url, tmp_path, "wechat") as village:
        await village.settle()
        yield village


async def agreed(village: Village, person: str) -> dict[str, int]:
    async with village.database.writing() as session:
        left = await subscriptions.left(session, [("wechat", person)])
    return left.get(("wechat", person), {})


async def test_the_daughter_agrees_to_one_notice_of_each_kind(village: Village) -> None:
    delivery = await village.platform.answer_notices("xiaomei", {MISSED: True, CLEAR: True})
    assert (delivery.attempts, delivery.reply) == (1, "")
    assert await agreed(village, "xiaomei") == {"missed": 1, "all_clear": 1}
    assert await agreed(village, "dashan") == {}


async def test_the_same_answer_delivered_twice_is_one_consent(village: Village) -> None:
    await village.platform.answer_notices("xiaomei", {MISSED: True})
    await village.platform.answer_notices("xiaomei", {MISSED: True})
    assert await agreed(village, "xiaomei") == {"missed": 1}
    village.clock.move(seconds=1)
    await village.platform.answer_notices("xiaomei", {MISSED: True})
    assert await agreed(village, "xiaomei") == {"missed": 2}


async def test_declining_once_more_takes_nothing_back(village: Village) -> None:
    await village.platform.answer_notices("xiaomei", {MISSED: True})
    village.clock.move(seconds=1)
    await village.platform.answer_notices("xiaomei", {MISSED: False})
    assert await agreed(village, "xiaomei") == {"missed": 1}


async def test_switching_notices_off_takes_back_what_was_given(village: Village) -> None:
    await village.platform.answer_notices("xiaomei", {MISSED: True, CLEAR: True})
    village.clock.move(seconds=1)
    await village.platform.refuse_notices("xiaomei", MISSED)
    assert await agreed(village, "xiaomei") == {"all_clear": 1}


@pytest.mark.parametrize(
    ("code", "status", "became"),
    [(0, "success", LetterState.DELIVERED), (1, "user block", LetterState.FAILED)],
)
async def test_the_fate_of_a_notice_moves_its_letter(
    village: Village, code: int, status: str, became: LetterState
) -> None:
    now = village.clock.now()
    notice = NewLetter(key="n", kind="needs_word", urgency=Urgency.NOTICE, recipient_id="xiaomei")
    async with village.database.writing() as session:
        await letters.write(session, [notice], now)
        (held,) = await letters.due(session, now, [Urgency.NOTICE], 1)
        await letters.take(session, [held.id], now, timedelta(seconds=60))
        sent = Outcome(id=held.id, state=LetterState.SENT, far_id="2794188253209100289")
        await letters.settle(session, [sent], now)
    fate: Fields = {
        "TemplateId": MISSED,
        "MsgID": 2794188253209100289,
        "ErrorCode": code,
        "ErrorStatus": status,
    }
    event = "subscribe_msg_sent_event"
    await village.platform.event("xiaomei", event, {"SubscribeMsgSentEvent": [fate]})
    (letter,) = await village.letters("needs_word")
    assert letter.state == became


async def test_a_consent_the_platform_no_longer_knows_is_forgotten_and_the_alarm_goes_on(
    village: Village,
) -> None:
    await village.platform.answer_notices("xiaomei", {MISSED: True})
    village.platform.refuse("message/template/send", 48004, None)
    village.platform.refuse("message/subscribe/bizsend", 43101, None)
    async with village.database.writing() as session:
        await windows.shut(session, [("wechat", "xiaomei")])
    await village.all_well_but("wang")
    await village.until("09:46")
    assert await agreed(village, "xiaomei") == {}
    assert village.platform.calls("message/subscribe/bizsend") == 1
    (hers,) = [one for one in await village.letters("alarm") if one.recipient_id == "xiaomei"]
    assert hers.way == "wechat.message"  # an alarm knocks last at the window that seemed shut
