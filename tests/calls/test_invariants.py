"""DOMAIN.md, section 7, invariants 6 to 14, each by its name, on both databases.

They hold on storage alone: whatever a handler says, these stand behind it.
"""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from storage import (
    assigning,
    attendance,
    credentials,
    ending,
    ledger_members,
    policies,
    requests,
    reviews,
)
from storage.assigning import Taken
from storage.choosing import Why, choose, weigh, why_not
from storage.confirming import Said
from storage.credentials import NewCredential
from storage.database import Database
from storage.ledger import Transfer
from storage.ledger_moves import Book, GateError, Spender
from storage.people import Person, Tie, TieKind
from storage.requests import ENDED, State
from storage.rules import DispatchRules, Rules, village_day
from storage.visits import Visit, VisitState
from storage.volunteers import Volunteer
from tests.calls.crowd import POLICY, Crowd, volunteer


@pytest.fixture
async def crowd(database: Database) -> AsyncIterator[Crowd]:
    crowd = Crowd([database], 6)
    await crowd.settle()
    yield crowd
    assert await crowd.faults() == []


async def test_6_the_hold_is_empty_exactly_when_the_call_has_ended(crowd: Crowd) -> None:
    ended = [await crowd.finished(), await crowd.call()]
    live = await crowd.finished()
    await crowd.confirms(ended[0], "wang")
    async with crowd.database.writing() as session:
        request = await requests.hold(session, ended[1])
        await ending.cancel(session, request, "wang", crowd.now, crowd.rules)
    for call in ended:
        assert State((await crowd.read(call)).state) in ENDED
        assert await crowd.kept(call) == 0
    assert State((await crowd.read(live)).state) not in ENDED
    assert await crowd.kept(live) == 90


@pytest.mark.parametrize(("minutes", "paid"), [(7, 15), (60, 60), (80, 75), (300, 90)])
async def test_7_paid_and_overflow_and_released_are_what_was_held(
    crowd: Crowd, minutes: int, paid: int
) -> None:
    call = await crowd.finished(minutes)
    await crowd.confirms(call, "wang")
    sums = await crowd.sums(call)
    assert sums.paid == paid
    assert sums.paid + sums.overflow + sums.released == sums.held == 90


@pytest.mark.parametrize(
    ("before", "by", "paid"),
    [
        (timedelta(hours=3), "wang", 0),  # nobody has left home yet
        (timedelta(minutes=20), "wang", 15),
        (timedelta(minutes=20), "xiaomei", 0),  # his own kin
        (timedelta(minutes=-1), "wang", 0),  # he should be there
    ],
)
async def test_6_and_7_taken_back_late_the_way_is_paid_and_the_rest_comes_back(
    crowd: Crowd, before: timedelta, by: str, paid: int
) -> None:
    call = await _taken(crowd)
    async with crowd.database.writing() as session:
        session.add(Tie(elder_id=volunteer(0), person_id="xiaomei", kind=TieKind.FAMILY))
    crowd.now = (await crowd.read(call)).begins - before
    for again in (False, True):
        async with crowd.database.writing() as session:
            request = await requests.hold(session, call)
            done = await ending.cancel(session, request, by, crowd.now, crowd.rules)
        assert done == (None if again else paid)
    sums = await crowd.sums(call)
    assert (sums.held, sums.paid, sums.overflow, sums.left) == (120, paid, 0, 0)
    assert sums.paid + sums.released == sums.held
    assert await crowd.balance_of(volunteer(0)) == paid
    async with crowd.database.reading() as session:
        served = select(func.sum(Transfer.service_minutes))
        assert await session.scalar(served) == 0  # no certificate counts it


async def _taken(crowd: Crowd) -> int:
    """Let the first volunteer be the one who goes tomorrow."""
    call = await crowd.call("助洁", crowd.now + timedelta(days=1))
    crowd.now += timedelta(minutes=31)
    await crowd.accepts(call, 0)
    return call


async def test_who_did_not_come_is_asked_after_the_others(crowd: Crowd) -> None:
    call = await _taken(crowd)
    crowd.now += timedelta(days=1)
    await crowd.ring()
    (visit,) = await crowd.visits(call)
    assert visit.state == VisitState.ABSENT
    async with crowd.database.writing() as session:
        request = await requests.hold(session, call)
        weighed = [
            await weigh(session, request, volunteer(number), crowd.now, crowd.rules.dispatch)
            for number in (0, 1)
        ]
    assert [one.parts["absent"] for one in weighed] == [-15, 0]
    assert [one.parts["load"] for one in weighed] == [0, 0]


