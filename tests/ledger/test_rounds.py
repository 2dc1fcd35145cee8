"""The time bank by the clock: audit at night, a statement a month, a letter a year."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from schedules import auditing
from storage import ledger, ledger_members, ledger_statements, policies
from storage.ledger import Account, Head
from storage.ledger_audit import Seal
from storage.ledger_moves import Book
from storage.ledger_statements import Month
from storage.letters import Letter
from storage.policies import TimebankRules
from storage.rules import VILLAGE_TIME
from tests.ledger.bank import COORDINATOR, LIU, NOON, WANG, Bank
from tests.ledger.test_talk import POLICY, _has, _helps
from tests.village import Village

RULES = TimebankRules()
DAY_LONG = timedelta(days=1)
NIGHT = datetime(2026, 11, 24, 3, 0, tzinfo=VILLAGE_TIME)


async def test_every_night_the_chain_is_found_whole_and_sealed(whole: Bank) -> None:
    await whole.give(WANG, 300)
    assert await auditing.audit(whole.database, NIGHT.replace(hour=2), RULES) == 0
    assert await auditing.audit(whole.database, NIGHT, RULES) == 1
    assert await auditing.audit(whole.database, NIGHT, RULES) == 0
    assert await auditing.audit(whole.database, NIGHT + timedelta(days=1), RULES) == 1
    async with whole.database.reading() as session:
        assert list(await session.scalars(select(Seal.seq))) == [1]


async def test_a_fault_freezes_the_ledger_and_is_told(village: Village) -> None:
    await _has(village, "wang", 300)
    async with village.database.writing() as session:
        await session.execute(
            text(
                "INSERT INTO ledger_seals (seq, hash, at)"
                " VALUES (1, 'another', '2026-11-22 00:00:00')"
            )
        )
    assert await auditing.audit(village.database, NIGHT, RULES) == 1
    async with village.database.reading() as session:
        frozen = (await session.execute(select(Head.frozen_at, Head.frozen_because))).one()
        told = await session.scalars(
            select(Letter.recipient_id).where(Letter.kind == "ledger_fault").order_by(Letter.id)
        )
        assert frozen.frozen_at == NIGHT
        assert frozen.frozen_because == "transfer 1 is not the one that was sealed or printed"
        assert list(told) == ["sheng", "zhang"]
    village.clock.move_to(NIGHT)
    await village.ring()
    assert village.heard("zhang")[-1] == (
        "【急】时间账对不上，有1处，已经停下来。请马上找管理员核对。"
    )


async def test_a_new_policy_takes_effect_with_the_audit(whole: Bank) -> None:
    await whole.open("m:rich", ceiling=90_000)
    beijing = TimebankRules(policy="beijing-2022")
    await auditing.audit(whole.database, NIGHT, RULES)
    async with whole.database.reading() as session:
        assert await session.scalar(select(Account.ceiling).where(Account.id == "m:rich")) == 90_000
    await auditing.audit(whole.database, NIGHT + timedelta(days=1), beijing)
    async with whole.database.reading() as session:
        assert await session.scalar(select(Account.ceiling).where(Account.id == "m:rich")) is None
        assert await session.scalar(select(Account.ceiling).where(Account.id == "pool")) is None


async def test_who_has_more_than_a_new_ceiling_keeps_it(whole: Bank) -> None:
    await whole.give("m:rich", 100_000)
    await auditing.audit(whole.database, NIGHT, TimebankRules(policy="beijing-2022"))
    await auditing.audit(whole.database, NIGHT + timedelta(days=1), RULES)
    assert await whole.balance("m:rich") == 100_000
    with pytest.raises(ledger.OverCeilingError):
        await whole.give("m:rich", 15, "more")


async def test_once_a_month_a_member_hears_what_moved(village: Village) -> None:
    await _has(village, "wang", 300)
    async with village.database.writing() as session:
        await ledger_members.account_of(session, "sun", POLICY)
        wang = await ledger_members.account_of(session, "wang", POLICY)
        await Book(session, village.clock.now(), POLICY).donate("d1", wang, 90)
    december = datetime(2026, 12, 1, 8, 0, tzinfo=VILLAGE_TIME)
    for _ in range(2):
        written = await auditing.write_statements(village.database, december, RULES)
        assert written in (0, 1)
    letters = await village.letters("hours_statement")
    assert [letter.recipient_id for letter in letters] == ["wang"]
    village.clock.move_to(NIGHT.replace(hour=8))
    async with village.database.writing() as session:
        await session.execute(text("UPDATE letters SET due_at = '2026-11-23 00:00:00'"))
    await village.ring()
    assert "11月您存入5个小时，用了1个半小时，现在有3个半小时。" in village.heard("wang")


async def test_what_came_back_of_a_call_was_not_used(village: Village) -> None:
    """She kept two hours, an hour and a quarter were used; the volunteer earned as much."""
    await _has(village, "wang", 300)
    await _helps(village, "liushen", "wang", 80)
    december = datetime(2026, 12, 1, 8, 0, tzinfo=VILLAGE_TIME)
    assert await auditing.write_statements(village.database, december, RULES) == 2
    found = {one.recipient_id: one.detail for one in await village.letters("hours_statement")}
    assert found["wang"] == {"month": 11, "came": 300, "went": 75, "balance": 225}
    assert found["liushen"] == {"month": 11, "came": 75, "went": 0, "balance": 75}


async def test_a_payment_that_was_taken_back_was_not_earned(whole: Bank) -> None:
    await whole.give(WANG, 300)
    await whole.hold("r1", WANG, 120)
    await whole.settle("r1", LIU, 120)
    async with whole.book() as book:
        await book.reverse_settlement("r1", 1, 1, actor=COORDINATOR, reason="typo")
    whole.wait(days=30)
    await whole.release("r1")
    async with whole.database.reading() as session:
        months = ledger_statements.months
        first = await months(session, [WANG, LIU], NOON, NOON + timedelta(days=1))
        second = await months(session, [WANG, LIU], NOON + timedelta(days=1), whole.now + DAY_LONG)
    assert first == {WANG: Month(300, 120, 300), LIU: Month(0, 0, 0)}
    assert first[LIU].is_still, "nobody is told of a month in which nothing remained"
    assert second == {WANG: Month(120, 0, 300)}, "what comes back later came then"


async def test_once_a_week_the_head_of_the_chain_goes_out(village: Village) -> None:
    """Monday's audit prints it; Tuesday's is silent; where Monday found a fault, nothing is."""
    await _has(village, "wang", 300)
    for days in range(8):
        await auditing.audit(village.database, NIGHT + timedelta(days=days), RULES)
    async with village.database.reading() as session:
        head = await ledger.chain_head(session)
    found = await village.letters("ledger_week")
    assert [(one.recipient_id, one.key) for one in found] == [
        ("sheng", "ledger_week:2026-48:sheng"),
        ("zhang", "ledger_week:2026-48:zhang"),
        ("sheng", "ledger_week:2026-49:sheng"),
        ("zhang", "ledger_week:2026-49:zhang"),
    ]
    village.clock.move_to(NIGHT.replace(hour=8))
    await village.ring()
    assert (
        "时间账核对过了，1笔都对。村里1位存着5个小时。\n"
        f"请把链头抄进周报：\n{head}" in village.heard("zhang")
    )


async def test_a_child_hears_who_could_have_her_hours(village: Village) -> None:
    await _has(village, "xiaomei", 300)
    january = datetime(2027, 1, 5, 9, 0, tzinfo=VILLAGE_TIME)
    assert await auditing.remind_of_hours(village.database, january, RULES) == 1
    village.clock.move_to(january)
    await village.says("xiaomei", "在")
    await village.ring()
    offer = "您存了5个小时。给王秀英用也行，请说：转给 王秀英 1小时"
    assert offer in village.heard("xiaomei")
    assert "确认" in await village.says("xiaomei", offer.partition("请说：")[2])


async def test_once_a_year_the_owner_hears_what_hours_are_good_for(village: Village) -> None:
    await _has(village, "wang", 300)
    await _has(village, "sun", 30)
    january = datetime(2027, 1, 5, 9, 0, tzinfo=VILLAGE_TIME)
    assert await auditing.remind_of_hours(village.database, NIGHT, RULES) == 0
    assert await auditing.remind_of_hours(village.database, january, RULES) == 1
    assert await auditing.remind_of_hours(village.database, january, RULES) == 0
    assert await auditing.remind_of_hours(village.database, january.replace(year=2028), RULES) == 1
    async with village.database.reading() as session:
        count = select(func.count()).where(Letter.kind == "hours_reminder")
        assert await session.scalar(count) == 2


def test_every_preset_says_where_it_comes_from_and_what_is_not_known() -> None:
    for name in policies.NAMES:
        policy = policies.load(name)
        assert policy.name == name
        assert policy.sources
        assert policy.unverified
        assert policy.key == f"{name}@{policy.version}"


@pytest.mark.parametrize(
    ("real", "credited"), [(1, 15), (7, 15), (22, 15), (23, 30), (52, 45), (53, 60), (240, 240)]
)
def test_real_minutes_are_credited_by_quarters(real: int, credited: int) -> None:
    assert POLICY.rounded(real) == credited


@pytest.mark.parametrize(
    ("born", "age"), [("1966", 60), ("1966-11-23", 60), ("1966-11-24", 59), ("", None), ("?", None)]
)
def test_ages_on_a_day(born: str, age: int | None) -> None:
    assert policies.age_on(born, NIGHT.date() - timedelta(days=1)) == age
