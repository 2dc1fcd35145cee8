"""Those who go and look say it as they like: by name, in Chinese numbers, and 去不了 after all."""

import pytest

from tests.village import Village


async def missed(village: Village, *elders: str) -> list[int]:
    """Let these elders be missed, and return the numbers of their incidents."""
    await village.all_well_but(*elders)
    await village.until("09:31")
    return [(await village.incidents(elder))[0].number for elder in elders]


@pytest.mark.parametrize("words", ["去不了", "我不去了", "来不了 1", "去不了一"])
async def test_a_promise_taken_back_lets_the_ladder_go_on_at_once(
    village: Village, words: str
) -> None:
    (number,) = await missed(village, "wang")
    await village.says("dashan", f"我去 {number}")
    assert await village.says("dashan", words) == "好，我马上另找人去看王秀英。谢谢您告诉我！"
    await village.until("09:32")
    told = f"李大山去不了王秀英家。您能去吗？请回：我去 {number}"
    assert told in village.heard("liushen")
    assert told not in village.heard("dashan")
    assert any("王秀英今天还没报平安" in words for words in village.heard("xiaomei"))
    assert await village.says("liushen", "我去") == (
        f"好，王秀英就托付给您了。见到她请回：平安 {number}"
    )


async def test_who_promised_nothing_takes_nothing_back(village: Village) -> None:
    (number,) = await missed(village, "wang")
    await village.says("dashan", f"我去 {number}")
    await village.says("liushen", "去不了")
    (incident,) = await village.incidents("wang")
    assert incident.stage == "promised"


@pytest.mark.parametrize("words", ["王秀英平安", "王秀英没事，我看过了", "平安 一", "一号平安"])
async def test_an_outcome_by_name_or_in_chinese_numbers(village: Village, words: str) -> None:
    assert await missed(village, "wang") == [1]
    assert await village.says("liushen", words) == "记下了：王秀英平安。都告诉大家了，谢谢您！"
    (incident,) = await village.incidents("wang")
    assert (incident.stage, incident.closed_by) == ("closed", "liushen")


@pytest.mark.parametrize("words", ["我去看王秀英", "我去{number}", "{digit}我去", "{number}号我去"])
async def test_i_go_by_name_or_in_chinese_numbers(village: Village, words: str) -> None:
    digit, _ = await missed(village, "wang", "sun")
    said = words.format(digit=digit, number="零一二"[digit])
    assert (await village.says("zhang", said)).startswith("好，王秀英就托付给您了。")


async def test_a_name_nobody_is_called_for_is_not_ours(village: Village) -> None:
    (number,) = await missed(village, "wang")
    assert "王秀英" not in await village.says("laosi", "王秀英平安")
    (incident,) = await village.incidents("wang")
    assert (incident.number, incident.stage) == (number, "open")


async def test_two_incidents_of_one_elder_are_told_apart_and_a_crisis_to_nobody_else(
    village: Village,
) -> None:
    await missed(village, "wang")
    await village.says("wang", "不想活了")
    assert await village.says("dashan", "王秀英平安") == (
        "有2件：1 王秀英没报平安，2 王秀英要人陪。请回：平安 1"
    )
    assert await village.says("liushen", "我去") == ("好，王秀英就托付给您了。见到她请回：平安 1")
