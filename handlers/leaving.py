"""What people say of going away: where to, for how many days, and that they are back.

All of it is read from words as the rules of hearing spell them.
"""

import re
from datetime import date, datetime, timedelta

from handlers.hearing.days import duration, wish
from storage.duties import DAY_MINUTES
from storage.rules import village_day

_KIN = "儿子|闺女|女儿|姑娘|孙子|孙女|外甥|侄|亲戚|娘家|兄弟|弟弟|妹妹|哥哥|姐姐|老家"
_TO_STAY = re.compile(
    rf"(?:去|到|上|在|回|来)(?:我|俺)?(?:{_KIN})|走亲戚|出远门|出门|外出|不在家|请假"
    r"|(?:去|到|来|在)(?:我|俺)(?:家|这|那)|(?:去|到|上)(?:城里|县里|县城|市里|省城|外地|北京|上海)"
    r"|(?:家|这儿?|那儿?|里)(?:住|待|过)"
)
_WHEN = (
    r"(?:今天|大?后天|明天|(?:下|这|本)?个?(?:周|星期)[一二三四五六日天末]?"
    r"|[\d一二两三四五六七八九十]+(?:天|月|日|号|个)|这|要|得|会|有事|可能|从|起|到|至|，)"
)
_NOT_HERE = re.compile(rf"^(?:(?:我|俺){_WHEN}*不在|(?:我|俺)?{_WHEN}*(?:出差|请假))(?!了)")
_I_GO = re.compile(rf"^(?:我|俺)?{_WHEN}*(?:去|到|上|回|走亲戚|出远门|出门|外出)")
_HOME_AGAIN = re.compile(r"(?:我|俺)?(?:已经|今天|刚)?(?:回来|到家|回家)了?")
_BACK = re.compile(r"^(?P<when>.*?)(?:才|再)?(?:回来|回家|来家|到家)")
_UNTIL = re.compile(r"(?:到|至)(?P<when>.+)$")
_HALF_MONTH = re.compile(r"半个?月")
_MONTHS = re.compile(r"(?P<months>[一二两三123])个月")
_SOME = {"一": 1, "二": 2, "两": 2, "三": 3, "1": 1, "2": 2, "3": 3}


def days_away(spelt: str, now: datetime) -> tuple[date, date] | None:
    """Return the first and the last day away; None where it is not said for how long.

    `spelt` are words as the rules of hearing spell them. The day of coming back is not away.
    """
    first = _first_day(spelt, now)
    days = _days(spelt)
    if days is not None:
        return first, first + timedelta(days=days - 1)
    for pattern, is_back in ((_BACK, True), (_UNTIL, False)):
        last = _named_day(pattern, spelt, now)
        if last is not None:
            last -= timedelta(days=1 if is_back else 0)
            return (first, last) if last >= first else None
    return None


def is_to_stay(spelt: str) -> bool:
    """Tell whether somebody goes where one stays a while; who goes is not looked at."""
    return _TO_STAY.search(spelt) is not None


def am_not_here(spelt: str) -> bool:
    """Tell whether somebody says of himself that he is not here: 我明天不在, 出差到周五."""
    return _NOT_HERE.search(spelt) is not None


def do_i_go(spelt: str) -> bool:
    """Tell whether somebody says of himself that he goes away to stay."""
    return _I_GO.search(spelt) is not None and is_to_stay(spelt)


def am_i_back(spelt: str) -> bool:
    return _HOME_AGAIN.fullmatch(spelt) is not None


def the_day(spelt: str, now: datetime) -> tuple[date, date] | None:
    """Return the one day that is named: 我周六不在; None where it names none, or only a part."""
    said = wish(spelt, now)
    return (said.day, said.day) if said and said.day and not said.part else None


def _first_day(spelt: str, now: datetime) -> date:
    said = wish(re.split("[，。]|到|回来", spelt)[0], now)
    return said.day if said and said.day else village_day(now)


def _days(spelt: str) -> int | None:
    if _HALF_MONTH.search(spelt):
        return 15
    if months := _MONTHS.search(spelt):
        return 30 * _SOME[months["months"]]
    minutes = duration(spelt)
    return minutes // DAY_MINUTES if minutes is not None and minutes >= DAY_MINUTES else None


def _named_day(pattern: re.Pattern[str], spelt: str, now: datetime) -> date | None:
    found = pattern.search(spelt)
    said = wish(re.split("[，。]", found["when"])[-1], now) if found else None
    return said.day if said else None
