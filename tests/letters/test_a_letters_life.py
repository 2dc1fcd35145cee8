"""What became of a letter, and why it goes the way it goes, asked from the command line."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.letters_command import letters_group
from storage import letter_lives, letters
from storage.database import Database
from storage.letters import LetterState, NewLetter, Outcome, Urgency
from tests.village import MONDAY, Village, open_village, village_config

LEASE = timedelta(seconds=60)


@pytest.fixture
async def village(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Village]:
    async with open_village(sqlite_url, tmp_path, "wechat") as village:
        await village.settle()
        yield village


async def test_it_is_told_from_its_writing_to_who_answered_it(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("09:29")
    village.platform.refuse("message/custom/send", 45015, None)
    await village.until("09:31")
    (incident,) = await village.incidents("wang")
    await village.says("dashan", f"我去 {incident.number}")
    (letter,) = [one for one in await village.letters("alarm") if one.recipient_id == "dashan"]
    async with village.database.reading() as session:
        life = await letter_lives.life(session, letter.id)
        by_key = await letter_lives.life(session, letter.key)
    assert life is not None
    assert by_key is not None
    assert by_key.letter.id == letter.id
    assert [(one.way, one.number) for one in life.refusals] == [("wechat.message", 1)]
    assert life.letter.way == "wechat.template"
    assert life.answered_at == village.clock.now()
    assert life.beside is None


async def _leave_a_letter(url: str) -> None:
    database = Database(url)
    async with database.writing() as session:
        letter = NewLetter(
            key="needs_word:1",
            kind="needs_word",
            urgency=Urgency.NOTICE,
            recipient_id="dashan",
            about_id="wang",
            detail={"need": "request", "wanted": "理发"},
        )
        await letters.write(session, [letter], MONDAY)
    await database.dispose()


def test_the_operator_asks_why(sqlite_url: str, tmp_path: Path) -> None:
    async def settle() -> None:
        async with open_village(sqlite_url, tmp_path, "wechat") as village:
            await village.settle()

    asyncio.run(settle())
    asyncio.run(_leave_a_letter(sqlite_url))
    village_config(sqlite_url, tmp_path)
    config = tmp_path / "config.toml"
    text = config.read_text("utf-8").replace("enabled = true", "enabled = false")
    config.write_text(f'{text}[wechat.templates]\noffer = "an-id"\n', "utf-8")
    told = CliRunner().invoke(letters_group, ["why", "needs_word:1"], obj=config)
    assert told.exit_code == 0, told.output
    assert "（needs_word:1）给 dashan：等着发" in told.output
    assert "写好，等级 2" in told.output
    assert "王秀英" not in told.output
    assert "理发" not in told.output
    nobody = CliRunner().invoke(letters_group, ["why", "999"], obj=config)
    assert (nobody.exit_code, nobody.output) == (1, "Error: 没有这封信：999\n")


async def test_a_word_that_comes_before_we_have_noted_the_letter_is_not_lost(
    village: Village,
) -> None:
    """The platform may tell that she blocked us before we have written down that it took it."""
    now = village.clock.now()
    async with village.database.writing() as session:
        letter = NewLetter(
            key="needs_word:1", kind="needs_word", urgency=Urgency.NOTICE, recipient_id="dashan"
        )
        await letters.write(session, [letter], now)
        (due,) = await letters.due(session, now, [Urgency.NOTICE], 1)
        await letters.take(session, [due.id], now, LEASE)
    report = {"MsgID": "4711", "Status": "failed: system failed"}
    await village.platform.event("dashan", "TEMPLATESENDJOBFINISH", report)
    async with village.database.writing() as session:
        sent = Outcome(id=due.id, state=LetterState.SENT, far_id="4711")
        await letters.settle(session, [sent], now)
    await village.house.delivery.carry_all(now)
    (known,) = await village.letters("needs_word")
    assert (known.state, known.reason) == ("failed", "failed: system failed")
