"""How many letters a second leave the house, and what it costs to plan one and to find the due.

One node on SQLite with synchronous=FULL carries letters to the simulated platform in a process
of its own; bare aiohttp posts the same bodies to the same platform, by turns in one run, with
as many under way at the same time. Marks: at least 0.5 of the bare posts, a plan in less than
20 µs, and the question for what is due as quick among a million stored letters as among a
thousand.
"""

import asyncio
import gc
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from sqlalchemy import insert, text, update

from benchmarks import _platform, _serving
from benchmarks._platform import follower
from benchmarks._report import conclude, table
from bot.app import letter_ways
from bot.config import Config, load_values
from handlers.features import PAPERS
from schedules.clock import WallClock
from schedules.delivery import BATCH, Delivery
from schedules.planner import Known, plan
from storage import letters
from storage.database import Database
from storage.letters import Letter, LetterState, NewLetter, Urgency
from storage.migrate import migrate
from storage.people import Identity, Person
from storage.rules import LetterRules
from storage.villages import Village
from storage.windows import MESSAGE, Left, Opened, open_windows

FOLLOWERS = 2_000
TURNS = 7
RULES = LetterRules()
STORED = (1_000, 10_000, 100_000, 1_000_000)
PLANS = 50_000
MARK_PLAN_MICROSECONDS = 20.0


def _config(port: int) -> Config:
    ours = _serving.account("plain")
    return load_values(
        {
            "wechat": {
                "app_id": ours.app_id,
                "app_secret": ours.app_secret,
                "token": ours.token,
                "encoding_aes_key": ours.encoding_aes_key,
                "api_base_url": f"http://127.0.0.1:{port}",
            }
        }
    )


async def _settle(database: Database) -> None:
    """Let the followers live in one village, everybody having just written."""
    now = datetime.now(UTC)
    people = [follower(number) for number in range(FOLLOWERS)]
    async with database.writing() as session:
        session.add(Village(id=1, name="村"))
        await session.flush()
        await session.execute(
            insert(Person), [{"id": one, "name": "王秀英", "village_id": 1} for one in people]
        )
        await session.execute(
            insert(Identity),
            [
                {"channel": "wechat", "address": one, "person_id": one, "paired_at": now}
                for one in people
            ],
        )
        closes = now + timedelta(hours=48)
        await open_windows(
            session, [Opened("wechat", one, MESSAGE, closes, 1_000) for one in people]
        )


def _letters(turn: int) -> list[NewLetter]:
    return [
        NewLetter(
            key=f"needs_word:{turn}:{number}",
            kind="needs_word",
            urgency=Urgency.ALARM,
            recipient_id=follower(number),
            about_id=follower((number + 1) % FOLLOWERS),
            detail={"need": "care"},
        )
        for number in range(FOLLOWERS)
    ]


async def _carry(database: Database, delivery: Delivery, turn: int) -> float:
    """Return how many letters a second the house carries, from finding them to settling them."""
    now = datetime.now(UTC)
    async with database.writing() as session:
        await letters.write(session, _letters(turn), now)
    began = time.perf_counter()
    carried = await delivery.carry_all(now)
    seconds = time.perf_counter() - began
    assert carried == FOLLOWERS, f"{carried} of {FOLLOWERS} letters were carried"
    return FOLLOWERS / seconds


