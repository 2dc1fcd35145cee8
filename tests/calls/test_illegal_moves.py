"""Whatever is said of a call where it cannot be: a polite answer, and nothing has changed."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from handlers.message import Kind
from storage.offers import Offer
from storage.requests import ENDED, WAY, Request, State, Step
from storage.schema import metadata
from storage.visits import Visit
from tests.calls.test_visits import at_her_hour, given_to
from tests.calls.town import Town

COMMANDS: tuple[tuple[str, str, tuple[Step, ...]], ...] = (
    ("mingyue", "接单 {}", (Step.ASSIGN,)),
    ("liushen", "到了 {} {code}", (Step.ARRIVE,)),
    ("liushen", "完成 {}", (Step.FINISH,)),
    ("liushen", "退单 {}", (Step.REOPEN,)),
    ("wang", "好 {}", (Step.CONFIRM,)),
    ("wang", "好 {} 四朵花", (Step.CONFIRM,)),
    ("wang", "不对 {}", (Step.DISPUTE,)),
    ("wang", "取消 {}", (Step.CANCEL,)),
    ("dashan", "同意 {}", (Step.APPROVE,)),
    ("dashan", "不同意 {}", (Step.REFUSE,)),
    ("dashan", "指派 {} 胡明月", (Step.ASSIGN,)),
    ("zhang", "裁决 {} 付 都看见了", (Step.PAY, Step.REFUND)),
    ("liushen", "申诉 {}", (Step.PAY,)),
    ("liushen", "说明 {} 我去了", (Step.PAY,)),
)
"""Who says what, and which step of the call it is."""

TABLES = (
    "requests",
    "visits",
    "offers",
    "statements",
    "pictures",
    "letters",
    "ledger_transfers",
    "ledger_accounts",
)
FORBIDDEN = re.compile("死|失联|错误|系统|故障|异常|无效|非法|用户|你")


async def rows(town: Town) -> dict[str, list[tuple[object, ...]]]:
    found = {}
    async with town.database.reading() as session:
        for table in (metadata.tables[name] for name in TABLES):
            every = await session.execute(select(table).order_by(*table.primary_key))
            found[table.name] = [tuple(row) for row in every]
    return found


def _fits(state: State, step: Step) -> bool:
    return state in WAY[step][0]


async def bring_to(town: Town, number: int, state: State) -> None:
    """Put a call into a state, with the visit that belongs to it, past our own moves."""
    visit = {
        State.ASSIGNED: "assigned",
        State.IN_SERVICE: "arrived",
        State.AWAITING_CONFIRM: "done",
        State.DISPUTED: "done",
        State.SETTLED: "done",
    }.get(state, "cancelled")
    now = town.clock.now()
    async with town.database.writing() as session:
        await session.execute(
            update(Request)
            .where(Request.number == number)
            .values(
                state=state,
                ended_at=now if state in ENDED else None,
                next_at=None,
                flowers=5 if state == State.SETTLED else None,
                why="risk",
                finished_at=now - timedelta(hours=2),
            )
        )
        await session.execute(update(Visit).values(state=visit, minutes=60, has_code=True))
        won = state not in (State.DRAFT, State.REVIEW, State.OPEN)
        await session.execute(update(Offer).values(state="won" if won else "open"))


@pytest.mark.parametrize("state", list(State))
async def test_what_is_not_on_the_way_is_answered_politely_and_changes_nothing(
    town: Town, state: State
) -> None:
    number = await given_to(town, "liushen")
    await at_her_hour(town, number)
    code = (await town.call(number)).code
    kept = await town.kept(number)
    for person, words, steps in COMMANDS:
        if any(_fits(state, step) for step in steps):
            continue
        await bring_to(town, number, state)
        before = await rows(town)
        reply = await town.says(person, words.format(number, code=code))
        assert await rows(town) == before, (state, words, reply)
        assert reply, (state, words)
        assert not FORBIDDEN.search(reply), reply
    if state not in (State.IN_SERVICE, State.AWAITING_CONFIRM):
        before = await rows(town)
        await town.sends("liushen", Kind.PICTURE)
        assert await rows(town) == before, (state, "a picture")
    await bring_to(town, number, State.OPEN)  # let the books of the story end well
    assert await town.kept(number) == kept
    await town.says("wang", f"取消 {number}")


@pytest.mark.parametrize("person", ["chen", "laosi", "sheng", "qiaoyun"])
async def test_whoever_has_nothing_to_do_with_it_changes_nothing(town: Town, person: str) -> None:
    number = await given_to(town, "liushen")
    before = await rows(town)
    for _, words, _ in COMMANDS:
        if person == "qiaoyun" and words.startswith("接单"):
            continue
        await town.says(person, words.format(number, code=1234))
        assert await rows(town) == before, words


def test_every_step_leads_somewhere_and_every_ended_call_stays_ended() -> None:
    assert WAY.keys() == set(Step)
    for before, _ in WAY.values():
        assert before & {State.SETTLED, State.VOID, State.CANCELLED} == set()
    reached = {after for _, after in WAY.values()} | {State.DRAFT}
    assert reached == set(State)
