"""What is meant by 照片, 家里人, 位置: each purpose in the words people have for it."""

import re
from collections.abc import Mapping

from storage.consents import Purpose

_WORDS: Mapping[Purpose, str] = {
    Purpose.CHECKIN: "(?:每天)?报平安",
    Purpose.FAMILY: "家里?人|儿女|子女|孩子们?",
    Purpose.HEALTH: "健康|身体|病情?",
    Purpose.PHOTO: "照片|相片|拍照|照相",
    Purpose.LOCATION: "位置|定位",
    Purpose.PUBLIC: "表扬|公开|上榜|念名字?",
}
WORD = "(?:" + "|".join(_WORDS.values()) + ")"
_ALSO = "(?:(?:也|都)?(?:看|知道|记|留|发)?了?)"


def meant(words: str) -> Purpose | None:
    for purpose, pattern in _WORDS.items():
        if re.fullmatch(f"(?:{pattern}){_ALSO}", words):
            return purpose
    return None
