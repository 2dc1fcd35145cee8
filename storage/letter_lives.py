"""A letter's life: from its writing to whoever answered it, in one question to the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.incidents import Promise
from storage.letters import Letter, Refusal


@dataclass(frozen=True, slots=True)
class LetterLife:
    """All that is known of a letter.

    `refusals` are in their order; `beside` is the key of the letter in whose message it went,
    `answered_at` when its recipient promised to go.
    """

    letter: Letter
    refusals: list[Refusal]
    beside: str | None
    answered_at: datetime | None


async def life(session: AsyncSession, letter: int | str) -> LetterLife | None:
    """Return the life of a letter, named by its number or its key; None where there is none."""
    rows = (await session.execute(_LIFE.where(_is(letter)))).all()
    if not rows:
        return None
    refusals: dict[int, Refusal] = {one.id: one for _, one, _, _ in rows if one}
    answers: list[datetime] = [at for *_, at in rows if at]
    return LetterLife(rows[0][0], list(refusals.values()), rows[0][2], min(answers, default=None))


def _is(letter: int | str) -> ColumnElement[bool]:
    return Letter.id == letter if isinstance(letter, int) else Letter.key == letter


_CARRIER = aliased(Letter)
_LIFE: Select[*tuple[Any, ...]] = (
    select(Letter, Refusal, _CARRIER.key, Promise.made_at)
    .outerjoin(Refusal, Refusal.letter_id == Letter.id)
    .outerjoin(_CARRIER, _CARRIER.id == Letter.carried_with)
    .outerjoin(
        Promise,
        and_(
            Promise.incident_id == Letter.incident_id,
            Promise.person_id == Letter.recipient_id,
            Promise.made_at >= Letter.written_at,
        ),
    )
    .order_by(Refusal.id)
)
