"""What a leader says of his list: 1 3 5, 都好, 除了3都好, 3没见到, 5头晕.

Only an answer that is understood to its last word is one; everything else is somebody else's.
"""

import re
from dataclasses import dataclass, field

from handlers.hearing import numerals

LARGEST = 999
"""Of more digits it is a code, or an amount, and no number on a list."""

_GAP = re.compile(r"(?:[\s,，、。;；:：!！]|和|跟|与|以及|还有|以外|之外|就|只有?|[了啊呀呢吧])+")
_EXCEPT = re.compile(r"除了?|除开|除去")
_NUMBER = re.compile(rf"第?(?P<number>\d{{1,9}}|[{numerals.CHINESE}]{{1,5}})(?P<mark>\s*号)?")
_OTHERS = re.compile(
    r"(?:其他|其它|其余|别的|剩下|余下)(?:的|人|老人|几个|几位)*也?(?:都|全)?部?(?=[好平没在见看])"
)
_ALL = re.compile(
    r"(?:大家|大伙|所有人|名单上(?:的|人|老人)*)?也?(?:全都|全部|都|全)(?=[好平没在见看安健])"
)
_UNSEEN = re.compile(
    r"(?:还|今天|一直|都)*(?:没|没有|未)(?:见|看|遇|碰)(?:到|着|见|上)?(?:她|他)?(?:的?人)?了?"
    r"|不在(?:家|屋)?|没在(?:家|屋)?|没人(?:在|在家)?|没找到|找不到"
)
_WELL = re.compile(
    r"(?:平安|安好|健康|没事儿?|(?:挺|很)?好|在家?|[见看](?:到|着|过|见))(?:着|了|的|呢|啊|呀|吧)*"
)
_OTHER = re.compile(r"[^\d\s,，、。;；:：!！]+")
_MEASURED = re.compile("[个天点月日岁口斤次遍年周楼块元度回只条人多分刻时种件里组家辆袋片粒颗]")
"""What is counted is no number of a list: 3个, 5点, 7天."""


@dataclass(slots=True)
class Answer:
    """Numbers by what is said of them; `told` are those of whom something else is said.

    `rest` tells that all the others are well, or (`rest_unseen`) that none was seen, but for
    those of `but`. `is_marked` is set where a number was said with 号.
    """

    well: list[int] = field(default_factory=list)
    unseen: list[int] = field(default_factory=list)
    told: dict[int, str] = field(default_factory=dict)
    but: list[int] = field(default_factory=list)
    rest: bool = False
    rest_unseen: bool = False
    is_marked: bool = False
    is_bare: bool = True

    @property
    def numbers(self) -> list[int]:
        """Return every number that was said, each once."""
        return list(dict.fromkeys([*self.well, *self.unseen, *self.told, *self.but]))


def read(words: str) -> Answer | None:
    """Return what is said of a list, None where the words are no answer to one."""
    return _Reading(words).answer()


class _Reading:
    def __init__(self, words: str) -> None:
        self._words = words
        self._at = 0
        self._answer = Answer()
        self._waiting: list[int] = []  # numbers of which nothing is said yet
        self._spares = False  # whether they come after 除了
        self._speaks_of_all = False
        self._leads = False  # whether what is said of them came before the numbers

    def answer(self) -> Answer | None:
        while self._at < len(self._words):
            if not (self._take(_GAP) or self._next()):
                return None
        return self._whole()

    def _next(self) -> bool:
        return (
            self._read_except()
            or self._read_number()
            or self._read_all()
            or self._read_unseen()
            or self._read_well()
            or self._read_other()
        )

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._words, self._at)
        if found:
            self._at = found.end()
        return found

    def _read_except(self) -> bool:
        if not self._take(_EXCEPT):
            return False
        self._put_down()
        self._spares = True
        return True

    def _read_number(self) -> bool:
        found = self._take(_NUMBER)
        if found is None:
            return False
        self._waiting += _values(found["number"])
        self._answer.is_marked |= found["mark"] is not None
        return True

    def _read_all(self) -> bool:
        if self._take(_OTHERS):
            self._put_down()
            self._speaks_of_all = True
        elif self._take(_ALL):
            self._speaks_of_all = self._spares or not self._waiting
            if self._speaks_of_all:
                self._put_down()
        else:
            return False
        return True

    def _read_unseen(self) -> bool:
        if not self._take(_UNSEEN):
            return False
        if self._speaks_of_all:
            self._answer.rest_unseen = True
        return self._say(self._answer.unseen)

    def _read_well(self) -> bool:
        if not self._take(_WELL):
            return False
        if self._speaks_of_all:
            self._answer.rest = True
        elif not self._waiting:
            return self._is_said_before()
        return self._say(self._answer.well)

    def _is_said_before(self) -> bool:
        """Tell whether this is 平安 1 3 5, where what is said comes first."""
        self._answer.is_bare = False
        self._leads = not (self._answer.numbers or self._answer.rest)
        return self._leads

    def _say(self, of: list[int]) -> bool:
        """Let what was just said hold of the numbers before it, or of all."""
        if not (self._waiting or self._speaks_of_all):
            return False
        of += self._waiting
        self._waiting, self._spares, self._speaks_of_all = [], False, False
        self._answer.is_bare = False
        return True

    def _read_other(self) -> bool:
        measured = _MEASURED.match(self._words, self._at)
        if measured or not self._waiting or not (found := self._take(_OTHER)):
            return False
        self._answer.told |= dict.fromkeys(self._waiting, found[0])
        self._waiting, self._spares = [], False
        self._answer.is_bare = False
        return True

    def _put_down(self) -> None:
        """Numbers of which nothing more is said are well, or, after 除了, left out."""
        of = self._answer.but if self._spares else self._answer.well
        of += self._waiting
        self._waiting, self._spares = [], False

    def _whole(self) -> Answer | None:
        answer = self._answer
        says_all = answer.rest or answer.rest_unseen
        contradicts = says_all and self._waiting and not self._spares
        self._put_down()
        numbers = answer.numbers
        is_about_an_incident = self._leads and len(numbers) < 2  # 平安 12
        is_cut_short = self._speaks_of_all or (answer.but and not says_all)
        if contradicts or is_about_an_incident or is_cut_short or not (numbers or says_all):
            return None
        return None if any(number > LARGEST for number in numbers) else answer


def _values(words: str) -> list[int]:
    """Return the numbers meant: 12 is one, 十二 is one, but 一三五 are three."""
    if words.isdecimal() or any(unit in words for unit in numerals.UNITS):
        return [numerals.number(words)]
    return [numerals.DIGITS[word] for word in words]
