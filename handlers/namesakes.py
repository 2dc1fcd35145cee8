"""Two of one name: we ask which is meant, and the answer goes on with what was said.

Whoever looks somebody up by name calls `the_one`. Where several have it the desk asks back, and
the number that is answered brings the first words again, now said of that one.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from handlers import names
from handlers.hearing import numerals
from handlers.message import Kind, Reply
from handlers.turn import Turn
from storage import authority, people, questions
from storage.authority import Act
from storage.people import Home, Person
from storage.rules import village_day

WHICH = "which_one"
"""The question which of several is meant."""
FIRST, FIRST_OF_AN_ELDER = 1, 11
"""From where they are numbered: 1, 2 and 3 of an elder always mean how she is herself."""
MOST = 9

_ANSWER = re.compile(rf"(?:第|是)?(?P<number>{numerals.NUMBER})(?:号|个|位)?")
_BEHIND = re.compile(r"(?:的|那个|那位|组的|组)$")


class SeveralError(Exception):
    """More than one who may be meant has this name. The desk asks which."""

    def __init__(self, name: str, found: Sequence[Person]) -> None:
        super().__init__(f"{len(found)} have one name")
        self.name, self.found = name, found


async def the_one(turn: Turn, act: Act, name: str) -> Person | None:
    """Return the one of this name to whom the speaker may do this, None where there is nobody.

    Raises SeveralError, which a handler lets pass, where there are more.
    """
    found = await authority.named(turn.session, turn.speaker, act, name)
    if name in turn.meant:
        found = [one for one in found if one.id == turn.meant[name]]
    if len(found) > 1:
        raise SeveralError(name, found[:MOST])
    return found[0] if found else None


async def ask(turn: Turn, several: SeveralError) -> Reply:
    """Ask which is meant, and keep what was said until it is answered."""
    found = await people.homes_of(turn.session, [one.id for one in several.found])
    labels = _labels(found)
    about = {
        "words": turn.message.text,
        "kind": turn.message.kind,
        "name": several.name,
        "meant": dict(turn.meant),
        "people": [one.id for one in found],
        "labels": labels,
    }
    await questions.ask(turn.session, turn.speaker.id, WHICH, turn.now, about=about)
    numbered = list(enumerate(labels, _first(turn)))
    called = names.elder(turn.speaker.name, turn.speaker.gender) if turn.is_elder else ""
    return Reply(which(called, several.name, numbered))


async def take_up(turn: Turn) -> Turn:
    """Return what was said first, of the one who is meant, where this tells which it is.

    On the next day 明天 would be another day: then it has to be said again.
    """
    if turn.question is None or not turn.is_asked(WHICH):
        return turn
    chosen = _chosen(turn)
    if chosen is None or village_day(turn.question.asked_at) != village_day(turn.now):
        return turn
    await questions.answered(turn.session, turn.speaker.id)
    about = turn.asked_about
    said = replace(turn.message, kind=Kind(about["kind"]), text=about["words"])
    meant = {**about["meant"], about["name"]: chosen}
    return replace(turn, message=said, question=None, meant=meant)


def _chosen(turn: Turn) -> str | None:
    """Return who has the number, or the group, that was said."""
    offered, labels = turn.asked_about["people"], turn.asked_about["labels"]
    said = _ANSWER.fullmatch(turn.words)
    if said is None:
        group = _BEHIND.sub("", turn.words)
        alike = [one for one, label in zip(offered, labels, strict=True) if label == group]
        return alike[0] if group and len(alike) == 1 else None
    place = numerals.number(said["number"]) - _first(turn)
    return offered[place] if 0 <= place < len(offered) else None


def _first(turn: Turn) -> int:
    return FIRST_OF_AN_ELDER if turn.is_elder else FIRST


def _labels(homes: Sequence[Home]) -> list[str]:
    """Tell them apart by group; by village and by the year of birth only where that is needed."""
    if len({home.village for home in homes}) > 1:
        labels = [f"{home.village}{home.group}" for home in homes]
    else:
        labels = [home.group or home.village for home in homes]
    times = Counter(labels)
    return [
        f"{label}{f'{home.born[:4]}年生' if times[label] > 1 and home.born else ''}"
        for label, home in zip(labels, homes, strict=True)
    ]


def which(called: str, name: str, numbered: Sequence[tuple[int, str]]) -> str:
    some = "两" if len(numbered) == 2 else f"{len(numbered)}"
    listed = "，".join(f"{number} {label}" for number, label in numbered)
    return f"{called and f'{called}，'}有{some}位{name}：{listed}。请问是几号？"
