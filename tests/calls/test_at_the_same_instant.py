"""Many people say their word at the same instant, on SQLite and on two PostgreSQL nodes.

Ten rounds are lived; SHOUWANG_SOAK=1 lives a hundred.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from storage import (
    assigning,
    attendance,
    disputes,
    ending,
    requests,
)
from storage.assigning import Taken
from storage.database import Database
from storage.requests import State
from storage.visits import VisitState
from tests.calls.crowd import Crowd, caller, volunteer

ROUNDS = 100 if os.environ.get("SHOUWANG_SOAK") else 10
CROWD = 50


@pytest.fixture
async def crowd(database: Database) -> AsyncIterator[Crowd]:
    """A courtyard of fifty: one file, or one server seen from two nodes."""
    other = [] if database.is_sqlite else [Database(str(database.url.render_as_string(False)))]
    crowd = Crowd([database, *other], CROWD)
    await crowd.settle()
    yield crowd
    assert await crowd.faults() == []
    for node in other:
        await node.dispose()


@pytest.mark.timeout(120 + 20 * ROUNDS)
async def test_of_fifty_who_accept_at_once_one_goes_and_the_others_are_told(crowd: Crowd) -> None:
    for _ in range(ROUNDS):
        call = await crowd.call()
        answers = await asyncio.gather(*(crowd.accepts(call, one) for one in range(CROWD)))
        assert Counter(one.taken for one in answers) == {Taken.GOES: 1, Taken.GONE: CROWD - 1}
        winner = next(n for n, one in enumerate(answers) if one.taken is Taken.GOES)
        (visit,) = await crowd.visits(call)
        assert (visit.volunteer_id, visit.state) == (volunteer(winner), VisitState.ASSIGNED)
        assert await crowd.kept(call) == 90
        crowd.now += timedelta(days=1)


async def test_of_fifty_calls_at_the_same_hour_one_volunteer_gets_one(crowd: Crowd) -> None:
    calls = [await crowd.call() for _ in range(12)]

    async def take(place: int, call: int) -> Taken:
        async with crowd.node(place).writing() as session:
            request = await requests.hold(session, call)
            answered = await assigning.accept(
                session, request, volunteer(0), crowd.now, crowd.rules
            )
        return answered.taken

    taken = await asyncio.gather(*(take(place, call) for place, call in enumerate(calls)))
    assert Counter(taken)[Taken.GOES] == 1
    live = [one for call in calls for one in await crowd.visits(call)]
    assert len(live) == 1


@pytest.mark.timeout(120 + 20 * ROUNDS)
async def test_confirmed_disputed_taken_back_and_by_the_clock_at_once_it_is_one_of_them(
    crowd: Crowd,
) -> None:
    outcomes: Counter[str] = Counter()
    for _ in range(ROUNDS):
        call = await crowd.finished()
        before = await crowd.transfers()
        crowd.now += timedelta(hours=73)
        await asyncio.gather(
            crowd.confirms(call, "wang", 0),
            crowd.confirms(call, "dashan", 1),
            _disputes(crowd, call, 1),
            _cancels(crowd, call, 0),
            crowd.ring(1),
            crowd.ring(0),
        )
        state = (await crowd.read(call)).state
        outcomes[state] += 1
        sums = await crowd.sums(call)
        if state == State.SETTLED:
            assert (sums.paid, sums.overflow, sums.released, sums.left) == (60, 0, 30, 0)
            assert await crowd.transfers() == before + 2
        else:
            assert (sums.paid, sums.released, sums.left) == (0, 0, 90)
            assert await crowd.transfers() == before
    assert outcomes.keys() <= {State.SETTLED, State.DISPUTED}


async def _disputes(crowd: Crowd, call: int, node: int) -> None:
    async with crowd.node(node).writing() as session:
        request = await requests.hold(session, call)
        await disputes.dispute(session, request, caller("xiaomei"), crowd.now, crowd.rules)


async def _cancels(crowd: Crowd, call: int, node: int) -> None:
    async with crowd.node(node).writing() as session:
        request = await requests.hold(session, call)
        await ending.cancel(session, request, "wang", crowd.now, crowd.rules)


@pytest.mark.timeout(120 + 20 * ROUNDS)
async def test_arriving_withdrawing_taking_back_and_not_coming_at_once_it_is_one_of_them(
    crowd: Crowd,
) -> None:
    for number in range(ROUNDS):
        call = await crowd.call()
        await crowd.accepts(call, number % CROWD)
        crowd.now += timedelta(minutes=31)
        await asyncio.gather(
            _arrives(crowd, call, number % CROWD, 1),
            _withdraws(crowd, call, number % CROWD, 0),
            _cancels(crowd, call, 1),
            crowd.ring(0),
            crowd.ring(1),
        )
        state = (await crowd.read(call)).state
        (visit,) = await crowd.visits(call)
        legal = {
            State.IN_SERVICE: {VisitState.ARRIVED},
            State.OPEN: {VisitState.WITHDRAWN, VisitState.ABSENT},
            State.CANCELLED: {VisitState.CANCELLED, VisitState.WITHDRAWN, VisitState.ABSENT},
        }
        assert visit.state in legal[State(state)]
        assert await crowd.kept(call) == (0 if state == State.CANCELLED else 90)
        crowd.now += timedelta(days=1)


async def _arrives(crowd: Crowd, call: int, number: int, node: int) -> None:
    async with crowd.node(node).writing() as session:
        request = await requests.hold(session, call)
        await attendance.arrive(
            session, request, volunteer(number), request.code, crowd.now, crowd.rules
        )


async def _withdraws(crowd: Crowd, call: int, number: int, node: int) -> None:
    async with crowd.node(node).writing() as session:
        request = await requests.hold(session, call)
        visit = await attendance.my_visit(session, request, volunteer(number))
        if visit is not None:
            await assigning.withdraw(session, request, visit, crowd.now, crowd.rules)
