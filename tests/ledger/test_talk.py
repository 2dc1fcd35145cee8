"""What the village says to its time bank, and hears."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import delete

from handlers.timebank import words
from handlers.timebank.amounts import AMOUNT, minutes_in
from storage import ledger, ledger_members, policies
from storage.ledger_moves import Book, Service
from storage.people import Person, Tie, TieKind
from storage.rules import village_day
from tests.village import Village

POLICY = policies.load("village-default")


async def _has(village: Village, person: str, minutes: int) -> str:
    """Let somebody have minutes to begin with; returns the account."""
    async with village.database.writing() as session:
        account = await ledger_members.account_of(session, person, POLICY)
        await Book(session, village.clock.now(), POLICY).grant(
            f"start-{person}", account, minutes, actor="system", second="m:b", reason="start"
        )
    return account


async def _balance(village: Village, person: str) -> int:
    async with village.database.reading() as session:
        account = await ledger_members.find_account(session, person)
        return await ledger.balance(session, account) if account else 0


async def _helps(village: Village, volunteer: str, elder: str, minutes: int) -> None:
    """Let a volunteer have been with an elder, from the call to the payment."""
    async with village.database.writing() as session:
        book = Book(session, village.clock.now(), POLICY)
        payer = await ledger_members.account_of(session, elder, POLICY)
        to = await ledger_members.account_of(session, volunteer, POLICY)
        await book.hold("r1", [(payer, 120)], actor=payer)
        await book.settle(
            Service(
                request="r1",
                slot=1,
                attempt=1,
                to=to,
                minutes=minutes,
                day=village_day(village.clock.now()),
                actor=payer,
            )
        )
        await book.release("r1", actor=payer)


def _number(reply: str) -> str:
    found = re.search(r"确认 (\d{4})", reply)
    assert found, reply
    return found[1]


async def test_she_hears_what_she_has_in_words_she_understands(village: Village) -> None:
    assert await village.says("wang", "余额") == "王奶奶，您还没存下时间。帮别人一次就有了。"
    await _has(village, "wang", 750)
    assert await village.says("wang", "余额") == "王奶奶，您存了12个半小时。"
    assert await village.says("wang", "还有多少小时？") == "王奶奶，您存了12个半小时。"
    assert await village.says("wang", "我的时间还有多少") == "王奶奶，您存了12个半小时。"


async def test_she_hears_what_came_and_went(village: Village) -> None:
    assert await village.says("wang", "流水") == "王奶奶，您还没有存过、用过时间。"
    await _has(village, "wang", 300)
    await _helps(village, "liushen", "wang", 80)
    assert await village.says("liushen", "流水") == (
        "刘翠花，最近的：\n11月23日帮人，得1小时15分钟"
    )
    assert await village.says("wang", "流水") == (
        "王奶奶，最近的：\n11月23日没用完退回，得45分钟\n"
        "11月23日请人，用2个小时\n11月23日发给您，得5个小时"
    )


async def test_a_daughter_is_given_hours_after_two_words(village: Village) -> None:
    await _has(village, "wang", 300)
    asked = await village.says("wang", "转给 王小梅 2小时")
    assert asked.startswith("王奶奶，转给王小梅2个小时，对吗？对就回：确认 ")
    assert await _balance(village, "wang") == 300
    reply = await village.says("wang", f"确认 {_number(asked)}")
    assert reply == "王奶奶，转给王小梅了。您还有3个小时。"
    assert await _balance(village, "xiaomei") == 120
    await village.ring()
    assert village.heard("xiaomei") == ["王秀英转给您2个小时，请人帮忙时用得上。"]


async def test_the_given_name_is_enough(village: Village) -> None:
    await _has(village, "wang", 300)
    assert "转给王小梅半个小时" in await village.says("wang", "转给小梅半小时")
    assert "转给王小梅1个半小时" in await village.says("wang", "转一个半钟头给小梅")


@pytest.mark.parametrize(
    "said",
    ["把2小时转给小梅", "给小梅转两个小时", "我想转给小梅 2小时", "送小梅2小时", "转2小时给小梅"],
)
async def test_however_she_puts_it(village: Village, said: str) -> None:
    await _has(village, "wang", 300)
    assert "转给王小梅2个小时，对吗" in await village.says("wang", said)


async def test_half_a_wish_is_asked_for_the_rest(village: Village) -> None:
    await _has(village, "wang", 300)
    for said in ("转给", "转给 小梅", "转 2小时", "转给小梅0小时"):
        assert await village.says("wang", said) == (
            "王奶奶，转给谁、转多久？请说：转给 小梅 2小时"
        ), said
    village.clock.move(minutes=2)
    for said in ("捐", "捐时间", "捐0小时"):
        assert await village.says("wang", said) == "王奶奶，捐多久？请说：捐 1小时", said


async def test_a_yes_without_its_number_is_told_the_number(village: Village) -> None:
    await _has(village, "wang", 300)
    number = _number(await village.says("wang", "捐 1小时15分钟"))
    assert await village.says("wang", "确认") == f"王奶奶，请连号一起回：确认 {number}"
    await village.says("wang", f"确认 {number}")
    assert await _balance(village, "wang") == 225
    assert "请连号" not in await village.says("wang", "确认"), "nothing waits any more"


async def test_confirming_twice_gives_once(village: Village) -> None:
    await _has(village, "wang", 300)
    number = _number(await village.says("wang", "转给 小梅 2小时"))
    await village.says("wang", f"确认 {number}")
    assert await village.says("wang", f"确认{number}") == "王奶奶，这个号已经办过了。"
    assert await _balance(village, "wang") == 180


async def test_a_bare_good_stays_her_checkin(village: Village) -> None:
    await _has(village, "wang", 300)
    await village.says("wang", "转给 小梅 2小时")
    assert "记下了" in await village.says("wang", "好")
    assert await _balance(village, "wang") == 300


async def test_she_changes_her_mind(village: Village) -> None:
    await _has(village, "wang", 300)
    number = _number(await village.says("wang", "转给 小梅 2小时"))
    assert await village.says("wang", f"取消 {number}") == "王奶奶，好，不办了，时间还是您的。"
    assert await village.says("wang", f"确认 {number}") == "王奶奶，这个号已经办过了。"
    assert await village.says("wang", "确认 0000") == "王奶奶，没有这个号。请再说一遍要办的事。"
    assert await _balance(village, "wang") == 300


async def test_a_question_does_not_wait_for_ever(village: Village) -> None:
    await _has(village, "wang", 300)
    number = _number(await village.says("wang", "转给 小梅 2小时"))
    village.clock.move(minutes=31)
    assert "过时了" in await village.says("wang", f"确认 {number}")
    assert await _balance(village, "wang") == 300


async def test_nobody_answers_the_question_of_another(village: Village) -> None:
    await _has(village, "wang", 300)
    number = _number(await village.says("wang", "转给 小梅 2小时"))
    assert "没有这个号" in await village.says("xiaomei", f"确认 {number}")


async def test_hours_go_to_relatives_only(village: Village) -> None:
    await _has(village, "wang", 300)
    for name in ("刘翠花", "张三丰"):
        assert await village.says("wang", f"转给 {name} 1小时") == (
            f"王奶奶，亲人里没找到{name}。要登记亲人请找组长。"
        )


async def test_who_is_no_relative_any_more_gets_nothing(village: Village) -> None:
    """Between the question and the yes the village has cut the tie."""
    await _has(village, "wang", 300)
    number = _number(await village.says("wang", "转给 小梅 2小时"))
    async with village.database.writing() as session:
        await session.execute(delete(Tie).where(Tie.person_id == "xiaomei"))
    assert await village.says("wang", f"确认 {number}") == (
        "王奶奶，亲人里没找到王小梅。要登记亲人请找组长。"
    )
    assert await _balance(village, "wang") == 300


async def test_the_coordinator_hears_what_the_village_is_owed(village: Village) -> None:
    assert await village.says("zhang", "时间账") == (
        "张主任，村里0位存着0个小时。公共时间池有0个小时。"
    )
    await _has(village, "wang", 300)
    await _has(village, "xiaomei", 90)
    await village.says("wang", f"确认 {_number(await village.says('wang', '捐 1小时'))}")
    assert await village.says("zhang", "时间账") == (
        "张主任，村里2位存着5个半小时。公共时间池有1个小时。"
    )
    assert "存着" not in await village.says("wang", "时间账"), "it is the coordinator's to know"


async def test_a_child_gives_to_her_mother(village: Village) -> None:
    await _has(village, "xiaomei", 300)
    number = _number(await village.says("xiaomei", "转给 王秀英 2小时"))
    assert (
        await village.says("xiaomei", f"确认 {number}") == "王小梅，转给王秀英了。您还有3个小时。"
    )
    assert await _balance(village, "wang") == 120


async def test_of_two_with_one_name_each_has_a_number(village: Village) -> None:
    await _has(village, "wang", 300)
    async with village.database.writing() as session:
        at_home = await session.get_one(Person, "wang")
        session.add(Person(id="xiaomei2", name="李小梅", village_id=at_home.village_id))
        await session.flush()
        session.add(Tie(elder_id="wang", person_id="xiaomei2", kind=TieKind.FAMILY))
    asked = await village.says("wang", "转给 小梅 1小时")
    assert asked.startswith("王奶奶，您转给哪一位？王小梅（东头）回：确认 ")
    first, second = re.findall(r"确认 (\d{4})", asked)
    await village.says("wang", f"确认 {second}")
    assert await _balance(village, "xiaomei2") == 60
    assert "已经办过" in await village.says("wang", f"确认 {first}")


async def test_she_cannot_give_what_she_has_not(village: Village) -> None:
    await _has(village, "wang", 60)
    assert await village.says("wang", "转给 小梅 2小时") == "王奶奶，您存了1个小时，不够这么多。"
    number = _number(await village.says("wang", "转给 小梅 1小时"))
    await village.says("wang", f"确认 {_number(await village.says('wang', '捐 1小时'))}")
    assert "不够这么多" in await village.says("wang", f"确认 {number}")


async def test_an_hour_for_everybody(village: Village) -> None:
    await _has(village, "wang", 300)
    asked = await village.says("wang", "捐 1小时")
    assert asked.startswith("王奶奶，捐1个小时给大家，对吗？对就回：确认 ")
    reply = await village.says("wang", f"确认 {_number(asked)}")
    assert reply == "王奶奶，谢谢您帮大家！您还有4个小时。"
    async with village.database.reading() as session:
        assert await ledger.balance(session, ledger.POOL) == 60


async def test_nothing_moves_while_the_books_are_looked_at(village: Village) -> None:
    await _has(village, "wang", 300)
    number = _number(await village.says("wang", "捐 1小时"))
    async with village.database.writing() as session:
        await ledger.freeze(session, "a test", village.clock.now())
    assert "正在核对" in await village.says("wang", f"确认 {number}")
    async with village.database.writing() as session:
        await ledger.thaw(session)
    assert "谢谢您" in await village.says("wang", f"确认 {number}")


async def test_a_volunteer_has_a_proof_of_what_she_did(village: Village) -> None:
    assert await village.says("liushen", "证明") == "刘翠花，还没有您帮人的记录。"
    await _has(village, "wang", 300)
    await _helps(village, "liushen", "wang", 80)
    proof = await village.says("liushen", "证明")
    assert proof.startswith("刘翠花，您一共帮人1小时20分钟。请找村里打印，证明号20261123-")
    assert await village.says("liushen", "服务证明") == proof


async def test_a_stranger_learns_nothing(village: Village) -> None:
    welcome = await village.says("nobody", "你好")
    for said in ("余额", "流水", "证明", "捐 1小时", "转给 王秀英 1小时", "确认 1234"):
        assert await village.says("nobody", said) == welcome


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        ("2小时", 120),
        ("两小时", 120),
        ("俩钟头", 120),
        ("半小时", 30),
        ("半个钟头", 30),
        ("一个半小时", 90),
        ("1小时半", 90),
        ("2.5小时", 150),
        ("2.5个小时", 150),
        ("45分钟", 45),
        ("三刻钟", 45),
        ("十二个小时", 720),
        ("3个时间币", 180),
        ("12个半小时", 750),
        ("1小时15分钟", 75),
        ("两个小时零三刻钟", 165),
    ],
)
def test_amounts_as_people_say_them(said: str, minutes: int) -> None:
    assert re.fullmatch(AMOUNT, said)
    assert minutes_in(said) == minutes


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "0个小时"),
        (15, "15分钟"),
        (30, "半个小时"),
        (60, "1个小时"),
        (75, "1小时15分钟"),
        (90, "1个半小时"),
        (750, "12个半小时"),
    ],
)
def test_hours_as_people_hear_them(minutes: int, said: str) -> None:
    assert words.hours(minutes) == said


def test_half_a_year_of_hours_is_still_a_sentence() -> None:
    assert words.hours(round(timedelta(days=180).total_seconds() / 60)) == "4320个小时"
