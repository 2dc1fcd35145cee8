"""The desk keeps its word: one effect and one reply, whatever is repeated, broken or cut off."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, text

from handlers.desk import TROUBLE, Desk
from handlers.features import ROUTERS
from handlers.hearing import Hearing
from handlers.message import Kind, LostError, Message, Reply
from handlers.router import Router, says
from handlers.turn import Turn
from storage.checkins import SignOfLife
from storage.database import Database
from storage.inbox import Handled
from storage.letters import Letter
from storage.people import Tie, TieKind
from tests.durability.pushes import text_push, text_xml
from tests.query_plans import statements_noted, walks
from tests.village import CAST, Village, open_village

WELL = "王奶奶，记下了，您今天平安。"
EVERYBODY = [person for person, *_, has_phone in CAST if has_phone]
ELDERS = ["wang", "chen", "sun", "laosi"]
NOBODY = "nobody"


def message(village: Village, person: str, words: str, number: int = 1) -> Message:
    return Message(
        channel="wechat",
        key=f"{person}|{number}",
        sender=person,
        kind=Kind.TEXT,
        at=village.clock.now(),
        text=words,
    )


async def count(database: Database, table: type[SignOfLife | Letter | Handled]) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


@contextmanager
def commits_counted(database: Database) -> Iterator[list[None]]:
    """Gain an item with each transaction that is committed."""
    commits: list[None] = []

    def note(_connection: object) -> None:
        commits.append(None)

    event.listen(database.engine.sync_engine, "commit", note)
    yield commits
    event.remove(database.engine.sync_engine, "commit", note)


class Gate:
    """A feature that keeps whoever says 等 waiting until it is opened, transaction and all."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()
        self.router = Router("gate")
        self.router.when(says("等"))(self._wait)

    async def _wait(self, _turn: Turn) -> Reply:
        self.reached.set()
        await self.opened.wait()
        return Reply("等到了")


@cache
def _hearing() -> Hearing:
    return Hearing.load()


@asynccontextmanager
async def desk_of(village: Village, *routers: Router) -> AsyncIterator[Desk]:
    """A desk like the house's own, with features of the story's in front."""
    rules = village.house.config.rules
    desk = Desk(village.database, rules, [*routers, *ROUTERS], _hearing())
    yield desk
    await desk.close()


async def deliver_again(village: Village, person: str, words: str, number: int) -> str:
    """Deliver a message as the platform does, by its number, and return what is said back."""
    xml = text_xml(village.platform.account, person, words, number, village.clock.now())
    delivery = await village.platform.push_xml(person, xml)
    assert delivery.attempts == 1, delivery.complaint
    return delivery.reply


# --- delivered more than once


async def test_three_deliveries_one_effect_same_reply(village: Village) -> None:
    await village.until("06:10")
    heard = [await deliver_again(village, "wang", "难受", 7) for _ in range(3)]
    assert "李大山" in heard[0]
    assert heard == [heard[0]] * 3
    assert await count(village.database, SignOfLife) == 1
    assert len(await village.letters("needs_word")) == 1


async def test_three_deliveries_at_the_same_moment_are_one(village: Village) -> None:
    await village.until("06:10")
    heard = await asyncio.gather(
        *(deliver_again(village, "wang", "难受", 7) for _ in range(3)),
        *(village.house.desk.answer(message(village, "wang", "难受", 7)) for _ in range(3)),
    )
    (said_back,) = {one.text if isinstance(one, Reply) else one for one in heard}
    assert "李大山" in str(said_back)
    assert await count(village.database, SignOfLife) == 1
    assert len(await village.letters("needs_word")) == 1


async def test_a_delivery_after_a_restart_is_known_and_answered_alike(
    empty_database_url: str, tmp_path: Path
) -> None:
    async with open_village(empty_database_url, tmp_path, "wechat") as before:
        await before.settle()
        await before.until("06:10")
        first = await deliver_again(before, "wang", "难受", 7)
    async with open_village(empty_database_url, tmp_path, "wechat") as after:
        after.clock.move_to(before.clock.now())
        assert await deliver_again(after, "wang", "难受", 7) == first
        assert await count(after.database, SignOfLife) == 1
        assert len(await after.letters("needs_word")) == 1


async def test_a_message_that_got_no_answer_gets_none_the_second_time(village: Village) -> None:
    silent = Router("silent")

    @silent.when(says("悄悄"))
    async def say_nothing(_turn: Turn) -> None:
        return None

    async with desk_of(village, silent) as desk:
        assert await desk.answer(message(village, "wang", "悄悄")) is None
        assert await desk.answer(message(village, "wang", "悄悄")) is None
    assert await count(village.database, SignOfLife) == 1


