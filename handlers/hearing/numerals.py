"""Numbers as people write them: 12, １２, 十二, 两百三, 一个半."""

import re

DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7}
DIGITS |= {"八": 8, "九": 9, "壹": 1, "贰": 2, "叁": 3, "幺": 1}
UNITS = {"十": 10, "百": 100, "千": 1000, "拾": 10}
CHINESE = "".join((*DIGITS, *UNITS))
NUMBER = rf"(?:\d{{1,9}}|[{CHINESE}]{{1,7}})"
WRITTEN = re.compile(r"\d{1,9}")
ALONE = re.compile(rf"(?<![^，。])[{CHINESE}]{{1,7}}(?=[，。]|$)")


def number(words: str) -> int:
    """Return the value of one number that `NUMBER` matched."""
    if words.isdecimal():
        return int(words)
    if not any(word in UNITS for word in words):
        return int("".join(str(DIGITS[word]) for word in words))
    return _with_units(words)


def _with_units(words: str) -> int:
    total, waiting, last = 0, 0, 1
    for word in words:
        if word in DIGITS:
            waiting = DIGITS[word]
            continue
        last = UNITS[word]
        total += (waiting or 1) * last
        waiting = 0
    spoken_short = last > 10 and words[-1] in DIGITS and words[-2] in UNITS  # 二百三 is 230
    return total + waiting * (last // 10 if spoken_short else 1)


def numbers_in(text: str) -> tuple[int, ...]:
    """Return the numbers of a message in order: all digits, Chinese ones where they stand alone."""
    found = [(match.start(), match[0]) for match in WRITTEN.finditer(text)]
    found += [(match.start(), match[0]) for match in ALONE.finditer(text)]
    return tuple(number(words) for _, words in sorted(found))
