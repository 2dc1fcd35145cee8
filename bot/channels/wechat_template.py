"""What goes into the fields of template forms, each as its kind allows it.

The kinds and their limits are the platform's; a field that breaks its rule is refused with
47003, and so is an empty one: where nothing is left of what we would say, it says something
harmless.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from schedules.transport import Outgoing
from storage.rules import VILLAGE_TIME

Filling = Mapping[str, str]
"""What goes into each field: `about`, `when`, `ask` or `text` of a letter, or `=these words`."""

OUR_OWN: Filling = {"thing1": "about", "time2": "when", "thing3": "ask"}
"""The three fields that our own templates have: whom it is about, when, what is asked."""

WORDS = ("about", "ask", "text")
MOMENT = ("when",)
FIXED = "="

# Symbols that are pictures, and what cannot be seen: the platform strips them since May 2023.
_STRIPPED = frozenset({"So", "Sk", "Cc", "Cf", "Cs", "Co", "Cn"})
_FIELD = re.compile(r"([a-z_]+?)\d+")


def _thing(words: str, longest: int) -> str:
    """One line of letters, digits and signs."""
    kept = "".join(sign for sign in words if sign.isspace() or not _is_stripped(sign))
    return " ".join(kept.split())[:longest].strip()


def _is_stripped(sign: str) -> bool:
    return unicodedata.category(sign) in _STRIPPED


def _first(pattern: str) -> Callable[[str, int], str]:
    """Take the first run of signs that a kind allows; a cut leaves no loose end."""
    run = re.compile(pattern)

    def write(words: str, longest: int) -> str:
        found = run.search(words)
        whole = run.match(found.group()[:longest]) if found else None
        return whole.group() if whole else ""

    return write


_chinese = _first(r"[\u4e00-\u9fff][\u4e00-\u9fff·]*")
_latin = _first(r"[A-Za-z](?:[A-Za-z .'-]*[A-Za-z])?")


def _name(words: str, longest: int) -> str:
    """Chinese names hold half as many signs as Latin ones."""
    return _chinese(words, longest // 2) or _latin(words, longest)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a field is written. `parts` are those of a letter that can go into it."""

    longest: int
    write: Callable[[str, int], str]
    parts: tuple[str, ...] = ()
    otherwise: str = ""


_KINDS: Mapping[str, _Kind] = {
    "thing": _Kind(20, _thing, (*WORDS, *MOMENT), "请您看一下"),
    "phrase": _Kind(5, _chinese, WORDS, "请看看"),
    "name": _Kind(20, _name, ("about",), "乡亲"),
    "time": _Kind(64, _thing, MOMENT),
    "date": _Kind(64, _thing, MOMENT),
    "character_string": _Kind(32, _first(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")),
    "number": _Kind(32, _first(r"-?[0-9]+(?:\.[0-9]+)?")),
    "letter": _Kind(32, _first(r"[A-Za-z]+")),
    "phone_number": _Kind(17, _first(r"[+(]?[0-9][0-9+() -]*")),
}
_NOBODY = "乡亲"


def fields(letter: Outgoing, filling: Filling = OUR_OWN) -> dict[str, dict[str, str]]:
    """Return the fields of a form, filled from a letter. The filling has to be without faults."""
    return {name: {"value": _filled(name, part, letter)} for name, part in filling.items()}


def _filled(name: str, part: str, letter: Outgoing) -> str:
    kind = _KINDS[_kind_of(name)]
    written = kind.write(_words(part, letter), kind.longest)
    return written or (_NOBODY if part == "about" else kind.otherwise)


def _words(part: str, letter: Outgoing) -> str:
    if part.startswith(FIXED):
        return part.removeprefix(FIXED)
    if part == "when":
        return _time(letter.when)
    return {"about": letter.about, "ask": letter.ask, "text": letter.text}[part]


def _time(when: datetime) -> str:
    local = when.astimezone(VILLAGE_TIME)
    return f"{local:%Y}年{local:%m}月{local:%d}日 {local:%H:%M}"


def _kind_of(name: str) -> str:
    """Return the kind of a field: `thing` of `thing12`; "" where it is none we can fill."""
    found = _FIELD.fullmatch(name)
    return found[1] if found and found[1] in _KINDS else ""


def faults(filling: Filling) -> Iterator[str]:
    """Yield one sentence for each field that could not be filled as it is wished."""
    for name, part in filling.items():
        kind = _KINDS.get(_kind_of(name))
        if kind is None:
            yield f"{name} is no field of a kind we can fill, such as {', '.join(_KINDS)}"
        elif part.startswith(FIXED):
            if not _holds(kind, part.removeprefix(FIXED)):
                yield f"{name} cannot hold what is written after the {FIXED}"
        elif part not in kind.parts:
            allowed = [*kind.parts, f"{FIXED}fixed words"]
            yield f"{name} can only be filled from {' or '.join(allowed)}"


def _holds(kind: _Kind, words: str) -> bool:
    """Tell whether words can stand as they are. A moment is never fixed."""
    return bool(words) and kind.parts != MOMENT and kind.write(words, kind.longest) == words
