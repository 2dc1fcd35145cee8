"""Two houses on one PostgreSQL: they share the work, and nobody hears anything twice."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from sqlalchemy import func, select

from bot.app import House, open_house
from bot.simulator.courier import Courier
from bot.simulator.platform import PlatformLimits, SignedPush
from handlers.features import PAPERS
from schedules.delivery import REPEATED, Delivery
from schedules.transport import FreeWords, Outgoing
from storage import letters
from storage.checkins import Expectation, SignOfLife, State
from storage.database import Database
from storage.incidents import ALARM, CLEAR, Incident
from storage.letters import GONE_OUT, Letter, LetterState, NewLetter, Urgency
from storage.people import Identity
from storage.rules import Rules
from tests.durability.pushes import text_push
from tests.village import CAST, Village, open_village

PHONES = [person for person, *_, has_phone in CAST if has_phone]
ELDERS = ("wang", "chen", "sun", "laosi")


class TwoNodes(Village):
    """A village with two houses at its service; every bell rings in both at once."""

    def __init__(self, one: Village, other: House, urls: tuple[str, str]) -> None:
        super().__init__(one.house, one.clock, one.platform, one.channel)
        self.houses = (one.house, other)
        self._urls = urls
        self._courier = Courier(one.platform.account, PlatformLimits(deliveries=1))

    async def ring(self) -> None:
        now = self.clock.now()
        bells = [round_ for house in self.houses for _, round_ in house.rounds.values()]
        await asyncio.gather(*(round_(now) for round_ in bells))

    def push(self, person: str, words: str, number: int) -> SignedPush:
        return text_push(self.platform.account, person, words, number, self.clock.now())

    async def deliver_to_both(self, pushes: list[SignedPush], dice: random.Random) -> list[str]:
        """Deliver each push to both houses at once, in another order to each.

        Returns what was said back to each; fails where the houses differ.
        """
        heard: list[dict[int, str]] = [{}, {}]

        async def deliver(node: int, place: int) -> None:
            delivery = await self._courier.deliver(self._urls[node], pushes[place])
            assert not delivery.shown_fault, delivery.complaint
            heard[node][place] = delivery.reply

        orders = [dice.sample(range(len(pushes)), len(pushes)) for _ in self._urls]
        await asyncio.gather(
            *(deliver(node, place) for node, order in enumerate(orders) for place in order)
        )
        assert heard[0] == heard[1]
        return [heard[0][place] for place in range(len(pushes))]

    async def close(self) -> None:
        await self._courier.close()


@pytest.fixture
async def nodes(empty_postgres_url: str, tmp_path: Path) -> AsyncIterator[TwoNodes]:
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(open_village(empty_postgres_url, tmp_path, "wechat"))
        other = await stack.enter_async_context(open_house(one.house.config, one.clock))
        server = await stack.enter_async_context(TestServer(other.web))
        urls = (one.platform.webhook_url, str(server.make_url("/wechat")))
        nodes = TwoNodes(one, other, urls)
        stack.push_async_callback(nodes.close)
        await nodes.settle()
        yield nodes


# --- mornings


async def test_the_daughter_is_never_told_twice(nodes: TwoNodes) -> None:
    for _ in range(3):
        await nodes.until("04:30")
        await nodes.all_well_but("wang", "chen")
        await nodes.until("10:20")
        for elder in ("wang", "chen"):
            *_, incident = await nodes.incidents(elder)
            await nodes.says("dashan", f"手机坏 {incident.number}")
        await nodes.until("10:25")
    await _each_silence_is_one_incident(nodes)
    await _each_letter_was_handed_over_once(nodes)
    to_her = [one for one in await nodes.letters(ALARM) if one.recipient_id == "xiaomei"]
    assert len(to_her) == 3
    assert len([one for one in nodes.heard("xiaomei") if "王秀英" in one]) == 6  # and all-clears


async def _each_silence_is_one_incident(nodes: TwoNodes) -> None:
    async with nodes.database.reading() as session:
        missed = await session.scalar(
            select(func.count()).select_from(Expectation).where(Expectation.state == State.MISSED)
        )
        opened = await session.scalar(select(func.count()).select_from(Incident))
    assert missed == opened == 6


async def _each_letter_was_handed_over_once(nodes: TwoNodes) -> None:
    async with nodes.database.reading() as session:
        gone = await session.scalars(
            select(Letter.recipient_id).where(
                Letter.state.in_(GONE_OUT), Letter.carried_with.is_(None)
            )
        )
        expected = Counter(gone)
    said = nodes.platform.sent("message/custom/send")
    cards = nodes.platform.sent("message/template/send")
    handed_over = Counter(call["touser"] for call in [*said, *cards])
    assert handed_over == expected
    assert {person: len(nodes.heard(person)) for person in expected} == expected


async def test_both_houses_agree_who_goes(nodes: TwoNodes) -> None:
    await nodes.all_well_but("wang")
    await nodes.until("09:31")
    (incident,) = await nodes.incidents("wang")
    pushes = [
        nodes.push(helper, f"我去 {incident.number}", 900) for helper in ("dashan", "liushen")
    ]
    replies = await nodes.deliver_to_both(pushes, random.Random(1))  # noqa: S311
    assert sum("托付给您了" in reply for reply in replies) == 1
    await nodes.until("09:33")
    assert len(await nodes.letters("promised")) == 1


# --- messages


async def test_a_message_brought_to_both_houses_is_one_message(nodes: TwoNodes) -> None:
    await nodes.until("06:10")
    dice = random.Random(20261123)  # noqa: S311 - seeded order
    said = ("1", "难受", "俺家老母鸡又下了俩蛋")
    for number in range(6):
        words = said[number % len(said)]
        pushes = [nodes.push(person, words, number) for person in PHONES]
        replies = await nodes.deliver_to_both(pushes, dice)
        assert all("小毛病" not in reply for reply in replies)
        nodes.clock.move(minutes=1)
    assert [house.desk.troubled for house in nodes.houses] == [0, 0]
    async with nodes.database.reading() as session:
        signs = await session.execute(
            select(SignOfLife.elder_id, func.count()).group_by(SignOfLife.elder_id)
        )
        assert dict(signs.all()) == dict.fromkeys(ELDERS, 6)
    care = [one for one in await nodes.letters("needs_word") if one.detail == {"need": "care"}]
    assert len(care) == 2 * len(ELDERS)


# --- letters


class Carrier(FreeWords):
    """A far end that counts what it is handed; it may fall silent."""

    name = "wechat.message"
    channel = "wechat"

    def __init__(self, *, silent: bool = False) -> None:
        self.carried: list[Outgoing] = []
        self.reached = asyncio.Event()
        self._silent = silent

    async def send(self, letter: Outgoing) -> str:
        self.carried.append(letter)
        self.reached.set()
        if self._silent:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        return ""


@asynccontextmanager
async def _second(database: Database) -> AsyncIterator[Database]:
    """The same database as another node opens it; on SQLite there is none beside us."""
    if database.is_sqlite:
        yield database
        return
    other = Database(database.url.render_as_string(hide_password=False))
    yield other
    await other.dispose()


LETTERS = 20_000 if os.environ.get("SHOUWANG_SOAK") else 1_000


async def _write(village: Village, number: int) -> None:
    async with village.database.writing() as session:
        await letters.write(
            session,
            [
                NewLetter(
                    key=f"needs_word:{one}",
                    kind="needs_word",
                    urgency=Urgency.ALARM,
                    recipient_id="dashan",
                    about_id="wang",
                    detail={"need": "care"},
                )
                for one in range(number)
            ],
            village.clock.now(),
        )


async def _states(village: Village) -> Counter[str]:
    return Counter(one.state for one in await village.letters("needs_word"))


@pytest.mark.timeout(120 if LETTERS < 20_000 else 1_800)
async def test_all_letters_are_shared_and_each_goes_once(village: Village) -> None:
    await _write(village, LETTERS)
    carrier, rules, now = Carrier(), Rules().letters, village.clock.now()
    async with _second(village.database) as other:
        deliveries = [
            Delivery(database, rules, PAPERS, [carrier]) for database in (village.database, other)
        ]
        while any(await asyncio.gather(*(one.carry_all(now) for one in deliveries))):
            pass
    assert Counter(letter.key for letter in carrier.carried) == {
        f"needs_word:{one}": 1 for one in range(LETTERS)
    }
    assert await _states(village) == {LetterState.SENT: LETTERS}


async def test_who_dies_with_letters_in_hand_leaves_them_to_the_other_who_says_so(
    village: Village,
) -> None:
    await _write(village, 3)
    dying, carrier, now = Carrier(silent=True), Carrier(), village.clock.now()
    rules = Rules().letters
    task = asyncio.create_task(Delivery(village.database, rules, PAPERS, [dying]).carry_all(now))
    await dying.reached.wait()
    task.cancel()
    async with _second(village.database) as other:
        heir = Delivery(other, rules, PAPERS, [carrier])
        assert await heir.carry_all(now + timedelta(seconds=59)) == 0
        assert await heir.carry_all(now + timedelta(seconds=61)) == 3
    assert all(letter.text.startswith(REPEATED) for letter in carrier.carried)
    assert [letter.key for letter in carrier.carried] == [one.key for one in dying.carried]
    assert await _states(village) == {LetterState.SENT: 3}


async def test_an_all_clear_is_owed_to_whom_a_dying_house_may_have_told(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("09:29")
    village.clock.move(minutes=1)
    for name in ("expecting", "climbing"):
        await village.house.rounds[name][1](village.clock.now())
    dying = Carrier(silent=True)
    delivery = Delivery(village.database, Rules().letters, PAPERS, [dying])
    task = asyncio.create_task(delivery.carry_all(village.clock.now()))
    await dying.reached.wait()
    task.cancel()
    await village.says("wang", "忘了手机了，我好着呢")
    await village.until("09:33")
    assert {one.recipient_id for one in await village.letters(CLEAR)} == {"liushen", "dashan"}
    for told in ("liushen", "dashan"):
        assert village.heard(told)[-1] == "放心吧，王秀英自己报平安了。"


async def test_a_phone_lost_on_one_node_is_lost_on_both(nodes: TwoNodes) -> None:
    await nodes.until("06:10")
    await nodes.platform.unfollow("xiaomei")
    await nodes.all_well_but("wang")
    await nodes.until("09:47")
    async with nodes.database.reading() as session:
        identity = await session.get_one(Identity, ("wechat", "xiaomei"))
    assert not identity.reachable
    assert any("王秀英" in words for words in nodes.heard("zhang"))
    assert [one for one in await nodes.letters(ALARM) if one.recipient_id == "xiaomei"] == []