async def test_two_elders_with_the_same_number_said_two_things(village: Village) -> None:
    await village.until("06:10")
    assert await deliver_again(village, "wang", "1", 24) == WELL
    assert "陈爷爷" in await deliver_again(village, "chen", "难受", 24)
    assert await village.expectation("wang") == "met"
    assert await village.expectation("chen") == "met"


async def test_the_same_button_pressed_in_another_second_is_a_new_event(village: Village) -> None:
    await village.until("06:10")
    for _ in range(2):
        await village.platform.click("wang", "WELL")
    assert await count(village.database, SignOfLife) == 1
    village.clock.move(seconds=1)
    await village.platform.click("wang", "WELL")
    assert await count(village.database, SignOfLife) == 2


# --- answered together


async def test_who_speaks_while_another_is_answered_shares_the_next_transaction(
    village: Village,
) -> None:
    gate = Gate()
    async with desk_of(village, gate.router) as desk:
        with commits_counted(village.database) as commits:
            first = asyncio.create_task(desk.answer(message(village, "sun", "等")))
            await gate.reached.wait()
            others = [
                asyncio.create_task(desk.answer(message(village, elder, "好", number)))
                for number in (2, 3, 4)
                for elder in ELDERS
            ]
            await asyncio.sleep(0)
            gate.opened.set()
            assert await first == Reply("等到了")
            replies = await asyncio.gather(*others)
    assert len(commits) == 2
    assert replies[0] == Reply(WELL)
    assert await count(village.database, SignOfLife) == 13


