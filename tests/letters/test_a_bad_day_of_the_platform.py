"""What becomes of letters when the platform has a bad day, told through the whole house."""

import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from bot.simulator.platform import Api
from schedules.delivery import REPEATED
from storage import letters, windows
from storage.letters import Letter, LetterState, NewLetter, Urgency
from storage.people import Identity, Person, PersonRole, Role, Tie, TieKind
from tests.databases import clear_at
from tests.village import CAST, Village, open_village

PHONES = [person for person, *_, has_phone in CAST if has_phone]
LETTERS = 5_000 if os.environ.get("SHOUWANG_SOAK") else 400
ARRIVED = {LetterState.SENT, LetterState.DELIVERED}
CHAT: Api = "message/custom/send"
CARD: Api = "message/template/send"


@pytest.fixture
async def village(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Village]:
    await clear_at(sqlite_url)
    async with open_village(sqlite_url, tmp_path, "wechat") as village:
        await village.settle()
        await village.until("06:45")
        yield village


async def write(
    village: Village,
    *keys: str,
    to: str = "dashan",
    urgency: Urgency = Urgency.ALARM,
    expires_in: timedelta | None = None,
) -> None:
    now = village.clock.now()
    async with village.database.writing() as session:
        await letters.write(
            session,
            [
                NewLetter(
                    key=key,
                    kind="needs_word",
                    urgency=urgency,
                    recipient_id=to,
                    about_id="wang",
                    detail={"need": "care"},
                    expires_at=now + expires_in if expires_in else None,
                )
                for key in keys
            ],
            now,
        )


async def letter(village: Village, key: str) -> Letter:
    return next(one for one in await village.letters("needs_word") if one.key == key)


async def carry(village: Village, **how_far: float) -> None:
    """Let time pass, and then let whatever is due be carried."""
    village.clock.move(**how_far)
    await village.house.delivery.carry_all(village.clock.now())


async def shut_all_windows(village: Village) -> None:
    async with village.database.writing() as session:
        await windows.shut(session, [("wechat", person) for person in PHONES])


# --- each line of the error table (WECHAT.md)


@pytest.mark.parametrize("trouble", [-1, 500, 502])
async def test_a_busy_platform_is_asked_again_after_a_little_while(
    village: Village, trouble: int
) -> None:
    refuse = village.platform.refuse if trouble < 0 else village.platform.http_error
    refuse(CHAT, trouble, 1)
    await write(village, "one")
    await carry(village)
    waiting = await letter(village, "one")
    assert (waiting.state, waiting.reason) == (LetterState.QUEUED, "平台一直忙")
    assert waiting.due_at > village.clock.now()
    await carry(village, seconds=15)
    assert (await letter(village, "one")).state == LetterState.SENT


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_a_refused_token_is_fetched_once_and_the_letter_goes(
    village: Village, code: int
) -> None:
    fetched = village.platform.calls("stable_token")
    village.platform.refuse(CHAT, code, 1)
    await write(village, "one")
    await carry(village)
    assert (await letter(village, "one")).state == LetterState.SENT
    assert village.platform.calls("stable_token") <= fetched + 2


async def test_a_token_that_is_never_taken_rests_the_way_and_tells_the_operator_once(
    village: Village,
) -> None:
    village.platform.reject_every_token()
    await write(village, *(f"one{number}" for number in range(30)))
    with capture_logs() as told:
        for _ in range(10):
            await carry(village, minutes=1)
    rests = Counter(one["way"] for one in told if one["event"] == "way_rests")
    assert rests == {"wechat.message": 1, "wechat.template": 1}
    assert village.platform.calls("stable_token") < 120
    village.platform.heal()
    await carry(village, minutes=6)
    await carry(village, minutes=6)
    assert {one.state for one in await village.letters("needs_word")} <= ARRIVED


@pytest.mark.parametrize("code", [40164, 48001, 48004, 50002])
async def test_where_the_account_may_not_chat_an_alarm_goes_as_a_card(
    village: Village, code: int
) -> None:
    village.platform.refuse(CHAT, code, None)
    await write(village, "one")
    await carry(village)
    one = await letter(village, "one")
    assert one.state in ARRIVED
    assert one.way == "wechat.template"
    assert village.platform.calls(CHAT) == 1
    await write(village, "two")
    await carry(village, seconds=30)
    assert (await letter(village, "two")).way == "wechat.template"
    assert village.platform.calls(CHAT) == 1, "a way that may not be used is left in peace"


