"""Whatever a name or a sentence holds, each field keeps the rule of its kind and is not empty."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wechat_template import OUR_OWN, Filling, faults, fields
from schedules.transport import Outgoing

CHINESE = "[\u4e00-\u9fff·]"
A_DAY = r"\d{4}年\d{2}月\d{2}日 \d{2}:\d{2}"
RULES = {
    "thing": r"[^\n]{1,20}",
    "phrase": CHINESE + "{1,5}",
    "name": rf"{CHINESE}{{1,10}}|[A-Za-z][A-Za-z .'-]{{0,19}}",
    "time": A_DAY,
    "date": A_DAY,
    "character_string": r"[\x20-\x7e]{1,32}",
    "number": r"(?=.{1,32}$)-?\d+(\.\d+)?",
    "letter": r"[A-Za-z]{1,32}",
    "phone_number": r"[\d+() -]{1,17}",
}
"""Written anew from the platform's documentation, and not from our code."""

FILLINGS: tuple[Filling, ...] = (
    OUR_OWN,
    {"name1": "about", "phrase2": "ask", "thing3": "text", "date4": "when", "time5": "when"},
    {"phrase1": "about", "phrase2": "text", "thing3": "when", "thing4": "ask"},
    {
        "character_string1": "=No. 12",
        "number2": "=-12.5",
        "letter3": "=SOS",
        "phone_number4": "=+86 (22) 120-1",
        "thing5": "=请回电话",
        "phrase6": "=未报平安",
        "name7": "=Li Dashan",
    },
)
MOMENTS = st.integers(0, 2**32).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
WORDS = st.text() | st.text("王秀英· .'-\n\u3000🌹AZaz09（）[]。，\u200b\ud83c")


def letter(about: str, ask: str, text: str, when: datetime) -> Outgoing:
    return Outgoing(key="k", address="o", text=text, form="missed", about=about, when=when, ask=ask)


@pytest.mark.parametrize("filling", FILLINGS)
@given(about=WORDS, ask=WORDS, text=WORDS, when=MOMENTS)
def test_every_field_keeps_the_rule_of_its_kind(
    filling: Filling, about: str, ask: str, text: str, when: datetime
) -> None:
    assert list(faults(filling)) == []
    for name, field in fields(letter(about, ask, text, when), filling).items():
        rule = RULES[name.rstrip("0123456789")]
        assert re.fullmatch(rule, field["value"]), (name, field)
        assert field["value"].strip() == field["value"]


@pytest.mark.parametrize(
    ("name", "about", "shown"),
    [
        ("name1", "王秀英（柿树院）", "王秀英"),
        ("name1", "阿卜杜拉·买买提明江艾合", "阿卜杜拉·买买提明江"[:10]),
        ("name1", "Alexander Bartholomew Q", "Alexander Bartholome"),
        ("name1", "O'Neil Jr. 2", "O'Neil Jr"),
        ("name1", "🌹12", "乡亲"),
        ("phrase1", "王秀英今天没有报平安", "王秀英今天"),
        ("phrase1", "OK", "乡亲"),
        ("thing1", "👵🏻 王秀英\n柿树院", "王秀英 柿树院"),
    ],
)
def test_a_name_is_cut_between_its_signs(name: str, about: str, shown: str) -> None:
    when = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
    written = fields(letter(about, "", "", when), {name: "about"})
    assert written == {name: {"value": shown}}


@pytest.mark.parametrize(
    ("filling", "said"),
    [
        ({"thing1": "about", "thing2": "whom"}, "thing2 can only be filled from about or ask or"),
        ({"phone_number1": "about"}, "phone_number1 can only be filled from =fixed words"),
        ({"date1": "=2026年"}, "date1 cannot hold what is written after the ="),
        ({"phrase1": "=没有报平安呢"}, "phrase1 cannot hold"),
        ({"thing1": "="}, "thing1 cannot hold"),
        ({"amount1": "=12元"}, "amount1 is no field of a kind we can fill, such as thing, phrase"),
        ({"thing": "about"}, "thing is no field of a kind"),
    ],
)
def test_a_filling_that_cannot_be_is_named(filling: Filling, said: str) -> None:
    (fault,) = faults(filling)
    assert fault.startswith(said)
