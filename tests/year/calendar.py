"""Days and hours of the village, reckoned apart from the house: eight hours ahead of UTC."""

from datetime import UTC, date, datetime, time, timedelta

AHEAD = timedelta(hours=8)
DAY_STARTS = time(4)


def village_time(at: datetime) -> datetime:
    """Return what the clock on the village's wall shows, without a zone."""
    return at.astimezone(UTC).replace(tzinfo=None) + AHEAD


def at_hour(day: date, hour: time) -> datetime:
    return (datetime.combine(day, hour) - AHEAD).replace(tzinfo=UTC)


def calendar_day(at: datetime) -> date:
    return village_time(at).date()


def watch_day(at: datetime) -> date:
    """Return the day a word counts for: before four it is still the night before."""
    return (village_time(at) - timedelta(hours=4)).date()


def next_hour(at: datetime, hour: time) -> datetime:
    """Return the next time the village's clock shows an hour, later than `at`."""
    moment = at_hour(calendar_day(at), hour)
    return moment if moment > at else moment + timedelta(days=1)


def is_quiet(at: datetime) -> bool:
    """Tell whether it is between nine at night and half past six."""
    hour = village_time(at).time()
    return hour >= time(21) or hour < time(6, 30)
