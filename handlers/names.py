"""How people are called when they are spoken to: 王奶奶, not 王秀英."""

from storage.people import Caller, Role

_DOUBLE_SURNAMES = frozenset(
    [
        "欧阳",
        "太史",
        "端木",
        "上官",
        "司马",
        "东方",
        "独孤",
        "南宫",
        "夏侯",
        "诸葛",
        "闻人",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "司徒",
        "令狐",
        "司空",
    ]
)
_AS_ELDER = {"female": "奶奶", "male": "爷爷"}


def surname(name: str) -> str:
    """Return the family name; two characters where the family has two."""
    return name[:2] if len(name) > 2 and name[:2] in _DOUBLE_SURNAMES else name[:1]


def pronoun(gender: str) -> str:
    return "他" if gender == "male" else "她"


def elder(name: str, gender: str) -> str:
    """Return how an elder is called; where her gender is not known, her whole name."""
    respect = _AS_ELDER.get(gender)
    return f"{surname(name)}{respect}" if respect else name


def called(caller: Caller) -> str:
    """Return how somebody is spoken to: 王奶奶, and by the whole name who is no elder."""
    return elder(caller.name, caller.gender) if caller.is_a(Role.ELDER) else caller.name