async def test_8_a_slot_has_one_visit_and_nobody_has_two_at_once(crowd: Crowd) -> None:
    first, second = await crowd.call(), await crowd.call()
    assert (await crowd.accepts(first, 0)).taken is Taken.GOES
    assert (await crowd.accepts(first, 1)).taken is Taken.GONE
    overlapping = await crowd.accepts(second, 0)
    assert (overlapping.taken, list(overlapping.why)) == (Taken.MAY_NOT, [Why.OVERLAP])
    (visit,) = await crowd.visits(first)
    row = {"request_id": first, "slot": 1, "elder_id": "wang", "volunteer_id": volunteer(3)}
    row |= {"starts_at": visit.starts_at, "ends_at": visit.ends_at, "booked": 60}
    with pytest.raises(IntegrityError):
        async with crowd.database.writing() as session:
            await session.execute(insert(Visit).values(assigned_at=crowd.now, **row))


async def test_9_settled_needs_evidence_and_a_confirmer_outside_the_household(
    crowd: Crowd,
) -> None:
    call = await crowd.finished()
    async with crowd.database.writing() as session:
        session.add(Tie(elder_id=volunteer(0), person_id="xiaomei", kind=TieKind.FAMILY))
    assert await crowd.confirms(call, volunteer(0)) == Said.NOT_YOURS
    assert await crowd.confirms(call, "xiaomei") == Said.NOT_YOURS
    async with crowd.database.writing() as session:
        await session.execute(update(Visit).values(has_code=False))
    crowd.now += timedelta(days=9)
    await crowd.ring()
    assert (await crowd.read(call)).state == State.AWAITING_CONFIRM
    assert await crowd.confirms(call, "wang") == Said.SETTLED


async def test_10_credited_minutes_stay_below_the_caps_and_the_rest_goes_to_the_pool(
    crowd: Crowd,
) -> None:
    for _ in range(3):
        call = await crowd.finished(85)
        await crowd.confirms(call, "wang")
        crowd.now += timedelta(minutes=5)
    async with crowd.database.reading() as session:
        account = await ledger_members.find_account(session, volunteer(0)) or ""
        book = Book(session, crowd.now, POLICY)
        assert await book._credited_on(account, village_day(crowd.now)) == 240  # noqa: SLF001
    sums = await crowd.sums(call)
    assert (sums.paid, sums.overflow) == (60, 30)


async def test_11_the_gates_of_spending_are_asked_when_minutes_are_kept(crowd: Crowd) -> None:
    strict = policies.load("beijing-2022")
    young = Spender(account="m:young", born="1990")
    with pytest.raises(GateError):
        async with crowd.database.writing() as session:
            await Book(session, crowd.now, strict).hold_for("r9", young, 60, actor="m:young")
    async with crowd.database.writing() as session:
        await session.execute(update(Person).where(Person.id == "wang").values(born="1990"))
    call = await crowd.call("助洁", crowd.now + timedelta(days=1))
    assert (await crowd.read(call)).state == State.REVIEW  # a coordinator has to vouch
    async with crowd.database.writing() as session:
        request = await requests.hold(session, call)
        await reviews.approve(session, request, "zhang", crowd.now, crowd.rules)
    await crowd.ring()
    crowd.now += timedelta(minutes=31)
    assert (await crowd.accepts(call, 0)).taken is Taken.GOES
    sums = await crowd.sums(call)
    assert (sums.held, sums.left) == (120, 120)
    assert await crowd.balance_of("wang") == 0


async def _paper(session: AsyncSession, number: int, kind: str, until: date) -> None:
    paper = NewCredential(
        person_id=volunteer(number),
        kind=kind,
        valid_from=date(2026, 1, 1),
        valid_until=until,
        noted_by="zhang",
    )
    await credentials.note(session, paper, datetime.fromisoformat("2026-11-01T00:00:00Z"))


async def _bath(crowd: Crowd, *numbers: int, until: date = date(2027, 1, 1)) -> int:
    async with crowd.database.writing() as session:
        for number in numbers:
            for kind in ("培训", "承诺书", "保险"):
                await _paper(session, number, kind, until)
    call = await crowd.call("助浴", crowd.now + timedelta(days=1))
    async with crowd.database.writing() as session:
        request = await requests.hold(session, call)
        await reviews.approve(session, request, "dashan", crowd.now, crowd.rules)
    return call


