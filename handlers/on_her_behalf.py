"""How often a day one of her family may do something for her; who serves her is not counted."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.turn import Turn
from storage import authority, relatives
from storage.authority import Act
from storage.checkins import watch_day
from storage.rules import at_village


async def has_asked_enough(turn: Turn, elder: str) -> bool:
    """Tell whether he has asked for as many visits today as he may."""
    return await _has_enough(turn, elder, relatives.asked_for, turn.rules.family.requests_a_day)


async def has_held_enough(turn: Turn, elder: str) -> bool:
    """Tell whether he has excused her as often today as he may."""
    return await _has_enough(turn, elder, relatives.held, turn.rules.family.holds_a_day)


async def _has_enough(
    turn: Turn,
    elder: str,
    count: Callable[[AsyncSession, str, datetime], Awaitable[int]],
    most: int,
) -> bool:
    me, checkin = turn.speaker, turn.rules.checkin
    is_family = await relatives.is_family(turn.session, me.id, elder)
    if not is_family or await authority.allows(turn.session, me, Act.ARRANGE, elder):
        return False
    morning = at_village(watch_day(turn.now, checkin), checkin.day_starts)
    return await count(turn.session, me.id, morning) >= most
