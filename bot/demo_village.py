"""柳河湾, an invented village of thirty, and what its people do on one Monday morning."""

from dataclasses import dataclass
from datetime import time

from storage.people import Role
from storage.roster import Entry

VILLAGE = "柳河湾"
EAST, WEST = "东院互助组", "西院互助组"

E, F, V = Role.ELDER, Role.FAMILY, Role.VOLUNTEER
L, C = Role.LEADER, Role.COORDINATOR

# id, name, gender, born, group, roles; whoever has "phone" has WeChat
_ELDERS = (
    ("e01", "王秀英", "female", "1941", EAST, 2, True),
    ("e02", "李守田", "male", "1938", EAST, 1, True),
    ("e03", "张桂芝", "female", "1944", EAST, 3, True),
    ("e04", "刘福来", "male", "1946", EAST, 3, True),
    ("e05", "赵玉兰", "female", "1940", EAST, 2, True),
    ("e06", "陈有粮", "male", "1943", EAST, 2, True),
    ("e07", "孙大娥", "female", "1939", EAST, 2, False),
    ("e08", "周老根", "male", "1937", EAST, 2, False),
    ("e09", "马兰香", "female", "1947", WEST, 3, True),
    ("e10", "胡长顺", "male", "1942", WEST, 2, True),
    ("e11", "郭秀荷", "female", "1945", WEST, 2, True),
    ("e12", "高满仓", "male", "1940", WEST, 2, True),
    ("e13", "林巧云", "female", "1948", WEST, 3, True),
    ("e14", "何春生", "male", "1941", WEST, 2, True),
    ("e15", "罗四妹", "female", "1936", WEST, 1, True),
    ("e16", "梁石头", "male", "1944", WEST, 2, False),
)
_OTHERS = (
    ("l01", "李大山", "male", "1958", EAST, {L}, (), ()),
    ("l02", "罗凤琴", "female", "1960", WEST, {L}, (), ()),
    ("v01", "刘翠花", "female", "1962", EAST, {V}, (), ("e01", "e05")),
    ("v02", "陈小虎", "male", "2001", EAST, {V}, (), ("e02", "e06")),
    ("v03", "胡明月", "female", "1999", WEST, {V}, (), ("e10", "e15")),
    ("v04", "高建国", "male", "1964", WEST, {V}, ("e12",), ("e14",)),
    ("f01", "王小梅", "female", "1970", EAST, {F}, ("e01",), ()),
    ("f02", "李志强", "male", "1966", EAST, {F}, ("e02",), ()),
    ("f03", "赵海燕", "female", "1972", EAST, {F}, ("e05",), ()),
    ("f04", "罗卫东", "male", "1963", WEST, {F}, ("e15",), ()),
    ("f05", "郭晓峰", "male", "1974", WEST, {F}, ("e11",), ()),
    ("c01", "张美玲", "female", "1985", EAST, {C}, (), ()),
    ("d01", "孙大夫", "male", "1969", EAST, {Role.DOCTOR}, (), ()),
    ("s01", "盛长河", "male", "1977", EAST, {Role.SUPERVISOR}, (), ()),
)


def people() -> list[Entry]:
    """Return the thirty as rows of an import."""
    elders = [
        Entry(
            line=line,
            id=person,
            name=name,
            gender=gender,
            born=born,
            village=VILLAGE,
            group=group,
            roles=frozenset({E}),
            tier=tier,
            openid=f"demo-{person}" if has_phone else "",
        )
        for line, (person, name, gender, born, group, tier, has_phone) in enumerate(_ELDERS, 2)
    ]
    others = [
        Entry(
            line=line,
            id=person,
            name=name,
            gender=gender,
            born=born,
            village=VILLAGE,
            group=group,
            roles=frozenset(roles),
            openid=f"demo-{person}",
            family_of=frozenset(family_of),
            neighbour_of=frozenset(neighbour_of),
        )
        for line, (person, name, gender, born, group, roles, family_of, neighbour_of) in enumerate(
            _OTHERS, 2 + len(_ELDERS)
        )
    ]
    return elders + others


@dataclass(frozen=True, slots=True)
class Doing:
    """What somebody does at an hour. `{number}` is the number he was last asked to answer."""

    at: time
    who: str
    words: str = ""
    kind: str = "text"


def _at(clock: str, who: str, words: str = "", kind: str = "text") -> Doing:
    hours, minutes = clock.split(":")
    return Doing(time(int(hours), int(minutes)), who, words, kind)


MORNING = (
    _at("05:56", "e03", "1"),
    _at("06:04", "e09", "早上好"),
    _at("06:11", "e12", "", "voice"),
    _at("06:17", "e04", "吃了"),
    _at("06:25", "e10", "[强][强]"),
    _at("06:38", "e13", "好着呢"),
    _at("06:52", "e06", "", "sticker"),
    _at("07:05", "e14", "在"),
    _at("07:20", "e11", "俺家老母鸡又下了俩蛋"),
    _at("07:41", "e15", "1"),
    _at("08:02", "e02", "没事，放心"),
    _at("07:24", "l01", "7号没见到，8号好"),
    _at("08:33", "l01", "7号平安"),
    _at("08:36", "l02", "8号"),
    _at("08:37", "e05", "哎呀忘了，我好着呢"),
    # 王秀英 is not heard: she is asked at 08:30 and 09:00, and missed at 09:30
    _at("09:50", "l01", "我去 {number}"),
    _at("09:58", "l01", "手机坏 {number}"),
)
"""Neighbour and leader are busy until a quarter past the alarm, so the ladder climbs a step."""
