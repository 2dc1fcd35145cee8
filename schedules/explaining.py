"""Says why a letter goes the way it goes, or does not go: its life, and how it is planned now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.feature import Paper
from schedules.planner import Known, Plan, plan
from schedules.transport import Way
from storage import letter_lives, letters, people, relatives, subscriptions, windows
from storage.letter_lives import LetterLife
from storage.letters import Letter
from storage.rules import LetterRules


@dataclass(frozen=True, slots=True)
class Explained:
    """A letter's life, and the plan by which it would go at this moment, all ways being awake."""

    life: LetterLife
    plan: Plan


async def explain(
    session: AsyncSession,
    letter: int | str,
    papers: Mapping[str, Paper],
    ways: Sequence[Way],
    now: datetime,
    rules: LetterRules,
) -> Explained | None:
    """Explain a letter that is named by its number or its key; None where there is none."""
    life = await letter_lives.life(session, letter)
    if life is None:
        return None
    return Explained(life, await _plan(session, life.letter, papers, ways, now, rules))


async def _plan(
    session: AsyncSession,
    letter: Letter,
    papers: Mapping[str, Paper],
    ways: Sequence[Way],
    now: datetime,
    rules: LetterRules,
) -> Plan:
    (worded,) = await letters.read(session, [letter.id])
    reach = await people.reach(session, {letter.recipient_id})
    left, cards = await windows.left(session, reach.everywhere, now)
    agreed = await subscriptions.left(session, reach.everywhere)
    theirs = reach.of(letter.recipient_id)
    clocks = (await relatives.clocks(session, {letter.recipient_id})).values()
    by_address = {address: clock for clock in clocks for address in theirs}
    known = Known(left, agreed, cards, reach.declined, by_address)
    form = papers[letter.kind].travels_under(worded)
    return plan(letter.urgency, form, theirs, known, ways, {}, now, rules)
