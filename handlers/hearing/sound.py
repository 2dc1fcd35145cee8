"""How words sound: toneless pinyin, folded as the dialects fold it.

zh=z, ch=c, sh=s, -ng=-n, n=l, hu=f (DOMAIN.md, section 2). Each character is replaced by one
character that stands for its folded syllable, so that folded text is as long as the text and
the same patterns can be looked for in both.
"""

from pathlib import Path

SOUNDS = Path(__file__).with_name("sounds.txt")
FIRST_SYMBOL = 0xE000  # private use: nobody writes these, and normalising removes them
FLAT = {"zh": "z", "ch": "c", "sh": "s"}
BLOWN = {"hu": "fu", "hui": "fei", "hun": "fen", "huo": "fo"}


def fold(syllable: str) -> str:
    """Return the syllable as it may be confused: `zhang` as `zan`, `nong` as `lon`."""
    if syllable.endswith("ng"):
        syllable = syllable[:-1]
    if syllable[:2] in FLAT:
        return FLAT[syllable[:2]] + syllable[2:]
    if syllable.startswith("n") and len(syllable) > 1:
        return "l" + syllable[1:]
    if syllable.startswith("hu"):
        return BLOWN.get(syllable, "f" + syllable[2:])
    return syllable


def load_sounds(path: Path = SOUNDS) -> dict[int, str]:
    """Return a table for `str.translate` that writes every character as its sound."""
    symbols: dict[str, str] = {}
    table: dict[int, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        syllable, characters = line.split(" ")
        symbol = symbols.setdefault(fold(syllable), chr(FIRST_SYMBOL + len(symbols)))
        table.update(dict.fromkeys(map(ord, characters), symbol))
    return table
