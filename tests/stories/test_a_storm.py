"""When much happens at once nobody is flooded, and nobody who is frail or in need waits."""

from datetime import time, timedelta

import pytest

from storage.checkins import Plan
from storage.people import Person, PersonRole, Role
from tests.village import Village

YARD = {
    "qian": ("钱大娘", time(9, 0), 2),
    "wu": ("吴大娘", time(9, 0, 40), 2),
    "he": ("何大娘", time(9, 20, 30), 1),
}
"""Who lives in the east beside the cast: her window ends at this hour, she is of this tier."""


@pytest.fixture
async def courtyard(village: Village) -> Village:
    """Let three more elders without a phone live in the east, one of them frail."""
    async with village.database.writing() as session:
        home = await session.get_one(Person, "wang")
        for person, (name, *_) in YARD.items():
            session.add(
                Person(
                    id=person,
                    name=name,
                    gender="female",
                    village_id=home.village_id,
                    group_id=home.group_id,
                )
            )
        await session.flush()
        for person, (_, closes, tier) in YARD.items():
            session.add(PersonRole(person_id=person, role=Role.ELDER))
            session.add(Plan(elder_id=person, opens=time(6), closes=closes, tier=tier))
    return village


async def all_well_but(village: Village, *silent: str) -> None:
    await village.all_well_but(*silent)
    for person, (name, *_) in YARD.items():
        if person not in silent:
            await village.says("dashan", f"代 {name} 平安")


async def number_of(village: Village, elder: str) -> int:
    (incident,) = await village.incidents(elder)
    return incident.number


def calls(village: Village, person: str) -> list[str]:
    return [words for words in village.heard(person) if "我去" in words]


async def test_a_leader_hears_of_two_who_are_silent_in_one_message(courtyard: Village) -> None:
    await all_well_but(courtyard, "wang", "qian")
    await courtyard.until("09:30")
    (told,) = calls(courtyard, "dashan")
    wang, qian = await number_of(courtyard, "wang"), await number_of(courtyard, "qian")
    assert told.splitlines()[0] == "有2位老人今天还没报平安，您能去看看吗？"
    assert sorted(told.splitlines()[1:]) == sorted(
        [f"王秀英请回：我去 {wang}", f"钱大娘请回：我去 {qian}"]
    )
    mine = [one for one in await courtyard.letters("alarm") if one.recipient_id == "dashan"]
    assert {one.state for one in mine} == {"sent"}
    assert [one.carried_with for one in mine] == [None, mine[0].id]


async def test_it_uses_up_one_send_of_his_window(courtyard: Village) -> None:
    if courtyard.channel != "wechat":
        pytest.skip("only the platform has windows")
    await all_well_but(courtyard, "wang", "qian")
    await courtyard.until("09:30")
    sent = courtyard.platform.sent("message/custom/send")
    assert len([one for one in sent if one["touser"] == "dashan" and "我去" in str(one)]) == 1


async def test_where_her_window_is_shut_each_comes_as_a_card_of_its_own(
    courtyard: Village,
) -> None:
    if courtyard.channel != "wechat":
        pytest.skip("only the platform has windows")
    await all_well_but(courtyard, "wang", "qian")
    courtyard.platform.refuse("message/custom/send", 45015, None)
    await courtyard.until("09:30")
    cards = [words for words in courtyard.heard("dashan") if "我去" in words]
    assert [("王秀英" in words, "钱大娘" in words) for words in sorted(cards)] in (
        [(True, False), (False, True)],
        [(False, True), (True, False)],
    )


async def test_what_befalls_the_frail_is_told_at_once_and_the_others_follow_together(
    courtyard: Village,
) -> None:
    await all_well_but(courtyard, "wang", "wu", "he")
    await courtyard.until("09:30")
    assert len(calls(courtyard, "dashan")) == 1
    courtyard.clock.move(seconds=30)
    await courtyard.ring()
    assert "何大娘" in calls(courtyard, "dashan")[-1]
    courtyard.clock.move(seconds=10)
    await courtyard.ring()
    assert [one.kind for one in await courtyard.incidents("wu")] == ["missed"]
    assert len(calls(courtyard, "dashan")) == 2
    courtyard.clock.move(seconds=50)
    await courtyard.ring()
    assert "吴大娘" in calls(courtyard, "dashan")[-1]


async def test_an_emergency_is_never_put_together_with_anything(courtyard: Village) -> None:
    await all_well_but(courtyard, "wang", "qian")
    await courtyard.until("09:30")
    courtyard.clock.move(seconds=5)
    await courtyard.says("sun", "我摔倒了，起不来")
    await courtyard.ring()
    assert any(words.startswith("【急】孙老根") for words in courtyard.heard("laosi"))
    assert any(words.startswith("【急】孙老根") for words in courtyard.heard("zhang"))


async def test_a_coordinator_gets_one_message_in_two_minutes_with_all_that_was(
    courtyard: Village,
) -> None:
    await all_well_but(courtyard, "wang", "qian", "wu")
    await courtyard.until("09:45")
    begun = courtyard.clock.now()
    before = len(courtyard.heard("zhang"))
    for seconds, words in ((20, "我去"), (30, "平安"), (40, "我去"), (50, "平安")):
        courtyard.clock.move_to(begun + timedelta(seconds=seconds))
        who = "wang" if seconds < 35 else "qian"
        await courtyard.says("dashan", f"{words} {await number_of(courtyard, who)}")
        await courtyard.ring()
    courtyard.clock.move_to(begun + timedelta(seconds=60))
    await courtyard.ring()
    in_between = courtyard.heard("zhang")[before:]
    assert len([words for words in in_between if "李大山" in words]) == 0
    await courtyard.until("09:48")
    (told,) = [words for words in courtyard.heard("zhang")[before:] if "李大山" in words]
    assert "王秀英平安。李大山看过了。" in told.splitlines()
    assert "钱大娘平安。李大山看过了。" in told.splitlines()


async def test_the_end_of_several_is_told_line_by_line(courtyard: Village) -> None:
    await all_well_but(courtyard, "wang", "qian")
    await courtyard.until("09:30")
    for elder in ("wang", "qian"):
        await courtyard.says("zhang", f"平安 {await number_of(courtyard, elder)}")
    await courtyard.until("09:35")
    (told,) = [words for words in courtyard.heard("dashan") if "看过了" in words]
    assert sorted(told.splitlines()) == ["王秀英平安。张主任看过了。", "钱大娘平安。张主任看过了。"]