@pytest.mark.parametrize("code", [40003, 43004])
async def test_who_is_not_there_is_not_tried_again(village: Village, code: int) -> None:
    village.platform.refuse(CHAT, code, None)
    await write(village, "one")
    await carry(village)
    one = await letter(village, "one")
    assert (one.state, one.reason) == (LetterState.FAILED, "没关注公众号，送不到")


@pytest.mark.parametrize("code", [45015, 45047])
async def test_a_shut_window_changes_the_way_and_is_not_knocked_at_again(
    village: Village, code: int
) -> None:
    village.platform.refuse(CHAT, code, None)
    await write(village, "one", "two", urgency=Urgency.NOTICE)
    await carry(village)
    await carry(village, seconds=30)
    ways = [(await letter(village, key)).way for key in ("one", "two")]
    assert ways == ["wechat.template", "wechat.template"]
    assert village.platform.calls(CHAT) == 1


async def test_a_used_quota_pauses_that_way_until_midnight(village: Village) -> None:
    await shut_all_windows(village)
    village.platform.refuse(CARD, 45009, None)
    await write(village, "one", urgency=Urgency.NOTICE)
    await carry(village)
    await carry(village, minutes=2)
    asked = village.platform.calls(CARD)
    await carry(village, hours=10)
    assert village.platform.calls(CARD) == asked
    village.platform.heal()
    await carry(village, hours=14)  # past midnight, and past the quiet hours
    assert (await letter(village, "one")).state in ARRIVED


async def test_too_many_in_one_minute_wait_for_the_next(village: Village) -> None:
    village.platform.refuse(CHAT, 45011, 1)
    await write(village, "one")
    await carry(village)
    await carry(village, seconds=59)
    assert (await letter(village, "one")).state == LetterState.QUEUED
    await carry(village, seconds=2)
    assert (await letter(village, "one")).state == LetterState.SENT


@pytest.mark.parametrize("code", [47003, 40037])
async def test_a_card_that_the_platform_does_not_take_is_a_dead_letter(
    village: Village, code: int
) -> None:
    await shut_all_windows(village)
    village.platform.refuse(CARD, code, None)
    await write(village, "one", urgency=Urgency.NOTICE)
    await carry(village)
    one = await letter(village, "one")
    assert (one.state, one.reason) == (LetterState.FAILED, "平台不收这样的内容")


# --- and the whole of it


async def test_a_platform_that_is_always_busy_gets_few_calls_and_loses_no_alarm(
    village: Village,
) -> None:
    for api in (CHAT, CARD):
        village.platform.refuse(api, -1, None)
    await write(village, *(f"one{number}" for number in range(50)))
    for _ in range(120):
        await carry(village, seconds=30)
    assert {one.state for one in await village.letters("needs_word")} == {LetterState.QUEUED}
    assert village.platform.calls(CHAT) + village.platform.calls(CARD) < 200
    village.platform.heal()
    for _ in range(20):
        await carry(village, seconds=30)
    sent = await village.letters("needs_word")
    assert {one.state for one in sent} <= ARRIVED
    assert not any(one.repeated for one in sent)


@pytest.mark.parametrize(
    ("waited", "way"), [(timedelta(seconds=299), ""), (timedelta(seconds=301), "wechat.template")]
)
async def test_an_alarm_takes_the_next_way_when_it_has_waited_five_minutes(
    village: Village, waited: timedelta, way: str
) -> None:
    village.platform.refuse(CHAT, -1, None)
    await write(village, "one")
    await carry(village)
    assert (await letter(village, "one")).state == LetterState.QUEUED
    async with village.database.writing() as session:
        await session.execute(update(Letter).values(due_at=village.clock.now()))
    village.clock.move_to((await letter(village, "one")).written_at + waited)
    await carry(village)
    assert (await letter(village, "one")).way == way


@contextmanager
def down(village: Village) -> Iterator[None]:
    for api in (CHAT, CARD):
        village.platform.http_error(api, 502, None)
    yield
    village.platform.heal()


