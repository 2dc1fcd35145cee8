"""From what people write to what the rules read.

One width of letters, simplified characters, one spelling of dialect words, emoji as two or three
signs, no particles, and clauses parted by `，`, sentences by `。`. Total: any text can be said.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
HEAD, TAIL = 700, 300  # of a longer text the beginning and the end are heard
WELL, SAD, SOS = "👍", "😢", "🆘"
STRIPPED = re.compile(r"[\u200b-\u200f\u202a-\u202e\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\u2060\ufeff]")
SENTENCE_END = re.compile(r"[。!?;\n\r]+|(?<!\d)\.(?!\d)")
CLAUSE_END = re.compile(r"[^\w👍😢🆘。]+")
SPOKEN_SIGHS = re.compile("[啊呀嘛呗哩哟呦噢喔哦呐哇嘢嗄嗨唉哎诶欸]+")
TRAILING = re.compile("(?:[吧呢哈哪么额呃喂奥嗷]|的了(?<=好的了))+(?=[，。]|$)")
ERHUA = re.compile(
    "(?<=[伴事点会活劲味门药块玩份口片样边圈空魂条人头面根花字天个阵盆号句话那这哪里汤粥腿腰座跟])儿(?![子女媳孙童科歌])"
)
REPEATED = re.compile(r"([^\d，。])\1{2,}|([^\d，。]{2,4}?)\2+")
TURNS = re.compile(
    "(?<=[^，。从到像和跟比])(?=(?:今天|现在|这会|如今|但是|可是|(?<![喘透受熬出])不过(?![来去了气上])|后来|然后|只是|刚才)[^，。])"
)
SEPARATORS = re.compile("[，。]*。[，。]*|，{2,}")
SPELT_OUT = re.compile(r"(?:(?<=\s)|^)(?:[\u4e00-\u9fff]\s+){2,}[\u4e00-\u9fff](?=\s|$)")
PRIVATE = re.compile(r"[\ue000-\uf8ff]")


@dataclass(frozen=True)
class Writing:
    """How things are written, read once from `rules/writing.toml` and `traditional.txt`."""

    simplified: dict[int, str]
    canonical: dict[str, str]
    codes: dict[str, str]
    signs: dict[int, str]
    words: re.Pattern[str] = field(init=False)
    emoji: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", _any_of(self.canonical))
        object.__setattr__(self, "emoji", _any_of(self.codes))

    @classmethod
    def load(cls) -> "Writing":
        data = tomllib.loads((HERE / "rules" / "writing.toml").read_text(encoding="utf-8"))
        return cls(_simplified(), data["canonical"], *_emoji(data["emoji"]))

    def spell(self, words: str) -> str:
        """Write the words of a rule as the rules read them."""
        return self.words.sub(lambda found: self.canonical[found[0]], words.lower())

    def normalise(self, text: str) -> str:
        """Return the text as the rules read it; "" where nothing is said."""
        said = self._signs(_within_reach(text))
        said = CLAUSE_END.sub("，", SENTENCE_END.sub("。", said))
        said = ERHUA.sub("", self.spell(said))
        said = REPEATED.sub(lambda found: found[1] or found[2], SPOKEN_SIGHS.sub("", said))
        said = TRAILING.sub("", said)
        said = SEPARATORS.sub(_one_separator, TURNS.sub("，", said))
        return said.strip("，。")

    def _signs(self, text: str) -> str:
        known = text.translate(self.signs)
        plain = unicodedata.normalize("NFKC", PRIVATE.sub("，", known)).lower()
        plain = self.emoji.sub(lambda found: f"，{self.codes[found[0]]}，", plain)
        plain = STRIPPED.sub("", plain).translate(self.simplified)
        return SPELT_OUT.sub(lambda found: re.sub(r"\s", "", found[0]), plain)


def _within_reach(text: str) -> str:
    if len(text) <= HEAD + TAIL:
        return text
    return f"{text[:HEAD]}\n{text[-TAIL:]}"


def _one_separator(found: re.Match[str]) -> str:
    return "。" if "。" in found[0] else "，"


def _any_of(words: dict[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))


def _simplified() -> dict[int, str]:
    pairs = (HERE / "traditional.txt").read_text(encoding="utf-8").split()
    return {ord(pair[0]): pair[1] for pair in pairs}


def _emoji(data: dict[str, Any]) -> tuple[dict[str, str], dict[int, str]]:
    codes = dict.fromkeys(data["codes_well"], WELL) | dict.fromkeys(data["codes_sad"], SAD)
    for sign, names in ((WELL, data["well"]), (SAD, data["sad"])):
        codes |= {form: sign for name in names for form in (f"[{name}]", f"/{name}")}
    listed = ((WELL, data["well_signs"]), (SAD, data["sad_signs"]), (SOS, data["sos_signs"]))
    return codes, {ord(one): f"，{sign}，" for sign, signs in listed for one in signs}
