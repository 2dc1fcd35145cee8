"""What she lets us do: asked once, taken back in a word, and kept to in all that follows."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import delete, select

from handlers.message import Kind, Message
from storage import pairings
from storage.consents import Consent
from storage.database import Base
from storage.people import Identity
from storage.rules import VILLAGE_TIME, PairingRules
from tests.village import Village

FAMILY = "王奶奶，您好不好，让家里人看看行吗？好回1，不用回不用"


async def pair_anew(village: Village) -> str:
    """Let Wang have a new phone, and tie it to her with the code from her leader."""
    async with village.database.writing() as session:
        await session.execute(delete(Identity).where(Identity.person_id == "wang"))
        now = village.clock.now()
        ticket = await pairings.issue(session, "wang", "dashan", now, PairingRules())
    return await village.says("wang", ticket.code)


async def to_the_next_day(village: Village) -> None:
    """Let the next day open, and pass over what else happens until then."""
    day = village.clock.now().astimezone(VILLAGE_TIME)
    village.clock.move_to(day.replace(hour=5, minute=0) + timedelta(days=1))
    await village.have_watched()
    _, opening = village.house.rounds["opening"]
    await opening(village.clock.now())


async def kept(village: Village) -> list[tuple[str, str, bool]]:
    """Return every answer: who, for what, and whether it stands."""
    async with village.database.reading() as session:
        rows = await session.scalars(select(Consent).order_by(Consent.id))
        return [(row.person_id, row.purpose, row.withdrawn_at is None) for row in rows]


async def everything(village: Village) -> str:
    """Return all that is remembered, in one string."""
    async with village.database.reading() as session:
        return "\n".join(
            [
                str([tuple(row) for row in await session.execute(select(table))])
                for table in Base.metadata.sorted_tables
            ]
        )


async def test_whoever_is_newly_paired_is_asked_one_thing_at_a_time(village: Village) -> None:
    await village.all_well_but()
    await village.until("10:00")
    await pair_anew(village)
    await village.until("10:02")
    assert village.heard("wang") == [FAMILY]
    assert await village.says("wang", "好") == (
        "王奶奶，记下了。您的不舒服，原话告诉组长行吗？好回1，不用回不用"
    )
    assert await village.says("wang", "1") == (
        "王奶奶，记下了。您发的照片，村里留着行吗？好回1，不用回不用"
    )
    await village.says("wang", "不用了")
    await village.says("wang", "不")
    assert await village.says("wang", "行") == "王奶奶，都记下了。想看想改，请回：我的同意"
    assert await kept(village) == [
        ("wang", "family", True),
        ("wang", "health", True),
        ("wang", "photo", False),
        ("wang", "location", False),
        ("wang", "public", True),
    ]
    village.clock.move(minutes=1)
    assert await village.says("wang", "好") == "王奶奶，记下了，您今天平安。"


async def test_who_does_not_answer_is_not_asked_again(village: Village) -> None:
    await village.all_well_but()
    await village.until("10:00")
    await pair_anew(village)
    await village.until("10:40")
    assert await village.says("wang", "1") == "王奶奶，记下了，您今天平安。"
    await pair_anew(village)
    await village.until("10:45")
    assert village.heard("wang").count(FAMILY) == 1
    assert await kept(village) == []
    assert await village.says("wang", "我的同意") == (
        "王奶奶，现在可以：报平安、家人。现在不行：健康、照片、位置、表扬。"
        "改请回：同意 照片，或：不用了 照片"
    )


async def test_nobody_is_asked_while_her_morning_word_is_waited_for(village: Village) -> None:
    await village.all_well_but("wang")
    await pair_anew(village)
    await village.until("08:00")
    assert FAMILY not in village.heard("wang")
    await village.says("wang", "1")
    await village.until("08:02")
    assert village.heard("wang")[-1] == FAMILY


async def test_no_more_of_what_is_asked_back_and_taken_back(village: Village) -> None:
    await village.until("07:00")
    await village.says("wang", "同意 照片")
    assert await village.says("wang", "不用了") == ("王奶奶，哪样不用了？请回：报平安、家人、照片")
    assert await village.says("wang", "照片") == "王奶奶，记下了，您的照片不留。"
    assert await kept(village) == [("wang", "photo", False)]


async def test_she_is_waited_for_no_more_once_her_leader_knows(village: Village) -> None:
    await village.all_well_but("wang")
    assert await village.says("wang", "不用了 报平安") == "王奶奶，记下了，明早起不等您报平安了。"
    await village.until("08:00")
    assert "王秀英说以后不用每天报平安了。请您抽空去问问。" in village.told("dashan")
    await to_the_next_day(village)
    assert await village.expectation("wang") == "none"
    assert await village.expectation("chen") == "pending"
    assert await village.says("wang", "同意 报平安") == "王奶奶，记下了，明早起等您报平安。"
    await to_the_next_day(village)
    assert await village.expectation("wang") == "pending"


async def test_until_her_leader_knows_she_is_waited_for(village: Village) -> None:
    await village.until("07:00")
    village.clock.move(hours=15)
    await village.have_watched()
    await village.says("wang", "不用了 报平安")
    await to_the_next_day(village)
    assert await village.expectation("wang") == "pending"
    village.clock.move(hours=2)
    await village.house.rounds["delivery"][1](village.clock.now())
    assert any("不用每天报平安" in words for words in village.told("dashan"))
    await to_the_next_day(village)
    assert await village.expectation("wang") == "none"


async def test_an_open_incident_goes_on_to_its_end(village: Village) -> None:
    await village.until("07:00")
    await village.says("wang", "我摔倒了，起不来")
    assert await village.says("wang", "不用了 报平安") == (
        "王奶奶，记下了，明早起不等您报平安了。这回照样有人来看您。"
    )
    assert "李大山" in await village.says("wang", "不用了")
    await village.until("07:04")
    (incident,) = await village.incidents("wang")
    assert (incident.stage, incident.step) == ("open", 2)
    assert any("王秀英" in words for words in village.told("laosi"))
    await village.says("dashan", f"平安 {incident.number}")
    (incident,) = await village.incidents("wang")
    assert incident.stage == "closed"
    await to_the_next_day(village)
    assert await village.expectation("wang") == "none"


async def test_her_complaint_stays_with_her_and_her_emergency_does_not(village: Village) -> None:
    await village.until("07:00")
    await village.says("wang", "不用了 健康")
    assert await village.says("wang", "我头晕") == (
        "王奶奶，听到了，不告诉别人。厉害就打120，要人来回3帮忙。"
    )
    await village.says("wang", "我家的老黄历不对劲")
    await village.sends("wang", Kind.VOICE)
    await village.until("07:10")
    assert village.told("dashan") == ["王秀英说的话没听懂。请您问问她有什么事。"]
    assert await village.says("dashan", "详情 王秀英") == "王秀英（东头）：听到\n今天7点发来消息"
    assert "老黄历" not in await everything(village)
    await village.says("wang", "胸口疼，喘不上气")
    await village.until("07:12")
    assert any(words.startswith("【急】王秀英") for words in village.told("dashan"))
    assert any(words.startswith("【急】王秀英") for words in village.told("xiaomei"))


async def test_what_her_leader_sees_of_her_goes_no_further(village: Village) -> None:
    await village.until("07:00")
    await village.says("wang", "不用了 健康")
    said = await village.says("dashan", "1号头晕")
    assert said.startswith("陈德福不舒服，告诉张主任了。厉害就打120。")
    said = await village.says("dashan", "2号头晕")
    assert said.startswith("王秀英不愿把身体的事告诉别人，只记见到了。厉害就打120。")
    await village.until("07:10")
    assert not any("王秀英" in words for words in village.told("xiaomei"))


async def test_her_daughter_sees_nothing_any_more_but_is_called_in_need(village: Village) -> None:
    await village.all_well_but()
    assert "王秀英" in await village.says("xiaomei", "名单")
    assert await village.says("wang", "不用了 家人") == (
        "王奶奶，记下了，家里人看不到了，急事还叫他们。"
    )
    of_nobody = await village.says("liushen", "名单")
    assert await village.says("xiaomei", "名单") == of_nobody
    assert await village.says("xiaomei", "详情 王秀英") == of_nobody
    await village.says("dashan", "请假 王秀英 住院")
    await village.says("dashan", "王秀英回来了")
    await village.until("10:00")
    assert village.told("xiaomei") == []
    await village.says("wang", "救命")
    await village.until("10:01")
    assert any(words.startswith("【急】王秀英") for words in village.told("xiaomei"))


async def test_a_picture_and_a_place_are_signs_of_life_and_not_kept(village: Village) -> None:
    await village.until("07:00")
    picture = Message(
        channel="simulator",
        key="wang|1",
        sender="wang",
        kind=Kind.PICTURE,
        at=village.clock.now(),
        media="the-picture-of-her-yard",
    )
    place = replace(picture, key="wang|2", kind=Kind.LOCATION, text="the-lane-behind-the-well")
    for sent in (picture, place):
        await village.house.desk.answer(replace(sent, channel=village.channel))
    assert await village.expectation("wang") == "met"
    remembered = await everything(village)
    assert "the-picture-of-her-yard" not in remembered
    assert "the-lane-behind-the-well" not in remembered


async def test_an_elder_without_a_phone_says_yes_before_her_leader(village: Village) -> None:
    await village.until("07:00")
    assert await village.says("dashan", "同意 赵桂兰 健康") == "记下了：赵桂兰同意健康。"
    one_more = "记下了，还要一位作证。请村干部或结对邻居也回：同意 赵桂兰 照片"
    assert await village.says("dashan", "同意 赵桂兰 照片") == one_more
    assert await village.says("dashan", "同意 赵桂兰 照片") == one_more
    assert await kept(village) == [("zhao", "health", True)]
    assert await village.says("zhang", "同意 赵桂兰 照片") == "记下了：赵桂兰同意照片。"
    async with village.database.reading() as session:
        row = (await session.scalars(select(Consent).where(Consent.purpose == "photo"))).one()
    assert (row.how, row.said_by, row.witness_id) == ("witness", "dashan", "zhang")


async def test_one_alone_cannot_end_the_watch_of_who_has_no_phone(village: Village) -> None:
    await village.until("07:00")
    await village.says("dashan", "不用了 赵桂兰 报平安")
    assert await kept(village) == []
    assert await village.says("zhang", "不用了 赵桂兰 报平安") == "记下了：赵桂兰不用报平安了。"
    await village.ring()
    await to_the_next_day(village)
    assert await village.expectation("zhao") == "none"


async def test_who_has_a_phone_says_it_herself_and_nobody_of_her_house_is_a_witness(
    village: Village,
) -> None:
    await village.until("07:00")
    assert await village.says("dashan", "同意 王秀英 照片") == "王秀英有手机，请本人来说。"
    of_nobody = await village.says("xiaomei", "同意 王小明 照片")
    assert await village.says("xiaomei", "同意 王秀英 照片") == of_nobody.replace(
        "王小明", "王秀英"
    )
    assert await kept(village) == []
