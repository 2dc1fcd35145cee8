"""Of whom somebody speaks: 王奶奶, 隔壁老李, 我妈, found by ties and by the sound of the name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from handlers.hearing.sound import load_sounds
from handlers.names import surname
from storage.people import Villager

_WOMEN = "奶奶|大娘|大妈|大婶|婶子|婶|大嫂|嫂子|大姐|姐|姨|婆婆|婆|嬢嬢|太婆|老太太|娘|妈|姥姥|外婆"
_MEN = "爷爷|大爷|大叔|叔|大伯|伯|大哥|哥|老汉|老头|爹|爸|舅|姥爷|外公|公公|老爷子"
_KIN = re.compile(
    r"(?:我|俺|咱|他|她|你)?(?:们)?家?的?"
    r"(?P<kin>老伴|妈|娘|爸|爹|奶奶?|爷爷?|姥姥|姥爷|外婆|外公|婆婆|公公|老人家?|老太太|老爷子)"
)
_WHERE = re.compile(r"^(?:我家|俺家|咱家)?(?:隔壁|对门|前院|后院|村?[东西南北]头|楼上|楼下)*的?")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be meant. `score` is higher the more likely it is she."""

    id: str
    name: str
    gender: str
    score: int


def find(about: str, villagers: Sequence[Villager]) -> list[Candidate]:
    """Return who is most likely meant, all those that fit equally well."""
    scored = [
        Candidate(one.id, one.name, one.gender, score)
        for one in villagers
        if (score := _score(about, one)) > 0
    ]
    best = max((one.score for one in scored), default=0)
    return [one for one in scored if one.score == best]


def _score(about: str, person: Villager) -> int:
    """Weigh the name first, then how near she is to the one who speaks."""
    words = _WHERE.sub("", about)
    nearness = 2 * person.is_tied + person.is_in_group
    if person.name in about:
        return 100 + nearness
    if len(person.name) > 1 and _sound(person.name) in _sound(words):
        return 80 + nearness
    if _KIN.fullmatch(about):
        return 60 + nearness if person.is_family and _fits(about, person) else 0
    if person.is_elder and _is_called(words, person):
        return 40 + nearness
    return 0


def _is_called(words: str, person: Villager) -> bool:
    family = surname(person.name)
    title = re.fullmatch(rf"老?(?P<family>..?)(?P<title>(?:{_WOMEN}|{_MEN}))?", words)
    if title is None or _sound(title["family"]) != _sound(family):
        return False
    return words.startswith("老") or (title["title"] is not None and _fits(words, person))


def _fits(words: str, person: Villager) -> bool:
    """Tell whether a word for a woman or a man fits; where her gender is not known, both do."""
    if person.gender == "female":
        return re.search(rf"(?:{_WOMEN}|奶|老伴|老人家?)$", words) is not None
    if person.gender == "male":
        return re.search(rf"(?:{_MEN}|爷|老伴|老人家?)$", words) is not None
    return True


@lru_cache(maxsize=1)
def _sounds() -> dict[int, str]:
    return load_sounds()


def _sound(words: str) -> str:
    return words.translate(_sounds())
