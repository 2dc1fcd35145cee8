"""A phone becomes somebody's once, by what was handed over; and a phone may be lost and found."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from storage import pairings
from storage.incidents import ALARM
from storage.pairings import Ticket
from storage.people import Identity
from tests.durability.pushes import text_xml
from tests.durability.serving import free_port
from tests.village import Village

NEW_PHONE, OTHER_PHONE = "new_phone", "other_phone"


async def code_for(village: Village, name: str) -> str:
    """Let the coordinator ask for a code in chat, and return the digits she is given."""
    reply = await village.says("zhang", f"配对 {name}")
    found = re.search(r"(\d{3}) (\d{3})", reply)
    assert found is not None, reply
    return found[1] + found[2]


async def ticket_for(village: Village, person: str) -> Ticket:
    async with village.database.writing() as session:
        return await pairings.issue(
            session, person, "zhang", village.clock.now(), village.house.config.pairing
        )


async def owner(village: Village, openid: str) -> str | None:
    async with village.database.reading() as session:
        identity = await session.get(Identity, ("wechat", openid))
        return identity.person_id if identity else None


async def is_reachable(village: Village, openid: str) -> bool:
    async with village.database.reading() as session:
        return (await session.get_one(Identity, ("wechat", openid))).reachable


# --- codes


async def test_a_code_makes_the_phone_hers_and_is_used_up(village: Village) -> None:
    code = await code_for(village, "赵桂兰")
    assert "赵奶奶，您好" in await village.says(NEW_PHONE, f"{code[:3]} {code[3:]}")
    assert await owner(village, NEW_PHONE) == "zhao"
    assert "还能试4次" in await village.says(OTHER_PHONE, code)
    assert await owner(village, OTHER_PHONE) is None


async def test_the_new_phone_reports_for_her_from_then_on(village: Village) -> None:
    code = await code_for(village, "赵桂兰")
    await village.until("06:10")
    await village.says(NEW_PHONE, code)
    await village.says(NEW_PHONE, "1")
    assert await village.expectation("zhao") == "met"


async def test_after_five_wrong_codes_even_the_right_one_is_refused_for_a_day(
    village: Village,
) -> None:
    code = await code_for(village, "赵桂兰")
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    replies = [await village.says(NEW_PHONE, wrong) for _ in range(5)]
    assert ["还能试" in reply for reply in replies] == [True] * 4 + [False]
    assert await village.says(NEW_PHONE, code) == "试得太多了，明天再试。急用请找组长。"
    assert await owner(village, NEW_PHONE) is None
    assert "您好" in await village.says(OTHER_PHONE, code), "another phone is not shut out"
    village.clock.move(hours=24, seconds=1)
    assert "您好" in await village.says(NEW_PHONE, await code_for(village, "赵桂兰"))


async def test_a_wrong_code_delivered_three_times_is_one_try(village: Village) -> None:
    account, now = village.platform.account, village.clock.now()
    for _ in range(3):
        said = await village.platform.push_xml(
            NEW_PHONE, text_xml(account, NEW_PHONE, "000000", 7, now)
        )
        assert "还能试4次" in said.reply
    assert "还能试3次" in await village.says(NEW_PHONE, "000000")


async def test_a_code_is_good_for_a_day_and_no_longer(village: Village) -> None:
    code = await code_for(village, "赵桂兰")
    village.clock.move(hours=23, minutes=59)
    other = await code_for(village, "孙老根")
    village.clock.move(minutes=1)
    assert "不对" in await village.says(NEW_PHONE, code)
    assert "您好" in await village.says(NEW_PHONE, other)


async def test_a_new_code_makes_the_older_one_void(village: Village) -> None:
    older, newer = await code_for(village, "赵桂兰"), await code_for(village, "赵桂兰")
    assert older == newer or "不对" in await village.says(NEW_PHONE, older)
    assert "您好" in await village.says(NEW_PHONE, newer)


async def test_nobody_hands_out_codes_beyond_his_own(village: Village) -> None:
    for person, name in (("liushen", "赵桂兰"), ("wang", "赵桂兰"), ("dashan", "孙老根")):
        assert re.search(r"\d{3} \d{3}", await village.says(person, f"配对 {name}")) is None


# --- scenes


async def test_a_new_follower_by_her_qr_code_is_known_at_once(village: Village) -> None:
    ticket = await ticket_for(village, "zhao")
    assert "赵奶奶，您好" in (await village.platform.follow(NEW_PHONE, ticket.scene)).reply
    assert await owner(village, NEW_PHONE) == "zhao"


async def test_who_follows_already_scans_and_is_known(village: Village) -> None:
    ticket = await ticket_for(village, "zhao")
    assert "还没登记" in (await village.platform.follow(NEW_PHONE)).reply
    village.clock.move(seconds=30)
    assert "赵奶奶，您好" in (await village.platform.scan(NEW_PHONE, ticket.scene)).reply
    assert await owner(village, NEW_PHONE) == "zhao"


async def test_a_photo_of_a_used_qr_code_is_worth_nothing(village: Village) -> None:
    ticket = await ticket_for(village, "zhao")
    await village.platform.follow(NEW_PHONE, ticket.scene)
    reply = (await village.platform.follow(OTHER_PHONE, ticket.scene)).reply
    assert "用过了或过期了" in reply
    assert "还能试" in await village.says(OTHER_PHONE, ticket.code)
    assert await owner(village, OTHER_PHONE) is None


async def test_an_expired_qr_code_is_worth_nothing(village: Village) -> None:
    ticket = await ticket_for(village, "zhao")
    village.clock.move(hours=24)
    reply = (await village.platform.follow(NEW_PHONE, ticket.scene)).reply
    assert "用过了或过期了" in reply
    assert await owner(village, NEW_PHONE) is None


# --- phones lost and found


async def test_who_left_and_comes_back_is_greeted_and_reached_again(village: Village) -> None:
    await village.platform.unfollow("xiaomei")
    assert not await is_reachable(village, "xiaomei")
    village.clock.move(minutes=1)
    assert "王小梅，欢迎回来" in (await village.platform.follow("xiaomei")).reply
    assert await is_reachable(village, "xiaomei")
    await village.all_well_but("wang")
    await village.until("09:46")
    assert any("王秀英" in words for words in village.heard("xiaomei"))


async def test_a_daughter_who_left_is_passed_over_for_those_who_stayed(village: Village) -> None:
    await village.platform.unfollow("xiaomei")
    await village.all_well_but("wang")
    await village.until("09:46")
    assert [one for one in await village.letters(ALARM) if one.recipient_id == "xiaomei"] == []
    assert any("王秀英" in words for words in village.heard("zhang"))


@contextmanager
def out_of_hearing(village: Village) -> Iterator[None]:
    """The platform cannot reach us: what people do meanwhile we never learn."""
    door = village.platform.webhook_url
    village.platform.webhook_url = f"http://127.0.0.1:{free_port()}/wechat"
    yield
    village.platform.webhook_url = door


async def test_when_it_turns_out_that_she_left_the_leader_learns_of_it(village: Village) -> None:
    await village.all_well_but("wang")
    with out_of_hearing(village):
        await village.platform.unfollow("xiaomei")
    await village.until("09:47")
    assert not await is_reachable(village, "xiaomei")
    (letter,) = [one for one in await village.letters(ALARM) if one.recipient_id == "xiaomei"]
    assert letter.state == "failed"
    assert any("王小梅" in words for words in village.heard("dashan"))
    assert any("王秀英" in words for words in village.heard("zhang"))


async def test_when_a_whole_circle_has_left_the_next_is_called_at_once(village: Village) -> None:
    await village.all_well_but("wang")
    with out_of_hearing(village):
        for person in ("liushen", "dashan"):
            await village.platform.unfollow(person)
    await village.until("09:32")
    assert any("王秀英" in words for words in village.heard("xiaomei")), "not only at 09:45"


async def test_who_writes_is_there_whatever_the_platform_said_before(village: Village) -> None:
    await village.all_well_but("wang")
    with out_of_hearing(village):
        await village.platform.unfollow("xiaomei")
    await village.until("09:47")
    assert not await is_reachable(village, "xiaomei")
    with out_of_hearing(village):
        await village.platform.follow("xiaomei")
    await village.says("xiaomei", "帮助")
    assert await is_reachable(village, "xiaomei")
