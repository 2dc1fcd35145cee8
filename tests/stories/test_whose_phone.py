"""Whose a phone is: guessed codes, a lost phone, a false one, and two people with one phone."""

import re

from handlers.pairing.talk import CODES_WAIT, NEW_PHONE
from storage import pairings
from tests.village import Village

NEW, OTHER = "new_phone", "other_phone"
WAIT = "现在不能用数字登记。请找组长当面扫码，或者过一小时再发。"


async def code_from(village: Village, leader: str, words: str) -> str:
    reply = await village.says(leader, words)
    found = re.search(r"(\d{3}) (\d{3})", reply)
    assert found is not None, reply
    return found[1] + found[2]


def wrong(code: str, times: int) -> list[str]:
    return [f"{(int(code) + step) % 1_000_000:06d}" for step in range(1, times + 1)]


async def test_the_false_son_guesses_five_times_and_the_daughter_still_pairs(
    village: Village,
) -> None:
    code = await code_from(village, "zhang", "配对 王小梅")
    for guess in wrong(code, 5):
        await village.says(OTHER, guess)
    assert "明天再试" in await village.says(OTHER, code), "even with the paper in his hand"
    assert (await village.says(NEW, code)).startswith("王小梅，您好")
    await village.until("06:30")
    assert any("王小梅换了新手机" in words for words in village.heard("zhang"))
    assert not village.heard(OTHER)


async def test_guesses_from_many_phones_make_codes_wait_and_scans_go_on(village: Village) -> None:
    code = await code_from(village, "dashan", "配对 赵桂兰")
    most = village.house.config.pairing.house_tries
    for place, guess in enumerate(wrong(code, most)):
        assert "还能试" in await village.says(f"guesser{place % 20}", guess)
    for _ in range(2):
        assert await village.says(NEW, code) == WAIT
    await village.until("06:30")
    assert len(await village.letters(CODES_WAIT)) == 1
    assert sum("乱猜" in words for words in village.heard("dashan")) == 1


async def test_after_the_hour_the_right_code_is_taken(village: Village) -> None:
    code = await code_from(village, "dashan", "配对 赵桂兰")
    now, rules = village.clock.now(), village.house.config.pairing
    async with village.database.writing() as session:
        for place in range(rules.house_tries):
            await pairings.was_wrong(session, (village.channel, str(place)), now, rules)
        ticket = await pairings.issue(session, "wang", "dashan", now, rules)
    assert await village.says(NEW, code) == WAIT
    async with village.database.writing() as session:
        assert await pairings.redeem(session, now, scene=ticket.scene), "nobody guesses a scene"
    village.clock.move(hours=1)
    assert (await village.says(NEW, code)).startswith(
        "赵奶奶，您好。这个号帮您报平安，不是120。急事打120。"
    )


async def test_the_lost_phone_hears_nothing_more_and_those_around_her_learn_of_it(
    village: Village,
) -> None:
    await village.expect_only("wang")
    code = await code_from(village, "dashan", "换手机 王秀英")
    assert (await village.says(NEW, code)).startswith("王奶奶，您好")
    assert "还没登记" in await village.says("wang", "1"), "whoever found it is a stranger"
    await village.until("08:40")
    assert not village.heard("wang")
    assert village.heard(NEW), "she is reminded there"
    assert "王秀英换了新手机，旧的停了。不是本人的手机，请马上回：停手机 王秀英" in village.heard(
        "dashan"
    )
    assert any("请马上告诉组长" in words for words in village.heard("xiaomei"))
    assert len(await village.letters(NEW_PHONE)) == 2
    await village.says(NEW, "1")
    assert await village.expectation("wang") == "met"


async def test_a_false_phone_is_cut_off_by_a_word(village: Village) -> None:
    code = await code_from(village, "dashan", "换手机 王秀英")
    await village.says(OTHER, code)
    assert await village.says("dashan", "停手机 王秀英") == (
        "记下了：王秀英的手机停了。换上新的请回：换手机 王秀英"
    )
    assert "还没登记" in await village.says(OTHER, "1")
    for person, name in (("xiaomei", "王秀英"), ("laosi", "王秀英"), ("wang", "王秀英")):
        assert "停了" not in await village.says(person, f"停手机 {name}")


async def test_a_couple_with_one_phone_hears_one_clear_sentence(village: Village) -> None:
    """Whether the code exists makes no difference, and it is not used up."""
    code = await code_from(village, "dashan", "配对 赵桂兰")
    said = "这个手机登记的是陈德福，一个手机只登记一位。家里另一位不用手机也行，请组长代报。"
    assert [await village.says("chen", words) for words in (code, *wrong(code, 6))] == [said] * 7
    assert (await village.says(NEW, code)).startswith("赵奶奶，您好")
