"""What was kept long enough goes; what is open, and the books, stay."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import func, insert, select

from schedules.purging import purge
from storage import purging
from storage.database import Database
from storage.digests import Digest
from storage.inbox import Handled
from storage.incidents import Incident
from storage.letters import Letter
from storage.people import Role
from storage.purging import report
from storage.questions import Question
from storage.roster import enrol
from storage.rules import RetentionRules
from storage.unheard import Unheard
from storage.voices import Voice
from tests.storage.settlers import settler

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)  # four in the morning
RULES = RetentionRules()


@pytest.fixture
async def village(sealed: Database) -> Database:
    async with sealed.writing() as session:
        await enrol(session, [settler("wang", "王秀英", Role.ELDER)], NOW)
    return sealed


async def put(database: Database, model: Any, *rows: dict[str, Any]) -> None:
    async with database.writing() as session:
        await session.execute(insert(model), list(rows))


async def count(database: Database, model: Any) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def handled(number: int, days: float) -> dict[str, Any]:
    key = f"o-wang|{number}"
    return {"channel": "wechat", "key": key, "received_at": ago(days), "reply": "记下了"}


def letter(key: str, days: float, state: str, incident: int | None = None) -> dict[str, Any]:
    return {
        "key": key,
        "kind": "alarm",
        "urgency": 1,
        "recipient_id": "wang",
        "incident_id": incident,
        "detail": {"words": "俺家的鸟儿"},
        "state": state,
        "written_at": ago(days),
        "due_at": ago(days),
    }


async def test_what_is_old_goes_and_what_is_young_stays(village: Database) -> None:
    await put(village, Handled, *(handled(n, days) for n, days in enumerate((1, 13.9, 14.1, 30))))
    words = {"village_id": 1, "person_id": "wang", "words": "俺家的鸟儿"}
    await put(village, Unheard, {**words, "at": ago(91)}, {**words, "at": ago(89)})
    asked = {"person_id": "wang", "kind": "which", "about": {}, "asked_at": ago(3)}
    await put(village, Question, asked)
    said = {"person_id": "wang", "channel": "wechat", "due_at": NOW, "said_at": ago(31)}
    await put(
        village,
        Voice,
        {**said, "media": "heard", "state": "heard"},
        {**said, "media": "waits", "state": "waiting"},
    )
    with structlog.testing.capture_logs() as lines:
        assert await purge(village, NOW, RULES) == 5
    assert [await count(village, one) for one in (Handled, Unheard, Question, Voice)] == [
        2,
        1,
        0,
        1,
    ]
    told = {line["kind"]: line["rows"] for line in lines}
    assert told == {"inbox": 2, "questions": 1, "unheard": 1, "voices": 1}


async def test_of_letters_the_words_go_and_an_open_matter_keeps_them(village: Database) -> None:
    incident = {
        "number": 1,
        "village_id": 1,
        "elder_id": "wang",
        "kind": "missed",
        "policy": "{}",
        "opened_at": ago(200),
    }
    await put(
        village,
        Incident,
        {**incident, "id": 1, "cause": "a", "stage": "open"},
        {**incident, "id": 2, "cause": "b", "number": 2, "stage": "closed"},
    )
    await put(
        village,
        Letter,
        letter("young", 179, "sent"),
        letter("old", 181, "sent"),
        letter("queued", 181, "queued"),
        letter("open", 181, "sent", 1),
        letter("closed", 181, "delivered", 2),
    )
    assert await purge(village, NOW, RULES) == 2
    async with village.reading() as session:
        emptied = await session.scalars(
            select(Letter.key).where(Letter.detail.is_(None)).order_by(Letter.key)
        )
        assert list(emptied) == ["closed", "old"]


async def test_it_happens_once_a_day_in_pieces_and_is_reported(
    village: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "BATCH", 3)
    monkeypatch.setattr(purging, "FOUND_AT_ONCE", 7)
    await put(village, Handled, *(handled(number, 15) for number in range(20)))
    assert await purge(village, NOW - timedelta(hours=3), RULES) == 0  # it is one in the morning
    assert await purge(village, NOW, RULES) == 20
    await put(village, Handled, handled(99, 15))
    assert await purge(village, NOW, RULES) == 0
    assert await purge(village, NOW + timedelta(days=1), RULES) == 1
    async with village.reading() as session:
        found = {(one.day, one.kind): one for one in await report(session, 7, NOW)}
    assert found[date(2026, 11, 24), "inbox"].rows == 20
    assert all(one.is_finished for one in found.values())


async def test_what_was_cut_off_goes_on(village: Database) -> None:
    await put(village, Digest, _digest(401), _digest(399))
    (kind,) = (one for one in purging.KINDS if one.name == "digests")
    assert await purging.purge(village, kind, NOW, RULES) == 1
    assert kind not in await purging.due(village, NOW)
    assert len(await purging.due(village, NOW)) == len(purging.KINDS) - 1
    assert await purge(village, NOW, replace(RULES, digests=1)) == 0


def _digest(days: int) -> dict[str, Any]:
    return {
        "day": ago(days).date(),
        "slot": "morning",
        "village_id": 1,
        "written_at": ago(days),
        "readers": 1,
        "figures": {},
    }