@pytest.mark.timeout(120 if LETTERS < 5_000 else 1_800)
async def test_after_ten_minutes_down_all_that_still_matters_arrives_alarms_first(
    village: Village,
) -> None:
    """Letters of all three classes to all phones; reminders are worthless after five minutes."""
    third = LETTERS // 3
    classes = {
        Urgency.REMINDER: timedelta(minutes=5),
        Urgency.NOTICE: None,
        Urgency.ALARM: None,
    }
    with down(village):
        for urgency, expires_in in classes.items():
            for number, person in enumerate(PHONES):
                keys = [f"{urgency}:{one}" for one in range(number, third, len(PHONES))]
                await write(village, *keys, to=person, urgency=urgency, expires_in=expires_in)
        for _ in range(20):
            await carry(village, seconds=30)
        assert village.platform.sent(CHAT) == village.platform.sent(CARD) == []
    for _ in range(third // len(PHONES) + 30):
        await carry(village, seconds=21)
    written = await village.letters("needs_word")
    alarms, notices, reminders = (
        [one for one in written if one.urgency == urgency] for urgency in Urgency
    )
    assert {one.state for one in alarms} <= ARRIVED
    assert {one.state for one in reminders} == {LetterState.EXPIRED}
    assert {one.state for one in notices} <= {*ARRIVED, LetterState.FAILED}
    assert _first_sent(alarms) <= _first_sent(notices)
    heard = [words for person in PHONES for words in village.heard(person)]
    assert not any(words.startswith(REPEATED) for words in heard)
    assert len([words for words in heard if "王秀英" in words]) == len(
        [one for one in (*alarms, *notices) if one.state in ARRIVED]
    )


def _first_sent(sent: Sequence[Letter]) -> datetime:
    return min(one.sent_at for one in sent if one.sent_at)


async def test_a_ban_in_mid_storm_sends_the_rest_another_way_and_tells_once(
    village: Village,
) -> None:
    await shut_all_windows(village)
    await write(village, *(f"before{number}" for number in range(10)))
    await carry(village)
    village.platform.refuse(CARD, 48004, None)
    for person in PHONES:
        village.platform.wrote_earlier(person, village.clock.now())
    await write(village, *(f"after{number}" for number in range(3)), to="liushen")
    with capture_logs() as told:
        for _ in range(5):
            await carry(village, seconds=70)
    ways = {one.key: one.way for one in await village.letters("needs_word")}
    assert {way for key, way in ways.items() if key.startswith("before")} == {"wechat.template"}
    assert {way for key, way in ways.items() if key.startswith("after")} == {"wechat.message"}
    assert len([one for one in told if one["event"] == "way_rests"]) == 1


async def test_the_daughter_has_left_and_the_son_then_the_leader_hears_of_it(
    village: Village,
) -> None:
    await village.now_all_are_heard_but("wang")
    village.platform.refuse(CHAT, 45015, None)
    village.platform.template_outcome("xiaomei", "failed:user block")
    await village.until("09:46")
    await village.platform.at_rest()
    states = {one.recipient_id: one.state for one in await village.letters("alarm")}
    assert states["xiaomei"] == LetterState.FAILED
    assert states["zhang"] in ARRIVED
    await village.until("09:47")
    told = {one.recipient_id: one.actor_id for one in await village.letters("unreached")}
    assert told == {"dashan": "xiaomei"}


async def test_daughter_and_son_have_both_left_and_the_leader_hears_of_each(
    village: Village,
) -> None:
    """She has really unfollowed, and we know; of him the platform tells us only when we write."""
    async with village.database.writing() as session:
        session.add(Person(id="son", name="王小强", gender="male", village_id=1))
        await session.flush()
        session.add(PersonRole(person_id="son", role=Role.FAMILY))
        session.add(Tie(elder_id="wang", person_id="son", kind=TieKind.FAMILY))
        session.add(
            Identity(
                channel="wechat", address="son", person_id="son", paired_at=village.clock.now()
            )
        )
    await village.now_all_are_heard_but("wang")
    await village.platform.unfollow("xiaomei")
    await village.until("09:46")
    states = {one.recipient_id: one.state for one in await village.letters("alarm")}
    assert "xiaomei" not in states
    assert states["son"] == LetterState.FAILED
    assert {states["dashan"], states["zhang"]} <= ARRIVED
    await village.until("09:48")
    told = {one.recipient_id: one.actor_id for one in await village.letters("unreached")}
    assert told == {"dashan": "son"}
