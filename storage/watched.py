"""Whose word is waited for: everybody's who has not said no, and hers until her leader knows."""

from sqlalchemy import ColumnElement, exists, or_

from storage import consents
from storage.checkins import Plan
from storage.consents import Purpose
from storage.letters import Letter, LetterState

UNWATCHED = "unwatched"
"""The letter to those who look after her: her word is not waited for any more."""

_UNDER_WAY = (LetterState.QUEUED, LetterState.SENDING)


def watched() -> ColumnElement[bool]:
    """Be true of a plan of somebody for whom a new day is opened."""
    nobody_knows_yet = exists().where(
        Letter.kind == UNWATCHED,
        Letter.about_id == Plan.elder_id,
        Letter.state.in_(_UNDER_WAY),
    )
    return or_(consents.given(Plan.elder_id, Purpose.CHECKIN), nobody_knows_yet)
