"""What goes into the fields of our template forms, as the platform allows it."""

import unicodedata
from datetime import datetime

from schedules.transport import Outgoing
from storage.rules import VILLAGE_TIME

# Symbols that are pictures, and what cannot be seen: the platform strips them since May 2023,
# and refuses a field that is empty then.
_STRIPPED = frozenset({"So", "Sk", "Cc", "Cf", "Cs", "Co", "Cn"})


def fields(letter: Outgoing, thing_characters: int) -> dict[str, dict[str, str]]:
    """Return the three fields that every form of ours has: whom it is about, when, what is asked.

    `thing_characters` is how much a field of the kind `thing` holds. A field in which nothing
    is left says something harmless, because an empty one is refused with 47003.
    """
    written = {
        "thing1": _thing(letter.about, thing_characters) or "乡亲",
        "time2": _time(letter.when),
        "thing3": _thing(letter.ask, thing_characters) or "请您看一下",
    }
    return {name: {"value": value} for name, value in written.items()}


def _thing(words: str, longest: int) -> str:
    """One line of letters, digits and signs."""
    kept = "".join(sign for sign in words if sign.isspace() or not _is_stripped(sign))
    return " ".join(kept.split())[:longest].strip()


def _is_stripped(sign: str) -> bool:
    return unicodedata.category(sign) in _STRIPPED


def _time(when: datetime) -> str:
    local = when.astimezone(VILLAGE_TIME)
    return f"{local:%Y}年{local:%m}月{local:%d}日 {local:%H:%M}"
