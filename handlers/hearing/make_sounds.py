"""Write `sounds.txt` anew from pypinyin: `python -m handlers.hearing.make_sounds`.

pypinyin takes a third of a second to load; the few thousand characters people write take two
milliseconds from a file. So it is asked once, here, and a test holds the file to its answers.
"""

from pathlib import Path

from pypinyin import Style, lazy_pinyin

MISHEARD = {"率": "shuai", "弹": "tan", "藏": "zang"}
"""Characters a machine writes for another reading than their most frequent one."""

SOUNDS = Path(__file__).with_name("sounds.txt")


def everyday_characters() -> list[str]:
    """Return the 6,763 characters of GB 2312, the national set of everyday writing."""
    pairs = (bytes((row, cell)) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    decoded = (pair.decode("gb2312", errors="ignore") for pair in pairs)
    return [character for character in decoded if character]


def table() -> str:
    """Return one line for each toneless syllable: the syllable and its characters."""
    heard: dict[str, list[str]] = {}
    for character in everyday_characters():
        syllable = MISHEARD.get(character) or lazy_pinyin(character, style=Style.NORMAL)[0]
        heard.setdefault(syllable, []).append(character)
    return "".join(f"{sound} {''.join(heard[sound])}\n" for sound in sorted(heard))


if __name__ == "__main__":
    SOUNDS.write_text(table(), encoding="utf-8")
