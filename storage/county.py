"""All villages at a glance, for supervisors: from what was said of each, the worst first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from storage import digests
from storage.digests import Said, Slot
from storage.today import Standing
from storage.village_weeks import is_known

NAMED = 10
"""How many villages are named."""

_GRAVE = (Standing.HARMED, Standing.MISSED, Standing.TO_SEE)
_SUMMED = ("expected", "heard", "missed", "alerts", "closed", "needed", "broken", "silences")


async def today(session: AsyncSession, day: date) -> dict[str, Any] | None:
    """Return the last digests of a day taken together; None where none was written yet."""
    slot = await digests.latest_slot(session, day)
    if slot is None:
        return None
    said = await digests.said_of_all(session, day, slot)
    restless = [one for one in said if not one.figures["is_well"]]
    worst = sorted(restless, key=_gravity, reverse=True)
    return {
        "slot": slot,
        "villages": len(said),
        "well": len(said) - len(restless),
        "worst": [{"village": one.village, **_grave(one)} for one in worst[:NAMED]],
    }


def _gravity(one: Said) -> list[int]:
    counts = one.figures["counts"]
    return [counts.get(standing, 0) for standing in _GRAVE]


def _grave(one: Said) -> dict[str, Any]:
    counts = one.figures["counts"]
    return {"counts": {str(standing): counts.get(standing, 0) for standing in _GRAVE}}


async def week(session: AsyncSession, monday: date) -> dict[str, Any] | None:
    """Return a week's sheets taken together; None where there is nothing in any of them."""
    said = [one for one in await _sheets(session, monday) if is_known(one.figures)]
    if not said:
        return None
    before = [one.figures for one in await _sheets(session, monday - timedelta(days=7))]
    return {
        "monday": monday.isoformat(),
        "villages": len(said),
        **_together([one.figures for one in said]),
        "before": _together(before) if any(map(is_known, before)) else None,
        "worst": [
            {"village": one.village, **{name: one.figures[name] for name in _SUMMED}}
            for one in sorted(said, key=_coverage)[:NAMED]
        ],
    }


async def _sheets(session: AsyncSession, monday: date) -> list[Said]:
    return await digests.said_of_all(session, monday, Slot.WEEK)


def _coverage(one: Said) -> tuple[float, int]:
    """Order villages: the fewer were heard, and the more promises were broken, the worse."""
    figures = one.figures
    heard = figures["heard"] / figures["expected"] if figures["expected"] else 1.0
    return heard, -figures["broken"]


def _together(figures: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Sum what can be summed. Our outages are the same for every village."""
    total: Counter[str] = Counter()
    for one in figures:
        total.update({name: one[name] for name in _SUMMED})
    outages = {name: max(one[name] for one in figures) for name in ("outages", "outage_minutes")}
    return {**{name: total[name] for name in _SUMMED}, **outages}