async def test_in_a_batch_the_first_of_two_promises_counts(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("09:31")
    (incident,) = await village.incidents("wang")
    first, second = await asyncio.gather(
        *(
            village.house.desk.answer(message(village, helper, f"我去 {incident.number}"))
            for helper in ("dashan", "liushen")
        )
    )
    assert first is not None
    assert "托付给您了" in first.text
    assert second is not None
    assert "李大山" in second.text


# --- a county's tables are long


async def test_what_the_desk_looks_for_it_finds_by_its_key(sqlite_url: str, tmp_path: Path) -> None:
    """One table read from end to end, and every morning is slower than the one before."""
    async with open_village(sqlite_url, tmp_path, "wechat") as village:
        await village.settle()
        await village.until("09:31")
        with statements_noted(village.database) as noted:
            for person, words in (
                ("wang", "1"),
                ("chen", "难受"),
                ("dashan", "我去"),
                ("sun", "啥"),
            ):
                await village.house.desk.answer(message(village, person, words))
        assert await walks(village.database, noted) == {}


# --- one bad message


def poison() -> Router:
    """A feature with two faults: one in its own thoughts, one that the database finds."""
    router = Router("poison")

    @router.when(says("坏主意"))
    async def stumble(_turn: Turn) -> Reply:
        raise ValueError("a fault that nobody foresaw")

    @router.when(says("坏行"))
    async def write_nonsense(turn: Turn) -> Reply:
        turn.session.add(Tie(elder_id=NOBODY, person_id=NOBODY, kind=TieKind.FAMILY))
        await turn.session.flush()
        return Reply("never said")

    return router


@pytest.mark.parametrize("bad", ["坏主意", "坏行"])
async def test_a_bad_message_spoils_no_neighbour_and_keeps_its_sign_of_life(
    village: Village, bad: str
) -> None:
    await village.until("06:10")
    async with desk_of(village, poison()) as desk:
        replies = await asyncio.gather(
            desk.answer(message(village, "wang", "1")),
            desk.answer(message(village, "chen", bad)),
            desk.answer(message(village, "sun", "难受")),
        )
        assert desk.troubled == 1
    assert replies[0] == Reply(WELL)
    assert replies[1] == TROUBLE
    assert replies[2] is not None
    assert "周老四" in replies[2].text
    assert [await village.expectation(elder) for elder in ("wang", "chen", "sun")] == ["met"] * 3
    assert await count(village.database, SignOfLife) == 3
    assert len(await village.letters("needs_word")) == 1


async def test_a_bad_message_delivered_again_is_not_tried_again(village: Village) -> None:
    async with desk_of(village, poison()) as desk:
        for _ in range(3):
            assert await desk.answer(message(village, "chen", "坏主意")) == TROUBLE
        assert desk.troubled == 1
    assert await count(village.database, SignOfLife) == 1


async def test_a_whole_batch_of_bad_messages_answers_each(village: Village) -> None:
    async with desk_of(village, poison()) as desk:
        replies = await asyncio.gather(
            *(desk.answer(message(village, person, "坏行")) for person in EVERYBODY)
        )
    assert replies == [TROUBLE] * len(EVERYBODY)
    assert await count(village.database, SignOfLife) == len(ELDERS)


# --- cut off


async def test_a_caller_who_leaves_takes_nothing_back(village: Village) -> None:
    await village.until("06:10")
    gate = Gate()
    async with desk_of(village, gate.router) as desk:
        callers = [
            asyncio.create_task(desk.answer(message(village, *said)))
            for said in (("sun", "等"), ("wang", "1"), ("chen", "1"))
        ]
        await gate.reached.wait()
        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
        gate.opened.set()
        assert await desk.answer(message(village, "laosi", "1")) == Reply(
            "周爷爷，记下了，您今天平安。"
        )
        assert await desk.answer(message(village, "sun", "等")) == Reply("等到了")
    assert [await village.expectation(elder) for elder in ELDERS] == ["met"] * 4
    assert await count(village.database, SignOfLife) == 4


async def test_a_desk_that_closes_finishes_whom_it_has_heard(village: Village) -> None:
    gate = Gate()
    async with desk_of(village, gate.router) as desk:
        callers = [
            asyncio.create_task(desk.answer(message(village, *said)))
            for said in (("sun", "等"), ("wang", "1"))
        ]
        await gate.reached.wait()
        gate.opened.set()
    assert await asyncio.gather(*callers) == [Reply("等到了"), Reply(WELL)]


# --- the database fails


async def rename(database: Database, table: str, to: str) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(text(f"ALTER TABLE {table} RENAME TO {to}"))


async def test_nothing_is_acknowledged_that_the_database_did_not_take(village: Village) -> None:
    await village.until("06:10")
    said: Sequence[Message] = [message(village, elder, "1") for elder in ELDERS]
    await rename(village.database, "inbox", "inbox_lost")
    try:
        async with desk_of(village) as desk:
            answers = await asyncio.gather(
                *(desk.answer(one) for one in said), return_exceptions=True
            )
    finally:
        await rename(village.database, "inbox_lost", "inbox")
    assert all(isinstance(answer, LostError) for answer in answers)
    assert await count(village.database, SignOfLife) == 0
    async with desk_of(village) as desk:
        assert await desk.answer(said[0]) == Reply(WELL)
    assert await count(village.database, SignOfLife) == 1


@asynccontextmanager
async def locked(village: Village) -> AsyncIterator[None]:
    """Somebody else holds the database, and nothing can be written."""
    async with village.database.engine.begin() as connection:
        if not village.database.is_sqlite:
            await connection.execute(text("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE"))
        yield


async def test_while_the_database_is_locked_the_platform_is_asked_to_come_again(
    empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOUWANG_WECHAT__ANSWER_WITHIN_SECONDS", "0.2")
    async with open_village(empty_database_url, tmp_path, "wechat") as village:
        await village.settle()
        await village.until("06:10")
        push = text_push(village.platform.account, "wang", "1", 7, village.clock.now())
        async with locked(village):
            refused = await village.platform.push_raw(push.body, push.query)
        assert refused.status == 503
        await village.house.desk.close()
        taken = await village.platform.push_raw(push.body, push.query)
        assert taken.status == 200
        assert await count(village.database, SignOfLife) == 1
        assert await village.expectation("wang") == "met"


async def test_a_connection_that_breaks_under_a_batch_costs_nobody_an_answer(
    empty_postgres_url: str, tmp_path: Path
) -> None:
    async with open_village(empty_postgres_url, tmp_path, "wechat") as village:
        await village.settle()
        await village.until("06:10")
        cut = Router("cut")
        times: list[None] = []

        @cut.when(says("断线"))
        async def cut_the_line(turn: Turn) -> Reply:
            times.append(None)
            if len(times) == 1:
                pid = await turn.session.scalar(text("SELECT pg_backend_pid()"))
                async with village.database.reading() as other:
                    await other.execute(text(f"SELECT pg_terminate_backend({pid})"))
            return Reply("通了")

        async with desk_of(village, cut) as desk:
            replies = await asyncio.gather(
                desk.answer(message(village, "wang", "1")),
                desk.answer(message(village, "sun", "断线")),
            )
        assert list(replies) == [Reply(WELL), Reply("通了")]
        assert await count(village.database, SignOfLife) == 2
