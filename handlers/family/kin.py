"""Of whom one of a family speaks: 妈, 王奶奶, 小梅, 闺女."""

import re
from collections.abc import Sequence

from handlers import who
from storage.people import Villager
from storage.relatives import Kin

_CHILD = {
    "female": r"闺女|女儿|姑娘|丫头|孙女|儿媳|媳妇|妹子?",
    "male": r"儿子?|小子|孙子|女婿|弟弟?",
}
_ANY_CHILD = r"孩子|娃|家里人?|孩子们"
_SHORTEST = 2
"""Of a given name alone at least so many characters are said: 小梅, not 梅."""


def find(said: str, kin: Sequence[Kin]) -> list[Kin]:
    """Return who may be meant, all those that fit equally well."""
    if named := [one for one in kin if said == one.name]:
        return named
    elders = [_villager(one) for one in kin if one.is_elder]
    meant = {one.id for one in who.find(said, elders)}
    if meant:
        return [one for one in kin if one.id in meant]
    return [one for one in kin if not one.is_elder and _is_called(said, one)]


def _villager(one: Kin) -> Villager:
    return Villager(
        one.id,
        one.name,
        one.gender,
        is_elder=True,
        is_tied=True,
        is_family=True,
        is_in_group=False,
    )


def _is_called(said: str, one: Kin) -> bool:
    words = re.sub(r"^(?:我|俺)?(?:家|的)?", "", said)
    if len(words) >= _SHORTEST and one.name.endswith(words):
        return True
    child = _CHILD.get(one.gender, "|".join(_CHILD.values()))
    return re.fullmatch(rf"(?:大|二|三|小|老)?(?:{child}|{_ANY_CHILD})", words) is not None
