"""Where only cards arrive, the heading of each is as true as its words."""

import pytest

from storage import windows
from tests.village import CAST, Village


@pytest.fixture
async def village(village: Village) -> Village:
    """Nobody's reply window is open, so that all letters travel as cards."""
    if village.channel != "wechat":
        pytest.skip("there are no cards here")
    await village.all_well_but("wang")
    async with village.database.writing() as session:
        people = [(village.channel, person) for person, *_, phone in CAST if phone]
        await windows.shut(session, people)
    return village


def headings(village: Village, person: str) -> list[str]:
    """Return the headings of the cards about Wang Xiuying that somebody got, in order."""
    return [card.split("\n")[0] for card in village.heard(person) if "王秀英" in card]


async def test_a_promise_is_no_all_clear_and_the_all_clear_is(village: Village) -> None:
    await village.until("09:31")
    (incident,) = await village.incidents("wang")
    await village.says("dashan", f"我去 {incident.number}")
    await village.until("09:35")
    assert headings(village, "liushen") == ["未报平安提醒", "未报平安提醒"]
    await village.says("dashan", f"忘了 {incident.number}")
    await village.ring()
    assert headings(village, "liushen")[2:] == ["平安通知"]


async def test_she_was_found_in_need_and_no_card_says_that_she_is_well(village: Village) -> None:
    await village.until("09:31")
    (incident,) = await village.incidents("wang")
    await village.says("dashan", f"我去 {incident.number}")
    await village.says("dashan", f"出事 {incident.number}")
    await village.ring()
    await village.says("dashan", f"出事 {incident.number}")
    await village.ring()
    assert headings(village, "xiaomei") == ["紧急求助提醒", "紧急求助提醒"]
    assert headings(village, "liushen")[-2:] == ["紧急求助提醒", "紧急求助提醒"]


async def test_a_broken_promise_in_an_emergency_is_an_emergency(village: Village) -> None:
    await village.says("wang", "救命")
    (incident,) = await village.incidents("wang")
    await village.ring()
    await village.says("dashan", f"我去 {incident.number}")
    await village.until("07:30")
    broken = [card for card in village.heard("xiaomei") if "我去" in card]
    assert len(broken) >= 2  # she was called, and then heard that nobody came
    assert set(headings(village, "xiaomei")) == {"紧急求助提醒"}


async def test_unwell_is_not_headed_as_if_she_had_been_silent(village: Village) -> None:
    await village.says("wang", "难受")
    await village.ring()
    assert headings(village, "dashan") == ["紧急求助提醒"]