class Bare:
    """aiohttp and nothing else: a body is posted, and its answer read."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session = session
        self._url = f"http://127.0.0.1:{port}/cgi-bin"
        self._token = ""

    async def _fetch_token(self) -> None:
        ours = _serving.account("plain")
        question = {
            "grant_type": "client_credential",
            "appid": ours.app_id,
            "secret": ours.app_secret,
        }
        async with self._session.post(f"{self._url}/stable_token", json=question) as response:
            self._token = (await response.json(content_type=None))["access_token"]

    async def post_all(self) -> float:
        """Return how many posts a second are answered."""
        if not self._token:
            await self._fetch_token()
        waiting = iter(range(FOLLOWERS))
        began = time.perf_counter()
        await asyncio.gather(*(self._post_in_turn(waiting) for _ in range(RULES.at_once)))
        return FOLLOWERS / (time.perf_counter() - began)

    async def _post_in_turn(self, waiting: Iterator[int]) -> None:
        for number in waiting:
            words = {"content": "王秀英说不舒服。请您打个电话或去看看。"}
            said = {"touser": follower(number), "msgtype": "text", "text": words}
            body = json.dumps(said, ensure_ascii=False).encode()
            async with self._session.post(
                f"{self._url}/message/custom/send",
                params={"access_token": self._token},
                data=body,
                headers={"Content-Type": "application/json"},
            ) as response:
                answer = await response.json(content_type=None)
            assert answer["errcode"] == 0, answer


@asynccontextmanager
async def _far_end():  # type: ignore[no-untyped-def]  # an address and two sessions
    port = _serving.free_port()
    async with (
        _serving.running(port, _platform.__file__, str(port), str(FOLLOWERS)),
        aiohttp.ClientSession() as ours,
        aiohttp.ClientSession() as bare,
    ):
        yield port, ours, Bare(bare, port)


async def _contest(folder: Path) -> list[tuple[float, float]]:
    database = Database(f"sqlite:///{folder}/letters.sqlite3")
    await migrate(database)
    await _settle(database)
    turns = []
    async with _far_end() as (port, session, bare):
        ways = letter_ways(_config(port), session, WallClock())
        delivery = Delivery(database, RULES, PAPERS, ways)
        gc.freeze()  # as the server does when it is open
        for turn in range(TURNS + 1):
            found = await _carry(database, delivery, turn), await bare.post_all()
            turns += [found] if turn else []  # the first turn warms both up
    await database.dispose()
    return turns


async def _due_among(folder: Path) -> list[tuple[str, float]]:
    """Return how many ms it takes to find a batch of due letters among so many stored ones."""
    database = Database(f"sqlite:///{folder}/stored.sqlite3")
    await migrate(database)
    await _settle(database)
    rows, stored, now = [], 0, datetime.now(UTC)
    for number in STORED:
        await _store(database, stored, number, now)
        stored = number
        rows.append((f"{number:,}", await _find_due(database, now)))
    await database.dispose()
    return rows


async def _store(database: Database, first: int, last: int, now: datetime) -> None:
    """Store letters that were sent, one in twenty of them still waiting for the morning."""
    for begin in range(first, last, 50_000):
        rows = [
            {
                "key": f"stored:{number}",
                "kind": "needs_word",
                "urgency": 2,
                "recipient_id": follower(number % FOLLOWERS),
                "state": LetterState.SENT if number % 20 else LetterState.QUEUED,
                "written_at": now,
                "due_at": now if number % 20 else now + timedelta(hours=9),
                "sent_at": now - timedelta(days=1) if number % 20 else None,
            }
            for number in range(begin, min(begin + 50_000, last))
        ]
        async with database.writing() as session:
            await session.execute(insert(Letter), rows)
    async with database.writing() as session:
        await session.execute(text("ANALYZE"))


async def _find_due(database: Database, now: datetime) -> float:
    batch = RULES.at_once * BATCH
    async with database.writing() as session:
        due = [
            NewLetter(
                key=f"due:{number}",
                kind="needs_word",
                urgency=Urgency.ALARM,
                recipient_id=follower(number),
            )
            for number in range(batch)
        ]
        await letters.write(session, due, now)
    found = []
    for _ in range(50):
        async with database.writing() as session:
            began = time.perf_counter()
            assert len(await letters.due(session, now, tuple(Urgency), batch)) == batch
            found.append((time.perf_counter() - began) * 1_000)
    async with database.writing() as session:
        await session.execute(
            update(Letter)
            .where(Letter.state == LetterState.QUEUED, Letter.urgency == Urgency.ALARM)
            .values(key=text("'was:' || id"), state=LetterState.SENT, sent_at=now)
        )
    return statistics.median(found)


def _plan_microseconds() -> float:
    """Return how long one plan takes in the median, for somebody with a window and a card."""
    ways = [_OfWay("wechat.message", needs_window=True), _OfWay("wechat.template", forms={"offer"})]
    address = ("wechat", "o")
    now = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
    known = Known(windows={address: [Left(MESSAGE, 5, now + timedelta(hours=6))]})
    slices = []
    for _ in range(20):
        began = time.perf_counter()
        for _ in range(PLANS // 20):
            plan(Urgency.NOTICE, "offer", [address], known, ways, {}, now, RULES)
        slices.append((time.perf_counter() - began) / (PLANS // 20) * 1e6)
    return statistics.median(slices)


class _OfWay:
    """A way as the planner sees it."""

    channel = "wechat"
    needs_consent = alarms_only = False
    per_minute = None

    def __init__(
        self, name: str, *, needs_window: bool = False, forms: set[str] | None = None
    ) -> None:
        self.name = name
        self.needs_window = needs_window
        self.forms = forms

    async def send(self, letter: object) -> str:
        raise AssertionError(letter)


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        turns = await _contest(Path(folder))
        due = await _due_among(Path(folder))
    microseconds = _plan_microseconds()
    ours, bare = (statistics.median(column) for column in zip(*turns, strict=True))
    ratios = [one / other for one, other in turns]
    table(("", "a second"), [("letters carried", ours), ("bare posts", bare)])
    print(f"{min(ratios):.2f} to {max(ratios):.2f} of the bare posts over {TURNS} turns")
    print(f"a plan takes {microseconds:.1f} µs; the mark is {MARK_PLAN_MICROSECONDS:.0f}")
    table(("letters stored", "ms to find and lock 100 that are due"), due)
    conclude(
        "letters",
        statistics.median(ratios),
        {
            "ratios": ratios,
            "letters_a_second": ours,
            "posts_a_second": bare,
            "plan_microseconds": microseconds,
            "due_milliseconds": dict(due),
            "cores": os.cpu_count(),
        },
    )


if __name__ == "__main__":
    asyncio.run(main())
