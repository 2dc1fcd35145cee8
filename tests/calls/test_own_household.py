"""Nobody confirms, approves, vouches, attests or judges in a matter of his own household."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from storage.letters import Letter
from storage.people import PersonRole, Role, Tie, TieKind
from tests.calls.test_confirming import visited
from tests.calls.town import Town

NOT_YOURS = "{}号要请别人来说。谢谢您！"


async def is_family(town: Town, elder: str, *kin: str) -> None:
    async with town.database.writing() as session:
        session.add_all(Tie(elder_id=elder, person_id=one, kind=TieKind.FAMILY) for one in kin)


async def is_also(town: Town, person: str, role: Role) -> None:
    async with town.database.writing() as session:
        session.add(PersonRole(person_id=person, role=role))


async def asked(town: Town, kind: str) -> Sequence[str]:
    async with town.database.reading() as session:
        found = select(Letter.recipient_id).where(Letter.kind == kind).order_by(Letter.id)
        return (await session.scalars(found)).all()


async def test_her_son_the_leader_does_not_look_at_her_call(town: Town) -> None:
    await is_family(town, "wang", "dashan")
    number = await town.asks("wang", "明天上午想请人帮我洗个澡")
    assert await town.state(number) == "review"
    assert await asked(town, "call_review") == ["zhang"]
    assert await town.says("dashan", f"同意 {number}") == NOT_YOURS.format(number)
    assert await town.says("dashan", f"不同意 {number}") == NOT_YOURS.format(number)
    assert await town.state(number) == "review"
    await town.says("zhang", f"同意 {number}")
    assert await town.state(number) == "open"


async def test_where_all_below_are_her_kin_the_supervisor_is_asked(town: Town) -> None:
    await is_family(town, "wang", "dashan", "zhang")
    number = await town.asks("wang", "明天上午想请人帮我洗个澡")
    assert await asked(town, "call_review") == ["sheng"]
    assert await town.says("zhang", f"同意 {number}") == NOT_YOURS.format(number)
    await town.live(seconds=5)
    await town.says("sheng", f"同意 {number}")
    assert await town.state(number) == "open"


@pytest.mark.parametrize("of", ["wang", "liushen"])
async def test_kin_of_either_side_does_not_judge(town: Town, of: str) -> None:
    await is_family(town, of, "zhang")
    number = await visited(town)
    await town.says("wang", f"不对 {number}")
    await town.says("liushen", f"说明 {number} 我去了")
    await town.says("wang", f"说明 {number} 没干好")
    assert await asked(town, "call_judge") == ["sheng"]
    assert "别人" in await town.says("zhang", f"裁决 {number} 付 都看见了")
    assert (await town.call(number)).verdict == ""
    await town.says("sheng", f"裁决 {number} 付 都看见了")
    assert (await town.call(number)).verdict == "pay"


async def test_the_volunteers_wife_who_leads_the_group_does_not_confirm(town: Town) -> None:
    await is_family(town, "liushen", "dashan")
    number = await visited(town)
    assert await town.says("dashan", f"好 {number}") == NOT_YOURS.format(number)
    assert await town.state(number) == "awaiting_confirm"


async def test_nobody_notes_a_paper_of_his_own_kin(town: Town) -> None:
    await is_family(town, "liushen", "dashan")
    unknown = await town.says("dashan", "证件 王小明 培训 到 2027-03-01")
    said = await town.says("dashan", "证件 刘翠花 培训 到 2027-03-01")
    assert said.replace("刘翠花", "王小明") == unknown
    assert "刘翠花" in await town.says("zhang", "证件 刘翠花 培训 到 2027-03-01")