async def test_12_a_bath_has_two_helpers_of_her_own_gender_or_none(crowd: Crowd) -> None:
    call = await _bath(crowd, 0, 1, 2)
    async with crowd.database.writing() as session:
        await session.execute(
            update(Volunteer).where(Volunteer.person_id == volunteer(2)).values(gender="male")
        )
    await crowd.ring()
    crowd.now += timedelta(minutes=31)
    assert (await crowd.accepts(call, 2)).why == [Why.GENDER]
    assert (await crowd.accepts(call, 0)).taken is Taken.NOTED
    assert await crowd.visits(call) == []
    assert (await crowd.accepts(call, 1)).taken is Taken.GOES
    assert [one.slot for one in await crowd.visits(call)] == [1, 2]


@pytest.mark.parametrize("by_hand", [False, True])
async def test_13_an_expired_paper_gives_nobody_a_visit(crowd: Crowd, *, by_hand: bool) -> None:
    today = village_day(crowd.now)
    call = await _bath(crowd, 0, 1, until=today)  # good today, and the bath is tomorrow
    crowd.now += timedelta(minutes=31)
    async with crowd.database.writing() as session:
        request = await requests.hold(session, call)
        assert await choose(session, request, 1, 5, crowd.now, crowd.rules.dispatch) == []
        if by_hand:
            answered = await assigning.assign(
                session, request, volunteer(0), "dashan", crowd.now, crowd.rules
            )
        else:
            answered = await assigning.accept(
                session, request, volunteer(0), crowd.now, crowd.rules
            )
    assert (answered.taken, list(answered.why)) == (Taken.MAY_NOT, [Why.PAPERS])
    assert await crowd.visits(call) == []


async def test_14_an_illegal_move_changes_nothing(crowd: Crowd) -> None:
    call = await crowd.finished()
    before = await crowd.read(call), await crowd.visits(call), await crowd.transfers()
    async with crowd.database.writing() as session:
        request = await requests.hold(session, call)
        assert not await ending.cancel(session, request, "wang", crowd.now, crowd.rules)
        assert not await reviews.approve(session, request, "dashan", crowd.now, crowd.rules)
        assert not await reviews.refuse(session, request, "dashan", crowd.now, crowd.rules)
        arrived = await attendance.finish(session, request, volunteer(0), crowd.now, crowd.rules)
        assert arrived is None
    after = await crowd.read(call), await crowd.visits(call), await crowd.transfers()
    assert _values(before[0]) == _values(after[0])
    assert [_values(one) for one in before[1]] == [_values(one) for one in after[1]]
    assert before[2] == after[2]


def _values(row: object) -> dict[str, object]:
    return {name: value for name, value in vars(row).items() if not name.startswith("_")}


async def test_who_is_chosen_and_who_may_go_is_one_rule(crowd: Crowd) -> None:
    """The statement that chooses and the one that tells why not never disagree."""
    busy = await crowd.call()
    await crowd.accepts(busy, 0)
    async with crowd.database.writing() as session:
        changes: list[dict[str, object]] = [
            {"skills": ""},
            {"weekdays": 0},
            {"from_minute": 0, "until_minute": 60},
            {"day_minutes": 15},
        ]
        for number, changed in enumerate(changes, 1):
            await session.execute(
                update(Volunteer).where(Volunteer.person_id == volunteer(number)).values(**changed)
            )
    rules = Rules(dispatch=DispatchRules(gift_minutes=10_000))
    crowd.rules = rules
    call = await crowd.call("理发", crowd.now + timedelta(minutes=20))
    async with crowd.database.writing() as session:
        request = await requests.hold(session, call)
        everybody = (await session.scalars(select(Volunteer.person_id))).all()
        request.turn += 1  # nobody has been asked in this turn
        chosen = await choose(session, request, 1, 50, crowd.now, rules.dispatch)
        may = {
            one: await why_not(session, request, one, crowd.now, rules.dispatch)
            for one in everybody
        }
    assert {one.volunteer_id for one in chosen} == {one for one, why in may.items() if not why}
    assert may == {
        "v00": [Why.OVERLAP],
        "v01": [Why.SKILL],
        "v02": [Why.HOURS],
        "v03": [Why.HOURS],
        "v04": [Why.DAY],
        "v05": [],
    }
